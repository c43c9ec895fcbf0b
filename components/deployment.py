"""Whether the version asked for is the one that serves.

ECS calls a service steady after a rollback too, and its waiters then report success. So what runs is compared with what
was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """One deployment of a service, as ECS describes it."""

    status: str
    """`PRIMARY` is the one that ECS works towards."""
    task_definition: str
    """ARN of its revision."""
    running: int
    desired: int


def failure(asked: str, deployments: Sequence[Deployment], events: Sequence[str], *, where: str) -> str | None:
    """Why a deployment did not succeed, or None when it did.

    Args:
        asked: ARN of the task definition that was deployed.
        deployments: of the service, now.
        events: of the service, newest first.
        where: the log group to look into.
    """
    primary = next((one for one in deployments if one.status == "PRIMARY"), None)
    if primary and primary.task_definition == asked and primary.running >= primary.desired:
        return None
    if not primary:
        state = "the service has no primary deployment"
    elif primary.task_definition != asked:
        state = f"ECS rolled back: {_revision(primary.task_definition)} serves"
    else:
        state = f"{primary.running} of {primary.desired} tasks run"
    said = "".join(f"\n  {event}" for event in events[:5])
    return f"{_revision(asked)} was asked for, but {state}. ECS said:{said or ' nothing'}\nLogs: {where}"


def _revision(arn: str) -> str:
    return arn.rpartition("/")[2]
