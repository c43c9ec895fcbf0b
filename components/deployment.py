"""Whether the version asked for is the one that serves.

ECS calls a service steady after a rollback too, and its waiters then report success. So what runs is compared with what
was asked for.
"""

from collections.abc import Sequence
from typing import Protocol

import pulumi

_EVENTS = 5


class Deployment(Protocol):
    """One deployment of a service, as ECS describes it."""

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


def verified(
    service: str, asked: str, deployments: Sequence[Deployment], events: Sequence[Event], *, log_group: str
) -> str:
    """The task definition's ARN, when it is what serves; in a preview nothing was deployed, and nothing is asked.

    Raises:
        pulumi.RunError: another one serves, or too few tasks do. The engine prints it without a traceback.
    """
    reason = None if pulumi.runtime.is_dry_run() else failure(asked, deployments)
    if not reason:
        return asked
    said = "".join(f"\n  {event.message}" for event in events[:_EVENTS]) or " nothing"
    raise pulumi.RunError(f"service {service}: {reason}. ECS said, newest first:{said}\nLogs: {log_group}")


def failure(asked: str, deployments: Sequence[Deployment]) -> str | None:
    """Why a deployment did not succeed, or None when it did.

    Args:
        asked: ARN of the task definition that was deployed.
        deployments: of the service, now.
    """
    primary = next((one for one in deployments if one.status == "PRIMARY"), None)
    if not primary:
        return f"{_revision(asked)} was asked for, but the service has no primary deployment"
    if primary.task_definition != asked:
        running = _revision(primary.task_definition)
        return f"{_revision(asked)} was asked for, but ECS rolled back: {running} serves"
    if primary.running_count < primary.desired_count:
        return f"{_revision(asked)} serves with {primary.running_count} of {primary.desired_count} tasks"
    return None


def _revision(arn: str) -> str:
    return arn.rpartition("/")[2]
