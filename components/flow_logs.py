"""A VPC's flow logs: who talked to whom, and what was refused."""

import pulumi_aws as aws

from . import iam
from .names import child_of
from .near import Near
from .network_args import NetworkArgs

_PART = "flow-logs"
_EVERY_TEN_MINUTES = 600


def flow_logs(near: Near, args: NetworkArgs) -> aws.ec2.FlowLog:
    """All traffic's records, accepted and rejected, in a log group of their own.

    Source: Amazon VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs".
    """
    name, tags, opts = near.child(_PART), near.tags_of(_PART), child_of(near.parent)
    logs = aws.cloudwatch.LogGroup(
        name,
        retention_in_days=args.flow_log_retention_days,
        kms_key_id=args.kms_key_arn,
        tags=tags,
        opts=child_of(near.parent, retain=args.retain_logs),
    )
    role = aws.iam.Role(
        name,
        assume_role_policy=logs.arn.apply(iam.flow_logs_trust),
        path=args.role_path,
        permissions_boundary=args.permissions_boundary_arn,
        tags=tags,
        opts=opts,
    )
    policy = aws.iam.RolePolicy(name, role=role.name, policy=logs.arn.apply(iam.write_flow_logs), opts=opts)
    return aws.ec2.FlowLog(
        name,
        vpc_id=near.vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=logs.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=_EVERY_TEN_MINUTES,
        tags=tags,
        opts=child_of(near.parent, [policy]),
    )
