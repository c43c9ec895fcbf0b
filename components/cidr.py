"""A VPC's address range, split into slots that never move."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from .checks import out_of_range, refuse

MIN_ZONES, MAX_ZONES = 2, 4
ANYWHERE, ANYWHERE_IPV6 = "0.0.0.0/0", "::/0"
_SLOT_BITS = 3
"""Eight slots: four zones, two tiers. A zone that is added takes slots of its own, and nothing else moves."""

_LARGEST, _SMALLEST = 16, 28
"""Prefix lengths that AWS takes for VPCs and subnets (Amazon VPC User Guide, "VPC CIDR blocks")."""
_SMALLEST_PUBLIC = 27
"""Of a subnet with a load balancer (User Guide for Application Load Balancers, "Subnets for your load balancer")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SubnetCidrs:
    """The ranges of both tiers, one a zone."""

    public: tuple[str, ...]
    """Load balancers and NAT gateways."""
    private: tuple[str, ...]
    """Tasks."""


def split(cidr: str, zones: int) -> SubnetCidrs:
    """Carve a VPC's range: private slots in its first half, public ones in its second, by zone.

    Raises:
        ValueError: the range is of no size that AWS takes, too small to split, or `zones` is out of bounds.
    """
    vpc = check_vpc(cidr)
    too_small = (
        f"cidr {cidr} is too small to split into {2**_SLOT_BITS} subnets of at least /{_SMALLEST_PUBLIC}: "
        f"take a /{_SMALLEST_PUBLIC - _SLOT_BITS} or larger"
    )
    refuse(
        (
            out_of_range("zones", zones, MIN_ZONES, MAX_ZONES),
            too_small if vpc.prefixlen + _SLOT_BITS > _SMALLEST_PUBLIC else None,
        )
    )
    slots = [str(slot) for slot in vpc.subnets(prefixlen_diff=_SLOT_BITS)]
    return SubnetCidrs(private=tuple(slots[:zones]), public=tuple(slots[public_slot(0) : public_slot(zones)]))


def public_slot(zone: int) -> int:
    """The slot of a zone's public subnet; a private subnet's is its zone's number."""
    return MAX_ZONES + zone


def ipv6_slot(block: str, slot: int) -> str:
    """A subnet's IPv6 range, always a /64 (Amazon VPC User Guide, "Subnet CIDR blocks").

    Args:
        block: the VPC's range.
        slot: place of the subnet in it.
    """
    start = IPv6Network(block).network_address + (slot << 64)
    return f"{start}/64"


def given(cidr: str, *, public: Sequence[str], private: Sequence[str], zones: int) -> SubnetCidrs:
    """Take the subnets' ranges as they are given.

    Raises:
        ValueError: a range is missing, outside the VPC, of a size that AWS does not take, or overlaps another.
    """
    vpc = check_vpc(cidr)
    problems = [out_of_range("zones", zones, MIN_ZONES, MAX_ZONES)]
    seen: list[IPv4Network] = []
    for tier, cidrs, smallest in (("public_cidrs", public, _SMALLEST_PUBLIC), ("private_cidrs", private, _SMALLEST)):
        if len(cidrs) != zones:
            problems.append(f"{tier} must have one range a zone: {zones}, got {len(cidrs)}")
        for text in cidrs:
            try:
                network = _network(text, tier)
            except ValueError as error:
                problems.append(str(error))
                continue
            problems += (f"{tier}: {text} {problem}" for problem in _subnet_problems(network, vpc, smallest, seen))
            seen.append(network)
    refuse(problems)
    return SubnetCidrs(public=tuple(public), private=tuple(private))


def _subnet_problems(
    network: IPv4Network, vpc: IPv4Network, smallest: int, seen: Sequence[IPv4Network]
) -> Iterator[str]:
    if network.prefixlen > smallest:
        yield f"is too small, AWS takes /{_LARGEST} to /{smallest} here"
    if not network.subnet_of(vpc):
        yield f"is outside the VPC's {vpc}"
    if overlapping := next((other for other in seen if other.overlaps(network)), None):
        yield f"overlaps {overlapping}"


def check_vpc(cidr: str) -> IPv4Network:
    """A VPC's range.

    Raises:
        ValueError: it is no IPv4 range, or of a size that AWS does not take.
    """
    network = _network(cidr, "cidr")
    if not _LARGEST <= network.prefixlen <= _SMALLEST:
        raise ValueError(f"cidr {cidr} must be a /{_LARGEST} to /{_SMALLEST} range, got /{network.prefixlen}")
    if network.is_loopback or network.is_link_local or network.is_multicast:
        raise ValueError(f"cidr {cidr} must be a range such as 10.0.0.0/16, AWS takes none of this kind")
    return network


def _network(text: str, what: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"{what} must be an IPv4 range such as 10.0.0.0/16, got {text!r} ({error})") from None
