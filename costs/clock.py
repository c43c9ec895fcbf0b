"""How often a schedule of EventBridge Scheduler runs."""

import re

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((.*)\)")
_HOURS = {"minute": 1 / 60, "hour": 1, "day": 24}
_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7))
"""Least and most of minutes, hours, days of the month, months, days of the week."""
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMES = (_MONTHS, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
_RARE = re.compile("[LW#]")
"""What names one day of a month."""


def runs(expression: str, hours: float) -> float:
    """Runs of a schedule in so many hours, on average over a year; years that it names are not looked at.

    `at(...)` is one run. What is no schedule, or unknown, never runs.
    """
    if found := _RATE.fullmatch(expression):
        return hours / (int(found[1]) * _HOURS[found[2]])
    if found := _CRON.fullmatch(expression):
        return _of_cron(found[1].split(), hours / 24)
    return 1 if expression.startswith("at(") else 0


def _of_cron(fields: list[str], days: float) -> float:
    if len(fields) < len(_FIELDS):
        return 0
    minutes, hours, month_days, months, week_days = (
        _count(field, *bounds) for field, bounds in zip(fields, _FIELDS, strict=False)
    )
    part_of_month = week_days / 7 if fields[4] not in ("*", "?") else month_days / 31
    if _RARE.search(fields[4]) and week_days == 1:
        part_of_month = 12 / 365
    return minutes * hours * days * part_of_month * months / 12


def _count(field: str, least: int, most: int) -> int:
    """How many values a field stands for."""
    return len({value for part in field.split(",") for value in _values(part, least, most)})


def _values(part: str, least: int, most: int) -> range:
    span, _, step = part.partition("/")
    if _RARE.search(_without_names(span)):
        return range(least, least + 1)
    low, _, high = _without_names(span).partition("-")
    first = int(low) if low.isdigit() else least
    last = int(high) if high.isdigit() else first if low.isdigit() and not step else most
    return range(first, last + 1, int(step) if step.isdigit() else 1)


def _without_names(text: str) -> str:
    """A field with numbers in place of MON and JAN."""
    for names in _NAMES:
        for place, name in enumerate(names):
            text = text.replace(name, str(place + 1))
    return text
