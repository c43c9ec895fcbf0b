"""Resources, and what they refer to."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, NamedTuple, cast

from policies import tokens as t

Value = Any
"""What a property holds: anything that JSON can say, or `UNKNOWN`."""
Values = Mapping[str, Any]
"""Properties by name."""

NAMES = ("id", "arn", "name", "bucket", "keyId")
"""Properties by which other resources refer to one."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that AWS will only give later. A rule does not judge what it does not know."""

    def __str__(self) -> str:
        return "unknown"

    def __reduce__(self) -> str:
        """Stay the one that there is, in another process too."""
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Resource:
    """One resource, as the program or the engine tells it."""

    type: str
    """Pulumi's token, such as `aws:ec2/vpc:Vpc`."""
    name: str
    """Logical name."""
    urn: str
    """Unlike any other's."""
    properties: Values
    """Inputs, and outputs where they are known, by Pulumi's names."""
    parent: str = ""
    """URN of the component that it is a child of."""
    dependencies: frozenset[str] = frozenset()
    """URNs of every resource that must be there before it."""
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """The same, by the property that a value of theirs goes into."""
    protect: bool = False
    """Whether the engine refuses to delete it."""

    def get(self, path: str) -> Value:
        """The value at a path such as `redirect.protocol` or `rules.0.id`; None where there is none."""
        return at(self.properties, path)


class Graph:
    """Every resource of a stack."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = [by_todays_name(one) for one in resources]
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            self._by_type[resource.type].append(resource)
        self._identified: dict[str, _Index] = {}
        self._sayings: dict[tuple[str, str], tuple[list[_Said], _Index]] = {}

    def of(self, *kinds: str) -> list[Resource]:
        """The resources of some types."""
        return [resource for kind in kinds for resource in self._by_type.get(kind, ())]

    @property
    def accounts(self) -> set[str]:
        """The accounts that it is in, as far as the ARNs of its resources are known."""
        return {account_of(arn) for one in self.resources if isinstance(arn := one.get("arn"), str)} - {""}

    def targets(self, resource: Resource, path: str, *kinds: str) -> list[Resource]:
        """The resources of some types that a property refers to."""
        said = _said(resource, path)
        return [one for kind in kinds for one in self._targets(said, kind)]

    def referrers(self, target: Resource, path: str, *kinds: str) -> list[Resource]:
        """The resources of some types whose property refers to `target`, or might, as far as is known."""
        return [one for kind in kinds for one in self._referrers(target, path, kind)]

    def _targets(self, said: "_Said", kind: str) -> Iterator[Resource]:
        resources = self._by_type.get(kind, [])
        if kind not in self._identified:
            self._identified[kind] = _Index((identifiers(one), (one.urn,)) for one in resources)
        index = self._identified[kind]
        depended_on = (place for place in index.of_urns(said.before) if _by_dependency(said, resources[place]))
        return (resources[place] for place in sorted({*index.of_texts(said.named), *depended_on}))

    def _referrers(self, target: Resource, path: str, kind: str) -> Iterator[Resource]:
        resources = self._by_type.get(kind, [])
        if (path, kind) not in self._sayings:
            sayings = [_said(one, path) for one in resources]
            self._sayings[path, kind] = sayings, _Index((one.named, one.before or {_ANY}) for one in sayings)
        sayings, index = self._sayings[path, kind]
        depending = (place for place in index.of_urns((target.urn,)) if _by_dependency(sayings[place], target))
        unknown = (place for place in index.of_urns((_ANY,)) if sayings[place].unknown)
        places = {*index.of_texts(identifiers(target)), *depending, *unknown}
        return (resources[place] for place in sorted(places))


_ANY = "no URN"
"""In place of the URNs that a property depends on, where it depends on none."""


class _Said(NamedTuple):
    """What a property says of other resources."""

    named: frozenset[str]
    """Every text in it."""
    before: frozenset[str]
    """URNs of what it comes from."""
    unknown: bool
    """Whether a part of it is unknown."""


def _said(resource: Resource, path: str) -> _Said:
    value = resource.get(path)
    return _Said(frozenset(texts(value)), _dependencies(resource, path, value), has_unknown(value))


class _Index:
    """The places in a list by the texts and by the URNs of what is there: a stack of 100 services is asked often."""

    def __init__(self, items: Iterable[tuple[Iterable[str], Iterable[str]]]) -> None:
        self._by_text: dict[str, list[int]] = defaultdict(list)
        self._by_urn: dict[str, list[int]] = defaultdict(list)
        for place, (named, urns) in enumerate(items):
            for text in named:
                self._by_text[text].append(place)
            for urn in urns:
                self._by_urn[urn].append(place)

    def of_texts(self, named: Iterable[str]) -> Iterator[int]:
        return (place for text in named for place in self._by_text.get(text, ()))

    def of_urns(self, urns: Iterable[str]) -> Iterator[int]:
        return (place for urn in urns for place in self._by_urn.get(urn, ()))


def _by_dependency(said: _Said, target: Resource) -> bool:
    """Whether a dependency says it all: where the value is unknown, or where the target's id is."""
    return said.unknown or not isinstance(target.get("id"), str)


def by_todays_name(resource: Resource) -> Resource:
    """A resource that has an older token, by the one that rules know."""
    kind = t.today(resource.type)
    return resource if kind == resource.type else replace(resource, type=kind)


def account_of(arn: str) -> str:
    """The account in an ARN; empty where it has none."""
    return "".join(arn.split(":")[4:5])


def at(values: Value, path: str) -> Value:
    """What lies at a path; None where there is nothing, `UNKNOWN` below what is unknown."""
    for part in path.split("."):
        if isinstance(values, Unknown):
            return UNKNOWN
        if isinstance(values, (dict, Mapping)):  # dict first: `Mapping` is an ABC, and slow to ask
            values = cast(Values, values).get(part)
        elif isinstance(values, list) and part.isdigit():
            items = cast(list[Value], values)
            values = items[int(part)] if int(part) < len(items) else None
        else:
            return None
    return values


def as_list(values: Value) -> list[Value]:
    """A list's items; one item where a document may say one thing without a list; none where there is nothing."""
    if values is None or isinstance(values, Unknown):
        return []
    return cast(list[Value], values) if isinstance(values, list) else [values]


def texts(values: Value) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, Mapping):
        for value in cast(Values, values).values():
            yield from texts(value)
    elif isinstance(values, list):
        for value in cast(list[Value], values):
            yield from texts(value)


def has_unknown(values: Value) -> bool:
    """Whether a part of a value is unknown."""
    if isinstance(values, Mapping):
        return any(map(has_unknown, cast(Values, values).values()))
    if isinstance(values, list):
        return any(map(has_unknown, cast(list[Value], values)))
    return isinstance(values, Unknown)


def document(value: Value) -> Value:
    """A document that a property holds as JSON text; `UNKNOWN` when it is, or when it is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return UNKNOWN


@cache
def identifiers(resource: Resource) -> frozenset[str]:
    """The texts by which other resources refer to one."""
    values = (resource.properties.get(name) for name in NAMES)
    return frozenset(value for value in values if isinstance(value, str) and value)


def _dependencies(resource: Resource, path: str, value: Value) -> frozenset[str]:
    """URNs of what a property's value comes from; none where it has none."""
    nothing = frozenset[str]()
    return nothing if value is None else resource.property_dependencies.get(path.partition(".")[0], nothing)
