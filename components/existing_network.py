"""A VPC that others made: looked up, and checked for what a service needs of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .cidr import ANYWHERE, MIN_ZONES
from .look_up import look_up
from .network_args import ExistingNetworkArgs


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundSubnet:
    """What counts of a subnet."""

    id: str
    """Id of the subnet."""
    vpc_id: str
    """VPC that it is in."""
    zone: str
    """Availability zone that it is in."""
    default_route: str
    """Id of what the traffic to the internet is sent to; empty when it is sent nowhere."""


def check(args: ExistingNetworkArgs, parent: pulumi.Resource) -> tuple[aws.ec2.GetVpcResult, Sequence[FoundSubnet]]:
    """Ask AWS about the VPC and its subnets, of which the private ones are returned.

    Raises:
        pulumi.RunError: AWS does not know one of them, or a service could not live there; all reasons at once.
    """
    opts = pulumi.InvokeOptions(parent=parent)
    vpc = look_up(f"the existing VPC {args.vpc_id}", lambda: aws.ec2.get_vpc(id=args.vpc_id, opts=opts))
    public = [_subnet(one, args.vpc_id, opts) for one in args.public_subnet_ids]
    private = [_subnet(one, args.vpc_id, opts) for one in args.private_subnet_ids]
    problems = network_problems(args.vpc_id, public=public, private=private)
    if told := "\n".join(f"  {problem}" for problem in problems):
        raise pulumi.RunError(f"the existing network {args.vpc_id} would not do:\n{told}")
    return vpc, private


def _subnet(subnet_id: str, vpc_id: str, opts: pulumi.InvokeOptions) -> FoundSubnet:
    subnet = look_up(f"the existing subnet {subnet_id}", lambda: aws.ec2.get_subnet(id=subnet_id, opts=opts))
    # A subnet that is associated with no table has its VPC's main one.
    ids = _tables(opts, "association.subnet-id", subnet_id) or _tables(opts, "association.main", "true", vpc_id)
    table = aws.ec2.get_route_table(route_table_id=ids[0], opts=opts)
    return FoundSubnet(
        id=subnet_id, vpc_id=subnet.vpc_id, zone=subnet.availability_zone, default_route=_default_route(table.routes)
    )


def _tables(opts: pulumi.InvokeOptions, name: str, value: str, vpc_id: str | None = None) -> Sequence[str]:
    return aws.ec2.get_route_tables(vpc_id=vpc_id, filters=[{"name": name, "values": [value]}], opts=opts).ids


def _default_route(routes: Sequence[aws.ec2.outputs.GetRouteTableRouteResult]) -> str:
    """The one target of the route to everywhere."""
    everywhere = next((one for one in routes if one.cidr_block == ANYWHERE), None)
    if not everywhere:
        return ""
    targets = (
        everywhere.gateway_id,
        everywhere.nat_gateway_id,
        everywhere.transit_gateway_id,
        everywhere.network_interface_id,
        everywhere.vpc_endpoint_id,
        everywhere.instance_id,
        everywhere.vpc_peering_connection_id,
        everywhere.core_network_arn,
        everywhere.carrier_gateway_id,
        everywhere.local_gateway_id,
    )
    return next(filter(None, targets), "")


def network_problems(vpc_id: str, *, public: Sequence[FoundSubnet], private: Sequence[FoundSubnet]) -> Iterator[str]:
    """Why a service could not live in a network that exists.

    Args:
        vpc_id: the VPC.
        public: subnets for load balancers.
        private: subnets for tasks.
    """
    for tier, subnets in (("public", public), ("private", private)):
        zones = sorted({one.zone for one in subnets})
        if len(zones) < MIN_ZONES:
            yield f"{tier} subnets must be in {MIN_ZONES} zones or more, got {', '.join(zones) or 'none'}"
        yield from (f"{tier} subnet {one.id} is in {one.vpc_id}" for one in subnets if one.vpc_id != vpc_id)
    for one in public:
        if not one.default_route.startswith("igw-"):
            yield f"public subnet {one.id} needs a route to an internet gateway, got {one.default_route or 'none'}"
    for one in private:
        if not one.default_route:
            yield f"private subnet {one.id} has no route out: it needs one to a NAT gateway, for example"
        elif one.default_route.startswith("igw-"):
            yield f"private subnet {one.id} is public: its traffic goes to {one.default_route}"
