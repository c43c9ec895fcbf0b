"""A way from one security group to another, as each of the two must allow it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .names import with_name
from .rule_taken import making_way


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """One end of a way: a group, and the rule that it gets."""

    group_id: pulumi.Input[str]
    """The group's id."""
    rule: str
    """Name of the rule."""
    description: str
    """What people read beside the rule."""


def make_way(
    leaving: End, arriving: End, *, port: int | None, tags: Mapping[str, str], parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """Make the rule that lets connections out of one group, and the one that lets them into the other.

    Args:
        leaving: where connections begin.
        arriving: where they end.
        port: TCP port that they go to.
        tags: the component's.
        parent: of both rules.
    """
    way_out = aws.vpc.SecurityGroupEgressRule(
        leaving.rule,
        security_group_id=leaving.group_id,
        referenced_security_group_id=arriving.group_id,
        description=leaving.description,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        tags=with_name(leaving.rule, tags),
        opts=_while_rolling(leaving, parent, egress=True),
    )
    way_in = aws.vpc.SecurityGroupIngressRule(
        arriving.rule,
        security_group_id=arriving.group_id,
        referenced_security_group_id=leaving.group_id,
        description=arriving.description,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        tags=with_name(arriving.rule, tags),
        opts=_while_rolling(arriving, parent, egress=False),
    )
    return [way_out, way_in]


def _while_rolling(end: End, parent: pulumi.Resource, *, egress: bool) -> pulumi.ResourceOptions:
    """A changed port is open beside the old one until the tasks that listen there have gone."""
    hooks = pulumi.ResourceHookBinding(on_error=[making_way(end.rule, parent, egress=egress)])
    return pulumi.ResourceOptions(parent=parent, replace_on_changes=["fromPort", "toPort"], hooks=hooks)
