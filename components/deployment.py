"""Whether the version asked for is the one that serves, and if not, why.

ECS calls a service steady after a rollback too, and its waiters then report success. So what runs is compared with what
was asked for.
"""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi

from .aws_client import client, region_of
from .failed_deployment import AGAIN, explanation, one_line, revision

SETTLE_SECONDS = 60.0
"""For which tasks may be missing after the service was steady: one that was lost is on its way again, or a policy has
asked for one more."""
STALE_SECONDS = 6.0
"""For which an answer of ECS may be older than the deployment."""
LOOK_SECONDS = 2.0
"""Between two looks at it."""


class Deployment(Protocol):
    """One deployment of a service, as ECS describes it."""

    @property
    def id(self) -> str:
        """By which ECS's events name it."""
        ...

    @property
    def status(self) -> str:
        """`PRIMARY` is the one that ECS works towards."""
        ...

    @property
    def task_definition(self) -> str:
        """ARN of its revision."""
        ...

    @property
    def running_count(self) -> int:
        """Tasks that run."""
        ...

    @property
    def desired_count(self) -> int:
        """Tasks that should run."""
        ...


class Event(Protocol):
    """What ECS tells of a service."""

    @property
    def message(self) -> str:
        """A sentence."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """A deployment in an answer of DescribeServices."""

    id: str
    """By which ECS's events name it."""
    status: str
    """`PRIMARY`, `ACTIVE` or `INACTIVE`."""
    task_definition: str
    """ARN of its revision."""
    running_count: int
    """Tasks that run."""
    desired_count: int
    """Tasks that should run."""

    @classmethod
    def of(cls, service: Mapping[str, Any]) -> "list[Described]":
        """The deployments of a service."""
        return [
            cls(
                id=one["id"],
                status=one["status"],
                task_definition=one["taskDefinition"],
                running_count=one["runningCount"],
                desired_count=one["desiredCount"],
            )
            for one in service["deployments"]
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What was asked for, and of whom."""

    cluster: str
    """ARN of the cluster."""
    service: str
    """Name that ECS knows the service by."""
    task_definition: str
    """ARN of the task definition that is to serve."""
    minutes: int
    """For which its rollout may go on."""


async def verified(name: str, asked: Asked, deployments: Sequence[Deployment], events: Sequence[Event]) -> str:
    """The task definition's ARN, when it is what serves; in a preview nothing was deployed, and nothing is asked.

    What looks like a failure is asked for again, for a minute at most: an answer may be old, and a task on its way. A
    rollout that no event tells the end of is waited for: it is that of an `up` that was killed, and no provider did. So
    is one whose task was missing and runs again: a task that ends and is started anew does so until ECS gives it up.

    Args:
        name: of the service in the program.
        asked: what is to serve.
        deployments: of the service, as the provider found them.
        events: likewise, newest first.

    Raises:
        pulumi.RunError: another one serves, or too few tasks do. The engine prints it without a traceback.
    """
    if pulumi.runtime.is_dry_run():
        return asked.task_definition
    said = [event.message for event in events]
    reason = failure(asked.task_definition, deployments)
    if reason:
        reason = await _settled(asked, deployments, reason)
    if not reason and not _is_over(deployments, said):
        reason = await _rolled_out(asked)
    if not reason:
        return asked.task_definition
    why = await asyncio.to_thread(explanation, asked.cluster, asked.service, asked.task_definition, said)
    raise pulumi.RunError(f"service {name}: {reason}.\n{why}\n{AGAIN}")


def failure(asked: str, deployments: Sequence[Deployment], wanted: float = math.inf) -> str | None:
    """Why a deployment did not succeed, or None when it did.

    Args:
        asked: ARN of the task definition that was deployed.
        deployments: of the service, now.
        wanted: tasks that are enough, where fewer were asked for before. Default: all that should run.
    """
    primary = primary_of(deployments)
    if not primary:
        return f"{revision(asked)} was asked for, but the service has no primary deployment"
    if primary.task_definition != asked:
        running = revision(primary.task_definition)
        return f"{revision(asked)} was asked for, but ECS rolled back: {running} serves"
    if primary.running_count < min(primary.desired_count, wanted):
        return f"{revision(asked)} serves with {primary.running_count} of {primary.desired_count} tasks"
    return None


async def _settled(asked: Asked, deployments: Sequence[Deployment], reason: str) -> str | None:
    """The reason, if there still is one after a while; of tasks that were asked for meanwhile none is missing."""
    begun, wanted = time.monotonic(), math.inf
    while True:
        primary = primary_of(deployments)
        serves = primary is not None and primary.task_definition == asked.task_definition
        if primary and serves:
            wanted = min(primary.desired_count, wanted)
        if time.monotonic() - begun > (SETTLE_SECONDS if serves else STALE_SECONDS):
            return reason
        await asyncio.sleep(LOOK_SECONDS)
        try:
            deployments = Described.of(await asyncio.to_thread(now, asked))
        except Exception:  # noqa: BLE001 - what the provider found is all there is; the explanation says why
            return reason
        again = failure(asked.task_definition, deployments, wanted)
        if not again:
            return None
        reason = again


def _is_over(deployments: Sequence[Deployment], said: Sequence[str]) -> bool:
    """Whether an event tells that the rollout is complete (Developer Guide, "Amazon ECS service event messages")."""
    primary = primary_of(deployments)
    return not primary or not primary.id or any(primary.id in event and "completed" in event for event in said)


async def _rolled_out(asked: Asked) -> str | None:
    """Why a rollout did not end well, once it has ended.

    Nothing when AWS does not answer at first: what the provider found is a success. Of a rollout that is known to be
    under way it is not.
    """
    begun, under_way = time.monotonic(), False
    while True:
        try:
            service = await asyncio.to_thread(now, asked)
        except Exception as error:  # noqa: BLE001 - an `up` must not succeed or fail by what it could not ask
            asked_for = revision(asked.task_definition)
            return f"{asked_for} is on its way, and AWS does not say how far: {one_line(error)}" if under_way else None
        first: list[Mapping[str, Any]] = [one for one in service["deployments"] if one["status"] == "PRIMARY"]
        primary: Mapping[str, Any] = first[0] if first else {}
        state, serves = primary.get("rolloutState"), primary.get("taskDefinition") == asked.task_definition
        if state == "FAILED" and serves:
            return f"{revision(asked.task_definition)} was asked for, but {primary['rolloutStateReason']}"
        if state != "IN_PROGRESS" or not serves:
            reason = failure(asked.task_definition, Described.of(service))
            return reason and await _settled(asked, Described.of(service), reason)
        under_way = True
        if time.monotonic() - begun > asked.minutes * 60:
            return f"{revision(asked.task_definition)} is still on its way after {asked.minutes} minutes"
        await asyncio.sleep(LOOK_SECONDS)


def now(asked: Asked) -> Mapping[str, Any]:
    """The service as ECS describes it."""
    ecs = client("ecs", region_of(asked.cluster))
    (service,) = ecs.describe_services(cluster=asked.cluster, services=[asked.service])["services"]
    return service


def primary_of(deployments: Sequence[Deployment]) -> Deployment | None:
    """The deployment that ECS works towards, if there is one."""
    return next((one for one in deployments if one.status == "PRIMARY"), None)
