"""What security groups let through, whichever of the three ways it is written in."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource, Unknown, Value, as_list, at

IN, OUT = "ingress", "egress"
EVERY_PROTOCOL = ("-1", "all")
EVERY_PORT = (0, 65535)
TCP = ("tcp", "6")
_HALF = 1
"""Length of the prefix of half of all addresses: two such ranges are the world."""


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
    def protocol(self) -> str:
        """A name or a number, in lower case."""
        return str(at(self.values, "protocol")).lower()

    @property
    def ports(self) -> tuple[int, int] | None:
        """First and last port, every one where none is named; None when they are unknown."""
        if self.every_protocol:
            return EVERY_PORT
        values = [at(self.values, name) for name in ("protocol", "fromPort", "toPort")]
        if UNKNOWN in values:
            return None
        low, high = map(port, values[1:])
        return EVERY_PORT if low is None or high is None else (low, high)

    @property
    def every_protocol(self) -> bool:
        """Whether it opens every port of every protocol."""
        return self.protocol in EVERY_PROTOCOL

    @property
    def world(self) -> bool:
        """Whether the whole internet is at the other end, or half of it."""
        return any(map(is_everywhere, self.ranges))

    def shown(self) -> str:
        """The opening, as findings tell it."""
        ports = self.ports
        which = "unknown ports" if not ports else "every port" if ports == EVERY_PORT else _span(*ports)
        by = "" if self.protocol in (*TCP, *EVERY_PROTOCOL) else f" of {self.protocol}"
        return f"{self.direction} of {which}{by}" + (f" for {', '.join(self.ranges)}" if self.ranges else "")


def port(value: Value) -> int | None:
    """A port that is given as a number or as text; None where it is neither."""
    if isinstance(value, str):
        return int(value) if value.removeprefix("-").isdecimal() else None
    return int(value) if isinstance(value, int | float) else None


def is_everywhere(cidr: str) -> bool:
    """Whether a range has half of all addresses, or all."""
    try:
        return ip_network(cidr, strict=False).prefixlen <= _HALF
    except ValueError:
        return False


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
    return tuple(str(one) for one in found if not isinstance(one, Unknown))


def _span(low: int, high: int) -> str:
    return f"port {low}" if low == high else f"ports {low} to {high}"
