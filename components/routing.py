"""Which requests reach which service, and in which order a listener asks.

A listener takes the first rule that matches, by priority. Here a priority follows from the rule itself, so that a
service keeps its own when others come and go: rules with a host before those without, deeper paths before shallower
ones, and inside such a band a place by hash.
"""

import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, groupby
from operator import itemgetter

import pulumi

from .checks import out_of_range, refuse

MAX_PRIORITY = 50_000
MAX_VALUES = 5
MAX_LENGTH = 128
"""Limits of a rule (User Guide for Application Load Balancers, "Listener rules" and "Quotas")."""

_PATH = re.compile(r"/[A-Za-z0-9_.$/~\"'@:+&*?-]*")
_HOST = re.compile(r"[a-z0-9.*?-]+")
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
        values = len(self.paths) + len(self.hosts)
        refuse(
            (
                None if values else 'a route needs a path or a host: for every request, paths: ["/*"]',
                f"a route takes {MAX_VALUES} paths and hosts at most, got {values}" if values > MAX_VALUES else None,
                *(_pattern_problem("path", path, _PATH) for path in self.paths),
                *(_pattern_problem("host", host, _HOST) for host in self.hosts),
                None if self.priority is None else out_of_range("priority", self.priority, 1, MAX_PRIORITY),
            )
        )

    def url(self, load_balancer: pulumi.Input[str]) -> pulumi.Output[str]:
        """Where a browser begins: the first host, or else the load balancer, and the first path before its wildcard.

        Args:
            load_balancer: its address without a path.
        """
        path = re.split(r"[*?]", self.paths[0])[0] if self.paths else "/"
        named = next((host for host in self.hosts if not _is_wild(host)), None)
        address = pulumi.Output.from_input(load_balancer)
        return address.apply(lambda url: (f"{url.partition('://')[0]}://{named}" if named else url) + path)


def priorities(routes: Mapping[str, Route]) -> dict[str, int]:
    """Each service's priority: the one given, or one that follows from the rule itself.

    Where two rules come to the same place, the one of the later name takes the next that is free.

    Raises:
        ValueError: services are given the same priority, or have rules that match the same requests and that nothing
            puts in order. The message names them, and what to set.
    """
    found = {name: route.priority for name, route in routes.items() if route.priority}
    refuse((*_same_rules(routes), *_ambiguous(routes), *_collisions(found)))
    taken = set(found.values())
    for name in sorted(set(routes) - set(found)):
        found[name] = next(place for place in _places(routes[name]) if place not in taken)
        taken.add(found[name])
    return {name: found[name] for name in routes}


def _pattern_problem(kind: str, value: str, allowed: re.Pattern[str]) -> str | None:
    if len(value) > MAX_LENGTH:
        return f"{kind} {value!r} has {len(value)} characters, at most {MAX_LENGTH} are allowed"
    if not allowed.fullmatch(value):
        return f"{kind} {value!r} must match {allowed.pattern}"
    return None


def _places(route: Route) -> Iterator[int]:
    """Every priority of the rule's band, beginning with its own."""
    text = "\0".join((*sorted(route.hosts), "", *sorted(route.paths)))
    own = int(hashlib.sha256(text.encode()).hexdigest(), 16) % _BAND
    return (_rank(route) * _BAND + (own + step) % _BAND + 1 for step in range(_BAND))


def _rank(route: Route) -> int:
    """The band: 0 is asked first."""
    depth = min((len([part for part in path.split("/") if part.strip("*")]) for path in route.paths), default=0)
    wild = any(_is_wild(path) for path in route.paths) or not route.paths
    return (not route.hosts) * 2 * _DEPTHS + (_DEPTHS - 1 - min(depth, _DEPTHS - 1)) * 2 + wild


def _is_wild(pattern: str) -> bool:
    return not {"*", "?"}.isdisjoint(pattern)


def _same_rules(routes: Mapping[str, Route]) -> Iterator[str]:
    known: dict[tuple[frozenset[str], frozenset[str]], str] = {}
    for name, route in routes.items():
        first = known.setdefault((frozenset(route.hosts), frozenset(route.paths)), name)
        if first != name:
            yield f"services {first!r} and {name!r} have the same rule: give one another path or host"


def _ambiguous(routes: Mapping[str, Route]) -> Iterator[str]:
    """Rules that match the same requests, and that neither their bands nor their priorities put in order."""
    unordered = sorted((_rank(route), name) for name, route in routes.items() if not route.priority)
    for _, band in groupby(unordered, key=itemgetter(0)):
        for one, other in combinations([name for _, name in band], 2):
            route, another = routes[one], routes[other]
            same = set(route.hosts) == set(another.hosts) and set(route.paths) == set(another.paths)
            if not same and _meet(route.hosts, another.hosts) and _meet(route.paths, another.paths):
                yield (
                    f"services {one!r} and {other!r} match some of the same requests: change a path or a host, or give "
                    "the one that is to be asked first a lower priority than the other"
                )


def _collisions(given: Mapping[str, int]) -> Iterator[str]:
    known: dict[int, str] = {}
    for name, priority in given.items():
        first = known.setdefault(priority, name)
        if first != name:
            free = next(number for number in range(MAX_PRIORITY, 0, -1) if number not in given.values())
            yield (
                f"services {first!r} and {name!r} both have priority {priority}: give one another, such as "
                f"priority: {free}"
            )


def _meet(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether one text matches a pattern of each side; no pattern matches every text."""
    if not any(_is_wild(pattern) for pattern in (*some, *others)):
        return not some or not others or not set(some).isdisjoint(others)
    return any(_intersect(one, other) for one in some or ("*",) for other in others or ("*",))


@functools.cache
def _intersect(one: str, other: str) -> bool:
    """Whether a text exists that two patterns both match."""
    if one.startswith("*"):
        return _intersect(one[1:], other) or (other != "" and _intersect(one, other[1:]))
    if other.startswith("*"):
        return _intersect(other, one)
    if not one or not other:
        return one == other
    same = one[0] == other[0] or "?" in (one[0], other[0])
    return same and _intersect(one[1:], other[1:])
