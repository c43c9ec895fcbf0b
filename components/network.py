"""A VPC with a public and a private subnet in each of two to four zones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from .cidr import SubnetCidrs, given, split
from .names import check_name, child_of, with_name


class Nat(StrEnum):
    """How private subnets reach the internet."""

    NONE = "none"
    """Not at all: tasks need VPC endpoints for whatever they call."""
    SINGLE = "single"
    """One NAT gateway for all zones: the cheapest way out, and lost with its zone."""
    PER_AZ = "per_az"
    """One NAT gateway a zone: a zone that fails takes no other with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkArgs:
    """Inputs of `Network`."""

    cidr: str = "10.0.0.0/16"
    """Range of the VPC, /16 to /25. Plain: it is checked and split before anything deploys. Default: 10.0.0.0/16."""
    zones: int = 2
    """Availability zones, 2 to 4; more can be added later, and nothing moves. Default: 2."""
    nat: Nat = Nat.SINGLE
    """The private subnets' way out. Default: one NAT gateway."""
    public_cidrs: tuple[str, ...] = ()
    """Ranges of the public subnets, one a zone. Default: carved from `cidr`."""
    private_cidrs: tuple[str, ...] = ()
    """Ranges of the private subnets, one a zone. Default: carved from `cidr`."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""

    def subnet_cidrs(self) -> SubnetCidrs:
        """The ranges of the subnets.

        Raises:
            ValueError: they cannot be had from `cidr`, or those given do not fit it.
        """
        if not self.public_cidrs and not self.private_cidrs:
            return split(self.cidr, self.zones)
        return given(self.cidr, public=self.public_cidrs, private=self.private_cidrs, zones=self.zones)


class Network(pulumi.ComponentResource):
    """The network of a stack.

    Creates: VPC, internet gateway, subnets, a public route table, a private route table a zone, NAT gateways with their
    addresses as `nat` says, and the S3 gateway endpoint, through which image layers come without passing NAT.
    Costs: a NAT gateway and its address by the hour and by the GB that passes; all else is free.
    Source: Amazon VPC User Guide, "NAT gateways" and "Gateway endpoints for Amazon S3".
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    vpc_cidr: pulumi.Output[str]
    """Range of the VPC."""
    public_subnet_ids: pulumi.Output[list[str]]
    """One a zone; known once their route to the internet exists."""
    private_subnet_ids: pulumi.Output[list[str]]
    """One a zone; known once their way out exists, so that no task starts before it."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:Network", check_name(name), {}, opts)
        self._name, self._args = name, args
        cidrs = args.subnet_cidrs()
        zones = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).names

        self._vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        gateway = aws.ec2.InternetGateway(
            f"{name}-igw", vpc_id=self._vpc.id, tags=with_name(f"{name}-igw", args.tags), opts=child_of(self)
        )
        public = [self._subnet("public", index, cidr, zones) for index, cidr in enumerate(cidrs.public)]
        private = [self._subnet("private", index, cidr, zones) for index, cidr in enumerate(cidrs.private)]
        internet = self._public_routes(gateway, public)
        tables, associations = self._private_tables(private)
        ways_out = [*associations, *self._nat_routes(gateway, public, tables), self._s3_endpoint(tables)]

        self.vpc_id = self._vpc.id
        self.vpc_cidr = self._vpc.cidr_block
        self.public_subnet_ids = _ids(public, internet)
        self.private_subnet_ids = _ids(private, ways_out)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "vpc_cidr": self.vpc_cidr,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
            }
        )

    def _subnet(self, tier: str, index: int, cidr: str, zones: pulumi.Output[list[str]]) -> aws.ec2.Subnet:
        name = f"{self._name}-{tier}-{index + 1}"
        return aws.ec2.Subnet(
            name,
            vpc_id=self._vpc.id,
            cidr_block=cidr,
            availability_zone=zones.apply(lambda names: _zone(names, index)),
            map_public_ip_on_launch=False,
            tags=with_name(name, {"tier": tier, **self._args.tags}),
            # A zone that AWS opens shifts the list: without this, every subnet after it would be replaced.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["availabilityZone"]),
        )

    def _public_routes(
        self, gateway: aws.ec2.InternetGateway, subnets: list[aws.ec2.Subnet]
    ) -> list[pulumi.CustomResource]:
        """What stands between the public subnets and the internet."""
        table = self._route_table("public")
        route = aws.ec2.Route(
            f"{self._name}-public",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=child_of(self),
        )
        return [route, *(self._associate("public", index, subnet, table) for index, subnet in enumerate(subnets))]

    def _private_tables(
        self, subnets: list[aws.ec2.Subnet]
    ) -> tuple[list[aws.ec2.RouteTable], list[aws.ec2.RouteTableAssociation]]:
        """A table for each private subnet, so that `single` can become `per_az` by changing routes only."""
        tables = [self._route_table(f"private-{index + 1}") for index in range(len(subnets))]
        pairs = zip(subnets, tables, strict=True)
        return tables, [self._associate("private", index, *pair) for index, pair in enumerate(pairs)]

    def _route_table(self, suffix: str) -> aws.ec2.RouteTable:
        name = f"{self._name}-{suffix}"
        return aws.ec2.RouteTable(name, vpc_id=self._vpc.id, tags=with_name(name, self._args.tags), opts=child_of(self))

    def _associate(
        self, tier: str, index: int, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable
    ) -> aws.ec2.RouteTableAssociation:
        name = f"{self._name}-{tier}-{index + 1}"
        return aws.ec2.RouteTableAssociation(name, subnet_id=subnet.id, route_table_id=table.id, opts=child_of(self))

    def _nat_routes(
        self, gateway: aws.ec2.InternetGateway, public: list[aws.ec2.Subnet], tables: list[aws.ec2.RouteTable]
    ) -> list[aws.ec2.Route]:
        """A route out for each private table: over its own zone's NAT gateway, or over the only one."""
        count = {Nat.NONE: 0, Nat.SINGLE: 1, Nat.PER_AZ: len(public)}[self._args.nat]
        gateways = [self._nat_gateway(index, subnet, gateway) for index, subnet in enumerate(public[:count])]
        if not gateways:
            return []
        return [
            aws.ec2.Route(
                f"{self._name}-private-{index + 1}",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=gateways[min(index, len(gateways) - 1)].id,
                opts=child_of(self),
            )
            for index, table in enumerate(tables)
        ]

    def _nat_gateway(self, index: int, subnet: aws.ec2.Subnet, gateway: aws.ec2.InternetGateway) -> aws.ec2.NatGateway:
        name = f"{self._name}-nat-{index + 1}"
        tags = with_name(name, self._args.tags)
        # An address can only be mapped, and only be released, while the gateway is attached to the VPC.
        address = aws.ec2.Eip(name, domain="vpc", tags=tags, opts=child_of(self, [gateway]))
        return aws.ec2.NatGateway(
            name, allocation_id=address.id, subnet_id=subnet.id, tags=tags, opts=child_of(self, [gateway])
        )

    def _s3_endpoint(self, tables: list[aws.ec2.RouteTable]) -> aws.ec2.VpcEndpoint:
        name = f"{self._name}-s3"
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self))
        return aws.ec2.VpcEndpoint(
            name,
            vpc_id=self._vpc.id,
            service_name=pulumi.Output.concat("com.amazonaws.", region.region, ".s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=with_name(name, self._args.tags),
            opts=child_of(self),
        )


def _zone(names: list[str], index: int) -> str:
    if index >= len(names):
        raise pulumi.RunError(
            f"zones must be at most {len(names)}, as many as the region opens to every account, got {index + 1} or more"
        )
    return names[index]


def _ids(subnets: Sequence[aws.ec2.Subnet], after: Sequence[pulumi.CustomResource]) -> pulumi.Output[list[str]]:
    """The subnets' ids, known once what they depend on exists too."""
    known = pulumi.Output.all(*[one.id for one in (*subnets, *after)])
    return known.apply(lambda ids: list(ids[: len(subnets)]))
