"""YAML as the engine reads it: Go's yaml.v3, of which only `true` and `false` are booleans, and then JSON.

What another reader takes for a switch, a time of day or a date would be judged here and deployed as something else.
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from math import isinf, isnan
from typing import Any, cast

import yaml

Path = tuple[str | int, ...]
"""Keys, and places in lists, that lead to a value."""
MOST = 100_000
"""Values that a file may hold: aliases of aliases make any number of a few lines."""
_PLAIN = "plain"
_TAGS = (_PLAIN, *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")))
_WORDS: dict[str, float | bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(f"{sign}inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}
_INTEGERS = {
    16: re.compile(r"[-+]?0[xX][0-9a-fA-F]+"),
    2: re.compile(r"[-+]?0[bB][01]+"),
    8: re.compile(r"[-+]?0[oO]?[0-7]+"),
    10: re.compile(r"[-+]?(?:0|[1-9][0-9]{,18}|1[0-9]{19})"),
}
"""By base; those of ten with as many digits as surely fit into 64 bits."""
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGRAL = 1e21
"""From here on Go writes a whole number with an exponent."""
_CLOCK = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?"
_ZONE = r"(Z|[-+](?:[01][0-9]|2[0-4]):[0-5][0-9])"
_DAY = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
_TIMES = tuple(re.compile(_DAY + rest) for rest in ("", f" +{_CLOCK}", f"[Tt]{_CLOCK}{_ZONE}"))


def read(text: str) -> object:
    """What a file says, in JSON's types.

    Raises:
        ValueError: it is no YAML, or the engine would refuse it; the message says where.
    """
    try:
        node = _node(text)
        return None if node is None else _Reading().value(node, ())
    except RecursionError:
        raise ValueError("it is nested too deep, or an anchor holds itself") from None


def _node(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        hint = "indent by spaces, not by tabs: " if r"'\t'" in str(error) else ""
        raise ValueError(f"{hint}{error}") from None
    except (OverflowError, ValueError):
        raise ValueError("an escape such as \\U00110000 is no character, or a version no number") from None


class _Loader(yaml.SafeLoader):
    """Leaves open what a word without quotes means."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:  # noqa: ANN401 - as PyYAML has it
        plain = kind is yaml.ScalarNode and implicit[0]
        return _PLAIN if plain else super().resolve(kind, value, (False, False))


class _Reading:
    """The values of one file."""

    def __init__(self) -> None:
        self.count = 0

    def value(self, node: yaml.Node, path: Path) -> object:
        self.count += 1
        if self.count > MOST:
            raise ValueError(f"it holds more than {MOST} values: are there aliases of aliases?")
        if node.tag not in _TAGS:
            raise ValueError(
                f"{at(path)}: the tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is unknown: remove it"
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(one, (*path, place)) for place, one in enumerate(node.value)]
        return _scalar(cast(yaml.ScalarNode, node), path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        _refuse_twins((key for key, _ in node.value), path)
        merged: dict[str, object] = {}
        own: dict[str, object] = {}
        for key, value in node.value:
            if key.tag == _PLAIN and key.value == "<<":
                merged = self._merged(value, path)
            else:
                name = self._key(key, path)
                own[name] = self.value(value, (*path, name))
        return {**merged, **own}

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, object]:
        """What `<<` brings; of several mappings the first that has a key."""
        merged: dict[str, object] = {}
        for part in reversed(node.value if isinstance(node, yaml.SequenceNode) else [node]):
            value = self.value(part, path)
            if not isinstance(value, dict):
                raise ValueError(f"{at((*path, '<<'))}: must be a mapping, or a list of mappings")
            merged |= cast(dict[str, object], value)
        return merged

    def _key(self, node: yaml.Node, path: Path) -> str:
        key = self.value(node, path)
        if isinstance(key, str):
            return key
        if len(path) < 2:
            raise ValueError(f"{at(path)}: a key must be a text such as fargate:services, got {json.dumps(key)}")
        return "<nil>" if key is None else json.dumps(key)


def at(path: Path) -> str:
    """A place as a stack's user knows it, by its key with the namespace."""
    known = path[1:] if path[:1] == ("config",) and len(path) > 1 else path
    return ".".join(map(str, known)) or "at the top"


def _refuse_twins(keys: Iterable[yaml.Node], path: Path) -> None:
    lines: dict[str, int] = {}
    for key in keys:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ValueError(f"{at(path)}: a key must be a text, got a list or a mapping in line {line}")
        if key.value in lines:
            raise ValueError(
                f"{at((*path, key.value))}: is there twice, in lines {lines[key.value]} and {line}: remove one"
            )
        lines[key.value] = line


def _scalar(node: yaml.ScalarNode, path: Path) -> object:
    if re.search("[\ud800-\udfff]", node.value):
        raise ValueError(f"{at(path)}: an escape such as \\uD800 is no character")
    value = _meant(node.value) if node.tag == _PLAIN else node.value
    if isinstance(value, float) and (isnan(value) or isinf(value)):
        raise ValueError(f"{at(path)}: must be a finite number, got {node.value}: quote it if it is a text")
    return value


def _meant(word: str) -> object:
    """What a word without quotes means."""
    if word in _WORDS:
        return _WORDS[word]
    time = _time(word)
    return _number(word) if time is None else time


def _number(word: str) -> object:
    """A number, whole where Go would write it so; the word itself where it is none."""
    plain = word[0] + word[1:].replace("_", "")
    for base, pattern in _INTEGERS.items():
        if pattern.fullmatch(plain):
            number = int(re.sub("[oO]", "", plain), base)
            if -(2**63) <= number < 2**64:
                return number
    number = float(plain) if _FLOAT.fullmatch(plain) else float("inf")
    if isinf(number):
        return word  # none, or too large for one
    return int(number) if number.is_integer() and abs(number) < _INTEGRAL else number


def _time(word: str) -> str | None:
    """A date or a time as programs get it: as Go prints one."""
    found = next((found for pattern in _TIMES if (found := pattern.fullmatch(word))), None)
    if not found:
        return None
    numbers, more = found.groups()[:6], found.groups()[6:]
    try:
        moment = datetime(*map(int, numbers))  # type: ignore[arg-type] - year to second
    except ValueError:
        return None
    fraction = (more[0] or "")[:9].rstrip("0") if more else ""
    zone = more[1].replace(":", "") if len(more) > 1 else "Z"
    zone = "+0000 UTC" if zone in ("Z", "+0000") else f"{zone} {zone}"
    return f"{moment}{'.' if fraction else ''}{fraction} {zone}"
