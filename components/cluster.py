"""An ECS cluster whose tasks run on Fargate."""

from dataclasses import dataclass, field
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from .names import check_name, child_of, with_name


class ContainerInsights(StrEnum):
    """What CloudWatch records of each task."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    """Metrics by cluster, service and task family."""
    ENHANCED = "enhanced"
    """Metrics by task and container too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterArgs:
    """Inputs of `Cluster`."""

    container_insights: ContainerInsights = ContainerInsights.DISABLED
    """Metrics beyond CPU and memory of each service, billed as custom metrics. Default: none."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""


class Cluster(pulumi.ComponentResource):
    """A cluster that runs tasks on Fargate and on Fargate Spot.

    Creates: cluster, its capacity providers.
    Costs: nothing, container insights apart.
    Source: Amazon ECS Developer Guide, "Amazon ECS clusters for Fargate workloads".
    """

    arn: pulumi.Output[str]
    """ARN of the cluster; known once it takes both capacity providers."""
    name: pulumi.Output[str]
    """Name that AWS knows the cluster by."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:Cluster", check_name(name), {}, opts)
        cluster = aws.ecs.Cluster(
            name,
            settings=[{"name": "containerInsights", "value": args.container_insights.value}],
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        providers = aws.ecs.ClusterCapacityProviders(
            name,
            cluster_name=cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            opts=child_of(self),
        )
        self.arn = pulumi.Output.all(cluster.arn, providers.id).apply(lambda known: known[0])
        self.name = cluster.name
        self.register_outputs({"arn": self.arn, "name": self.name})
