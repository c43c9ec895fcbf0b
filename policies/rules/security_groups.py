"""What security groups let in and out."""

from collections.abc import Iterator

from policies import openings
from policies import tokens as t
from policies.graph import Graph, Resource, as_list, at
from policies.rule import Fault, Severity, expect_set, of_graph, of_resource

_PUBLIC_PORTS = ((80, 80), (443, 443))
_WRITERS = (t.SECURITY_GROUP, t.INGRESS_RULE, t.EGRESS_RULE, t.SECURITY_GROUP_RULE)

_HELD_BY = (
    *("securityGroups", "securityGroupIds", "vpcSecurityGroupIds", "networkConfiguration", "vpcConfig"),
    "target.ecsParameters.networkConfiguration",
)
"""The properties by which resources have security groups."""


@of_graph(
    *_WRITERS,
    controls=(
        *("EC2.13", "EC2.14", "EC2.18", "EC2.19", "EC2.53", "EC2.54"),
        *("CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_260", "CKV_AWS_277"),
    ),
    severity=Severity.CRITICAL,
    fix="components.LoadBalancer opens the only public ports; elsewhere give the rule a referenced_security_group_id",
)
def only_public_balancers_open(resource: Resource, graph: Graph) -> Iterator[Fault]:
    """The world reaches TCP ports 80 and 443 of internet-facing load balancers, and nothing else."""
    for opening in openings.written_in(resource):
        if opening.direction != openings.IN or not opening.world or not opening.ports:
            continue
        groups = openings.groups_of(graph, opening)
        if opening.ports not in _PUBLIC_PORTS or opening.protocol not in openings.TCP:
            yield Fault(opening.shown(), "TCP port 80 or 443 alone, or a narrower range")
        elif not groups and isinstance(resource.get("securityGroupId"), str):
            yield Fault(f"{opening.shown()} in {resource.get('securityGroupId')}", "a group that the stack makes")
        elif not all(_is_public(graph, group) for group in groups):
            yield Fault(opening.shown(), "for the world only where an internet-facing load balancer has the group")
        elif others := [one.name for group in groups for one in _holders(graph, group)]:
            yield Fault(f"{opening.shown()}, and of {', '.join(others)}", "a group that load balancers alone have")


@of_resource(
    *_WRITERS,
    controls=("CKV_AWS_382",),
    severity=Severity.MEDIUM,
    fix="aws.vpc.SecurityGroupEgressRule for port 443, or to a referenced_security_group_id",
)
def egress_not_everything(resource: Resource) -> Iterator[Fault]:
    """Nothing may send every protocol to the whole world."""
    for opening in openings.written_in(resource):
        if opening.direction == openings.OUT and opening.world and opening.every_protocol:
            yield Fault(opening.shown(), "the ports that are used, such as 443")


@of_resource(
    *_WRITERS,
    controls=("CKV_AWS_23",),
    severity=Severity.LOW,
    fix="description=... on the group and on each rule",
)
def security_group_described(resource: Resource) -> Iterator[Fault]:
    """Every security group and every rule of one says what it is for."""
    if resource.get("description") == "Managed by Pulumi":
        yield Fault("description: Managed by Pulumi, which is the default", "a description of its own")
    else:
        yield from expect_set(resource, "description", "a description")
    for path in (openings.IN, openings.OUT):
        for rule in as_list(resource.get(path)):
            if not at(rule, "description"):
                yield Fault(f"an {path} rule without a description", "a description for each rule")


@of_graph(
    t.SECURITY_GROUP,
    controls=("EC2.22", "CKV2_AWS_5"),
    severity=Severity.LOW,
    fix="remove the group, or give it to the resource that it was made for",
)
def security_group_in_use(group: Resource, graph: Graph) -> Iterator[Fault]:
    """Every security group that is made belongs to something."""
    kinds = _holding(graph)
    if not any(graph.referrers(group, path, *kinds) for path in _HELD_BY):
        yield Fault("nothing has the group", "a service, load balancer or endpoint that has it")


def _is_public(graph: Graph, group: Resource) -> bool:
    balancers = graph.referrers(group, "securityGroups", t.BALANCER)
    return any(one.get("internal") is not True for one in balancers)


def _holders(graph: Graph, group: Resource) -> list[Resource]:
    """What has a group beside load balancers, as far as is known."""
    found = graph.of(*(_holding(graph) - {t.BALANCER}))
    return [one for one in found if any(group in graph.targets(one, path, group.type) for path in _HELD_BY)]


def _holding(graph: Graph) -> set[str]:
    return {one.type for one in graph.resources} - {*_WRITERS, t.DEFAULT_SECURITY_GROUP}
