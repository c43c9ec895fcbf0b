"""Exceptions of a stack: which findings of which rules are accepted, why, and until when."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, cast

KEY = "fargate:exceptions"
"""Where a stack's configuration has them."""

_AS_TIME = " 00:00:00 +0000 UTC"
"""What the engine adds to a date that stands in a stack file without quotes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """Findings that are accepted for a time."""

    rules: tuple[str, ...]
    """Ids of the rules."""
    reason: str
    """Why the findings are accepted."""
    until: str
    """Last day on which they are, such as 2027-06-30."""
    resource: str = "*"
    """Logical names that it is for; `*` and `?` match as in a shell. Default: every resource."""

    def __post_init__(self) -> None:
        """Refuse what could exempt nothing, or without end.

        Raises:
            ValueError: every problem, in one message.
        """
        from policies.rules import IDS  # only here: every program imports the settings, and few have exceptions

        problems = [
            *([] if self.rules else ["rules must name one rule at least"]),
            *(f"no rule {rule!r}{_nearest(rule, IDS)}" for rule in self.rules if rule not in IDS),
            *([] if self.reason.strip() else ["reason must say why"]),
            *([] if self.resource.strip() else ["resource must be a logical name or a pattern of them"]),
            *([] if _day(self.until) else [f"until must be a date such as 2027-06-30, got {self.until!r}"]),
        ]
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def last_day(self) -> date:
        """The day that `until` says."""
        return _day(self.until) or date.min

    def covers(self, rule: str, resource: str) -> bool:
        """Whether it is for a rule's findings in a resource of that logical name, at whatever date."""
        return rule in self.rules and fnmatchcase(resource, self.resource)

    def holds(self, today: date) -> bool:
        """Whether its last day has not passed."""
        return today <= self.last_day


def parse(config: Mapping[str, str]) -> tuple[Exemption, ...]:
    """The exceptions in a stack's configuration as the engine hands it over.

    Raises:
        ValueError: they are no list of mappings, or every problem of each.
    """
    read: list[Exemption] = []
    problems: list[str] = []
    for index, item in enumerate(_items(config.get(KEY, ""))):
        try:
            read.append(_exemption(item))
        except ValueError as error:
            problems.append(f"{KEY}.{index}: {error}")
    if problems:
        raise ValueError("\n".join(problems))
    return tuple(read)


def _items(text: str) -> list[Any]:
    """The items of a list in JSON; none of a key without a value, which the engine hands over as an empty text."""
    try:
        items = json.loads(text.strip() or "[]")
    except ValueError as error:
        raise ValueError(f"{KEY} must be a list, got {text!r}: {error}") from None
    if not isinstance(items, list | None):
        raise ValueError(f"{KEY} must be a list, got {text!r}")
    return cast(list[Any], items or [])


def _exemption(item: object) -> Exemption:
    if not isinstance(item, dict):
        raise ValueError("must be a mapping")
    values = cast(dict[str, Any], item)
    if problems := list(_shape_problems(values)):
        raise ValueError("; ".join(problems))
    return Exemption(**{**values, "rules": tuple(values["rules"])})


def _shape_problems(values: Mapping[str, Any]) -> Iterator[str]:
    known = [field.name for field in fields(Exemption)]
    for key in values:
        if key not in known:
            yield f"unknown key {key!r}; known are {', '.join(known)}"
    for key in ("rules", "reason", "until"):
        if key not in values:
            yield f"{key} is required"
    for key in ("reason", "until", "resource"):
        if not isinstance(values.get(key, ""), str):
            yield f"{key} must be a text"
    rules = values.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in cast(list[Any], rules)):
        yield "rules must be a list of ids"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.removesuffix(_AS_TIME))
    except ValueError:
        return None


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f": did you mean {near[0]!r}?" if near else "; docs/policies.md lists them"
