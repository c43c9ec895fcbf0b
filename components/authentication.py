"""People sign in with an identity provider before a service sees their requests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

from .checks import out_of_range, refuse
from .look_up import look_up

_COOKIE = re.compile(r"[A-Za-z0-9_-]+")
_URLS = ("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint")


class OnUnauthenticatedRequest(StrEnum):
    """What becomes of a request of somebody who has not signed in."""

    AUTHENTICATE = "authenticate"
    """The browser is sent to the identity provider."""
    DENY = "deny"
    """401, which a page's own requests understand better than a redirect."""
    ALLOW = "allow"
    """The service gets it without a word of who it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Authentication:
    """An identity provider that speaks OpenID Connect; the load balancer keeps the session in a cookie.

    The service gets who it is in `x-amzn-oidc-identity` and `x-amzn-oidc-data`; whoever can reach its tasks by another
    way than the load balancer can write these headers too. The listener must be one for HTTPS, its load balancer one
    with `LoadBalancerArgs.authenticates`, and the provider must know `https://HOST/oauth2/idpresponse` as a redirect.
    Source: User Guide for Application Load Balancers, "Authenticate users using an Application Load Balancer", and ELB
    API Reference, "AuthenticateOidcActionConfig".
    """

    issuer: str
    """The provider's identifier, a URL by HTTPS."""
    client_id: str
    """What the provider knows the load balancer by, 1 to 1024 characters."""
    client_secret: str
    """Secret of Secrets Manager that exists, by name or ARN, whose text is the client's secret. It is read at each
    preview and deployment, and kept in the state, encrypted."""
    authorization_endpoint: str
    """Where browsers are sent to, a URL by HTTPS."""
    token_endpoint: str
    """Where the load balancer gets tokens, a URL by HTTPS. Its name must resolve publicly, to an IPv4 address."""
    user_info_endpoint: str
    """Where the load balancer asks who it is, a URL by HTTPS, like `token_endpoint`."""
    scope: str = "openid"
    """What is asked of the provider, separated by spaces, such as `openid email`. Default: `openid`."""
    session_timeout: int = 604_800
    """Seconds after which people sign in anew, 1 to 604800. Default: 604800, a week, which is AWS's own."""
    session_cookie_name: str = "AWSELBAuthSessionCookie"
    """How the session's cookies begin; services of one host with other providers need another. Default: AWS's own."""
    on_unauthenticated_request: OnUnauthenticatedRequest = OnUnauthenticatedRequest.AUTHENTICATE
    """What becomes of a request without a session. Default: the browser is sent to sign in."""

    def __post_init__(self) -> None:
        """Refuse what a listener would refuse, and what could never sign in.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(_problems(self))


def oidc_action(authentication: Authentication, parent: pulumi.Resource) -> "aws.lb.ListenerRuleActionArgsDict":
    """The first action of a listener rule.

    Args:
        authentication: the identity provider.
        parent: of the look-up.

    Raises:
        pulumi.RunError: the client's secret does not exist, or has no text.
    """
    return {
        "type": "authenticate-oidc",
        "order": 1,
        "authenticate_oidc": {
            "issuer": authentication.issuer,
            "client_id": authentication.client_id,
            "client_secret": _client_secret(authentication.client_secret, parent),
            "authorization_endpoint": authentication.authorization_endpoint,
            "token_endpoint": authentication.token_endpoint,
            "user_info_endpoint": authentication.user_info_endpoint,
            "scope": authentication.scope,
            "session_timeout": authentication.session_timeout,
            "session_cookie_name": authentication.session_cookie_name,
            "on_unauthenticated_request": authentication.on_unauthenticated_request.value,
        },
    }


def _client_secret(name: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    opts = pulumi.InvokeOptions(parent=parent)
    found = look_up(f"secret {name}", lambda: aws.secretsmanager.get_secret_version(secret_id=name, opts=opts))
    if not found.secret_string:
        raise pulumi.RunError(f"secret {name} has no text: the client's secret must be its whole text")
    return pulumi.Output.secret(found.secret_string)


def _problems(authentication: Authentication) -> Iterator[str | None]:
    for name in _URLS:
        url = getattr(authentication, name)
        if not _is_https(url):
            yield f"{name} must be a URL such as https://id.example.com/authorize, got {url!r}"
    if not 1 <= len(authentication.client_id) <= 1024:
        yield f"client_id must have 1 to 1024 characters, got {len(authentication.client_id)}"
    if not authentication.client_secret:
        yield "client_secret must be a secret's name or ARN, got ''"
    if "openid" not in authentication.scope.split():
        yield f"scope must have openid in it, such as 'openid email', got {authentication.scope!r}"
    yield out_of_range("session_timeout", authentication.session_timeout, 1, 604_800)
    if not _COOKIE.fullmatch(authentication.session_cookie_name):
        yield (
            "session_cookie_name must be of letters, digits, hyphens and underscores, got "
            f"{authentication.session_cookie_name!r}"
        )


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not re.search(r"\s", url)
