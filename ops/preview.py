"""`ops plan`: what an `up` would change, as the engine says before it."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from ops.deployed import NO_ENGINE
from ops.error import OpsError
from ops.interruptions import interruption
from ops.plan import OPS, Change, Plan, component_of, kind_of, name_of
from ops.stack_file import read
from policies import tokens as t

COMMAND = ("pulumi", "preview", "--json", "--show-replacement-steps", "--non-interactive")
"""What is asked, beside the stack."""

Ran = subprocess.CompletedProcess[str]
Answer = Mapping[str, Any]


class NoEngine(OpsError):
    """There is no pulumi on PATH."""


def plan(folder: Path, stack: str) -> Plan:
    """Ask the engine for a preview; it reads what is there first, where Pulumi.yaml says so.

    Without an engine, and for a stack that it knows nothing of, everything is to be created.

    Raises:
        OpsError: the stack has no file, or the engine says no.
    """
    read(folder, stack)
    try:
        ran, found = asked(folder, [*COMMAND, "--stack", stack])
    except NoEngine:
        note = f"as if nothing were deployed, which nobody was asked: {NO_ENGINE}"
        return replace(_of_nothing(folder, stack, note), is_guess=True)
    if is_unknown(ran, stack):
        return not_deployed(folder, stack)
    if ran.returncode:
        raise OpsError(f"there is no plan for stack {stack}. The engine said:\n{why(ran, found)}")
    return of_preview(stack, found)


def asked(folder: Path, command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[Ran, Answer]:
    """Run a command of the engine's that answers with JSON.

    Args:
        folder: of the program.
        command: program and arguments.
        environment: all of its environment; this process's, if none.

    Returns:
        How it ended, and the JSON that it printed; empty when there is none.

    Raises:
        NoEngine: there is none.
    """
    try:
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise NoEngine(NO_ENGINE) from None
    return ran, _preview(ran.stdout)


def why(ran: Ran, found: Answer) -> str:
    """What the engine says of its failure."""
    said = [one["message"].strip() for one in found.get("diagnostics", []) if one["severity"] == "error"]
    return "\n".join(said) or ran.stderr.strip()


def is_unknown(ran: Ran, stack: str) -> bool:
    """Whether the engine failed as its state knows no such stack."""
    return bool(ran.returncode) and f"no stack named '{stack}'" in ran.stderr


def not_deployed(folder: Path, stack: str) -> Plan:
    """The plan for a stack that the state does not know: everything is to be created."""
    return _of_nothing(folder, stack, f"not deployed yet: where pulumi is logged in, there is no stack {stack}")


def _of_nothing(folder: Path, stack: str, note: str) -> Plan:
    from ops.offline_plan import of_nothing  # it loads what programs are made of

    return of_nothing(folder, stack, note)


def _preview(out: str) -> dict[str, Any]:
    """The JSON in what the engine printed; empty when there is none."""
    try:
        return json.loads(out[out.index("{") :])
    except ValueError:
        return {}


def of_preview(stack: str, preview: Mapping[str, Any]) -> Plan:
    """The plan in the JSON of `pulumi preview --show-replacement-steps`."""
    steps: Sequence[Mapping[str, Any]] = preview.get("steps", [])
    roots = [index for index, step in enumerate(steps) if kind_of(step["urn"]) == t.STACK and step["op"] != "refresh"]
    begins = roots[0] if roots else 0  # before it comes what was read of the resources that are there
    changes = [_change(step, steps) for step in steps[begins:] if step["op"] in OPS and _is_resource(step)]
    return Plan(
        stack=stack,
        changes=sorted(changes, key=lambda one: one.component),
        unchanged=preview.get("changeSummary", {}).get("same", 0),
    )


def _change(step: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> Change:
    old: Mapping[str, Any] = step.get("oldState") or {}
    deleted_first = False
    if step["op"] == "replace":
        order = [one["op"] for one in steps if one["urn"] == step["urn"]]
        # What an `up` that died in between has deleted is not deleted again.
        deleted_first = "delete-replaced" in takewhile(lambda op: op != "create-replacement", order)
    return Change(
        op=step["op"],
        type=kind_of(step["urn"]),
        name=name_of(step["urn"]),
        component=component_of((step.get("newState") or old).get("parent", "")),
        because=tuple(sorted(step.get("replaceReasons") or step.get("diffReasons") or ())),
        interruption=interruption(
            kind_of(step["urn"]), step["op"], deleted_first=deleted_first, retained=bool(old.get("retainOnDelete"))
        ),
    )


def _is_resource(step: Mapping[str, Any]) -> bool:
    """Whether it is more than a component or the engine's own."""
    return bool((step.get("newState") or step.get("oldState") or {}).get("custom")) and not kind_of(
        step["urn"]
    ).startswith("pulumi:")
