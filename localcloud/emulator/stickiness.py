"""A client stays with its target: ministack records a target group's stickiness, and sends each request anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OURS = {"lb_cookie": "AWSALB", "app_cookie": "AWSALBAPP-0"}
"""The load balancer's cookie by the type of stickiness. On AWS it is encrypted, here it is the target itself."""


@dataclass(frozen=True)
class Stickiness:
    """How a target group keeps its clients."""

    type: str
    seconds: str
    app_cookie: str

    @staticmethod
    def of(attributes: Sequence[Mapping[str, str]]) -> "Stickiness | None":
        """That of a target group with these attributes, where it is on."""
        found = {one["Key"]: one["Value"] for one in attributes}
        if found.get("stickiness.enabled") != "true":
            return None
        type = found["stickiness.type"]
        return Stickiness(
            type=type,
            seconds=found.get(f"stickiness.{type}.duration_seconds", "86400"),
            app_cookie=found.get("stickiness.app_cookie.cookie_name", ""),
        )

    def first(self, able: list[Any], cookies: Mapping[str, str]) -> list[Any]:
        """The targets in the order in which they are tried: the client's own before all."""
        return sorted(able, key=lambda target: _name(target) != cookies.get(OURS[self.type]))

    def keep(self, answer: tuple[int, Any, Any], target: Any) -> tuple[int, Any, Any]:
        """The answer with the cookie that brings the client back; the app's own begins it where there is one."""
        status, headers, body = answer
        given = headers.get("set-cookie") or []
        cookies = [given] if isinstance(given, str) else list(given)
        if self.type == "app_cookie" and not any(one.startswith(f"{self.app_cookie}=") for one in cookies):
            return answer
        cookies.append(f"{OURS[self.type]}={_name(target)}; Max-Age={self.seconds}; Path=/")
        return status, {**headers, "set-cookie": cookies}, body


def _name(target: Any) -> str:
    return f"{target['Id']}:{target.get('Port') or ''}"
