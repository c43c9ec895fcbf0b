"""A client that stays with the task that answered it first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pulumi_aws as aws

from .checks import out_of_range, refuse

_COOKIE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A cookie's name (RFC 6265, section 4.1.1)."""
_TAKEN_BY_AWS = "AWSALB"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stickiness:
    """How long a client's requests go to the same task, by a cookie of the load balancer's.

    A client whose task has ended gets another: with each deployment every session moves.
    Source: User Guide for Application Load Balancers, "Edit target group attributes", and ELB API Reference,
    "TargetGroupAttribute".
    """

    seconds: int = 86_400
    """Seconds after which the cookie is stale, 1 to 604800 (a week). Default: 86400, a day."""
    cookie: str | None = None
    """Cookie of the app's own, with which its session begins. Default: the first answer begins one."""

    def __post_init__(self) -> None:
        """Refuse what a target group would refuse.

        Raises:
            ValueError: seconds out of their bounds, or a cookie that is none or that AWS keeps for itself.
        """
        refuse((out_of_range("seconds", self.seconds, 1, 604_800), *_cookie_problems(self.cookie)))


def target_group_stickiness(stickiness: Stickiness | None) -> "aws.lb.TargetGroupStickinessArgsDict":
    """A target group's word for it. Without any it says so: the provider leaves what is not said as it was."""
    if stickiness is None:
        return {"enabled": False, "type": "lb_cookie"}
    if stickiness.cookie is None:
        return {"enabled": True, "type": "lb_cookie", "cookie_duration": stickiness.seconds}
    return {
        "enabled": True,
        "type": "app_cookie",
        "cookie_name": stickiness.cookie,
        "cookie_duration": stickiness.seconds,
    }


def _cookie_problems(cookie: str | None) -> Iterator[str]:
    if cookie is None:
        return
    if not _COOKIE.fullmatch(cookie):
        yield f"cookie must be a cookie's name, of letters, digits and !#$%&'*+.^_`|~-, got {cookie!r}"
    if cookie.startswith(_TAKEN_BY_AWS):
        yield f"cookie must not begin with {_TAKEN_BY_AWS}, which AWS keeps for load balancers, got {cookie!r}"
