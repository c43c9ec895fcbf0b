"""How a load balancer finds out whether a task serves."""

import re
from dataclasses import dataclass

from .checks import out_of_range, refuse


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthCheck:
    """What a load balancer asks each task, and what it makes of the answers."""

    path: str = "/"
    """Path that it asks for. Default: `/`."""
    matcher: str = "200"
    """Status codes that count as healthy, such as `200-299`. Default: 200."""
    interval: int = 5
    """Seconds between two checks, 5 to 300. Default: 5; AWS's own 30 makes each deploy half a minute longer."""
    timeout: int = 4
    """Seconds to wait for an answer, 2 to 120 and less than `interval`. Default: 4."""
    healthy_threshold: int = 2
    """Successes before a task that failed gets traffic again, 2 to 10; a new one needs one. Default: 2."""
    unhealthy_threshold: int = 3
    """Failures before a task is replaced, 2 to 10. Default: 3."""

    def __post_init__(self) -> None:
        """Refuse what a target group would refuse (ELB API Reference, "CreateTargetGroup").

        Raises:
            ValueError: values that are out of their bounds.
        """
        refuse(
            (
                _path_problem(self.path),
                None
                if _matches(self.matcher)
                else f"matcher must be codes of 200 to 499 such as 200, 200,302 or 200-299, got {self.matcher!r}",
                out_of_range("interval", self.interval, 5, 300),
                out_of_range("timeout", self.timeout, 2, 120),
                f"timeout must be less than interval={self.interval}, got {self.timeout}"
                if self.timeout >= self.interval
                else None,
                out_of_range("healthy_threshold", self.healthy_threshold, 2, 10),
                out_of_range("unhealthy_threshold", self.unhealthy_threshold, 2, 10),
            )
        )


def _path_problem(path: str) -> str | None:
    if not path.startswith("/"):
        return f"path must start with a slash, got {path!r}"
    if not re.fullmatch(r"[!-~]{1,1024}", path):
        return f"path must be printable ASCII without spaces, at most 1024 characters, got {path!r}"
    return None


def _matches(matcher: str) -> bool:
    """Whether a matcher is a list of codes and of ranges of them."""
    codes = re.fullmatch(r"[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*", matcher)
    ranges = [one.split("-") for one in matcher.split(",")]
    return bool(codes) and all(one[0] <= one[-1] for one in ranges)
