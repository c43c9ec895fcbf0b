"""The VPC of a stack: zones, subnets, and the ways out."""

from collections.abc import Iterable, Iterator

from ops.diagram.architecture import Network, Subnet, Zone
from policies import tokens as t
from policies.graph import Graph, Resource, as_list
from policies.topology import is_public, service_of

EGRESS_ONLY = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
_RANGES = ("cidrBlock", "ipv6CidrBlock")
_PRETENDED = "2001:db8:"
"""How IPv6 ranges begin that nobody has: those of documentation (RFC 3849)."""
_TASKS_SUBNETS = (
    (t.SERVICE, "networkConfiguration.subnets"),
    (t.SCHEDULE, "target.ecsParameters.networkConfiguration.subnets"),
)


def network(graph: Graph) -> Network | None:
    """The VPC of this stack, or the one of others that its tasks run in."""
    vpcs = graph.of(t.VPC)
    return _made_here(graph, vpcs[0]) if vpcs else _made_elsewhere(graph)


def _made_here(graph: Graph, vpc: Resource) -> Network:
    subnets = graph.referrers(vpc, "vpcId", t.SUBNET)
    nats = graph.of(t.NAT_GATEWAY)
    zones = sorted({_zone_of(one) for one in subnets})
    endpoints = [one for one in graph.of(t.ENDPOINT) if isinstance(one.get("serviceName"), str)]
    return Network(
        name=vpc.name,
        elsewhere=False,
        ranges=_ranges(vpc),
        zones=tuple(_zone(graph, name, [one for one in subnets if _zone_of(one) == name], nats) for name in zones),
        gateways=tuple(_gateways(graph)),
        regional_nats=tuple(one.urn for one in nats if not one.get("subnetId")),
        interfaces=_services(one for one in endpoints if one.get("vpcEndpointType") == "Interface"),
        by_route=_services(one for one in endpoints if one.get("vpcEndpointType") in (None, "Gateway")),
    )


def _zone(graph: Graph, name: str, subnets: list[Resource], nats: list[Resource]) -> Zone:
    public = [one for one in subnets if is_public(graph, one)]
    return Zone(
        name=name,
        public=tuple(map(_subnet, public)),
        private=tuple(_subnet(one) for one in subnets if one not in public),
        nats=tuple(nat.urn for nat in nats if any(one in subnets for one in graph.targets(nat, "subnetId", t.SUBNET))),
    )


def _subnet(one: Resource) -> Subnet:
    return Subnet(name=one.name, ranges=_ranges(one))


def _zone_of(subnet: Resource) -> str:
    """Its zone, or as much as is known of it."""
    zone = subnet.get("availabilityZone") or subnet.get("availabilityZoneId")
    return zone if isinstance(zone, str) else "a zone that AWS will know"


def _ranges(one: Resource) -> tuple[str, ...]:
    """Its ranges, but for one that AWS will give and that is only pretended here."""
    found = (value for value in map(one.get, _RANGES) if isinstance(value, str))
    return tuple("IPv6, by AWS" if value.startswith(_PRETENDED) else value for value in found)


def _gateways(graph: Graph) -> Iterator[str]:
    if graph.of(t.INTERNET_GATEWAY):
        yield "internet gateway"
    if graph.of(EGRESS_ONLY):
        yield "egress-only internet gateway, for IPv6"


def _services(endpoints: Iterable[Resource]) -> tuple[str, ...]:
    return tuple(sorted(service_of(str(one.get("serviceName"))) for one in endpoints))


def _made_elsewhere(graph: Graph) -> Network | None:
    """What is known of others' network: the ids that the stack names."""
    vpcs = [one.get("vpcId") for one in graph.of(t.SECURITY_GROUP) if isinstance(one.get("vpcId"), str)]
    private = [one for kind, path in _TASKS_SUBNETS for task in graph.of(kind) for one in as_list(task.get(path))]
    public = [one for balancer in graph.of(t.BALANCER) for one in as_list(balancer.get("subnets"))]
    if not vpcs and not private:
        return None
    here, there = _ids(private), _ids(public)
    zone = Zone(name="", public=tuple(one for one in there if one not in here), private=tuple(here))
    return Network(
        name=str(next(iter(vpcs), "")),
        elsewhere=True,
        ranges=(),
        zones=(zone,),
        gateways=(),
        regional_nats=(),
        interfaces=(),
        by_route=(),
    )


def _ids(subnets: list[object]) -> list[Subnet]:
    return [Subnet(name=one, ranges=()) for one in dict.fromkeys(subnets) if isinstance(one, str)]
