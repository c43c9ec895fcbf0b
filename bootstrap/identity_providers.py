"""The issuers whose tokens an account takes: those of the CIs that deliver to it."""

from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.names import check_name, child_of, with_name

from .settings import Circleci, Github
from .trust import GITHUB_AUDIENCE, GITHUB_HOST, circleci_host


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityProvidersArgs:
    """Inputs of `IdentityProviders`."""

    github: Github | None = None
    """Whose GitHub Actions deliver. Default: nobody's."""
    circleci: Circleci | None = None
    """Whose CircleCI workflows deliver. Default: nobody's."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""


class IdentityProviders(pulumi.ComponentResource):
    """An identity provider for each CI that delivers, unless the account has it already.

    An account has one provider an issuer: `existing_provider` leaves it to whoever made it, and it must take the
    audience that delivery's tokens have. No thumbprint is named: AWS trusts both issuers' certificates by its own list
    of authorities, and looks a thumbprint up itself where it needs one.
    Creates: up to two identity providers.
    Costs: nothing.
    Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM".
    """

    def __init__(self, name: str, args: IdentityProvidersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:IdentityProviders", check_name(name), {}, opts)
        wanted: dict[str, tuple[str, str]] = {}
        if args.github and not args.github.existing_provider:
            wanted["github"] = (GITHUB_HOST, GITHUB_AUDIENCE)
        if args.circleci and not args.circleci.existing_provider:
            wanted["circleci"] = (circleci_host(args.circleci), args.circleci.organization_id)
        for ci, (host, audience) in wanted.items():
            child = f"{name}-{ci}"
            aws.iam.OpenIdConnectProvider(
                child,
                url=f"https://{host}",
                client_id_lists=[audience],
                tags=with_name(child, args.tags),
                opts=child_of(self),
            )
        self.register_outputs({})
