"""A stack's edge."""

import re
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from components import DesyncMitigation, Domain, Firewall, LoadBalancerArgs, Scheme
from components.checks import refuse
from components.load_balancer_args import certificate_problem, source_problems

from .model import Model

_CERTIFICATE = r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/.+"


class LoadBalancerSettings(Model):
    """The stack's edge: who reaches it, by which names, and what stands in front of it."""

    scheme: Scheme = Scheme.INTERNET_FACING
    """`internet-facing`, or `internal`: reached from the VPC and what is connected with it."""
    domain: Domain | None = None
    """Host names in a hosted zone of the account, which get a certificate and alias records."""
    certificate_arn: str | None = None
    """A certificate that exists, in the stack's region, instead of a domain."""
    allowed_cidrs: tuple[str, ...] = ()
    """Ranges that may reach it; when left out everyone, or for an internal one the VPC."""
    allowed_prefix_lists: tuple[str, ...] = ()
    """Prefix lists that may reach it, by id or by AWS's name, such as CloudFront's."""
    access_logs: bool = False
    """Whether requests and connections are logged into a bucket of the stack's own."""
    firewall: Firewall | None = None
    """Rules of a web ACL in front of it; `{}` takes all defaults."""
    desync_mitigation: DesyncMitigation = DesyncMitigation.DEFENSIVE
    """What becomes of ambiguous requests: `defensive` or `strictest`."""
    idle_timeout: int = Field(default=60, ge=1, le=4000)
    """Seconds after which a connection without traffic is closed."""
    http2: bool = True
    """Whether HTTPS clients may speak HTTP/2."""
    zonal_shift: bool = False
    """Whether traffic can be moved away from a zone."""
    deletion_protection: bool | None = None
    """Whether AWS and the engine refuse to delete it, and the engine the stack with it; in prod when left out."""

    @field_validator("certificate_arn")
    @classmethod
    def _certificate(cls, arn: str | None) -> str | None:
        if arn is not None and not re.fullmatch(_CERTIFICATE, arn):
            raise ValueError(f"must be a certificate's ARN such as arn:aws:acm:REGION:ACCOUNT:certificate/…, got {arn}")
        return arn

    @model_validator(mode="after")
    def _possible(self) -> Self:
        refuse((certificate_problem(self.domain, self.certificate_arn),))
        return self

    @field_validator("allowed_cidrs")
    @classmethod
    def _cidrs(cls, cidrs: tuple[str, ...]) -> tuple[str, ...]:
        refuse(source_problems(cidrs, ()))
        return cidrs

    @field_validator("allowed_prefix_lists")
    @classmethod
    def _prefix_lists(cls, lists: tuple[str, ...]) -> tuple[str, ...]:
        refuse(source_problems((), lists))
        return lists

    @property
    def is_internal(self) -> bool:
        """Whether it is reached from the VPC, and what is connected with it, alone."""
        return self.scheme is Scheme.INTERNAL

    def args(self, **more: Any) -> LoadBalancerArgs:  # noqa: ANN401 - the component's own inputs
        """The component's inputs; `more` are those that a stack file does not say here."""
        return LoadBalancerArgs(
            scheme=self.scheme,
            domain=self.domain,
            certificate_arn=self.certificate_arn,
            allowed_cidrs=self.allowed_cidrs,
            allowed_prefix_lists=self.allowed_prefix_lists,
            access_logs=self.access_logs,
            firewall=self.firewall,
            desync_mitigation=self.desync_mitigation,
            idle_timeout=self.idle_timeout,
            http2=self.http2,
            zonal_shift=self.zonal_shift,
            **more,
        )
