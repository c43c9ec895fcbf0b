"""Other numbers of tasks at other hours."""

from collections.abc import Iterator
from dataclasses import dataclass

from .checks import out_of_range, refuse
from .cron import cron_problem
from .names import name_problem
from .time_zone import zone_problem

MOST_TASKS = 5000
"""Of one service (Amazon ECS service quotas, "Tasks per service")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalingSchedule:
    """Other bounds from a moment on, again and again, until the next schedule's moment.

    An `up` with `--refresh` sets the bounds of `Scaling` again until then.
    Source: Application Auto Scaling User Guide, "Schedule recurring scaling actions using cron expressions".
    """

    name: str
    """Name, unlike any other schedule's of the service: lower-case letters, digits, single hyphens."""
    cron: str
    """When: minutes, hours, day of month, month, day of week, year, such as `0 20 ? * MON-FRI *`. One of the two days
    is `?`; Sunday is 1."""
    min: int
    """Fewest tasks from then on, 0 to 5000."""
    max: int
    """Most tasks from then on, `min` to 5000."""
    time_zone: str = "UTC"
    """IANA name of the zone whose clock counts, daylight saving included. Default: UTC."""

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse.

        Raises:
            ValueError: the name or the zone is none, the time never comes, or a number is out of its bounds.
        """
        refuse(f"schedule {self.name}: {problem}" for problem in _problems(self) if problem)


def off_hours(
    *, stop: int, start: int, tasks: tuple[int, int], days: str = "MON-FRI", time_zone: str = "UTC"
) -> tuple[ScalingSchedule, ScalingSchedule]:
    """The two schedules that end all tasks in the evening and bring them back in the morning.

    Args:
        stop: hour at which there are none any more, 0 to 23.
        start: hour at which they are back, 0 to 23.
        tasks: fewest and most of them by day.
        days: of the week, as a cron expression has them. What stops on the last one stays so until the first.
        time_zone: IANA name of the zone whose clock counts.
    """
    low, high = tasks
    return (
        ScalingSchedule(name="stop", cron=f"0 {stop} ? * {days} *", time_zone=time_zone, min=0, max=0),
        ScalingSchedule(name="start", cron=f"0 {start} ? * {days} *", time_zone=time_zone, min=low, max=high),
    )


def task_bounds(low: int, high: int, *, least_max: int = 0) -> Iterator[str | None]:
    """The problems with the fewest and the most tasks of a service."""
    yield out_of_range("min", low, 0, MOST_TASKS)
    yield out_of_range("max", high, least_max, MOST_TASKS)
    yield f"max must be at least min, {low}, got {high}" if low > high else None


def _problems(schedule: ScalingSchedule) -> Iterator[str | None]:
    yield name_problem(schedule.name)
    yield cron_problem(schedule.cron)
    yield zone_problem(schedule.time_zone)
    yield from task_bounds(schedule.min, schedule.max)
