"""Stack files, read as the engine reads them."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import yaml

PLACEHOLDER = "a secret of the real stack"


class StackFileError(Exception):
    """What is wrong with a stack's file, for its user."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StackFile:
    """A stack's configuration as a program gets it."""

    project: str
    """Name of the project."""
    config: Mapping[str, str]
    """Every key with its namespace, structured values as JSON, a placeholder for each secret."""
    secrets: tuple[str, ...]
    """The keys that hold a secret."""

    @property
    def region(self) -> str:
        """Region that the stack is deployed to; the program says when there is none."""
        return self.config.get("aws:region", "us-east-1")

    def structured(self, key: str) -> dict[str, Any]:
        """A mapping under a key; empty when it is left out, or something else."""
        try:
            return _mapping(json.loads(self.config.get(key, "{}")))
        except ValueError:
            return {}


def read(folder: Path, stack: str) -> StackFile:
    """The file of a stack, in the folder of its program.

    Raises:
        StackFileError: there is none, or it is no YAML.
    """
    file = folder / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        raise StackFileError(f"no stack {stack!r}: {_there_are(folder, stack)}")
    values = _mapping(_yaml(file).get("config"))
    return StackFile(
        project=str(_yaml(folder / "Pulumi.yaml").get("name", folder.name)),
        config={key: _text(value) for key, value in values.items()},
        secrets=tuple(key for key, value in values.items() if _holds_secret(value)),
    )


def stacks(folder: Path) -> list[str]:
    """The stacks that have a file."""
    return sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in folder.glob("Pulumi.*.yaml"))


def _there_are(folder: Path, stack: str) -> str:
    known = stacks(folder)
    if not known:
        return f"no Pulumi.STACK.yaml in {folder}; run this in the folder of the program"
    nearest = sorted(known, key=lambda name: -difflib.SequenceMatcher(None, name, stack).ratio())
    return f"there are {', '.join(nearest)}"


def _yaml(file: Path) -> dict[str, Any]:
    try:
        return _mapping(yaml.safe_load(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise StackFileError(f"no {file.name} in {file.parent}; run this in the folder of the program") from None
    except yaml.YAMLError as error:
        raise StackFileError(f"{file.name} cannot be read: {error}") from None


def _text(value: object) -> str:
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _plain(value: object) -> object:
    """The value in JSON's types, a placeholder for each secret."""
    if _is_secret(value):
        return PLACEHOLDER
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in cast(dict[Any, Any], value).items()}
    if isinstance(value, list):
        return [_plain(one) for one in cast(list[Any], value)]
    return value.isoformat() if isinstance(value, date) else value


def _holds_secret(value: object) -> bool:
    if isinstance(value, dict):
        return _is_secret(value) or any(map(_holds_secret, cast(dict[Any, Any], value).values()))
    return isinstance(value, list) and any(map(_holds_secret, cast(list[Any], value)))


def _is_secret(value: object) -> bool:
    return isinstance(value, dict) and list(cast(dict[Any, Any], value)) == ["secure"]


def _mapping(value: object) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
