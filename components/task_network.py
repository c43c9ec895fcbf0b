"""The security group of a task, and the only ways in and out of it."""

import pulumi
import pulumi_aws as aws

from .cidr import ANYWHERE, ANYWHERE_IPV6
from .fargate_task_args import FargateTaskArgs
from .names import child_of, with_name
from .target import Target
from .task_files import ways_to_files
from .way import End, make_way

_HTTPS = 443


def make_security_group(
    name: str, args: FargateTaskArgs, *, target: Target | None, parent: pulumi.Resource
) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
    """Make a task's group, and its rules.

    Args:
        name: of the component that the task belongs to.
        args: the task's.
        target: what lets its requests in. Without one nobody gets in.
        parent: of every resource.
    """
    group = aws.ec2.SecurityGroup(
        name,
        description="Tasks: in from the load balancer, out by HTTPS",  # a change would replace the group
        vpc_id=args.vpc_id,
        tags=with_name(name, args.tags),
        opts=child_of(parent),
    )
    ways = _way_in(name, args, target, group, parent) if target else []
    ways.append(_way_out(f"{name}-out", args, group, parent, cidr_ipv4=ANYWHERE))
    if args.ipv6:
        ways.append(_way_out(f"{name}-out-ipv6", args, group, parent, cidr_ipv6=ANYWHERE_IPV6))
    ways += ways_to_files(name, args, group, parent)
    return group, ways


def _way_in(
    name: str, args: FargateTaskArgs, target: Target, group: aws.ec2.SecurityGroup, parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """From the load balancer to the container's port, seen from both groups."""
    balancer = End(
        group_id=target.listener.security_group_id, rule=f"{name}-balancer", description=f"Requests to {name}"
    )
    tasks = End(group_id=group.id, rule=f"{name}-in", description="Requests from the load balancer")
    return make_way(balancer, tasks, port=args.port, tags=args.tags, parent=parent)


def _way_out(
    name: str, args: FargateTaskArgs, group: aws.ec2.SecurityGroup, parent: pulumi.Resource, **to: str
) -> aws.vpc.SecurityGroupEgressRule:
    return aws.vpc.SecurityGroupEgressRule(
        name,
        security_group_id=group.id,
        description="HTTPS: image registry, logs, other AWS APIs",
        ip_protocol="tcp",
        from_port=_HTTPS,
        to_port=_HTTPS,
        tags=with_name(name, args.tags),
        opts=child_of(parent),
        **to,
    )
