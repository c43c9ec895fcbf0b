"""What security groups let through, whichever of the three ways it is written in."""

from collections.abc import Iterator
from dataclasses import dataclass

from policies import tokens as t
from policies.graph import Graph, Resource, Unknown, Value, as_list, at

IN, OUT = "ingress", "egress"
WORLD = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """One opening of a security group, in or out."""

    owner: Resource
    """Resource that it is written in: a rule, or the group itself."""
    direction: str
    """`ingress` or `egress`."""
    values: Value
    """The rule's values by the names of an inline rule, ranges and groups aside."""
    ranges: tuple[str, ...]
    """Address ranges at the other end."""
    peers_at: str
    """Property of the owner that names the groups at the other end."""

    @property
    def ports(self) -> tuple[int, int] | None:
        """First and last port; None when they are unknown."""
        if str(at(self.values, "protocol")) == "-1":
            return 0, 65535
        low, high = at(self.values, "fromPort"), at(self.values, "toPort")
        return (int(low), int(high)) if isinstance(low, int | float) and isinstance(high, int | float) else None

    @property
    def every_protocol(self) -> bool:
        """Whether it opens every port of every protocol."""
        return str(at(self.values, "protocol")) == "-1"

    @property
    def world(self) -> bool:
        """Whether the whole internet is at the other end."""
        return not set(WORLD).isdisjoint(self.ranges)

    def shown(self) -> str:
        """The opening, as findings tell it."""
        ports = self.ports
        which = "every port" if self.every_protocol else "unknown ports" if not ports else _span(*ports)
        return f"{self.direction} of {which}" + (f" for {', '.join(self.ranges)}" if self.ranges else "")


def written_in(resource: Resource) -> Iterator[Opening]:
    """The openings that one resource writes down."""
    match resource.type:
        case t.INGRESS_RULE | t.EGRESS_RULE:
            yield _rule(resource)
        case t.SECURITY_GROUP_RULE:
            yield _legacy_rule(resource)
        case _:
            for direction in (IN, OUT):
                for index, values in enumerate(as_list(resource.get(direction))):
                    yield Opening(
                        owner=resource,
                        direction=direction,
                        values=values,
                        ranges=_texts(values, "cidrBlocks", "ipv6CidrBlocks"),
                        peers_at=f"{direction}.{index}.securityGroups",
                    )


def of_group(graph: Graph, group: Resource, direction: str) -> list[Opening]:
    """Every opening of a group in one direction."""
    owners = [group, *graph.referrers(group, "securityGroupId", t.INGRESS_RULE, t.EGRESS_RULE, t.SECURITY_GROUP_RULE)]
    return [one for owner in owners for one in written_in(owner) if one.direction == direction]


def groups_of(graph: Graph, opening: Opening) -> list[Resource]:
    """The groups that an opening is of."""
    if opening.owner.type in (t.SECURITY_GROUP, t.DEFAULT_SECURITY_GROUP):
        return [opening.owner]
    return graph.targets(opening.owner, "securityGroupId", t.SECURITY_GROUP)


def peers(graph: Graph, opening: Opening) -> list[Resource]:
    """The groups at the other end."""
    return graph.targets(opening.owner, opening.peers_at, t.SECURITY_GROUP)


def _rule(resource: Resource) -> Opening:
    return Opening(
        owner=resource,
        direction=IN if resource.type == t.INGRESS_RULE else OUT,
        values={**resource.properties, "protocol": resource.get("ipProtocol")},
        ranges=_texts(resource.properties, "cidrIpv4", "cidrIpv6"),
        peers_at="referencedSecurityGroupId",
    )


def _legacy_rule(resource: Resource) -> Opening:
    return Opening(
        owner=resource,
        direction=str(resource.get("type")),
        values=resource.properties,
        ranges=_texts(resource.properties, "cidrBlocks", "ipv6CidrBlocks"),
        peers_at="sourceSecurityGroupId",
    )


def _texts(values: Value, *names: str) -> tuple[str, ...]:
    found = [one for name in names for one in as_list(at(values, name))]
    return tuple(one for one in found if not isinstance(one, Unknown))


def _span(low: int, high: int) -> str:
    return f"port {low}" if low == high else f"ports {low} to {high}"
