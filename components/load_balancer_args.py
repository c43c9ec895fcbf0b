"""The inputs of `LoadBalancer`, and what AWS would say to them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_network

import pulumi

from .checks import out_of_range, refuse
from .domain import Domain
from .firewall import Firewall
from .log_retention import LogRetentionDays, retention_problem

MAX_RULES = 60
"""Of a security group in one direction (Amazon VPC User Guide, "Amazon VPC quotas")."""
_PREFIX_LIST = re.compile(r"pl-[0-9a-f]+|com\.amazonaws\.[a-z0-9.-]+")


class Scheme(StrEnum):
    """Where a load balancer can be reached from."""

    INTERNET_FACING = "internet-facing"
    """From everywhere that `allowed_cidrs` lets in."""
    INTERNAL = "internal"
    """From the VPC and the networks that are connected with it."""


class DesyncMitigation(StrEnum):
    """What becomes of requests that proxies could read in two ways."""

    DEFENSIVE = "defensive"
    """Dangerous ones are refused, doubtful ones pass on a connection of their own."""
    STRICTEST = "strictest"
    """Whatever departs from RFC 7230 is refused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerArgs:
    """Inputs of `LoadBalancer`.

    Only a changed `scheme` replaces the load balancer. With the first certificate, and with its removal, services'
    listener rules move to the other listener: each is made there before it goes here.
    """

    vpc_id: pulumi.Input[str]
    """VPC of the subnets."""
    subnet_ids: pulumi.Input[list[str]]
    """Public subnets, or for an internal load balancer private ones, in two zones at least."""
    scheme: Scheme = Scheme.INTERNET_FACING
    """Where it can be reached from. Plain: it decides who is let in. Default: the internet."""
    domain: Domain | None = None
    """Host names in a hosted zone of this account: they get a certificate and alias records. Default: none."""
    certificate_arn: pulumi.Input[str] | None = None
    """A certificate that exists, in the stack's region; its names' records are yours to make. Default: none."""
    allowed_cidrs: tuple[str, ...] = ()
    """Ranges that may reach it, IPv4 or IPv6. Default: everyone, or for an internal one the VPC."""
    allowed_prefix_lists: tuple[str, ...] = ()
    """Prefix lists that may reach it, by id or by AWS's name such as `com.amazonaws.global.cloudfront.origin-facing`.
    Default: none."""
    access_logs: bool = False
    """Whether every request and connection is logged, in a `LogBucket` that is made for that. Default: they are not."""
    firewall: Firewall | None = None
    """Rules of a web ACL in front of it, which logs what it blocks or counts. Default: none."""
    log_retention_days: LogRetentionDays = 30
    """Days that all these logs are kept, one of those that CloudWatch knows. Default: 30."""
    force_destroy: bool = False
    """Delete the bucket of logs with the logs on destroy. Default: it stays behind."""
    retain_logs: bool = False
    """Whether the firewall's log group stays behind, with its logs, when it is no longer wanted. Default: it is
    deleted."""
    desync_mitigation: DesyncMitigation = DesyncMitigation.DEFENSIVE
    """What becomes of ambiguous requests. Default: defensive."""
    idle_timeout: int = 60
    """Seconds after which a silent connection is closed, 1 to 4000; an app's own must be longer. Default: 60."""
    http2: bool = True
    """Whether HTTPS clients may speak HTTP/2. Default: they may."""
    ipv6: bool = False
    """Whether it has IPv6 addresses too; its subnets must have IPv6 ranges. Default: IPv4 alone."""
    zonal_shift: bool = False
    """Whether its traffic can be moved away from a zone, by hand or by AWS. Default: it cannot."""
    deletion_protection: bool = False
    """Whether AWS and the engine refuse to delete it until an `up` has turned this off. Default: they do not."""
    authenticates: bool = False
    """Whether it may call identity providers by HTTPS, as it must where people sign in (see `Authentication`); it needs
    a domain or a certificate then. An internal one needs a NAT gateway for it. Default: it calls nobody."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the firewall's log. Default: CloudWatch's own."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse, or what contradicts itself.

        Raises:
            ValueError: both a domain and a certificate, people who sign in without either, a range or a prefix list
                that is none, or a number that is out of its bounds.
        """
        refuse(
            (
                certificate_problem(self.domain, self.certificate_arn),
                "authenticates: people sign in by HTTPS only: give it a domain, or a certificate_arn"
                if self.authenticates and self.domain is None and self.certificate_arn is None
                else None,
                *source_problems(self.allowed_cidrs, self.allowed_prefix_lists),
                retention_problem("log_retention_days", self.log_retention_days),
                out_of_range("idle_timeout", self.idle_timeout, 1, 4000),
            )
        )


def certificate_problem(domain: Domain | None, certificate_arn: pulumi.Input[str] | None) -> str | None:
    """The problem with two certificates."""
    if domain is None or certificate_arn is None:
        return None
    return "domain makes a certificate of its own: leave out either domain or certificate_arn"


def source_problems(cidrs: tuple[str, ...], prefix_lists: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with those who are let in."""
    for cidr in cidrs:
        try:
            ip_network(cidr)
        except ValueError as error:
            yield f"allowed_cidrs: must be ranges such as 203.0.113.0/24, got {cidr!r} ({error})"
    for one in prefix_lists:
        if not _PREFIX_LIST.fullmatch(one):
            yield f"allowed_prefix_lists: must be ids such as pl-12ab34cd or names such as com.amazonaws.…, got {one!r}"
    if sum("cloudfront" in one for one in prefix_lists) > 1:
        yield "allowed_prefix_lists: one of CloudFront's only, as each counts as 55 of a security group's 60 rules"
    for one, count in Counter((*map(_spelt, cidrs), *prefix_lists)).items():
        if count > 1:
            yield f"{one} is allowed {count} times"
    if 2 * len(cidrs) > MAX_RULES:
        yield f"allowed_cidrs: {len(cidrs)} ranges need two rules each, a security group has {MAX_RULES}: name fewer"


def _spelt(cidr: str) -> str:
    """A range in the one way to write it; what is none, as it is."""
    try:
        return str(ip_network(cidr))
    except ValueError:
        return cidr
