"""`ops plan`: what an `up` would change, by component, and what of that interrupts service or loses data."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.deployed import NO_ENGINE
from ops.error import OpsError
from ops.interruptions import interruption
from ops.stack_file import read
from policies import tokens as t

OPS = {"create": "created", "update": "changed", "replace": "replaced", "delete": "deleted"}
"""What becomes of a resource, in the engine's word and in ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an `up` would do to one resource."""

    op: str
    """One of `OPS`."""
    type: str
    """Type token, such as `aws:lb/loadBalancer:LoadBalancer`."""
    name: str
    """Logical name."""
    component: str
    """Class and name of the component that it is part of; empty for one that stands alone."""
    because: tuple[str, ...]
    """The properties that differ; of a replacement those that cannot change in place."""
    interruption: str
    """How it interrupts service or loses data; empty when it does neither."""

    @property
    def shown(self) -> str:
        """Type and name, as people know them."""
        return f"{self.type.partition(':')[2].rpartition(':')[0] or self.type} {self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an `up` would do."""

    stack: str
    """Name of the stack."""
    changes: Sequence[Change]
    """By component, in the engine's order."""
    unchanged: int
    """Resources that stay as they are."""

    @property
    def interruptions(self) -> list[Change]:
        """The changes that interrupt service or lose data."""
        return [one for one in self.changes if one.interruption]


def plan(folder: Path, stack: str) -> Plan:
    """Ask the engine for a preview; it reads what is there first, where Pulumi.yaml says so.

    Raises:
        OpsError: the stack has no file, or the engine says no.
    """
    read(folder, stack)
    command = ["pulumi", "preview", "--json", "--show-replacement-steps", "--non-interactive", "--stack", stack]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise OpsError(NO_ENGINE) from None
    found = _preview(ran.stdout)
    if ran.returncode:
        said = [one["message"].strip() for one in found.get("diagnostics", []) if one["severity"] == "error"]
        why = "\n".join(said) or ran.stderr.strip()
        raise OpsError(f"there is no plan for stack {stack}. The engine said:\n{why}")
    return of_preview(stack, found)


def _preview(out: str) -> dict[str, Any]:
    """The JSON in what the engine printed; empty when there is none."""
    try:
        return json.loads(out[out.index("{") :])
    except ValueError:
        return {}


def of_preview(stack: str, preview: Mapping[str, Any]) -> Plan:
    """The plan in the JSON of `pulumi preview --show-replacement-steps`."""
    steps: Sequence[Mapping[str, Any]] = preview.get("steps", [])
    roots = [index for index, step in enumerate(steps) if _kind(step) == t.STACK and step["op"] != "refresh"]
    begins = roots[0] if roots else 0  # before it comes what was read of the resources that are there
    changes = [_change(step, steps) for step in steps[begins:] if step["op"] in OPS and _is_resource(step)]
    return Plan(
        stack=stack,
        changes=sorted(changes, key=lambda one: one.component),
        unchanged=preview.get("changeSummary", {}).get("same", 0),
    )


def as_values(found: Plan) -> dict[str, Any]:
    """A plan for scripts."""
    return {
        "stack": found.stack,
        "changes": [
            {
                "op": one.op,
                "type": one.type,
                "name": one.name,
                "component": one.component,
                "because": list(one.because),
                "interruption": one.interruption or None,
            }
            for one in found.changes
        ],
        "unchanged": found.unchanged,
    }


def show(out: Console, found: Plan) -> None:
    """Print a plan for people: a table on a terminal, plain lines in a pipe."""
    if out.is_terminal and found.changes:
        out.print(_table(found))
    else:
        for component, changes in groupby(found.changes, key=lambda one: one.component):
            out.print(component or "alone")
            for one in changes:
                out.print(f"  {OPS[one.op]:9}{one.shown}{_because(one)}")
    for line in _warnings(found.interruptions):
        out.print(line, style="bold red")
    out.print(_summary(found), style="red" if found.interruptions else "green")


def _table(found: Plan) -> Table:
    table = Table("component", "becomes", "resource", "because", box=None, pad_edge=False)
    for one in found.changes:
        style = "bold red" if one.interruption else None
        table.add_row(one.component, OPS[one.op], one.shown, ", ".join(one.because), style=style)
    return table


def _warnings(changes: Iterable[Change]) -> Iterator[str]:
    """Each way in which service is interrupted or data lost, with all that it is true of."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for one in changes:
        by_reason.setdefault((one.op, one.interruption), []).append(one.shown)
    for (op, reason), names in by_reason.items():
        yield f"warning: {', '.join(names)} would be {OPS[op]}: {reason}"


def _because(change: Change) -> str:
    return f" ({', '.join(change.because)})" if change.because else ""


def _summary(found: Plan) -> str:
    counts = {op: sum(one.op == op for one in found.changes) for op in OPS}
    told = ", ".join(f"{count} {OPS[op]}" for op, count in counts.items() if count) or "nothing to do"
    interrupting = len(found.interruptions)
    verbs = "interrupts service or loses data" if interrupting == 1 else "interrupt service or lose data"
    warned = f"; {interrupting} {verbs}" if interrupting else ""
    return f"{found.stack}: {told}, {found.unchanged} unchanged{warned}"


def _change(step: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> Change:
    old: Mapping[str, Any] = step.get("oldState") or {}
    deleted_first = False
    if step["op"] == "replace":
        order = [one["op"] for one in steps if one["urn"] == step["urn"]]
        # What an `up` that died in between has deleted is not deleted again.
        deleted_first = "delete-replaced" in takewhile(lambda op: op != "create-replacement", order)
    return Change(
        op=step["op"],
        type=_kind(step),
        name=_name(step["urn"]),
        component=_component((step.get("newState") or old).get("parent", "")),
        because=tuple(sorted(step.get("replaceReasons") or step.get("diffReasons") or ())),
        interruption=interruption(
            _kind(step), step["op"], deleted_first=deleted_first, retained=bool(old.get("retainOnDelete"))
        ),
    )


def _is_resource(step: Mapping[str, Any]) -> bool:
    """Whether it is more than a component or the engine's own."""
    return bool((step.get("newState") or step.get("oldState") or {}).get("custom")) and not _kind(step).startswith(
        "pulumi:"
    )


def _kind(step: Mapping[str, Any]) -> str:
    return str(step["urn"].split("::")[2].rpartition("$")[2])


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _component(parent: str) -> str:
    """Class and name of a parent, unless that is the stack."""
    if not parent or t.STACK in parent.split("::")[2].rpartition("$")[2]:
        return ""
    return f"{parent.split('::')[2].rpartition(':')[2]} {_name(parent)}"
