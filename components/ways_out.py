"""How private subnets reach the internet: NAT gateways for IPv4, an egress-only gateway for IPv6."""

from collections.abc import Sequence

import pulumi_aws as aws

from .cidr import ANYWHERE, ANYWHERE_IPV6
from .names import child_of
from .near import Near
from .network_args import Nat


def ways_out_by_nat(
    near: Near,
    nat: Nat,
    internet: aws.ec2.InternetGateway,
    public: Sequence[aws.ec2.Subnet],
    tables: Sequence[aws.ec2.RouteTable],
) -> list[aws.ec2.Route]:
    """A route out for each private table: over its own zone's NAT gateway, or over the only one."""
    match nat:
        case Nat.NONE:
            return []
        case Nat.REGIONAL:
            gateways = [_regional_nat_gateway(near, internet)]
        case Nat.SINGLE:
            gateways = [_nat_gateway(near, 0, public[0], internet)]
        case _:
            gateways = [_nat_gateway(near, index, subnet, internet) for index, subnet in enumerate(public)]
    return [
        aws.ec2.Route(
            near.child(f"private-{index + 1}"),
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=gateways[min(index, len(gateways) - 1)].id,
            opts=child_of(near.parent),
        )
        for index, table in enumerate(tables)
    ]


def ways_out_by_ipv6(near: Near, tables: Sequence[aws.ec2.RouteTable]) -> list[aws.ec2.Route]:
    """A route out for each private table, over a gateway that lets nothing in."""
    gateway = aws.ec2.EgressOnlyInternetGateway(
        near.child("eigw"), vpc_id=near.vpc_id, tags=near.tags_of("eigw"), opts=child_of(near.parent)
    )
    return [
        aws.ec2.Route(
            near.child(f"private-{index + 1}-ipv6"),
            route_table_id=table.id,
            destination_ipv6_cidr_block=ANYWHERE_IPV6,
            egress_only_gateway_id=gateway.id,
            opts=child_of(near.parent),
        )
        for index, table in enumerate(tables)
    ]


def _nat_gateway(
    near: Near, index: int, subnet: aws.ec2.Subnet, internet: aws.ec2.InternetGateway
) -> aws.ec2.NatGateway:
    name, tags = near.child(f"nat-{index + 1}"), near.tags_of(f"nat-{index + 1}")
    # An address can only be mapped, and only be released, while the gateway is attached to the VPC.
    after = child_of(near.parent, [internet])
    address = aws.ec2.Eip(name, domain="vpc", tags=tags, opts=after)
    return aws.ec2.NatGateway(name, allocation_id=address.id, subnet_id=subnet.id, tags=tags, opts=after)


def _regional_nat_gateway(near: Near, internet: aws.ec2.InternetGateway) -> aws.ec2.NatGateway:
    """A gateway of the VPC, not of a subnet; AWS gives it addresses in the zones that have network interfaces."""
    return aws.ec2.NatGateway(
        near.child("nat"),
        availability_mode="regional",
        vpc_id=near.vpc_id,
        tags=near.tags_of("nat"),
        opts=child_of(near.parent, [internet]),
    )
