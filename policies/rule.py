"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from policies.graph import UNKNOWN, Graph, Resource, Unknown, Value


class Severity(StrEnum):
    """How much harm a violation can do."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Its place among all, the worst last."""
        return list(Severity).index(self)


class Fault(NamedTuple):
    """What a resource has, and what a rule wants instead."""

    got: str
    wanted: str


Check = Callable[[Resource, Graph], Iterator[Fault]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One thing that every resource of some types must have."""

    id: str
    """Name that exceptions and findings have it by."""
    title: str
    """What it wants, as a sentence."""
    types: tuple[str, ...]
    """Types of the resources that it judges."""
    controls: tuple[str, ...]
    """The published controls that it covers: AWS Security Hub's, CIS's, Checkov's."""
    severity: Severity
    """Of a violation."""
    fix: str
    """How to end a violation, in one line."""
    check: Check
    """The faults of one resource."""
    alone: bool
    """Whether a resource's own properties are enough to judge it."""
    source: str = ""
    """Where the facts are from, beside the controls' own pages."""

    def findings(self, resource: Resource, graph: Graph) -> "Iterator[Finding]":
        """The violations of one resource of its types."""
        for fault in self.check(resource, graph):
            yield Finding(rule=self, resource=resource, got=fault.got, wanted=fault.wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One violation."""

    rule: Rule
    """Which rule."""
    resource: Resource
    """By which resource."""
    got: str
    """What it has."""
    wanted: str
    """What it should have."""


def of_resource(
    *types: str, controls: tuple[str, ...], severity: Severity, fix: str, source: str = ""
) -> Callable[[Callable[[Resource], Iterator[Fault]]], Rule]:
    """A rule made of a function that judges a resource by its own properties."""

    def make(check: Callable[[Resource], Iterator[Fault]]) -> Rule:
        return Rule(
            id=_id(check),
            title=_title(check),
            types=types,
            controls=controls,
            severity=severity,
            fix=fix,
            check=lambda resource, _: check(resource),
            alone=True,
            source=source,
        )

    return make


def of_graph(
    *types: str, controls: tuple[str, ...] = (), severity: Severity, fix: str, source: str = ""
) -> Callable[[Check], Rule]:
    """A rule made of a function that judges a resource by what is around it."""

    def make(check: Check) -> Rule:
        return Rule(
            id=_id(check),
            title=_title(check),
            types=types,
            controls=controls,
            severity=severity,
            fix=fix,
            check=check,
            alone=False,
            source=source,
        )

    return make


def expect(resource: Resource, path: str, *allowed: Value) -> Iterator[Fault]:
    """The fault of a property that has none of the values allowed; None stands for one that is left out."""
    value = resource.get(path)
    if not isinstance(value, Unknown) and value not in allowed:
        yield Fault(shown(path, value), f"{path}: {' or '.join(map(_value, allowed))}")


def expect_set(resource: Resource, path: str, what: str = "") -> Iterator[Fault]:
    """The fault of a property that is left out or empty."""
    value = resource.get(path)
    if value is not UNKNOWN and not value:
        yield Fault(shown(path, value), what or f"{path} set")


def shown(path: str, value: Value) -> str:
    """A property and its value, as findings tell them."""
    return f"{path}: {_value(value)}"


def _value(value: Value) -> str:
    if value is None:
        return "unset"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _id(check: Callable[..., Any]) -> str:
    return check.__name__.replace("_", "-")


def _title(check: Callable[..., Any]) -> str:
    return (check.__doc__ or "").partition("\n")[0].removesuffix(".")
