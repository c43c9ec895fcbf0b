"""A problem of a stack file as a line: the key's path, what is wrong, the value got, the values allowed."""

import dataclasses
import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin


def problem(error: Mapping[str, Any], settings: type, namespace: str) -> str:
    """One of pydantic's errors in a line: the key's path, what is wrong, the value got, the values allowed.

    Args:
        error: as pydantic has it.
        settings: the model that refused the file.
        namespace: before each of its keys.
    """
    path = f"{namespace}:" + ".".join(str(part) for part in error["loc"] if part != "[key]")
    kind, got, context = error["type"], error["input"], error.get("ctx", {})
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{path}: unknown key{nearest(str(error['loc'][-1]), _known_keys(settings, error['loc'][:-1]))}"
    if kind == "missing":
        return f"{path}: is required"
    if kind == "value_error":
        return f"{path}: {context['error']}"
    expected = context.get("expected")
    wanted = f"must be one of {expected}" if expected else _WANTED.get(kind, str(error["msg"])).format(**context)
    return f"{path}: {wanted}, got {_shown(got)}"


def _shown(value: object) -> str:
    """A value as a stack file has it."""
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


_WANTED = {
    "int_type": "must be a whole number without quotes",
    "float_type": "must be a number without quotes",
    "finite_number": "must be a number that ends",
    "string_type": "must be a text (quote it if it looks like a number)",
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "dataclass_type": "must be a mapping",
    "tuple_type": "must be a list",
    "string_too_long": "must have {max_length} characters at most",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be {le} or less",
    "string_pattern_mismatch": "must match {pattern}",
    "too_short": "must name one service at least, such as web: {{build: ./app}}",
}


def _known_keys(settings: type, path: tuple[str | int, ...]) -> Iterable[str]:
    """The keys that the mapping at a path may have."""
    here: Any = settings
    for part in path:
        here = _item(here) if get_origin(here) in (dict, tuple) else _fields(here)[str(part)]
    return _fields(here)


def _item(kind: Any) -> Any:  # noqa: ANN401 - a type as annotations write it
    """The type of a mapping's values, or of a list's items."""
    arguments = get_args(kind)
    return arguments[1] if get_origin(kind) is dict else arguments[0]


def _fields(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """The keys of a mapping's type with their types; of `X | None` those of X."""
    model = next(
        one for one in (kind, *get_args(kind)) if hasattr(one, "model_fields") or dataclasses.is_dataclass(one)
    )
    if dataclasses.is_dataclass(model):
        return {field.name: field.type for field in dataclasses.fields(model)}
    return {name: field.annotation for name, field in model.model_fields.items()}


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the word that was meant; every word when none is near."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1)
    return f": did you mean {near[0]!r}?" if near else f"; known are {', '.join(words)}"
