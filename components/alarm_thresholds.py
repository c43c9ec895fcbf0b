"""When somebody is told of a service."""

from collections.abc import Iterator
from dataclasses import dataclass

from .checks import not_whole, out_of_range, refuse, too_low
from .target_metrics import answer_problems

LOG_PATTERN = "?ERROR ?FATAL ?CRITICAL ?Exception ?Traceback"
_DAY = 24 * 60
_LONGEST_PATTERN = 1024
_ENDS = {"{": "}", "[": "]", "%": "%"}
"""How a pattern of JSON, of columns and of a regular expression ends, by how it begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmThresholds:
    """When somebody is told of a service. None of a threshold switches its alarm off.

    Source: Amazon CloudWatch User Guide, "Recommended alarms"; CloudWatch Logs User Guide, "Filter pattern syntax for
    metric filters".
    """

    error_percent: float | None = 5
    """Percent of a target group's answers that are 5xx, more than 0 and less than 100, in 3 minutes of 5. Default:
    5."""
    latency_seconds: float | None = 5
    """Seconds within which 99 of 100 requests are answered, more than 0, in 3 minutes of 5. Default: 5."""
    least_requests: int = 20
    """Requests in a minute, 1 or more, below which the two above do not count a minute. Default: 20."""
    unhealthy_minutes: int | None = 5
    """Minutes, 1 to 1440, for which a task does not pass its health check at the load balancer. Default: 5."""
    balancer_errors: int | None = 10
    """5xx in a minute, 1 or more, that the load balancer answers by itself, as without a healthy task: in 3 minutes of
    5. Default: 10."""
    cpu_percent: float | None = 90
    """Percent of their vCPU that the tasks use on average, more than 0 and up to 100, for 15 minutes. Default: 90."""
    memory_percent: float | None = 90
    """Percent of its memory that the fullest task uses, more than 0 and up to 100, for 15 minutes. Default: 90."""
    missing_tasks_minutes: int | None = 10
    """Minutes, 1 to 1440, for which fewer tasks run than should. Default: 10."""
    log_errors: int | None = 10
    """Lines of the log in 5 minutes, 1 or more, that `log_pattern` finds. Default: 10."""
    log_pattern: str = LOG_PATTERN
    """Which lines those are, as CloudWatch Logs writes a pattern: words of which one is enough, or of JSON
    `{ $.level = "error" }`. Default: `?ERROR ?FATAL ?CRITICAL ?Exception ?Traceback`."""
    dead_letters: bool = True
    """Whether a run of a job that could not be started is told. Default: it is."""
    tell_recovery: bool = False
    """Whether the end of every alarm is told too. Each new alarm then tells once that all is well, when it has its
    first measurements. Default: it is not."""

    def __post_init__(self) -> None:
        """Refuse what nothing could exceed, and what CloudWatch would refuse.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(_problems(self))


def _problems(given: AlarmThresholds) -> Iterator[str | None]:
    yield from answer_problems(given.error_percent, given.latency_seconds, given.least_requests)
    for name in ("unhealthy_minutes", "missing_tasks_minutes"):
        minutes: int | None = getattr(given, name)
        yield None if minutes is None else not_whole(name, minutes) or out_of_range(name, minutes, 1, _DAY)
    for name in ("balancer_errors", "log_errors"):
        count: int | None = getattr(given, name)
        yield None if count is None else not_whole(name, count) or too_low(name, count, 1)
    for name in ("cpu_percent", "memory_percent"):
        percent: float | None = getattr(given, name)
        if percent is not None and not 0 < percent <= 100:
            yield f"{name} must be more than 0 and up to 100, got {percent:g}"
    yield from _pattern_problems(given.log_pattern.strip())


def _pattern_problems(pattern: str) -> Iterator[str]:
    """What is wrong with a pattern that CloudWatch Logs would not take, as far as it can be told from here."""
    if not 1 <= len(pattern) <= _LONGEST_PATTERN:
        yield (
            f"log_pattern must have 1 to {_LONGEST_PATTERN} characters, got {len(pattern)}: an empty one finds every "
            "line; log_errors: null counts none"
        )
    end = _ENDS.get(pattern[:1])
    if end and not (len(pattern) > 1 and pattern.endswith(end)):
        yield f"log_pattern must end with {end}, as it begins with {pattern[0]}, got {pattern!r}"
    if pattern.count('"') % 2:
        yield f"log_pattern must close each quotation mark, got {pattern!r}"
