"""Measuring: what the emulator tells of a deployed stack, against what the stack's state says it was given."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.fidelity.properties import IMAGE, IMAGE_SENT, Verdict, properties, verdicts
from localcloud.providers.aws import RESOURCES
from localcloud.providers.operations import Operation

Measured = dict[str, dict[str, list[str]]]
"""By type: the properties of each verdict, which is the worst of all of a stack's resources; and `notes`, what the
provider says of them at an `up`."""


def measure(state: Mapping[str, Any], region: str, clients: Callable[[str, str], Any]) -> Measured:
    """What became of each property of a stack, and what the provider says beside.

    Args:
        state: as `pulumi stack export --show-secrets` prints it.
        region: of the stack.
        clients: of the emulator, by service and region.

    Raises:
        ProviderError: the emulator does not answer, or knows a resource no more.
    """
    found: dict[str, dict[str, Verdict]] = {}
    notes: dict[str, set[str]] = {}
    for one in state["deployment"].get("resources", ()):
        if not one["custom"] or one["type"].startswith("pulumi:"):
            continue
        token, given = one["type"], _set(one)
        worst, told = found.setdefault(token, {}), _verdicts(one, given, region, clients)
        worst |= {
            name: min(worst.get(name, verdict), verdict, key=list(Verdict).index) for name, verdict in told.items()
        }
        if token in RESOURCES:
            notes.setdefault(token, set()).update(RESOURCES[token].only_recorded(given))
    return {token: _by_verdict(found[token], notes.get(token, set())) for token in sorted(found)}


def _by_verdict(of: Mapping[str, Verdict], notes: set[str]) -> dict[str, list[str]]:
    listed = {verdict.value: sorted(name for name in of if of[name] == verdict) for verdict in Verdict}
    return {name: names for name, names in {**listed, "notes": sorted(notes)}.items() if names}


def _verdicts(
    one: Mapping[str, Any], given: dict[str, Any], region: str, clients: Callable[[str, str], Any]
) -> dict[str, Verdict]:
    if one["type"] == IMAGE:
        names = properties(None, given)
        return {name: Verdict.SENT if name in IMAGE_SENT else Verdict.UNSENT for name in names}
    values = {"region": region, **_plain(one.get("outputs", {})), **_plain(one.get("inputs", {}))}
    return verdicts(Operation(RESOURCES[one["type"]], values, clients, id=one["id"]), given)


def _set(one: Mapping[str, Any]) -> dict[str, Any]:
    """What the program gave; a name with a random end is the provider's choice."""
    given, resource, name = _plain(one.get("inputs", {})), RESOURCES.get(one["type"]), one["urn"].rpartition("::")[2]
    chosen = resource.autoname if resource else None
    if re.fullmatch(f"{re.escape(name)}-[0-9a-f]{{7}}", str(given.get(chosen))):
        del given[chosen]
    return given


def _plain(value: Any) -> Any:
    """A value of the state without the wrapper of a secret."""
    if isinstance(value, dict):
        plain = json.loads(value["plaintext"]) if "plaintext" in value else value
        return {key: _plain(item) for key, item in plain.items()} if isinstance(plain, dict) else plain
    return [_plain(item) for item in value] if isinstance(value, list) else value
