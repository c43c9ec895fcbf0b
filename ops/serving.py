"""What of a service serves now, as ECS tells it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.deployment import Deployment, Described, is_alone, primary_of
from ops.deployed import Deployed
from ops.error import OpsError

MOST_SERVICES = 10
"""That one call describes (ECS API Reference, "DescribeServices")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """A service at one moment."""

    cluster: str
    """ARN of its cluster."""
    service: str
    """Name that ECS knows it by."""
    deployments: Sequence[Described]
    """What ECS works towards, and what is on its way out."""
    rollouts: Mapping[str, str]
    """How far the deployment of each revision is, by its ARN: `COMPLETED`, `IN_PROGRESS` or `FAILED`."""
    target_groups: frozenset[str]
    """ARNs of the target groups that its tasks are in."""
    strategy: str
    """How a new version takes over, in ECS's words: `ROLLING`, `BLUE_GREEN`, `CANARY` or `LINEAR`."""
    strategy_minutes: int
    """Minutes that this takes beside the start and the end of tasks: steps, bake time, the longest wait for a word."""

    @property
    def primary(self) -> Deployment | None:
        """The deployment that ECS works towards."""
        return primary_of(self.deployments)

    @property
    def task_definition(self) -> str:
        """ARN of the revision that ECS works towards; empty without one."""
        return self.primary.task_definition if self.primary else ""

    @property
    def rollout(self) -> str:
        """How far that one is; where ECS does not tell, what its counts say."""
        return self.rollouts.get(self.task_definition) or ("COMPLETED" if self.is_alone else "IN_PROGRESS")

    @property
    def is_alone(self) -> bool:
        """Whether no task of another deployment runs."""
        return is_alone(self.deployments)


def serving(deployed: Deployed, name: str) -> Serving:
    """How a service of a stack is now.

    Raises:
        OpsError: the stack has no such service, or ECS has it no more.
    """
    return serving_of(description(deployed, name))


def description(deployed: Deployed, name: str) -> Mapping[str, Any]:
    """What ECS says of a service of a stack.

    Raises:
        OpsError: the stack has no such service, or ECS has it no more.
    """
    (found,) = described(deployed, [name]).values()
    if not found:
        raise OpsError(gone(deployed, name))
    return found


def described(deployed: Deployed, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What ECS says of services of a stack, by their names in the stack file; nothing of those that it has no more.

    Raises:
        OpsError: the stack has no such service.
    """
    known = {name: deployed.service(name)["service"] for name in names}
    found = {one["serviceName"]: one for one in _described(deployed, list(known.values()))}
    return {name: found.get(service, {}) for name, service in known.items()}


def _described(deployed: Deployed, services: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    ecs = deployed.client("ecs")
    for first in range(0, len(services), MOST_SERVICES):
        some = services[first : first + MOST_SERVICES]
        answer = ecs.describe_services(cluster=deployed.cluster, services=some)
        yield from (one for one in answer["services"] if one["status"] != "INACTIVE")


def servings(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Serving | None]:
    """What `described` found, by their names in the stack file; None for a service that ECS has no more."""
    return {name: serving_of(service) if service else None for name, service in found.items()}


def gone(deployed: Deployed, name: str) -> str:
    """What to say of a service that ECS has no more."""
    service = deployed.service(name)["service"]
    return f"ECS has no service {service} any more: pulumi up -s {deployed.stack} makes it again"


def serving_of(service: Mapping[str, Any]) -> Serving:
    """What a description of a service in an answer of ECS tells."""
    primary_last = sorted(service["deployments"], key=lambda one: one["status"] == "PRIMARY")
    rollouts = {one["taskDefinition"]: one["rolloutState"] for one in primary_last if one.get("rolloutState")}
    configuration: Mapping[str, Any] = service.get("deploymentConfiguration") or {}
    groups = [group for one in service.get("loadBalancers", []) for group in _groups(one)]
    return Serving(
        cluster=service["clusterArn"],
        service=service["serviceName"],
        deployments=Described.of(service),
        rollouts=rollouts,
        target_groups=frozenset(filter(None, groups)),
        strategy=configuration.get("strategy", "ROLLING"),
        strategy_minutes=_minutes(configuration),
    )


def _groups(balancer: Mapping[str, Any]) -> list[str | None]:
    """The target groups of a service's load balancer: of two, ECS moves requests from one to the other."""
    more = balancer.get("advancedConfiguration") or {}
    return [balancer.get("targetGroupArn"), more.get("alternateTargetGroupArn")]


def _minutes(configuration: Mapping[str, Any]) -> int:
    """What a deployment takes by itself, of ECS's own values (ECS API Reference, "DeploymentConfiguration").

    They may be an older version's than the stack file's, for which `DeploymentConfiguration.minutes` counts the same.
    """
    canary = configuration.get("canaryConfiguration") or {}
    linear = configuration.get("linearConfiguration") or {}
    steps = math.ceil(100 / linear.get("stepPercent", 100)) - 1
    pauses = [hook["timeoutConfiguration"] for hook in configuration.get("lifecycleHooks") or [] if _pauses(hook)]
    return (
        configuration.get("bakeTimeInMinutes", 0)
        + canary.get("canaryBakeTimeInMinutes", 0)
        + steps * linear.get("stepBakeTimeInMinutes", 0)
        + sum(pause["timeoutInMinutes"] for pause in pauses)
    )


def _pauses(hook: Mapping[str, Any]) -> bool:
    return hook.get("targetType") == "PAUSE"
