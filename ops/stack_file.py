"""Stack files, read as the engine reads them."""

import difflib
import json
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ops import engine_yaml
from ops.error import OpsError

PLACEHOLDER = "a secret of the real stack"
NO_ACCOUNT = "000000000000"
"""The account's number on a local cloud, and in every ARN there."""
NEAREST = 5
"""Stacks that are offered instead of one that there is not."""
_EXAMPLES = {"Pulumi.yaml": "such as {name: fargate, runtime: python}"}
"""What stands in a file that is no stack's."""


class StackFileError(OpsError):
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

    @property
    def allowed_accounts(self) -> tuple[str, ...]:
        """Numbers of the accounts that `aws:allowedAccountIds` lets it be deployed to; none named: to any."""
        try:
            found = json.loads(self.config.get("aws:allowedAccountIds", "[]"))
        except ValueError:
            return ()
        return tuple(str(one) for one in cast(list[Any], found)) if isinstance(found, list) else ()


def read(folder: Path, stack: str) -> StackFile:
    """The file of a stack, in the folder of its program.

    Raises:
        StackFileError: there is none, or the engine would not read it.
    """
    file = folder / f"Pulumi.{stack}.yaml"
    if stack not in stacks(folder):
        raise StackFileError(f"no stack {stack!r}: {_there_are(folder, stack)}")
    project = str(_yaml(folder / "Pulumi.yaml").get("name", folder.name))
    config = _required_mapping(
        _yaml(file).get("config", {}), f"{file.name}: config:", "such as {aws:region: eu-west-1}"
    )
    values = {key if ":" in key else f"{project}:{key}": value for key, value in config.items()}
    return StackFile(
        project=project,
        config={key: _text(value) for key, value in values.items()},
        secrets=tuple(key for key, value in values.items() if _holds_secret(value)),
    )


def refuse_another_account(file: StackFile, stack: str, account: str) -> None:
    """Refuse to act on a stack in an account that its file does not name.

    Raises:
        StackFileError: `aws:allowedAccountIds` names others.
    """
    if file.allowed_accounts and account not in file.allowed_accounts:
        raise StackFileError(
            f"account {account} is not one that aws:allowedAccountIds in Pulumi.{stack}.yaml names: "
            f"{', '.join(file.allowed_accounts)}. Use credentials of one of those, or name this one there"
        )


def stacks(folder: Path) -> list[str]:
    """The stacks that have a file."""
    files = (file for file in folder.glob("Pulumi.*.yaml") if file.is_file())
    return sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)


def _there_are(folder: Path, stack: str) -> str:
    known = stacks(folder)
    if not known:
        return f"no Pulumi.STACK.yaml in {folder}; run this in the folder of the program"
    nearest = sorted(known, key=lambda name: -difflib.SequenceMatcher(None, name, stack).ratio())
    more = len(nearest) - NEAREST
    return f"there are {', '.join(nearest[:NEAREST])}{f' and {more} more' if more > 0 else ''}"


def _yaml(file: Path) -> dict[str, Any]:
    try:
        values = engine_yaml.read(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StackFileError(f"no {file.name} in {file.parent}; run this in the folder of the program") from None
    except OSError as error:
        raise StackFileError(f"{file.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StackFileError(f"{file.name} is not UTF-8: save it as UTF-8") from None
    except ValueError as error:
        raise StackFileError(f"{file.name} cannot be read: {error}") from None
    if values is None:
        raise StackFileError(f"{file.name} is empty: {_EXAMPLES.get(file.name, 'copy Pulumi.dev.yaml')}")
    return _required_mapping(values, file.name, _EXAMPLES.get(file.name, "with config:, as in Pulumi.dev.yaml"))


def _required_mapping(value: object, what: str, such_as: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return cast(dict[str, Any], value)
    got = "a list" if isinstance(value, list) else "nothing" if value is None else reprlib.repr(value)
    raise StackFileError(f"{what} must be a mapping {such_as}; it holds {got}")


def _text(value: object) -> str:
    """A key's value as programs get it: always text, empty for null."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else "" if plain is None else json.dumps(plain)


def _plain(value: object) -> object:
    """The value with a placeholder for each secret."""
    if _is_secret(value):
        return PLACEHOLDER
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_plain(one) for one in cast(list[Any], value)]
    return value


def _holds_secret(value: object) -> bool:
    if isinstance(value, dict):
        return _is_secret(value) or any(map(_holds_secret, cast(dict[Any, Any], value).values()))
    return isinstance(value, list) and any(map(_holds_secret, cast(list[Any], value)))


def _is_secret(value: object) -> bool:
    """Whether the engine would decrypt it: a text, and nothing beside it."""
    return _mapping(value).keys() == {"secure"} and isinstance(_mapping(value)["secure"], str)


def _mapping(value: object) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
