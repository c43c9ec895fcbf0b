"""Two answers to one call, beside each other: what they say of the same, and which fields a declaration reads."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import zip_longest
from typing import Any

from localcloud.providers.aws import RESOURCES
from localcloud.providers.declare import Resource, text

PAIR = (["key", "value"], ["name", "value"])
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:")
ANYWHERE = "*"


def pairs(ours: Any, theirs: Any, translate: Callable[[Any], Any], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """What two answers say at each path: scalars, and lists of such."""
    for name, one, other in side_by_side(ours, theirs, translate):
        at = ".".join(filter(None, (path, name)))
        if isinstance(one, dict) or is_structures(one):
            yield from pairs(one, other, translate, at)
        else:
            yield at, one, other


def side_by_side(ours: Any, theirs: Any, translate: Callable[[Any], Any]) -> Iterator[tuple[str, Any, Any]]:
    """The fields of two structures by name; the items of two lists, each beside the one that it is most like."""
    rest = list(theirs) if isinstance(theirs, list) else []
    if isinstance(ours, dict):
        found: dict[str, Any] = theirs if isinstance(theirs, dict) else {}
        yield from ((name, ours.get(name), found.get(name)) for name in sorted({*ours, *found}))
    elif not is_structures(ours):
        yield from (("", one, other) for one, other in zip_longest(ours, rest))
    else:
        for one in ours:
            best = _most_like(translate(one), rest)
            rest = [other for other in rest if other is not best]
            yield "", one, best


def _most_like(one: Any, others: list[Any]) -> Any:
    mine = set(map(str, leaves(one)))
    return max(others, key=lambda other: len(mine & set(map(str, leaves(other)))), default=None)


def is_structures(value: Any) -> bool:
    """Whether it is a list with structures in it."""
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def as_mappings(value: Any) -> Any:
    """A value whose lists of keys and values are mappings."""
    if isinstance(value, dict):
        return {name: as_mappings(item) for name, item in value.items()}
    if not is_structures(value):
        return value
    key, *rest = sorted(value[0], key=str.lower)
    if [key.lower(), *(name.lower() for name in rest)] in PAIR and all(one.keys() == {key, *rest} for one in value):
        return {one[key]: one[rest[0]] for one in value}
    return [as_mappings(one) for one in value]


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar with the name of its field."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, key)
    else:
        yield key, value


def strings(value: Any) -> set[str]:
    """Every text in a value."""
    return {item for _, item in leaves(value) if isinstance(item, str)}


def empty(value: Any) -> bool:
    """Whether it says nothing."""
    return value in (None, "", False, "false", 0, [], {})


def equal(ours: Any, theirs: Any) -> bool:
    """Whether both say the same: documents by content, lists in any order; any two times are alike."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return sorted(map(text, ours)) == sorted(map(text, theirs))
    if empty(ours) and empty(theirs):
        return True
    if isinstance(ours, str) and isinstance(theirs, str):
        if TIME.match(ours) and TIME.match(theirs):
            return True
        if ours[:1] == theirs[:1] == "{":
            return json.loads(ours) == json.loads(theirs)
    return ours is not None and theirs is not None and text(ours) == text(theirs)


def is_read(path: str, service: str, operation: str) -> bool:
    """Whether a declaration reads a field of an operation's answer, or one within which it is."""
    fields = read_fields(service, operation)
    return any(
        f".{field.removeprefix(ANYWHERE)}." in f".{path}."
        if field.startswith(ANYWHERE)
        else f"{path}.".startswith(f"{field}.")
        for field in fields
    )


@cache
def read_fields(service: str, operation: str) -> frozenset[str]:
    """The fields that declarations read in an operation's answer; those with `*` before them, wherever they stand."""
    return frozenset(
        place
        for resource in RESOURCES.values()
        if resource.service == service
        for describe in (resource.read, *resource.more)
        if describe.call.operation == operation
        for field in _read_of(resource)
        for place in _places(describe.at, field)
    )


def _places(at: str | Callable[[Any], str], field: str) -> Iterator[str]:
    """Where in an answer a field of the description stands that is made of it."""
    if callable(at):
        yield f"{ANYWHERE}{field}"
    elif named := re.fullmatch(r"(.*?)\.?\{(\w+): ([\w.]+)\}", at):
        if f"{field}.".startswith(f"{named[2]}."):
            within = [*_fields(named[1]), named[3]]
            yield ".".join(within) + field.removeprefix(named[2])
    else:
        yield from (f"{before}{field}" for before in [f"{one}." for one in _fields(at)] or [""])


def _read_of(resource: Resource) -> Iterator[str]:
    given = [one for call in (resource.create, *resource.updates) for one in call.props()]
    read = [path if prop.at is None else prop.at for path, prop in given] + [prop.at or "" for prop in resource.reads]
    for path in (*read, *resource.outputs.values(), resource.tags.at if resource.tags else ""):
        yield from _fields(path)


def _fields(path: str) -> list[str]:
    """The dotted fields of a JMESPath, with those of lists of keys and values as `as_mappings` has them."""
    path = re.sub(r"^\[(\w+)\]", r"\1", path)
    path = re.sub(r"\[\?(?:Key|key|name)=='([^']+)'\]\.(?:Value|value)", r".\1", path)
    return re.findall(r"[A-Za-z_]\w*(?:\.\w+)*", re.sub(r"\[[^\]]*\]|`[^`]*`", "", path))
