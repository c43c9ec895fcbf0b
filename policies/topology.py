"""Where packets may go: subnets, their routes, and the endpoints that tasks can do with."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource, as_list, at, has_unknown

_REGION = re.compile(r"[a-z]+(-[a-z]+)+-\d+\.")
_WAYS = ("natGatewayId", "gatewayId", "transitGatewayId", "networkInterfaceId", "vpcPeeringConnectionId")


class Route(NamedTuple):
    """One route, whether it stands alone or in its table."""

    owner: Resource
    """Resource that holds it."""
    path: str
    """Where in the owner's properties it is, with a dot at the end; empty for the whole."""

    def get(self, name: str) -> object:
        """One of its values."""
        return self.owner.get(self.path + name)


def route_tables(graph: Graph, subnet: Resource) -> list[Resource]:
    """The route tables of a subnet, as far as the graph has them."""
    associations = graph.referrers(subnet, "subnetId", t.ROUTE_TABLE_ASSOCIATION)
    return [table for one in associations for table in graph.targets(one, "routeTableId", t.ROUTE_TABLE)]


def routes(graph: Graph, table: Resource) -> Iterator[Route]:
    """Every route of a table."""
    for index in range(len(as_list(table.get("routes")))):
        yield Route(table, f"routes.{index}.")
    for route in graph.referrers(table, "routeTableId", t.ROUTE):
        yield Route(route, "")


def to_internet_gateway(graph: Graph, route: Route) -> bool:
    """Whether a route leads to an internet gateway, which makes its subnets public."""
    gateway = route.get("gatewayId")
    named = isinstance(gateway, str) and gateway.startswith("igw-")
    return named or bool(graph.targets(route.owner, f"{route.path}gatewayId", t.INTERNET_GATEWAY))


def is_public(graph: Graph, subnet: Resource) -> bool:
    """Whether it is known that a route of a subnet leads to an internet gateway."""
    return any(to_internet_gateway(graph, route) for route in _routes_of(graph, subnet))


def is_private(graph: Graph, subnet: Resource) -> bool:
    """Whether it is known that no route of a subnet leads to an internet gateway."""
    hidden = any(route.get("gatewayId") is UNKNOWN for route in _routes_of(graph, subnet))
    return bool(route_tables(graph, subnet)) and not hidden and not is_public(graph, subnet)


def has_way_out(graph: Graph, subnet: Resource) -> bool:
    """Whether a default route leads out of a subnet, or might. A subnet without IPv4 takes IPv6's."""
    wanted = ("::/0" if subnet.get("ipv6Native") is True else "0.0.0.0/0", UNKNOWN)
    ways = ("egressOnlyGatewayId", *_WAYS) if subnet.get("ipv6Native") is True else _WAYS
    every = _routes_of(graph, subnet)
    return any(_destination(route) in wanted and any(route.get(way) for way in ways) for route in every)


def endpoints(graph: Graph, subnet: Resource) -> set[str] | None:
    """The services, such as `ecr.api`, that a subnet reaches by VPC endpoints; None when that is unknown."""
    found: set[str] = set()
    for vpc in graph.targets(subnet, "vpcId", t.VPC):
        for endpoint in graph.referrers(vpc, "vpcId", t.ENDPOINT):
            service = endpoint.get("serviceName")
            if not isinstance(service, str) or has_unknown(endpoint.get("routeTableIds")):
                return None
            if _serves(graph, endpoint, subnet):
                found.add(service_of(service))
    return found


def service_of(name: str) -> str:
    """`ecr.api` of `com.amazonaws.eu-west-1.ecr.api`, which China's names put `cn.` before: what follows the region."""
    region = _REGION.search(name)
    return name[region.end() :] if region else name


def _serves(graph: Graph, endpoint: Resource, subnet: Resource) -> bool:
    """An interface serves its whole VPC by name; a gateway the subnets whose tables lead to it."""
    if endpoint.get("vpcEndpointType") == "Interface":
        return endpoint.get("privateDnsEnabled") is True
    associations = graph.referrers(endpoint, "vpcEndpointId", t.ENDPOINT_ROUTE_TABLE)
    tables = [table for one in associations for table in graph.targets(one, "routeTableId", t.ROUTE_TABLE)]
    tables += graph.targets(endpoint, "routeTableIds", t.ROUTE_TABLE)
    return any(table in tables for table in route_tables(graph, subnet))


def _routes_of(graph: Graph, subnet: Resource) -> list[Route]:
    return [route for table in route_tables(graph, subnet) for route in routes(graph, table)]


def _destination(route: Route) -> object:
    names = ("destinationCidrBlock", "cidrBlock", "destinationIpv6CidrBlock", "ipv6CidrBlock")
    return next((value for value in map(route.get, names) if value), None)


def subnets_of(graph: Graph, resource: Resource, path: str) -> list[Resource]:
    """The subnets that a property names, as far as the graph has them; none when it is not known which."""
    return graph.targets(resource, path, t.SUBNET) if at(resource.properties, path) is not UNKNOWN else []
