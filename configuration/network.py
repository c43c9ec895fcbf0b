"""A stack's VPC."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from components import ExistingNetworkArgs, Nat, NetworkArgs, endpoints
from components.checks import refuse
from components.cidr import MAX_ZONES, MIN_ZONES, check_vpc

from .model import Model


def _vpc_cidr(cidr: str) -> str:
    return str(check_vpc(cidr))


_SubnetId = Annotated[str, Field(pattern=r"^subnet-\w+$")]


class ExistingSettings(Model):
    """A VPC that others made."""

    vpc_id: str = Field(pattern=r"^vpc-\w+$")
    """Id of the VPC."""
    public_subnet_ids: tuple[_SubnetId, ...]
    """Subnets for the load balancer, in two zones at least."""
    private_subnet_ids: tuple[_SubnetId, ...]
    """Subnets for tasks, in two zones at least, with a way out."""


class NetworkSettings(Model):
    """The stack's VPC."""

    cidr: Annotated[str, AfterValidator(_vpc_cidr)] = "10.0.0.0/16"
    """Range of the VPC."""
    zones: int = Field(default=2, ge=MIN_ZONES, le=MAX_ZONES)
    """Availability zones, 2 to 4; adding one later moves nothing."""
    nat: Nat = Nat.SINGLE
    """How tasks reach the internet: `none`, one NAT gateway (`single`), one a zone (`per_az`), or one of AWS's that
    spans the zones (`regional`)."""
    public_cidrs: tuple[str, ...] = ()
    """Ranges of the public subnets, one a zone; carved from `cidr` when left out."""
    private_cidrs: tuple[str, ...] = ()
    """Ranges of the private subnets, one a zone; carved from `cidr` when left out."""
    endpoints: tuple[str, ...] = ()
    """VPC endpoints beside S3's: `ecr`, `logs`, `secrets`, `exec`, or names of services such as `sqs`."""
    ipv6: bool = False
    """Whether the load balancer and tasks have IPv6 addresses too; once on, it stays on."""
    flow_logs: bool = False
    """Whether the VPC's traffic is logged."""
    existing: ExistingSettings | None = None
    """A VPC to use instead of one of the stack's own; nothing else can be said then."""

    @field_validator("endpoints")
    @classmethod
    def _endpoints(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        refuse(endpoints.problems(names))
        return names

    @model_validator(mode="after")
    def _possible(self) -> Self:
        others = sorted(self.model_fields_set - {"existing"})
        if self.existing and others:
            raise ValueError(f"an existing VPC is not changed: leave out {', '.join(others)}, or existing")
        _ = self._own().subnet_cidrs()
        return self

    def args(self, **more: Any) -> NetworkArgs | ExistingNetworkArgs:  # noqa: ANN401 - the component's own inputs
        """The component's inputs; `more` are those that a stack file does not say."""
        if self.existing:
            return ExistingNetworkArgs(**self.existing.model_dump())
        return self._own(**more)

    def _own(self, **more: Any) -> NetworkArgs:  # noqa: ANN401 - as above
        return NetworkArgs(
            cidr=self.cidr,
            zones=self.zones,
            nat=self.nat,
            public_cidrs=self.public_cidrs,
            private_cidrs=self.private_cidrs,
            endpoints=self.endpoints,
            ipv6=self.ipv6,
            **more,
        )
