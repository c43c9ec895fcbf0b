"""Whether the version asked for is the one that serves, and if not, why.

ECS calls a service steady after a rollback too, and its waiters then report success. So what runs is compared with what
was asked for.
"""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from .aws_client import client, region_of
from .deployment import LOOK_SECONDS, Asked, Deployment, Described, Event, failure, is_alone, now, primary_of
from .failed_deployment import AGAIN, explanation, one_line, revision, stopped_tasks

SETTLE_SECONDS = 60.0
"""For which tasks may be missing after the service was steady: one that was lost is on its way again, or a policy has
asked for one more. As long ECS may give no answer while a rollout is waited for."""
STALE_SECONDS = 6.0
"""For which an answer of ECS may be older than the deployment."""
STAY_SECONDS = 15.0
"""For which tasks must stay, where no load balancer judges them, or one was missing. ECS calls a task well that has
begun to run: one whose app ends some seconds later, for want of a variable, is started again for ever."""


async def verified(name: str, asked: Asked, deployments: Sequence[Deployment], events: Sequence[Event]) -> str:
    """The task definition's ARN, when it is what serves; in a preview nothing was deployed, and nothing is asked.

    What looks like a failure is asked for again, for a minute at most: an answer may be old, and a task on its way. A
    rollout that no event tells the end of is waited for: it is that of an `up` that was killed, and no provider did.
    Where no load balancer judges the tasks of a version that this `up` deployed, or one was missing, they must stay for
    15 seconds. Where AWS does not answer, a warning says that this is not known.

    Args:
        name: of the service in the program.
        asked: what is to serve.
        deployments: of the service, as the provider found them.
        events: likewise, newest first.

    Raises:
        pulumi.RunError: another one serves, too few tasks do, or they do not stay. The engine prints it without a
            traceback.
    """
    if pulumi.runtime.is_dry_run():
        return asked.task_definition
    said = [event.message for event in events]
    reason = await _reason(name, asked, deployments, said)
    if not reason:
        return asked.task_definition
    why = await asyncio.to_thread(explanation, asked.cluster, asked.service, asked.task_definition, said)
    raise pulumi.RunError(f"service {name}: {reason}.\n{why}\n{AGAIN}")


async def _reason(name: str, asked: Asked, deployments: Sequence[Deployment], said: Sequence[str]) -> str | None:
    """Why it does not serve, if so."""
    primary, version = primary_of(deployments), revision(asked.task_definition)
    same = primary and primary.task_definition == asked.task_definition
    if asked.anew and primary and same and await _gone_back(asked, primary.id, said):
        return f"{version} was deployed anew, but ECS rolled back to its deployment before"
    if asked.fewest and primary and not primary.desired_count:
        pulumi.log.warn(
            f"service {name}: no task is to run, as it was scaled to 0, so whether {version} serves is not known. "
            "`python -m ops verify` tells what starts it"
        )
    reason = failure(asked.task_definition, deployments)
    stay = STAY_SECONDS if reason or (asked.anew and not asked.checked) else 0
    if not (reason or stay) and _is_over(primary, said):
        return None
    return await _watched(name, _Watch(asked, stay, reason))


async def _gone_back(asked: Asked, primary: str, said: Sequence[str]) -> bool:
    """Whether ECS went back from what this `up` deployed to a deployment of the same revision."""
    if not _is_older(primary, said):
        return False
    await asyncio.sleep(STALE_SECONDS)  # the new deployment may not be told yet
    try:
        service = await asyncio.to_thread(now, asked)
    except Exception:  # noqa: BLE001 - what the provider found is all there is; the explanation says why
        return True
    return _is_older(_first(service).get("id", ""), [event["message"] for event in service["events"]])


def _is_older(primary: str, said: Sequence[str]) -> bool:
    """Whether a deployment had completed before the newest one that failed.

    Source: Developer Guide, "Amazon ECS service event messages", "How the Amazon ECS deployment circuit breaker detects
    failures".
    """
    failed = next((place for place, event in enumerate(said) if "deployment failed" in event), len(said))
    return _completed(primary, said[failed:])


def _completed(deployment: str, said: Sequence[str]) -> bool:
    return bool(deployment) and any(deployment in event and "completed" in event for event in said)


def _is_over(primary: Deployment | None, said: Sequence[str]) -> bool:
    """Whether an event tells that the rollout is complete (Developer Guide, "Amazon ECS service event messages")."""
    return not primary or not primary.id or _completed(primary.id, said)


async def _watched(name: str, watch: "_Watch") -> str | None:
    """Why it does not serve, once that is certain; None when it does."""
    asked = watch.asked
    answered = time.monotonic()
    while True:
        try:
            service = await asyncio.to_thread(now, asked)
            ended = await asyncio.to_thread(_ended, asked) if watch.stay else set[str]()
        except Exception as error:  # noqa: BLE001 - an `up` must not succeed or fail by what it could not ask
            version = revision(asked.task_definition)
            if not watch.under_way:
                if not watch.reason:
                    pulumi.log.warn(f"service {name}: not known whether {version} serves: {one_line(error)}")
                return watch.reason
            if time.monotonic() - answered > SETTLE_SECONDS:
                return f"{version} is on its way, and AWS does not say how far: {one_line(error)}"
        else:
            answered = time.monotonic()
            if watch.is_settled_by(service, ended, answered):
                return watch.reason
        await asyncio.sleep(LOOK_SECONDS)


def _ended(asked: Asked) -> set[str]:
    """ARNs of tasks of the version asked for whose app has ended; nobody stopped them (API Reference, "Task")."""
    tasks = stopped_tasks(client("ecs", region_of(asked.cluster)), asked.cluster, asked.service)
    return {
        task["taskArn"]
        for task in tasks
        if task["taskDefinitionArn"] == asked.task_definition and task.get("stopCode") == "EssentialContainerExited"
    }


@dataclass(slots=True)
class _Watch:
    """What several looks at a service tell together."""

    asked: Asked
    stay: float
    """Seconds for which all must be well."""
    reason: str | None
    """Why it does not serve, as far as is known."""
    under_way: bool = False
    """A rollout was seen on its way."""
    _begun: float = field(default_factory=lambda: time.monotonic())
    _well_since: float | None = None
    _unwell_since: float | None = None
    _wanted: float = math.inf
    """Tasks that are enough: those that were wanted first. Of tasks that were asked for meanwhile none is missing."""
    _ended: set[str] | None = None
    """Tasks that had ended by the last look."""
    _losses: int = 0
    """Tasks that ended since the first one."""

    def is_settled_by(self, service: Mapping[str, Any], ended: set[str], at: float) -> bool:
        """Whether one more look settles it: the service, its tasks that have ended, and when, in seconds."""
        asked, deployments = self.asked, Described.of(service)
        primary = _first(service)
        serves = primary.get("taskDefinition") == asked.task_definition
        if serves and _rollout(primary, deployments) == "FAILED":
            self.reason = f"{revision(asked.task_definition)} was asked for, but {primary['rolloutStateReason']}"
            return True
        if serves and _rollout(primary, deployments) == "IN_PROGRESS":
            return self._is_too_long(at)
        if serves:
            self._wanted = min(primary["desiredCount"], self._wanted)
        lost = self._lost(ended)
        self.reason = failure(asked.task_definition, deployments, self._wanted)
        if self._losses > max(self._wanted, 1):  # one may have met what was not ready yet
            self.reason = f"tasks of {revision(asked.task_definition)} end soon after they start"
            return True
        if self.reason:
            self._well_since = None
            self._unwell_since = at if self._unwell_since is None else self._unwell_since
            return at - self._unwell_since > (SETTLE_SECONDS if serves else STALE_SECONDS)
        self._well_since = at if lost or self._well_since is None else self._well_since
        return at - self._well_since >= self.stay

    def _is_too_long(self, at: float) -> bool:
        """A rollout is on its way: what was seen before it does not count."""
        self.under_way, self._well_since, self._unwell_since, self._wanted = True, None, None, math.inf
        if at - self._begun <= self.asked.minutes * 60:
            return False
        version = revision(self.asked.task_definition)
        self.reason = f"{version} is still on its way after {self.asked.minutes} minutes"
        return True

    def _lost(self, ended: set[str]) -> int:
        """How many tasks have ended since the look before."""
        lost = 0 if self._ended is None else len(ended - self._ended)
        self._ended, self._losses = ended, self._losses + lost
        return lost


def _first(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The primary deployment, or nothing."""
    none: Mapping[str, Any] = {}
    return next((one for one in service["deployments"] if one["status"] == "PRIMARY"), none)


def _rollout(primary: Mapping[str, Any], deployments: Sequence[Deployment]) -> str:
    """How far it is: ECS tells that of some deployments only; of others whether tasks of an older one run tells it."""
    return primary.get("rolloutState") or ("COMPLETED" if is_alone(deployments) else "IN_PROGRESS")
