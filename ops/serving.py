"""What of a service serves now, as ECS tells it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.deployment import Deployment, Described, primary_of
from ops.deployed import Deployed
from ops.error import OpsError


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
        return all(one.status == "PRIMARY" or not one.running_count for one in self.deployments)


def serving(deployed: Deployed, name: str) -> Serving:
    """How a service of a stack is now.

    Raises:
        OpsError: the stack has no such service, or ECS has it no more.
    """
    known = deployed.service(name)
    found = deployed.client("ecs").describe_services(cluster=deployed.cluster, services=[known["service"]])["services"]
    if not found or found[0]["status"] == "INACTIVE":
        raise OpsError(f"ECS has no service {known['service']} any more: pulumi up -s {deployed.stack} makes it again")
    return _serving(found[0])


def _serving(service: Mapping[str, Any]) -> Serving:
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
