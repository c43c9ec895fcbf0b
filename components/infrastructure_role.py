"""The role in which ECS moves a load balancer's requests from one version to another."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from . import iam
from .names import child_of, with_name


def make_infrastructure_role(
    name: str,
    *,
    cluster_arn: pulumi.Input[str],
    listener_arn: pulumi.Input[str],
    rule_arn: pulumi.Input[str],
    target_group_arns: Sequence[pulumi.Input[str]],
    permissions_boundary_arn: pulumi.Input[str] | None,
    role_path: str | None,
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    """Make the role of one service, which can change just this service's rule.

    Whoever runs `up` must be let pass it to ECS (`iam:PassRole`).
    Source: Amazon ECS Developer Guide, "Amazon ECS infrastructure IAM role for load balancers".

    Args:
        name: of the role and of its policy.
        cluster_arn: of the service's cluster.
        listener_arn: listener of the rule.
        rule_arn: rule whose weights ECS changes.
        target_group_arns: groups that tasks are registered with.
        permissions_boundary_arn: policy that bounds it.
        role_path: path of its name; IAM's own, `/`, if none.
        tags: added to the role; wins over `Name`.
        parent: of both.
    """
    role = aws.iam.Role(
        name,
        assume_role_policy=pulumi.Output.from_input(cluster_arn).apply(iam.infrastructure_trust),
        path=role_path,
        permissions_boundary=permissions_boundary_arn,
        tags=with_name(name, tags),
        opts=child_of(parent),
    )
    known = pulumi.Output.all(listener_arn, rule_arn, *target_group_arns)
    policy = aws.iam.RolePolicy(
        name,
        role=role.name,
        policy=known.apply(lambda arns: iam.shift_requests(arns[0], arns[1], arns[2:])),
        opts=child_of(parent),
    )
    return role, policy
