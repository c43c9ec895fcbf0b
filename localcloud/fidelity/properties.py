"""What is counted: the properties that a stack sets, and what becomes of each on the local cloud."""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import jmespath

from localcloud.providers.declare import Attributes, Built, Call, Field, Prop, Resource, Values, document, matches
from localcloud.providers.operations import Operation, sent

IMAGE = "docker:index/image:Image"
IMAGE_SENT = frozenset({"build", "imageName", "registry"})
"""What Docker is given of an image; nobody asks it afterwards, as the official provider does not."""
NOT_COUNTED = frozenset({"region", "tagsAll"})
"""What the provider adds: the region of the stack, and `tags` with the stack's own."""


class Verdict(StrEnum):
    """What becomes of a property, from worst to best."""

    UNSENT = "unsent"
    """No call carries it."""
    SENT = "sent"
    """A call carries it, and a Read does not tell it, or tells something else."""
    EQUAL = "equal"
    """A Read tells what was sent."""


def properties(resource: Resource | None, given: Values) -> list[str]:
    """The names of what is set, sorted; a field has one, such as `healthCheck.path`, where AWS takes it as a parameter.

    So have the fields of a JSON text that AWS takes as a structure, such as `containerDefinitions.image`.
    """
    split = _split(resource) if resource else ()
    return sorted({one for name, value in given.items() for one in _names(name, value, split) if value is not None})


def _split(resource: Resource) -> set[str]:
    """The properties that are counted by their fields."""
    sources = [source for one in (resource.create, *resource.updates) for source in one.params.values()]
    fields = {
        one.name for one in sources if isinstance(one, Field) or (isinstance(one, Prop) and one.write is json.loads)
    }
    listed = (item for one in sources if isinstance(one, Attributes) for item in one.keys.items())
    return fields | {name for name, keys in listed if not isinstance(keys, str)}


def _names(name: str, value: Any, split: Iterable[str]) -> Iterable[str]:
    if name in NOT_COUNTED or name.startswith("__"):
        return
    value = document(value)
    parts = value if isinstance(value, list) else [value]
    if name not in split or not all(isinstance(one, Mapping) for one in parts):
        yield name
    else:
        yield from (f"{name}.{key}" for one in parts for key in one)


def verdicts(operation: Operation, given: Values) -> dict[str, Verdict]:
    """What became of each property that a deployed resource was given: its calls looked at, and AWS asked.

    Raises:
        ProviderError: AWS has no such resource.
    """
    resource = operation.resource
    if resource.recorded:
        return dict.fromkeys(properties(resource, given), Verdict.UNSENT)
    told = _told(operation, given, operation.describe() or {})
    calls = (
        resource.create,
        *resource.updates,
        *resource.removals.values(),
        *((resource.delete,) if resource.delete else ()),
    )
    return {
        name: Verdict.EQUAL
        if name in told
        else Verdict.SENT
        if any(_carries(one, name, operation.values) for one in calls)
        else Verdict.UNSENT
        for name in properties(resource, given)
    }


def _told(operation: Operation, given: Values, description: Any) -> set[str]:
    """The properties that AWS tells as they were sent."""
    told = {"tags"} if _tags_told(operation, description) else set[str]()
    for at, prop, shape in operation.readable():
        if given.get(prop.name) is None:
            continue
        asked, live = sent(prop, given, shape), jmespath.search(at, description)
        if asked is not None:
            told |= {
                name
                for name in properties(operation.resource, {prop.name: given[prop.name]})
                if _same(name, asked, live)
            }
    return told


def _tags_told(operation: Operation, description: Any) -> bool:
    tags, tagging = operation.values.get("tagsAll"), operation.resource.tags
    return bool(tags and tagging and tags.items() <= tagging.read(description).items())


def _same(name: str, asked: Any, live: Any) -> bool:
    """Whether a property is told as it was sent, or one field of it: of each container that has it."""
    key = name.partition(".")[2]
    if not key:
        return matches(asked, live, told=True)
    if isinstance(asked, list):
        found = {one["name"]: one for one in live or ()}
        return all(matches(one[key], found.get(one["name"], {}).get(key), told=True) for one in asked if key in one)
    return matches(asked[key], (live or {}).get(key), told=True)


def _carries(one: Call, name: str, values: Values) -> bool:
    """Whether a parameter of the call has the property's value."""
    top, _, key = name.partition(".")
    return any(_has(source, top, key, values) for source in one.params.values())


def _has(source: Any, name: str, key: str, values: Values) -> bool:
    if isinstance(source, Built):
        return _differs(source, name, values)
    if isinstance(source, Field):
        return (source.name, source.key) == (name, key)
    if isinstance(source, Attributes):
        keys = source.keys.get(name, {})
        return isinstance(keys, str) or key in keys
    return isinstance(source, Prop) and source.name == name and source.value(values) is not None


def _differs(source: Built, name: str, values: Values) -> bool:
    """Whether the parameter would be another without the property."""
    try:
        return source.value(values) != source.value({other: value for other, value in values.items() if other != name})
    except KeyError:
        return True
