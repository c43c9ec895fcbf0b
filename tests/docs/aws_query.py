"""What `--query` asks of an answer of AWS's, judged by botocore's model of that answer.

`--query` is JMESPath (AWS CLI User Guide, "Filtering output in the AWS CLI"), which answers a name that
nothing has with null, not with an error.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jmespath
from jmespath.exceptions import ParseError

CHAINS = ("subexpression", "pipe", "index_expression", "projection", "filter_projection", "value_projection")
"""Nodes whose second part is asked of what the first one has found."""


@dataclass(frozen=True)
class _Many:
    """What a projection finds: a list of what it found in each."""

    member: Any
    type_name: str = "list"


def query_problems(query: str, answer: Any) -> Iterator[str]:
    """What is wrong with a query of an answer that has a shape."""
    try:
        with warnings.catch_warnings(action="ignore", category=PendingDeprecationWarning):  # AWS's `text` in backticks
            parsed: Any = jmespath.compile(query).parsed
    except ParseError as error:
        yield f"--query {query} cannot be read: {error}"
    else:
        problems: list[str] = []
        _found(parsed, answer, problems)
        yield from problems


def _found(node: dict[str, Any], shape: Any, problems: list[str]) -> Any:
    """The shape of what a node finds in a shape; None where nothing is known of it."""
    kind, children = node["type"], node["children"]
    if kind in ("identity", "current"):
        return shape
    if kind == "field":
        return _member(node["value"], shape, problems)
    if kind in ("index", "slice"):
        return _each(shape) if kind == "index" else shape
    if kind == "flatten":
        many = _found(children[0], shape, problems)
        inner = _each(many)
        return inner if inner is not None and inner.type_name == "list" else many
    if kind in CHAINS:
        return _chain(node, shape, problems)
    for child in children:
        _found(child, shape, problems)
    return None


def _chain(node: dict[str, Any], shape: Any, problems: list[str]) -> Any:
    first, *rest = node["children"]
    left = _found(first, shape, problems)
    if node["type"] in ("subexpression", "pipe", "index_expression"):
        for one in rest:
            left = _found(one, left, problems)
        return left
    each = _each(left) if node["type"] != "value_projection" else None
    right, *_ = [_found(one, each, problems) for one in rest]
    return _Many(right) if right is not None else None


def _each(shape: Any) -> Any:
    return shape.member if shape is not None and shape.type_name == "list" else None


def _member(name: str, shape: Any, problems: list[str]) -> Any:
    if shape is None:
        return None
    if shape.type_name == "map":
        return shape.value
    members = shape.members if shape.type_name == "structure" else {}
    if name not in members:
        problems.append(f"--query: no {name} there: {', '.join(members) or f'it is a {shape.type_name}'}")
    return members.get(name)
