"""What `ops status` shows to people: on a terminal with colours, in a pipe plain columns."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ops.output import printed
from ops.status import DeploymentStatus, Status, TaskStatus
from ops.target_health import TargetHealth
from ops.verify import line

Row = Mapping[str, str]
"""Cells by the names of their columns; `name` and `value` need no names above them."""
_ID = 8
"""Characters of a task's id: as many as tell tasks apart, and as `ops logs` shows; `ops exec` takes them."""
_DIGEST = len("sha256:") + 12
_NOTHING = frozenset({"", "UNKNOWN"})
_FOLDED = frozenset({"revision", "group", "target", "why", "value"})
"""Columns that are folded where a terminal is too narrow; the others stay whole."""
_GOOD = frozenset({"COMPLETED", "RUNNING", "HEALTHY", "healthy"})
_BAD = frozenset({"FAILED", "UNHEALTHY", "unhealthy", "unavailable"})
_ON_ITS_WAY = frozenset(
    {
        *("IN_PROGRESS", "PROVISIONING", "PENDING", "ACTIVATING", "DEACTIVATING", "STOPPING", "DEPROVISIONING"),
        *("initial", "draining", "unused"),
    }
)


def text(found: Sequence[Status]) -> str:
    """The services, one after the other, for where this process writes to."""
    return printed(lambda out: out.print(view(found)))


def view(found: Sequence[Status]) -> Group:
    """The same as something that a terminal can show again and again."""
    parts: list[RenderableType] = []
    for one in found:
        parts += [Text(), *_service(one)] if parts else _service(one)
    return Group(*parts)


def _service(one: Status) -> Iterator[RenderableType]:
    """The verdict first, then what it is made of."""
    yield Text(line(one.verdict), style="bold red" if one.verdict.problem else "bold green")
    about = {
        "url": one.url,
        "image": ", ".join(digest[:_DIGEST] for digest in one.digests),
        "scaling": one.scaling.shown if one.scaling else "",
    }
    yield from _table("", [{"name": name, "value": value} for name, value in about.items() if value])
    yield from _table("deployments", [_deployment(each) for each in one.deployments])
    yield from _table("tasks", [_running(each) for each in one.tasks])
    yield from _table("stopped lately", [_stopped(each) for each in one.stopped])
    yield from _table("targets", [_target(each) for each in one.targets])
    events = [{"name": _short(each.at), "value": each.message} for each in one.events]
    yield from _table("events, newest first", events)


def _deployment(one: DeploymentStatus) -> Row:
    more = ((one.pending, "pending"), (one.failed, "failed"))
    tasks = ", ".join([f"{one.running} of {one.desired}", *(f"{count} {what}" for count, what in more if count)])
    return {
        "revision": one.revision,
        "status": one.status,
        "rollout": one.rollout,
        "tasks": tasks,
        "since (UTC)": _short(one.since),
    }


def _running(one: TaskStatus) -> Row:
    return {
        "id": one.task[:_ID],
        "revision": _number(one.revision),
        "status": one.last_status,
        "health": one.health,
        "zone": one.zone.rpartition("-")[2],
        "address": one.address,
        "capacity": one.capacity,
        "since (UTC)": _short(one.since),
    }


def _stopped(one: TaskStatus) -> Row:
    return {
        "id": one.task[:_ID],
        "revision": _number(one.revision),
        "status": one.last_status,
        "since (UTC)": _short(one.since),
        "why": one.reason,
    }


def _target(one: TargetHealth) -> Row:
    return {"group": one.group, "target": one.target, "state": one.state, "why": one.reason}


def _table(title: str, rows: Sequence[Row]) -> Iterator[RenderableType]:
    """Columns without lines; those that say nothing are left out. Nothing at all without a row."""
    if not rows:
        return
    if title:
        yield Padding(Text(title, style="bold"), (0, 0, 0, 2))
    names = [name for name in rows[0] if any(row[name] not in _NOTHING for row in rows)]
    has_head = "name" not in names
    table = Table(box=None, pad_edge=False, show_header=has_head, header_style="dim", padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name not in _FOLDED)
    for row in rows:
        table.add_row(*(Text(row[name], style=_style(row[name])) for name in names))
    yield Padding(table, (0, 0, 0, 4 if title else 2))


def _number(revision: str) -> str:
    """The 7 of `shop-dev-web:7`: its family stands above."""
    return revision.rpartition(":")[2]


def _style(cell: str) -> str:
    if cell in _GOOD:
        return "green"
    return "red" if cell in _BAD else "yellow" if cell in _ON_ITS_WAY else ""


def _short(at: str) -> str:
    """`11-26 10:51:07` of a time in ISO 8601."""
    return f"{datetime.fromisoformat(at):%m-%d %H:%M:%S}" if at else ""
