"""Which requests reach which service, and in which order a listener asks.

A listener takes the first rule that matches, by priority. Here a priority follows from the rule itself, so that a service
keeps its own when others come and go: rules with a host before those without, deeper paths before shallower ones, and
inside such a band a place by hash.
"""

import fnmatch
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_PRIORITY = 50_000
MAX_VALUES = 5
MAX_LENGTH = 128
"""Limits of a rule (User Guide for Application Load Balancers, "Listener rules" and "Quotas")."""

_PATH = re.compile(r"/[A-Za-z0-9_.$/~\"'@:+&*?-]*")
_HOST = re.compile(r"[A-Za-z0-9.*?-]+")
_DEPTHS = 5
_BAND = MAX_PRIORITY // (2 * 2 * _DEPTHS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """The requests that a service answers: those that match one of the hosts, if any, and one of the paths, if any."""

    paths: tuple[str, ...] = ()
    """Path patterns such as `/api/*`; `*` and `?` match as in a shell. Default: every path."""
    hosts: tuple[str, ...] = ()
    """Host names such as `api.example.com`, or patterns of them. Default: every host."""
    priority: int | None = None
    """1 to 50000, lower first. Default: from the rule itself."""

    def __post_init__(self) -> None:
        """Refuse what a listener would refuse.

        Raises:
            ValueError: no condition, too many values, or a value that is no pattern.
        """
        if not self.paths and not self.hosts:
            raise ValueError('a route needs a path or a host: for every request, paths: ["/*"]')
        if len(self.paths) + len(self.hosts) > MAX_VALUES:
            raise ValueError(
                f"a route takes {MAX_VALUES} paths and hosts at most, got {len(self.paths) + len(self.hosts)}"
            )
        for kind, values, allowed in (("path", self.paths, _PATH), ("host", self.hosts, _HOST)):
            for value in values:
                if len(value) > MAX_LENGTH or not allowed.fullmatch(value):
                    start = "start with a slash and " if kind == "path" else ""
                    raise ValueError(
                        f"{kind} {value!r} must {start}match {allowed.pattern}, {MAX_LENGTH} characters at most"
                    )
        if self.priority is not None and not 1 <= self.priority <= MAX_PRIORITY:
            raise ValueError(f"priority must be from 1 to {MAX_PRIORITY}, got {self.priority}")

    @property
    def first_path(self) -> str:
        """The first path without its wildcard, `/` when there is none: where a browser begins."""
        return re.split(r"[*?]", self.paths[0])[0] if self.paths else "/"


def priorities(routes: Mapping[str, Route]) -> dict[str, int]:
    """Each service's priority.

    Raises:
        ValueError: two services have the same priority, or rules of one rank that match the same requests. The message
            names both, and what to set.
    """
    found = {name: route.priority or _own_priority(route) for name, route in routes.items()}
    taken: dict[int, str] = {}
    for name, route in routes.items():
        for other in list(taken.values()):
            if _same_rank(route, routes[other]) and _overlap(route, routes[other]):
                raise ValueError(
                    f"services {other!r} and {name!r} match the same requests: change a path or a host, or give both a "
                    "priority"
                )
        priority = found[name]
        if priority in taken:
            free = next(number for number in range(priority + 1, MAX_PRIORITY * 2) if number not in found.values())
            raise ValueError(
                f"services {taken[priority]!r} and {name!r} both have priority {priority}: give one another, such as "
                f"priority: {free if free <= MAX_PRIORITY else priority - 1}"
            )
        taken[priority] = name
    return found


def _own_priority(route: Route) -> int:
    text = "\0".join((*sorted(route.hosts), "", *sorted(route.paths)))
    place = int(hashlib.sha256(text.encode()).hexdigest(), 16) % _BAND
    return _rank(route) * _BAND + place + 1


def _rank(route: Route) -> int:
    """The band: 0 is asked first."""
    depth = min((len([part for part in path.split("/") if part.strip("*")]) for path in route.paths), default=0)
    wild = any(set("*?") & set(path) for path in route.paths) or not route.paths
    return (not route.hosts) * 2 * _DEPTHS + (_DEPTHS - 1 - min(depth, _DEPTHS - 1)) * 2 + wild


def _same_rank(one: Route, other: Route) -> bool:
    return one.priority is None and other.priority is None and _rank(one) == _rank(other)


def _overlap(one: Route, other: Route) -> bool:
    return _meet(one.hosts, other.hosts) and _meet(one.paths, other.paths)


def _meet(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether a text exists that both sides match, judged by matching each pattern against the other's text."""
    pairs = [(a, b) for a in some or ("*",) for b in others or ("*",)]
    return any(fnmatch.fnmatchcase(a, b) or fnmatch.fnmatchcase(b, a) for a, b in pairs)
