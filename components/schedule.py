"""When a task runs, in the words of EventBridge Scheduler."""

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from .checks import out_of_range, refuse
from .cron import cron_problem
from .time_zone import zone_problem

_FORMS = "cron(minutes hours day-of-month month day-of-week year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """When a task runs, and what becomes of a run that could not be started.

    Judged without a clock: a file that was good yesterday is good today. So a time that has passed is no problem; it
    has had its run, or never gets one. A time that no calendar has is one.
    Source: EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler"; EventBridge Scheduler API
    Reference, "RetryPolicy", "FlexibleTimeWindow".
    """

    expression: str
    """`cron(0 3 * * ? *)`: minutes, hours, day of month, month, day of week, year. `rate(5 minutes)`: at once, and then
    every so often. `at(2030-01-31T03:00:00)`: once."""
    time_zone: str = "UTC"
    """Where the expression's clock hangs, such as `Asia/Tokyo`. Default: UTC. An hour that is skipped in spring is
    skipped here too; one that comes twice in autumn counts once."""
    retries: int = 2
    """Times that a start that failed is tried again, 0 to 185. Default: 2. A task that fails is not started again."""
    max_age: int = 3600
    """Seconds for which it is tried, 60 to 86400. Default: 3600."""
    window_minutes: int | None = None
    """Minutes within which the task may start, 1 to 1440. Default: it starts within the minute."""

    def __post_init__(self) -> None:
        """Refuse what EventBridge Scheduler would refuse, and what would never run.

        Raises:
            ValueError: the expression is none, or no time is ever of it; the time zone is unknown; a number is out
                of its bounds.
        """
        window = self.window_minutes
        refuse(
            (
                *_expression_problems(self.expression, self.time_zone),
                zone_problem(self.time_zone),
                out_of_range("retries", self.retries, 0, 185),
                out_of_range("max_age", self.max_age, 60, 86400),
                None if window is None else out_of_range("window_minutes", window, 1, 1440),
            )
        )


def _expression_problems(expression: str, zone: str) -> Iterator[str]:
    if found := re.fullmatch(r"cron\((.*)\)", expression):
        if problem := cron_problem(found[1]):
            yield f"expression {expression!r}: {problem}"
    elif found := re.fullmatch(r"rate\((\d+) (minute|hour|day)(s?)\)", expression):
        number = int(found[1])
        if not number:
            yield f"expression {expression!r} must have a value of 1 or more"
        elif (number > 1) != bool(found[3]):
            yield f"expression {expression!r} must be rate({number} {found[2]}{'s' if number > 1 else ''})"
    elif found := re.fullmatch(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)", expression):
        yield from _moment_problems(expression, found[1], zone)
    else:
        yield f"expression must be {_FORMS}, got {expression!r}"


# One time


def _moment_problems(expression: str, text: str, zone: str) -> Iterator[str]:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        yield f"expression {expression!r} is a time that no calendar has"
        return
    if not zone_problem(zone):
        here = local.replace(tzinfo=zoneinfo.ZoneInfo(zone))
        if here.astimezone(UTC).astimezone(here.tzinfo).replace(tzinfo=None) != local:
            yield f"expression {expression!r} never comes in {zone}: the clocks skip it"
