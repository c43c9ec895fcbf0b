"""A certificate that proves itself by DNS, and renews itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .domain import Domain
from .names import check_name, child_of, with_name

_TTL = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateArgs:
    """Inputs of `Certificate`."""

    domain: Domain
    """Names that it is for. Plain: they decide how many records prove it."""
    zone_id: pulumi.Input[str]
    """Public hosted zone of the names."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""


class Certificate(pulumi.ComponentResource):
    """A public certificate, issued once its records are in the hosted zone.

    Creates: certificate, a CNAME record a name (a wildcard shares its domain's), their validation. The records stay
    behind when the certificate goes.
    Costs: nothing.
    Source: AWS Certificate Manager User Guide, "DNS validation".
    """

    arn: pulumi.Output[str]
    """ARN of the certificate; known once it is issued."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:Certificate", check_name(name), {}, opts)
        first, *others = args.domain.names
        certificate = aws.acm.Certificate(
            name,
            domain_name=first,
            subject_alternative_names=others or None,
            validation_method="DNS",
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        proofs = [
            self._proof(name, domain, certificate.domain_validation_options, args.zone_id)
            for domain in dict.fromkeys(name.removeprefix("*.") for name in args.domain.names)
        ]
        issued = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[proof.fqdn for proof in proofs],
            opts=child_of(self),
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})

    def _proof(
        self,
        name: str,
        domain: str,
        options: "pulumi.Output[Sequence[aws.acm.outputs.CertificateDomainValidationOption]]",
        zone_id: pulumi.Input[str],
    ) -> "aws.route53.Record":
        """The record that ACM wants to find for a domain, and for its wildcard."""
        wanted = options.apply(lambda known: next(one for one in known if one.domain_name in (domain, f"*.{domain}")))
        return aws.route53.Record(
            f"{name}-{domain}",
            zone_id=zone_id,
            name=wanted.resource_record_name,
            type=wanted.resource_record_type,
            records=[wanted.resource_record_value],
            ttl=_TTL,
            # The record is the same for every certificate that the account has for the domain: it may be there, and it
            # must stay, or others could not renew themselves.
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
