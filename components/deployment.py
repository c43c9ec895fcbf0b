"""What was asked for of a service, what ECS tells of it, and whether the one is the other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .aws_client import client, region_of
from .failed_deployment import revision

LOOK_SECONDS = 2.0
"""Between two looks at a service."""


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
    fewest: int = 0
    """Tasks that are to run at least. Default: 0, as in a service that its schedule ends at night."""
    anew: bool = False
    """Whether this `up` has deployed it. Default: no, it is as it was."""
    checked: bool = True
    """Whether a load balancer judges its tasks. Default: yes."""


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


def now(asked: Asked) -> Mapping[str, Any]:
    """The service as ECS describes it."""
    ecs = client("ecs", region_of(asked.cluster))
    (service,) = ecs.describe_services(cluster=asked.cluster, services=[asked.service])["services"]
    return service


def is_alone(deployments: Sequence[Deployment]) -> bool:
    """Whether no task of another deployment runs than of the one that ECS works towards."""
    return all(one.status == "PRIMARY" or not one.running_count for one in deployments)


def primary_of(deployments: Sequence[Deployment]) -> Deployment | None:
    """The deployment that ECS works towards, if there is one."""
    return next((one for one in deployments if one.status == "PRIMARY"), None)
