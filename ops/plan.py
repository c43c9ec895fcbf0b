"""What an `up` would change, by component, and what of that interrupts service: as a table, and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from policies import tokens as t

IN_PLACE_OR_NOT = "change"
"""Of a resource that is changed in place, or replaced: without an engine nobody knows of its type."""
OPS = {
    "create": "created",
    "update": "changed",
    IN_PLACE_OR_NOT: "changed or replaced",
    "replace": "replaced",
    "delete": "deleted",
}
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
        return shown(self.type, self.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an `up` would do."""

    stack: str
    """Name of the stack."""
    changes: Sequence[Change]
    """By component, in the engine's order."""
    unchanged: int
    """Resources that stay as they are, components and the stack among them."""
    against: str = ""
    """What the program is compared with: a git revision, or `nothing`; empty for what is deployed."""
    note: str = ""
    """What the plan stands on, where that is not what is deployed."""
    is_guess: bool = False
    """Whether nobody knows what is deployed, so that nothing can be said of interruptions."""

    @property
    def interruptions(self) -> list[Change]:
        """The changes that interrupt service or lose data."""
        return [one for one in self.changes if one.interruption]


def as_values(found: Plan) -> dict[str, Any]:
    """A plan for scripts."""
    return {
        "stack": found.stack,
        "against": found.against or None,
        "note": found.note or None,
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
    if found.note:
        out.print(found.note)
    if out.is_terminal and found.changes:
        out.print(_table(found))
    else:
        for component, changes in groupby(found.changes, key=lambda one: one.component):
            out.print(component or "alone")
            for one in changes:
                out.print(f"  {OPS[one.op]:8} {one.shown}{_because(one)}")
    for line in warnings(found.interruptions):
        out.print(line, style="bold red")
    out.print(summary(found), style="red" if found.interruptions else "green")


def component_of(parent: str) -> str:
    """Class and name of the component that a URN is of; empty where it is the stack's, or none."""
    if not parent or t.STACK in parent.split("::")[2].rpartition("$")[2]:
        return ""
    return f"{parent.split('::')[2].rpartition(':')[2]} {name_of(parent)}"


def name_of(urn: str) -> str:
    """The logical name in a URN."""
    return urn.split("::", 3)[3]


def kind_of(urn: str) -> str:
    """The type token in a URN."""
    return urn.split("::")[2].rpartition("$")[2]


def shown(kind: str, name: str) -> str:
    """Type and name of a resource, as people know them."""
    return f"{kind.partition(':')[2].rpartition(':')[0] or kind} {name}"


def _table(found: Plan) -> Table:
    table = Table("component", "becomes", "resource", "because", box=None, pad_edge=False)
    for one in found.changes:
        style = "bold red" if one.interruption else None
        table.add_row(one.component, OPS[one.op], one.shown, ", ".join(one.because), style=style)
    return table


def warnings(changes: Iterable[Change]) -> Iterator[str]:
    """Each way in which service is interrupted or data lost, with all that it is true of."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for one in changes:
        by_reason.setdefault((one.op, one.interruption), []).append(one.shown)
    for (op, reason), names in by_reason.items():
        yield f"warning: {', '.join(names)} would be {OPS[op]}: {reason}"


def _because(change: Change) -> str:
    return f" ({', '.join(change.because)})" if change.because else ""


def summary(found: Plan) -> str:
    """A plan in a line: how many resources become what."""
    counts = {op: sum(one.op == op for one in found.changes) for op in OPS}
    told = ", ".join(f"{count} {OPS[op]}" for op, count in counts.items() if count) or "nothing to do"
    interrupting = len(found.interruptions)
    verbs = "interrupts service or loses data" if interrupting == 1 else "interrupt service or lose data"
    warned = f"; {interrupting} {verbs}" if interrupting else ""
    what = f"{found.stack} against {found.against}" if found.against else found.stack
    return f"{what}: {told}, {found.unchanged} unchanged{warned}"
