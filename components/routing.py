"""Which requests reach which service, and in which order a listener asks.

A listener takes the first rule that matches, by priority. Here a priority follows from the rule itself, so that a
service keeps its own when others come and go: rules with a host before those without, deeper paths before shallower
ones, then those with a header or a method before those without, and inside such a band a place by hash.
"""

import functools
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, groupby
from operator import itemgetter

import pulumi

from .checks import out_of_range, refuse

MAX_PRIORITY = 50_000
MAX_VALUES = 5
MAX_WILDCARDS = 6
MAX_LENGTH = 128
"""Limits of a rule (User Guide for Application Load Balancers, "Condition types for listener rules" and "Quotas")."""

_PATH = re.compile(r"/[A-Za-z0-9_.$/~\"'@:+&*?-]*")
_HOST = re.compile(r"[a-z0-9.*?-]+")
_METHOD = re.compile(r"[A-Z_-]{1,40}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,40}")
"""Names that `LoadBalancer` lets through: it drops a header of any other before a service sees it."""
_HEADER_VALUE = re.compile(r"[ -~]+")
_DEPTHS = 5
_BAND = MAX_PRIORITY // (2 * 2 * 2 * _DEPTHS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """The requests that a service answers: those that match one value of each condition that it has.

    Source: ELB API Reference, "RuleCondition".
    """

    paths: tuple[str, ...] = ()
    """Path patterns such as `/api/*`; `*` and `?` match as in a shell. Default: every path."""
    hosts: tuple[str, ...] = ()
    """Host names such as `api.example.com`, or patterns of them. Default: every host."""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Header values, or patterns of them, by the header's name; a request must have one of each. Neither names nor
    values are case-sensitive. Default: whatever headers."""
    methods: tuple[str, ...] = ()
    """HTTP methods such as `GET`. Default: every method."""
    priority: int | None = None
    """1 to 50000, lower first. Default: from the rule itself."""

    def __post_init__(self) -> None:
        """Refuse what a listener would refuse.

        Raises:
            ValueError: no condition, too many values, or a value that is no pattern.
        """
        refuse(_problems(self))

    def url(self, load_balancer: pulumi.Input[str]) -> pulumi.Output[str]:
        """Where a browser begins: the first host, or else the load balancer, and the first path before its wildcard.

        Args:
            load_balancer: its address without a path.
        """
        path = re.split(r"[*?]", self.paths[0])[0] if self.paths else "/"
        named = next((host for host in self.hosts if not _is_wild(host)), None)
        address = pulumi.Output.from_input(load_balancer)
        return address.apply(lambda url: (f"{url.partition('://')[0]}://{named}" if named else url) + path)


def priorities(routes: Mapping[str, Route], shifting: Collection[str] = ()) -> dict[str, int]:
    """Each service's priority: the one given, or one that follows from the rule itself.

    Where two rules come to the same place, the one of the later name takes the next that is free. A service in
    `shifting` has a rule of another kind. Both are there while it goes from one to the other: so its place is the one
    before that which it had otherwise, which stays free, and no other service's changes.

    Args:
        routes: by the service's name.
        shifting: services whose rule divides requests between two target groups.

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
    for name in sorted(set(shifting) & set(routes)):
        if not routes[name].priority:
            found[name] = _place_before(name, found[name], taken)
            taken.add(found[name])
    return {name: found[name] for name in routes}


def _place_before(name: str, place: int, taken: set[int]) -> int:
    """The nearest free place of the same band that is asked before `place`."""
    first = (place - 1) // _BAND * _BAND + 1
    for before in range(place - 1, first - 1, -1):
        if before not in taken:
            return before
    raise ValueError(f"service {name!r}: no priority below {place} is free for its rule: give it one, as priority")


def _problems(route: Route) -> Iterator[str | None]:
    headers = [value for values in route.headers.values() for value in values]
    patterns = (*route.paths, *route.hosts, *headers)
    count = len(patterns) + len(route.methods)
    if not count:
        yield 'a route needs a path, a host, a header or a method: for every request, paths: ["/*"]'
    if count > MAX_VALUES:
        yield f"a route takes {MAX_VALUES} paths, hosts, header values and methods at most, got {count}"
    if (wild := sum(pattern.count("*") + pattern.count("?") for pattern in patterns)) > MAX_WILDCARDS:
        yield f"a route takes {MAX_WILDCARDS} wildcards at most, got {wild}"
    yield from (_pattern_problem("path", path, _PATH) for path in route.paths)
    yield from (_pattern_problem("host", host, _HOST) for host in route.hosts)
    yield from (_pattern_problem("method", method, _METHOD) for method in route.methods)
    yield from _header_problems(route.headers)
    if route.priority is not None:
        yield out_of_range("priority", route.priority, 1, MAX_PRIORITY)


def _header_problems(headers: Mapping[str, tuple[str, ...]]) -> Iterator[str | None]:
    known: dict[str, str] = {}
    for name, values in headers.items():
        first = known.setdefault(name.lower(), name)
        if first != name:
            yield f"headers {first!r} and {name!r} are one, as names are not case-sensitive: leave out one"
        if name.lower() == "host":
            yield "header 'Host' is no condition: use hosts"
        if not values:
            yield f'header {name!r} needs a value: for any, ["*"]'
        yield _pattern_problem("header", name, _HEADER)
        yield from (_pattern_problem(f"header {name!r}: value", value, _HEADER_VALUE) for value in values)


def _pattern_problem(kind: str, value: str, allowed: re.Pattern[str]) -> str | None:
    if len(value) > MAX_LENGTH:
        return f"{kind} {value!r} has {len(value)} characters, at most {MAX_LENGTH} are allowed"
    if not allowed.fullmatch(value):
        return f"{kind} {value!r} must match {allowed.pattern}"
    return None


def _places(route: Route) -> Iterator[int]:
    """Every priority of the rule's band, beginning with its own."""
    hosts, *others = _conditions(route)
    text = "\0".join((*hosts, "", *(value for values in others for value in values)))
    own = int(hashlib.sha256(text.encode()).hexdigest(), 16) % _BAND or 1  # so that there is one before it
    return (_rank(route) * _BAND + (own + step) % _BAND + 1 for step in range(_BAND))


def _rank(route: Route) -> int:
    """The band: 0 is asked first."""
    depth = min((len([part for part in path.split("/") if part.strip("*")]) for path in route.paths), default=0)
    wild = any(_is_wild(path) for path in route.paths) or not route.paths
    band = (not route.hosts) * 2 * _DEPTHS + (_DEPTHS - 1 - min(depth, _DEPTHS - 1)) * 2 + wild
    return 2 * band + (not _is_narrowed(route))


def _is_narrowed(route: Route) -> bool:
    return bool(route.headers or route.methods)


def _is_wild(pattern: str) -> bool:
    return not {"*", "?"}.isdisjoint(pattern)


def _conditions(route: Route) -> tuple[tuple[str, ...], ...]:
    """The conditions, alike for rules that differ in nothing but how they are written."""
    values = (f"{name}: {value}".lower() for name, values in route.headers.items() for value in values)
    return tuple(tuple(sorted(set(one))) for one in (route.hosts, route.paths, route.methods, values))


def _same_rules(routes: Mapping[str, Route]) -> Iterator[str]:
    known: dict[tuple[tuple[str, ...], ...], str] = {}
    for name, route in routes.items():
        first = known.setdefault(_conditions(route), name)
        if first != name:
            yield f"services {first!r} and {name!r} have the same rule: give one another path, host, header or method"


def _ambiguous(routes: Mapping[str, Route]) -> Iterator[str]:
    """Rules that match the same requests, and that neither their bands nor their priorities put in order."""
    unordered = sorted((_rank(route), name) for name, route in routes.items() if not route.priority)
    for _, band in groupby(unordered, key=itemgetter(0)):
        for one, other in combinations([name for _, name in band], 2):
            route, another = routes[one], routes[other]
            if _conditions(route) != _conditions(another) and _share(route, another):
                yield (
                    f"services {one!r} and {other!r} match some of the same requests: change a path, a host, a header "
                    "or a method, or give the one that is to be asked first a lower priority than the other"
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


def _share(one: Route, other: Route) -> bool:
    """Whether a request exists that both rules match. It has each header once: values that differ tell it apart."""
    some, others = _lower(one.headers), _lower(other.headers)
    return (
        _meet(one.hosts, other.hosts)
        and _meet(one.paths, other.paths)
        and _meet(one.methods, other.methods)
        and all(_meet(some[name], others[name]) for name in some.keys() & others.keys())
    )


def _lower(headers: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name.lower(): tuple(value.lower() for value in values) for name, values in headers.items()}


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
