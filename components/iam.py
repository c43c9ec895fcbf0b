"""Policy documents as text: who may take a role, and what it may do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .secret import Source

IMPORT = ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository")
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
MOUNT, WRITE_FILES = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"
WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
CHANNELS = tuple(f"ssmmessages:{do}{kind}Channel" for do in ("Create", "Open") for kind in ("Control", "Data"))
TRACE = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
LOOK = tuple(f"elasticloadbalancing:Describe{what}" for what in ("Listeners", "Rules", "TargetGroups", "TargetHealth"))
ANY_RESOURCE = {
    "ecr:GetAuthorizationToken": 'takes no resource (Service Authorization Reference, "Amazon ECR")',
    "logs:DescribeLogGroups": "lists every group (Service Authorization Reference, CloudWatch Logs)",
    **dict.fromkeys(CHANNELS, 'a channel is none (Service Authorization Reference, "Amazon Message Gateway Service")'),
    **dict.fromkeys(TRACE, 'a trace is none (Service Authorization Reference, "AWS X-Ray")'),
    **dict.fromkeys(LOOK, 'takes no resource (Service Authorization Reference, "AWS Elastic Load Balancing V2")'),
}
"""The actions that AWS does not let anyone scope, each with its reason. No other statement has the resource `*`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a stack is."""

    partition: str
    """`aws`, or that of China or of the government's regions."""
    region: str
    """Such as `ap-northeast-1`."""
    account: str
    """Twelve digits."""

    @classmethod
    def of(cls, arn: str) -> "Place":
        """The place of a resource, which must be one that has a region."""
        _, partition, _, region, account, *_ = arn.split(":")
        return cls(partition=partition, region=region, account=account)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def root(self) -> str:
        """The account itself, whose IAM policies decide further."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    def only_from(self, service: str, resource: str) -> dict[str, Any]:
        """The condition that a service acts for a resource of this account, and for no one else's.

        Source: IAM User Guide, "The confused deputy problem".
        """
        return {
            "StringEquals": {"aws:SourceAccount": self.account},
            "ArnLike": {"aws:SourceArn": self.arn(service, resource)},
        }


def tasks_trust(cluster_arn: str) -> str:
    """Who may take a role of a task: ECS, for tasks of the cluster's account and region.

    Source: Amazon ECS Developer Guide, "Amazon ECS task IAM role".
    """
    return trust("ecs-tasks.amazonaws.com", Place.of(cluster_arn).only_from("ecs", "*"))


def flow_logs_trust(log_group_arn: str) -> str:
    """Who may take the role of flow logs: VPC, for those of the log group's account and region."""
    return trust("vpc-flow-logs.amazonaws.com", Place.of(log_group_arn).only_from("ec2", "vpc-flow-log/*"))


def infrastructure_trust(cluster_arn: str) -> str:
    """Who may take the role that moves requests: ECS, for services of the cluster's account and region.

    AWS's guide gives it no condition, and does not say whether ECS names its service here: so a request that names one
    must name one of this account, and one that names none is let through.
    """
    conditions = Place.of(cluster_arn).only_from("ecs", "*")
    return trust("ecs.amazonaws.com", {f"{operator}IfExists": value for operator, value in conditions.items()})


def shift_requests(listener_arn: str, rule_arn: str, target_group_arns: Sequence[str]) -> str:
    """What ECS needs to move a service's requests: the statements of AWS's own policy, for one service's resources.

    Source: AWS Managed Policy Reference, "AmazonECSInfrastructureRolePolicyForLoadBalancers", version 6.
    """
    change = "elasticloadbalancing"
    return document(
        [
            allow(LOOK, "*"),
            allow([f"{change}:RegisterTargets", f"{change}:DeregisterTargets"], *target_group_arns),
            allow([f"{change}:ModifyListener"], listener_arn),
            allow([f"{change}:ModifyRule"], rule_arn),
        ]
    )


def start_task(*, log_group_arn: str, repository_arns: Sequence[str], pull_through: bool = False) -> str:
    """What ECS needs to start a task: its logs, and its images where they are in repositories of ECR.

    With `pull_through` also that ECR takes the image from another registry when it is first asked for (Amazon ECR User
    Guide, "IAM permissions required to sync an upstream registry with an Amazon ECR private registry").
    """
    statements = [allow(WRITE_LOGS, f"{log_group_arn}:*")]
    if repository_arns:
        actions = (*PULL, *IMPORT) if pull_through else PULL
        statements += [allow(actions, *repository_arns), allow(["ecr:GetAuthorizationToken"], "*")]
    return document(statements)


def read_secrets(sources: Sequence[Source]) -> str:
    """What ECS needs to give a task its secrets: exactly these, and the keys that they are encrypted with."""
    arns = sorted({source.arn for source in sources})
    secrets = [arn for arn in arns if arn.split(":")[2] == "secretsmanager"]
    parameters = [arn for arn in arns if arn.split(":")[2] == "ssm"]
    keys = sorted({source.kms_key_arn for source in sources if source.kms_key_arn})
    statements = [
        allow(["secretsmanager:GetSecretValue"], *secrets) if secrets else None,
        allow(["ssm:GetParameters"], *parameters) if parameters else None,
        allow(["kms:Decrypt"], *keys) if keys else None,
    ]
    return document([one for one in statements if one])


def mount(*, file_system_arn: str, access_point_arn: str, read_only: bool) -> dict[str, Any]:
    """The statement by which a task mounts a file system, through one access point.

    Source: Amazon EFS User Guide, "Using IAM to control access to file systems".
    """
    actions = [MOUNT] if read_only else [MOUNT, WRITE_FILES]
    through = {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}}
    return allow(actions, file_system_arn) | {"Condition": through}


def hold_sessions(*, log_group_arn: str, kms_key_arn: str | None) -> str:
    """What the agent of ECS Exec needs in a container: its two channels, and the log of its sessions.

    Source: Amazon ECS Developer Guide, "Amazon ECS task IAM role", "ECS Exec permissions".
    """
    write = allow((*WRITE_LOGS, "logs:DescribeLogStreams"), f"{log_group_arn}:*")
    decrypt = [allow(["kms:Decrypt"], kms_key_arn)] if kms_key_arn else []
    return document([allow([*CHANNELS, "logs:DescribeLogGroups"], "*"), write, *decrypt])


def send_telemetry(log_group_arn: str) -> str:
    """What the collector needs for traces, and for metrics in the task's own log group."""
    return document([allow(TRACE, "*"), allow((*WRITE_LOGS, "logs:DescribeLogStreams"), f"{log_group_arn}:*")])


def write_flow_logs(log_group_arn: str) -> str:
    """What flow logs need: their own log group."""
    return document([allow((*WRITE_LOGS, "logs:DescribeLogStreams"), f"{log_group_arn}:*")])


def pull_from(repository_arn: str, accounts: Sequence[str]) -> str:
    """The policy of a repository from which the principals of other accounts may pull.

    Source: Amazon ECR User Guide, "Private repository policy examples in Amazon ECR".
    """
    partition = repository_arn.split(":")[1]
    roots = [f"arn:{partition}:iam::{account}:root" for account in sorted(accounts)]
    return document([{"Effect": "Allow", "Principal": {"AWS": roots}, "Action": sorted(PULL)}])


def without_tls(action: str, resource: str | list[str]) -> dict[str, Any]:
    """The statement of a resource's own policy by which nothing is done over a plain connection."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def document(statements: Sequence[dict[str, Any]]) -> str:
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def trust(service: str, condition: dict[str, Any]) -> str:
    """Who may take a role: one service of AWS's, on a condition."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return document([statement | {"Condition": condition}])


def allow(actions: Sequence[str], *resources: str) -> dict[str, Any]:
    """The statement by which actions on some resources are allowed."""
    return {
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": resources[0] if len(resources) == 1 else resources,
    }
