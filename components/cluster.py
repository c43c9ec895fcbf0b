"""An ECS cluster whose tasks run on Fargate."""

from dataclasses import dataclass, field
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from .checks import refuse
from .execute_command import ExecuteCommand
from .log_retention import LogRetentionDays, retention_problem
from .names import check_name, child_of, with_name


class ContainerInsights(StrEnum):
    """What CloudWatch records of each task."""

    DISABLED = "disabled"
    """CPU and memory of each service, which ECS measures for nothing."""
    ENABLED = "enabled"
    """Metrics by cluster, service and task family."""
    ENHANCED = "enhanced"
    """Metrics by task and container too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterArgs:
    """Inputs of `Cluster`."""

    container_insights: ContainerInsights = ContainerInsights.DISABLED
    """Metrics beyond CPU and memory of each service, billed as custom metrics. Default: none."""
    session_log_retention_days: LogRetentionDays | None = None
    """Days that the log of ECS Exec's sessions is kept. Plain: it decides whether there is one. Default: none, for a
    cluster without sessions."""
    retain_logs: bool = False
    """Whether the log of sessions stays behind when it is no longer wanted. Default: it is deleted."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts sessions and their log; its policy lets CloudWatch Logs use it. Default: TLS on the way,
    CloudWatch's own key at rest."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what CloudWatch would refuse.

        Raises:
            ValueError: logs cannot be kept for so many days.
        """
        if self.session_log_retention_days is not None:
            refuse((retention_problem("session_log_retention_days", self.session_log_retention_days),))


class Cluster(pulumi.ComponentResource):
    """A cluster that runs tasks on Fargate and on Fargate Spot.

    Creates: cluster, its capacity providers; as asked, the log group of sessions.
    Costs: nothing, container insights and the log by the GB apart.
    Source: Amazon ECS Developer Guide, "Amazon ECS clusters for Fargate workloads"; ECS API Reference,
    "ExecuteCommandConfiguration".
    """

    arn: pulumi.Output[str]
    """ARN of the cluster; known once it takes both capacity providers."""
    name: pulumi.Output[str]
    """Name that AWS knows the cluster by."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:Cluster", check_name(name), {}, opts)
        sessions = self._session_log(name, args)
        cluster = aws.ecs.Cluster(
            name,
            configuration=_logged(sessions.name, args.kms_key_arn) if sessions else None,
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
        self._sessions, self._kms_key_arn = sessions, args.kms_key_arn
        self.register_outputs({"arn": self.arn, "name": self.name})

    @property
    def execute_command(self) -> ExecuteCommand | None:
        """How its services open their containers to sessions; None without a log of them."""
        if not self._sessions:
            return None
        return ExecuteCommand(log_group_arn=self._sessions.arn, kms_key_arn=self._kms_key_arn)

    def _session_log(self, name: str, args: ClusterArgs) -> aws.cloudwatch.LogGroup | None:
        if args.session_log_retention_days is None:
            return None
        return aws.cloudwatch.LogGroup(
            f"{name}-sessions",
            retention_in_days=args.session_log_retention_days,
            kms_key_id=args.kms_key_arn,
            tags=with_name(f"{name}-sessions", args.tags),
            opts=child_of(self, retain=args.retain_logs),
        )


def _logged(
    log_group: pulumi.Output[str], kms_key_arn: pulumi.Input[str] | None
) -> aws.ecs.ClusterConfigurationArgsDict:
    """Every session, in this log group."""
    return {
        "execute_command_configuration": {
            "kms_key_id": kms_key_arn,
            "logging": "OVERRIDE",
            "log_configuration": {
                "cloud_watch_log_group_name": log_group,
                "cloud_watch_encryption_enabled": kms_key_arn is not None,
            },
        }
    }
