"""A VPC with a public and a private subnet in each of two to four zones, or one that exists."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from .cidr import ANYWHERE, ANYWHERE_IPV6, ipv6_slot, public_slot
from .existing_network import check
from .flow_logs import flow_logs
from .names import check_name, child_of, with_name
from .near import Near
from .network_args import ExistingNetworkArgs, NetworkArgs
from .vpc_endpoints import gateway_endpoints, interface_endpoints
from .ways_out import ways_out_by_ipv6, ways_out_by_nat


class Network(pulumi.ComponentResource):
    """The network of a stack.

    Creates: VPC with an emptied default security group, internet gateway, subnets, a public route table, a private
    route table a zone, NAT gateways with their addresses as `nat` says, the S3 gateway endpoint, through which image
    layers come without passing NAT; as asked, further endpoints with their security group, an egress-only internet
    gateway, and flow logs with their log group and role. `Network.existing` creates nothing.
    Costs: a NAT gateway and its address by the hour and by the GB that passes; an interface endpoint by the hour and
    zone, and by the GB; flow logs by the GB. All else is free.
    Source: Amazon VPC User Guide, "NAT gateways", "Gateway endpoints for Amazon S3" and "Logging IP traffic using VPC
    Flow Logs".
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    vpc_cidr: pulumi.Output[str]
    """Range of the VPC."""
    public_subnet_ids: pulumi.Output[list[str]]
    """One a zone; known once their route to the internet exists."""
    private_subnet_ids: pulumi.Output[list[str]]
    """One a zone; known once their way out exists, so that no task starts before it."""

    def __init__(
        self, name: str, args: NetworkArgs | ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("fargate:index:Network", check_name(name), {}, opts)
        self._name = name
        if isinstance(args, ExistingNetworkArgs):
            self._adopt(args)
        else:
            self._args = args
            self._make()
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "vpc_cidr": self.vpc_cidr,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
            }
        )

    @classmethod
    def existing(cls, name: str, args: ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> "Network":
        """A VPC that others made, with the same outputs: it is looked up, checked, and never changed.

        Raises:
            pulumi.RunError: on preview; a tier is in one zone only, a subnet is of another VPC or unknown, a public one
                has no internet gateway, or a private one no way out.
        """
        return cls(name, args, opts)

    @property
    def zonal_subnet_ids(self) -> list[pulumi.Output[str]]:
        """A private subnet of each zone, as a plain list: for what a zone has once, such as an EFS mount target."""
        return [self.private_subnet_ids[place] for place in self._one_a_zone]

    def _adopt(self, args: ExistingNetworkArgs) -> None:
        vpc, private = check(args, parent=self)
        zones = [subnet.zone for subnet in private]
        self._one_a_zone = [zones.index(zone) for zone in dict.fromkeys(zones)]
        self.vpc_id, self.vpc_cidr = pulumi.Output.from_input(vpc.id), pulumi.Output.from_input(vpc.cidr_block)
        self.public_subnet_ids = pulumi.Output.from_input(list(args.public_subnet_ids))
        self.private_subnet_ids = pulumi.Output.from_input(list(args.private_subnet_ids))

    def _make(self) -> None:
        name, args = self._name, self._args
        self._one_a_zone = list(range(args.zones))
        cidrs = args.subnet_cidrs()
        zones = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).names

        self._vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.cidr,
            assign_generated_ipv6_cidr_block=args.ipv6 or None,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=self._vpc.id,
            tags=with_name(f"{name}-default", args.tags),
            opts=child_of(self),
        )
        # Another VPC gets a gateway of its own: this one cannot leave while the old VPC has public addresses.
        another = pulumi.ResourceOptions(parent=self, replace_on_changes=["vpcId"])
        gateway = aws.ec2.InternetGateway(
            f"{name}-igw", vpc_id=self._vpc.id, tags=with_name(f"{name}-igw", args.tags), opts=another
        )
        public = [self._subnet("public", index, cidr, zones) for index, cidr in enumerate(cidrs.public)]
        private = [self._subnet("private", index, cidr, zones) for index, cidr in enumerate(cidrs.private)]
        internet = self._public_routes(gateway, public)
        tables, associations = self._private_tables(private)
        near = Near(name=name, vpc_id=self._vpc.id, tags=args.tags, parent=self)
        ways_out = [
            *associations,
            *ways_out_by_nat(near, args.nat, gateway, public, tables),
            *(ways_out_by_ipv6(near, tables) if args.ipv6 else ()),
            *gateway_endpoints(near, args.endpoints, tables),
            *interface_endpoints(near, args.endpoints, self._vpc.cidr_block, private),
        ]
        if args.flow_log_retention_days:
            flow_logs(near, args)

        self.vpc_id = self._vpc.id
        self.vpc_cidr = self._vpc.cidr_block
        self.public_subnet_ids = _ids(public, internet)
        self.private_subnet_ids = _ids(private, ways_out)

    def _subnet(self, tier: str, index: int, cidr: str, zones: pulumi.Output[list[str]]) -> aws.ec2.Subnet:
        name = f"{self._name}-{tier}-{index + 1}"
        slot = public_slot(index) if tier == "public" else index
        ipv6 = self._vpc.ipv6_cidr_block.apply(lambda block: ipv6_slot(block, slot)) if self._args.ipv6 else None
        return aws.ec2.Subnet(
            name,
            vpc_id=self._vpc.id,
            cidr_block=cidr,
            ipv6_cidr_block=ipv6,
            assign_ipv6_address_on_creation=self._args.ipv6 or None,
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
        name, table = f"{self._name}-public", self._route_table("public")
        to_gateway = {"route_table_id": table.id, "gateway_id": gateway.id}
        routes = [aws.ec2.Route(name, destination_cidr_block=ANYWHERE, **to_gateway, opts=child_of(self))]
        if self._args.ipv6:
            routes.append(
                aws.ec2.Route(
                    f"{name}-ipv6", destination_ipv6_cidr_block=ANYWHERE_IPV6, **to_gateway, opts=child_of(self)
                )
            )
        return [*routes, *(self._associate("public", index, subnet, table) for index, subnet in enumerate(subnets))]

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
