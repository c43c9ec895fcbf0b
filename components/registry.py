"""What an account's ECR registry in a region does by itself: images of other registries, and copies of its own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from .checks import hint, refuse
from .image_uri import REPOSITORY_NAME, repository_arn
from .names import check_name, child_of
from .place import here
from .repository import account_problem

_PREFIX = re.compile(REPOSITORY_NAME)
_FILTER = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*")
_SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:ecr-pullthroughcache/[\w/+=.@-]+")
_AZURE = re.compile(r"[a-z0-9]+\.azurecr\.io")
_MAX_DESTINATIONS, _MAX_FILTERS = 25, 100
"""Amazon ECR User Guide, "Private image replication in Amazon ECR"."""


class Upstream(StrEnum):
    """A registry that ECR takes images from (Amazon ECR User Guide, "Sync an upstream registry")."""

    ECR_PUBLIC = "ecr-public"
    """`public.ecr.aws`, which asks nobody who they are."""
    KUBERNETES = "kubernetes"
    """`registry.k8s.io`, which asks nobody who they are."""
    QUAY = "quay"
    """`quay.io`, which asks nobody who they are."""
    AZURE = "azure"
    """A registry of Azure's, named by `host`."""
    DOCKER_HUB = "docker-hub"
    """`registry-1.docker.io`."""
    GITHUB = "github"
    """`ghcr.io`."""
    GITLAB = "gitlab"
    """`registry.gitlab.com`."""


_URLS = {
    Upstream.ECR_PUBLIC: "public.ecr.aws",
    Upstream.KUBERNETES: "registry.k8s.io",
    Upstream.QUAY: "quay.io",
    Upstream.DOCKER_HUB: "registry-1.docker.io",
    Upstream.GITHUB: "ghcr.io",
    Upstream.GITLAB: "registry.gitlab.com",
}
_OPEN = (Upstream.ECR_PUBLIC, Upstream.KUBERNETES, Upstream.QUAY)
"""Those that ask nobody who they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PullThrough:
    """How images of another registry are had through the account's own."""

    prefix: str | None = None
    """First part of the repositories' names, 2 to 30 characters. Default: the upstream's name."""
    credential_arn: str | None = None
    """Secret of Secrets Manager, in the registry's account and region, with `username` and `accessToken`; its name
    begins with `ecr-pullthroughcache/`. Default: none, which `ecr-public`, `kubernetes` and `quay` need."""
    host: str | None = None
    """Host of an Azure registry, such as `team.azurecr.io`. Default: the upstream's only one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where images are copied to."""

    region: str
    """Region, such as `eu-west-1`."""
    account: str | None = None
    """Account, whose registry policy must let this one replicate. Default: the registry's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryArgs:
    """Inputs of `Registry`."""

    pull_through: Mapping[Upstream, PullThrough] = field(default_factory=dict[Upstream, PullThrough])
    """Registries whose images are had through this one. Plain: a rule each. Default: none."""
    replicate_to: tuple[Destination, ...] = ()
    """Where images are copied to once they are pushed, 25 places at most. Default: nowhere."""
    replicate_prefixes: tuple[str, ...] = ()
    """Beginnings of the names of the repositories that are copied, 100 at most. Default: all are."""

    def __post_init__(self) -> None:
        """Refuse what ECR would refuse.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(_problems(self))

    @property
    def prefixes(self) -> dict[Upstream, str]:
        """First part of the repositories' names, by upstream."""
        return {upstream: rule.prefix or upstream.value for upstream, rule in self.pull_through.items()}


class Registry(pulumi.ComponentResource):
    """Settings of the account's registry in the region. There is one registry, so one stack at most may have this.

    A second stack's replication would silently take the place of the first's; a second rule of one prefix is refused.
    Replication copies what is pushed from then on. Images that were pulled through stay where they are on destroy.
    Creates: a pull-through cache rule for each upstream, the replication configuration.
    Costs: stored images by the GB, each copy too; traffic between regions.
    Source: Amazon ECR User Guide, "Sync an upstream registry with an Amazon ECR private registry", "Private image
    replication in Amazon ECR".
    """

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:Registry", check_name(name), {}, opts)
        for upstream, rule in args.pull_through.items():
            aws.ecr.PullThroughCacheRule(
                f"{name}-{upstream}",
                ecr_repository_prefix=args.prefixes[upstream],
                upstream_registry_url=rule.host or _URLS[upstream],
                credential_arn=rule.credential_arn,
                opts=child_of(self),
            )
        if args.replicate_to:
            own = here(self).apply(lambda place: place.account)
            aws.ecr.ReplicationConfiguration(
                name,
                replication_configuration={
                    "rules": [
                        {
                            "destinations": [
                                {"region": to.region, "registry_id": to.account or own} for to in args.replicate_to
                            ],
                            "repository_filters": [
                                {"filter": prefix, "filter_type": "PREFIX_MATCH"} for prefix in args.replicate_prefixes
                            ]
                            or None,
                        }
                    ]
                },
                opts=child_of(self),
            )
        self.register_outputs({})


def is_pulled_through(uri: str, args: RegistryArgs) -> bool:
    """Whether an image is one that the registry would take from another when it is first asked for."""
    name = (repository_arn(uri) or "").partition(":repository/")[2]
    return any(name.startswith(f"{prefix}/") for prefix in args.prefixes.values())


def _problems(args: RegistryArgs) -> Iterator[str | None]:
    for upstream, rule in args.pull_through.items():
        yield from (f"pull_through.{upstream}.{problem}" for problem in _rule_problems(upstream, rule) if problem)
    prefixes = list(args.prefixes.values())
    if len(set(prefixes)) < len(prefixes):
        yield f"pull_through: each upstream needs a prefix of its own, got {', '.join(prefixes)}"
    yield from _replication_problems(args)


def _rule_problems(upstream: Upstream, rule: PullThrough) -> Iterator[str | None]:
    prefix, secret = rule.prefix, rule.credential_arn
    if prefix is not None and not (2 <= len(prefix) <= 30 and _PREFIX.fullmatch(prefix)):
        yield f"prefix must have 2 to 30 characters and begin a repository's name, such as hub, got {prefix!r}"
    if upstream in _OPEN and secret is not None:
        yield f"credential_arn: {upstream} asks for none: leave it out"
    if upstream not in _OPEN and not _SECRET.fullmatch(secret or ""):
        yield (
            "credential_arn must be the ARN of a secret whose name begins with ecr-pullthroughcache/, such as "
            f"arn:aws:secretsmanager:REGION:ACCOUNT:secret:ecr-pullthroughcache/{upstream}-AbCdEf, got {secret!r}"
        )
    if upstream is Upstream.AZURE and not _AZURE.fullmatch(rule.host or ""):
        yield f"host must be that of the registry, such as team.azurecr.io, got {rule.host!r}"
    if upstream is not Upstream.AZURE and rule.host is not None:
        yield f"host: {upstream} has one only: leave it out"


def _replication_problems(args: RegistryArgs) -> Iterator[str | None]:
    regions = [one.value for one in aws.Region]
    places = [f"{to.region} of {to.account or 'this account'}" for to in args.replicate_to]
    for to in args.replicate_to:
        if to.region not in regions:
            yield f"replicate_to: no region {to.region!r}: {hint(to.region, regions)}"
        if to.account is not None:
            yield account_problem("replicate_to.account", to.account)
    if len(set(places)) < len(places):
        yield f"replicate_to must name each place once, got {', '.join(places)}"
    if len(places) > _MAX_DESTINATIONS:
        yield f"replicate_to takes {_MAX_DESTINATIONS} places, got {len(places)}"
    if args.replicate_prefixes and not places:
        yield "replicate_prefixes says of what is copied: name where to in replicate_to"
    if len(args.replicate_prefixes) > _MAX_FILTERS:
        yield f"replicate_prefixes takes {_MAX_FILTERS}, got {len(args.replicate_prefixes)}"
    for prefix in args.replicate_prefixes:
        if not (2 <= len(prefix) <= 256 and _FILTER.fullmatch(prefix)):
            yield f"replicate_prefixes must begin repositories' names, with 2 to 256 characters, got {prefix!r}"
