"""Whether tasks pass a health check that an `up` changes: nothing rolls then, and no deployment of ECS fails."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .aws_client import client, region_of
from .deployment import LOOK_SECONDS, Asked, Event, now
from .failed_deployment import one_line
from .health_check import HealthCheck
from .hook_name import hook_name

MARGIN_SECONDS = 5
"""For which the load balancer may be late with a check, or with what it tells of it."""


class TargetHealth:
    """Asks a service's load balancer whether its tasks are well, where ECS may not tell that they are not.

    Args:
        name: of the service in the program.
        check: that its tasks are to pass.
        minutes: for which new tasks may be on their way.
        start_period: seconds after a task's start in which ECS does not count that it fails.
    """

    def __init__(self, name: str, check: HealthCheck, minutes: int, *, start_period: int) -> None:
        self._name, self._check, self._seconds, self._start_period = name, check, minutes * 60, start_period
        self._is_new = False
        self._first = float(check.interval)
        """Seconds until the first check: each is due when the interval at the one before it says so."""
        noting = pulumi.ResourceHook(hook_name(f"{name}-health-check"), self._note)
        self.hooks = pulumi.ResourceHookBinding(after_update=[noting])
        """Of each target group: they note that its health check has changed."""

    def _note(self, args: pulumi.ResourceHookArgs) -> None:
        old, new = args.old_inputs or {}, args.new_inputs or {}
        before: Mapping[str, Any] = old.get("healthCheck") or {}
        self._is_new |= before != new.get("healthCheck")
        self._first = max(self._first, before.get("interval") or 0)

    async def passed(self, asked: Asked, events: Sequence[Event], groups: Sequence[str]) -> None:
        """Return when a task passes the check; at once where it has not changed, and no task has failed it of late.

        A changed one is given the time in which every task may fail it: until the first check the longer of its
        interval and the one before, its interval for each further one of its threshold, one timeout, and a margin. That
        a task fails counts once ECS tells it; what the load balancer tells, after that time, and once none has been
        healthy for the start period. A service that is to have no task, as at night, passes. Needs
        `elasticloadbalancing:DescribeTargetHealth`, and only then. Where AWS refuses that or does not answer, a warning
        says so.

        Args:
            asked: of which service.
            events: of it, newest first.
            groups: ARNs of its target groups.

        Raises:
            pulumi.RunError: no task passes it. The engine prints it without a traceback.

        Source: Elastic Load Balancing API Reference, "DescribeTargetHealth"; User Guide for Application Load Balancers,
        "Health checks for Application Load Balancer target groups"; Amazon ECS Developer Guide, "Amazon ECS service
        event messages".
        """
        if pulumi.runtime.is_dry_run() or not (self._is_new or _failed([event.message for event in events])):
            return
        try:
            problem = await self._problem(asked, groups)
        except Exception as error:  # noqa: BLE001 - an `up` must not fail by what it could not ask
            pulumi.log.warn(f"service {self._name}: not known whether a task is healthy: {one_line(error)}")
            return
        if problem:
            raise pulumi.RunError(
                f"service {self._name}: no task passes its health check, {self._check.path}: {problem}. ECS stops "
                "tasks that fail it, and starts others. Set the health check that they pass, or deploy a version "
                "that passes this one, and `pulumi up` again"
            )

    async def _problem(self, asked: Asked, groups: Sequence[str]) -> str | None:
        """Why no target passes, or None when one does, or when there is none to begin with, or none is to be."""
        begun = well = time.monotonic()
        before = _events(await asyncio.to_thread(now, asked))
        targets = await asyncio.to_thread(_targets, groups)
        if not (targets or _failed(list(before.values()))):  # between two tasks that fail there may be no target
            return None
        while True:
            at = time.monotonic()
            judged = at - begun >= self._judging()
            if "healthy" in targets:
                if judged:
                    return None
                well = at
            else:
                service = await asyncio.to_thread(now, asked)
                if not service["desiredCount"]:
                    return None
                # What the load balancer tells may be of the check before, or of a task that may still start.
                told = targets.get("unhealthy") if judged and at - well > self._start_period else None
                # One that fails may be gone between two looks.
                problem = _failed([said for one, said in _events(service).items() if one not in before]) or told
                if problem or at - well > self._seconds:
                    return problem or f"none is healthy after {self._seconds // 60} minutes"
            await asyncio.sleep(LOOK_SECONDS)
            targets = await asyncio.to_thread(_targets, groups)

    def _judging(self) -> float:
        """Seconds in which each target that fails a check that has changed is told to."""
        check = self._check
        checks = self._first + check.interval * (check.unhealthy_threshold - 1) + check.timeout
        return checks + MARGIN_SECONDS if self._is_new else 0


def _failed(events: Sequence[str]) -> str:
    """What ECS said of a task that was unhealthy after the service was last steady; "" when it said nothing."""
    last = next((one for one in events if "is unhealthy in" in one or "steady state" in one), "")
    return last if "is unhealthy in" in last else ""


def _events(service: Mapping[str, Any]) -> Mapping[str, str]:
    """What ECS says of the service, by the ids of its events, newest first."""
    return {event["id"]: event["message"] for event in service["events"]}


def _targets(groups: Sequence[str]) -> Mapping[str, str]:
    """What the load balancer says of the targets, by their state."""
    found: dict[str, str] = {}
    for group in groups:
        answer = client("elbv2", region_of(group)).describe_target_health(TargetGroupArn=group)
        states = [one["TargetHealth"] for one in answer["TargetHealthDescriptions"]]
        found |= {one["State"]: one.get("Description", one["State"]) for one in states}
    return found
