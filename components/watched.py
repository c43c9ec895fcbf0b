"""What alarms and a dashboard look at: services, and jobs; and where people look who are told."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

USUAL_NAME = "observability"
"""Name of the component that a stack file asks for."""
_LONGEST_LOOK = 200
"""Of the 1,024 characters of an alarm's text, which may have it twice."""
_AT_AWS = {
    "status": "the services' events in Amazon ECS",
    "logs": "CloudWatch Logs",
    "rollback": "deploy the version before",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedService:
    """A service, as `FargateService.watched` gives it."""

    service_name: pulumi.Input[str]
    """Name that ECS knows the service by."""
    log_group_name: pulumi.Input[str] | None = None
    """Log group whose lines are searched. Plain whether there is one. Default: none, as where logs go elsewhere."""
    target_group_arns: Sequence[pulumi.Input[str]] = ()
    """Target groups of its tasks, two where ECS moves requests. Plain: how many there are. Default: none."""
    fewest_tasks: int = 1
    """Tasks that it has at least when all is well. Plain: at 0 having none is no reason for an alarm. Default: 1."""
    asks_for_approval: bool = False
    """Whether its deployments wait for somebody's word. Default: they do not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedJob:
    """A task that runs by the clock, as `ScheduledTask` makes it."""

    dead_letters_name: pulumi.Input[str]
    """Queue of the runs that could not be started."""
    container_name: str
    """Container whose exit code says how a run ended. Plain: it is part of an event's pattern."""


def named_after(component: str, separator: str = "-") -> str:
    """How names begin that an account and region have once: `PROJECT-STACK`, then the component's name.

    The stack file's component, `observability`, leaves its own out; two in one program differ by theirs. CloudWatch
    overwrites what has the same name (Amazon CloudWatch API Reference, "PutMetricAlarm", "PutDashboard").
    """
    own = () if component == USUAL_NAME else (component,)
    return separator.join((pulumi.get_project(), pulumi.get_stack(), *own))


def where_to_look(look: str | None, command: str, *service: str) -> str:
    """Where somebody looks closer who is told, for the text of an alarm or a notice.

    Args:
        look: what they type, as `ObservabilityArgs.look` says; None for the places where AWS shows it.
        command: `status`, `logs` or `rollback`.
        service: the one that it is about; none for all.
    """
    return _AT_AWS[command] if look is None else look.replace("{command}", " ".join((command, *service)))


def look_problem(look: str | None) -> str | None:
    """The problem with what is typed: an alarm's text has room for it, and a notice takes it as it is.

    Source: Amazon CloudWatch API Reference, "PutMetricAlarm"; Amazon EventBridge User Guide, "Amazon EventBridge input
    transformation".
    """
    if look is None or (0 < len(look) <= _LONGEST_LOOK and not {"<", ">"} & {*look}):
        return None
    return (
        f"look must have 1 to {_LONGEST_LOOK} characters, none of them < or >, by which an event's words are named, "
        f"got {look!r}"
    )
