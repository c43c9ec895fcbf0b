"""The inputs of `Network`: for a VPC of its own, or for one that exists."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import pulumi

from . import endpoints
from .checks import refuse
from .cidr import SubnetCidrs, given, split
from .log_retention import LogRetentionDays, retention_problem
from .names import role_path_problem


class Nat(StrEnum):
    """How private subnets reach the internet."""

    NONE = "none"
    """Not at all: tasks need VPC endpoints for whatever they call."""
    SINGLE = "single"
    """One NAT gateway for all zones: the cheapest way out, and lost with its zone."""
    PER_AZ = "per_az"
    """One NAT gateway a zone: a zone that fails takes no other with it."""
    REGIONAL = "regional"
    """One NAT gateway that AWS spreads over the zones in use: survives a zone, and costs as much as one a zone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkArgs:
    """Inputs of `Network`. Of a running one, only a change of `cidr` or of subnets' ranges replaces anything."""

    cidr: str = "10.0.0.0/16"
    """Range of the VPC, /16 to /24. Plain: it is checked and split before anything deploys. Default: 10.0.0.0/16."""
    zones: int = 2
    """Availability zones, 2 to 4; more can be added later, and nothing moves. Default: 2."""
    nat: Nat = Nat.SINGLE
    """The private subnets' way out. Default: one NAT gateway."""
    public_cidrs: tuple[str, ...] = ()
    """Ranges of the public subnets, one a zone. Default: carved from `cidr`."""
    private_cidrs: tuple[str, ...] = ()
    """Ranges of the private subnets, one a zone. Default: carved from `cidr`."""
    endpoints: tuple[str, ...] = ()
    """VPC endpoints beside S3's: `ecr`, `logs`, `secrets`, `exec`, or names of services such as `sqs`. Each interface
    endpoint costs by the hour and zone; `dynamodb` is a gateway, and free. Default: none."""
    ipv6: bool = False
    """Whether subnets have IPv6 ranges too, private ones with a way out only. For good: AWS takes no range from a VPC
    whose subnets have theirs. Default: IPv4 alone."""
    flow_log_retention_days: LogRetentionDays | None = None
    """Days that the VPC's flow logs are kept. Default: there are none."""
    retain_logs: bool = False
    """Whether the flow logs stay behind when they are no longer wanted. Default: they are deleted."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the flow logs; its policy lets CloudWatch Logs use it. Default: CloudWatch's own."""
    permissions_boundary_arn: pulumi.Input[str] | None = None
    """Boundary of the role by which flow logs are written. Default: none."""
    role_path: str | None = None
    """Path of that role's name, such as `/shop/dev/`, by which policies tell roles apart. A change replaces the role.
    Default: `/`."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what tasks could not live in.

        Raises:
            ValueError: an endpoint is unknown, or there is no way to what every task needs.
        """
        missing = tuple(endpoints.missing_without_nat(self.endpoints)) if self.nat is Nat.NONE else ()
        refuse(
            (
                *endpoints.problems(self.endpoints),
                f"nat: none leaves tasks no way to start: add {', '.join(missing)} to endpoints, or take another nat"
                if missing
                else None,
                retention_problem("flow_log_retention_days", self.flow_log_retention_days),
                role_path_problem(self.role_path),
            )
        )

    def subnet_cidrs(self) -> SubnetCidrs:
        """The ranges of the subnets.

        Raises:
            ValueError: they cannot be had from `cidr`, or those given do not fit it.
        """
        if not self.public_cidrs and not self.private_cidrs:
            return split(self.cidr, self.zones)
        return given(self.cidr, public=self.public_cidrs, private=self.private_cidrs, zones=self.zones)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExistingNetworkArgs:
    """Inputs of `Network.existing`."""

    vpc_id: str
    """VPC of the subnets. Plain, as all three: they are looked up and checked before anything deploys."""
    public_subnet_ids: Sequence[str]
    """Subnets for load balancers, in two zones at least, with a route to an internet gateway."""
    private_subnet_ids: Sequence[str]
    """Subnets for tasks, in two zones at least, with a route out that is no internet gateway."""
