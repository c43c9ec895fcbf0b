"""Cron expressions in the six fields that AWS reads: judged before anything deploys."""

import calendar
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

_ANY = "?"
_ORDER = "minutes hours day-of-month month day-of-week year"
_ITEM = re.compile(r"(?:\*|(\w{1,9})(?:-(\w{1,9}))?)(?:/(\d{1,4}))?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Field:
    """One of the six."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    """What the numbers may be called, from the lowest on."""
    steps: bool = True
    """Whether it takes `/`."""
    alone: str = ""
    """Pattern of what may stand instead of a list, with the day in it as its group."""
    or_alone: str = ""
    """What that is, to whom writes something else."""

    def read(self, written: str) -> Iterator[range | str]:
        """The numbers that are meant, item by item; of an item that AWS would not read, what is wrong with it."""
        if found := re.fullmatch(self.alone, written, re.ASCII):
            yield self._range(written, found[1], None, None)
        else:
            yield from map(self._item, written.split(","))

    def _item(self, item: str) -> range | str:
        found = _ITEM.fullmatch(item)
        if not found or (found[3] and not self.steps):
            step = ", a step such as 0/15" if self.steps else ""
            return f"{self.name} must be *, a value, a range{step}, or a list of them{self.or_alone}, got {item!r}"
        return self._range(item, *found.groups())

    def _range(self, item: str, first: str | None, last: str | None, step: str | None) -> range | str:
        low = self._number(first) if first else self.low
        high = self._number(last) if last else self.high if step or not first else low
        if low is None or high is None:
            called = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
            return f"{self.name} must be from {self.low} to {self.high}{called}{self.or_alone}, got {item!r}"
        if high < low:
            return f"{self.name} must not run backwards, got {item!r}: write two ranges"
        if step and not 1 <= int(step) <= self.high:
            return f"{self.name} must have a step from 1 to {self.high}, got {item!r}"
        return range(low, high + 1, int(step or 1))

    def _number(self, written: str) -> int | None:
        number = self.low + self.names.index(written) if written in self.names else -1
        number = int(written) if written.isdecimal() else number
        return number if self.low <= number <= self.high else None


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    _Field(name="minutes", low=0, high=59),
    _Field(name="hours", low=0, high=23),
    _Field(name="day of month", low=1, high=31, alone=r"\?|LW?|(\d\d?)W", or_alone=", or ?, L, LW or 15W alone"),
    _Field(name="month", low=1, high=12, names=_MONTHS),
    _Field(
        name="day of week",
        low=1,
        high=7,
        names=_WEEKDAYS,
        steps=False,
        alone=r"\?|L|(\w{1,9}?)(?:L|#[1-5])",
        or_alone=", or ?, L, FRIL or FRI#2 alone",
    ),
    _Field(name="year", low=1970, high=2199),
)
_UNIX_WEEKDAYS = _Field(name="day of week", low=0, high=7, names=_WEEKDAYS)
"""Sunday is both of its ends."""


def cron_problem(cron: str) -> str | None:
    """What AWS would not read in `minutes hours day-of-month month day-of-week year`, or that it never comes.

    Source: Amazon EventBridge User Guide, "Cron expressions reference", which the Application Auto Scaling User Guide
    refers to; EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler".
    """
    return "; ".join(_problems(cron, cron.split())) or None


def _problems(cron: str, fields: list[str]) -> Iterator[str]:
    if len(fields) != len(_FIELDS):
        yield from _not_six(cron, fields)
        return
    read = [list(field.read(written)) for field, written in zip(_FIELDS, fields, strict=True)]
    yield from (f"cron's {part}" for parts in read for part in parts if isinstance(part, str))
    days, months, weekdays, years = (_numbers(parts) for parts in read[2:])
    if [fields[2], fields[4]].count(_ANY) != 1:
        yield f"cron must have ? for exactly one of the two days, of month and of week, got {cron!r}"
    elif days and months and weekdays and years:
        fifth = min(weekdays) if fields[4].endswith("#5") else None
        if not any(_has(*at, min(days), fifth) for at in itertools.product(years, months)):
            yield f"cron never comes: no month that it names has such a day, got {cron!r}"


def _numbers(parts: list[range | str]) -> set[int]:
    """What a field means; nothing where it would not be read."""
    ranges = [part for part in parts if isinstance(part, range)]
    return {number for one in ranges for number in one} if len(ranges) == len(parts) else set()


def _has(year: int, month: int, day: int, fifth: int | None) -> bool:
    """Whether a month has a day of that number and, if asked, a fifth one of that day of the week."""
    first, length = calendar.monthrange(year, month)
    monday = 2  # which is 0 to the calendar
    return day <= length and (fifth is None or (fifth - monday - first) % 7 + 28 < length)


# Five fields


def _not_six(cron: str, fields: list[str]) -> Iterator[str]:
    lines = list(_six(*map(str.upper, fields))) if len(fields) == len(_FIELDS) - 1 else []
    problems = dict.fromkeys(problem for line in lines for problem in _problems(line, line.split()))
    hint = f": in AWS's six that is {' and '.join(map(repr, lines))}" if lines and not problems else ""
    yield f"cron must have six fields ({_ORDER}, such as '0 20 * * ? *'), got {cron!r}{hint}"
    yield from problems


def _six(minutes: str, hours: str, day: str, month: str, week: str) -> Iterator[str]:
    """Unix's five fields as AWS's six: two lines where Unix means either of the days, none where AWS has no words."""
    if _ANY in (day, week):  # AWS's own, without the year
        yield f"{minutes} {hours} {day} {month} {week} *"
    elif week == "*":
        yield f"{minutes} {hours} {day} {month} ? *"
    elif day == "*" or "*" not in day + week:
        if day != "*":
            yield f"{minutes} {hours} {day} {month} ? *"
        yield f"{minutes} {hours} ? {month} {_named(week)} *"


def _named(week: str) -> str:
    """Unix's days of the week by their names, which are the same in both; as written if Unix would not read them."""
    days = sorted({number % 7 for number in _numbers(list(_UNIX_WEEKDAYS.read(week)))})
    names = [_WEEKDAYS[day] for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]}-{names[-1]}"
    return ",".join(names) or week
