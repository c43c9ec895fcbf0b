"""The tasks in a picture: a card for each, or where there are many, a table for each kind of way in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ops.diagram.architecture import Architecture, Tasks, Way
from ops.words import counted

MANY = 8
"""Services and jobs that have a card each; more than these are put into tables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """What gets one box: one service or job, or those that are reached alike."""

    ids: tuple[str, ...]
    """Of the tasks in it."""
    name: str
    """In bold."""
    job: bool
    """Whether a clock starts them."""
    details: tuple[str, ...]
    """What holds for each of them."""
    cells: tuple[Tasks, ...] = ()
    """With what holds for one of them only; none where there is but one."""


def groups(of: Architecture) -> list[Group]:
    """The boxes of a stack's tasks, and what is in them."""
    if len(of.tasks) <= MANY:
        return [Group(ids=(one.id,), name=one.name, job=one.job, details=one.details) for one in of.tasks]
    told = [replace(one, details=(*one.details, *_relations(of, one))) for one in of.tasks]
    told.sort(key=lambda one: _kind(of, one))
    return [_table(kind, list(members)) for kind, members in groupby(told, key=lambda one: _kind(of, one))]


def merged(ways: Iterable[Way]) -> dict[tuple[str, str], str]:
    """The labels of the ways between two ends, together."""
    found: dict[tuple[str, str], list[str]] = {}
    for way in ways:
        found.setdefault((way.source, way.target), []).append(way.label)
    return {ends: together(labels) for ends, labels in found.items()}


def together(labels: Iterable[str]) -> str:
    """Labels as one, each once."""
    return ", ".join(dict.fromkeys(labels))


def _kind(of: Architecture, one: Tasks) -> tuple[bool, tuple[tuple[str, str], ...]]:
    """How it is started and reached; what a load balancer reaches comes first."""
    behind = {balancer.id for balancer in of.balancers}
    ways = sorted((way.source, way.label) for way in of.ways if way.target == one.id and way.source in behind)
    return one.job or not ways, (("~job", ""),) if one.job else tuple(ways)


def _table(kind: tuple[bool, tuple[tuple[str, str], ...]], members: Sequence[Tasks]) -> Group:
    shared = [one for one in members[0].details if all(one in other.details for other in members)]
    if len(members) == 1:
        return Group(ids=(members[0].id,), name=members[0].name, job=members[0].job, details=members[0].details)
    rest = [replace(one, details=tuple(detail for detail in one.details if detail not in shared)) for one in members]
    job = members[0].job
    reached = ", not behind a load balancer" if not job and kind[0] else ""
    return Group(
        ids=tuple(one.id for one in members),
        name=f"{counted(len(members), 'job' if job else 'service')}{reached}",
        job=job,
        details=(f"each: {shared[0]}", *shared[1:]) if shared else (),
        cells=tuple(rest),
    )


def _relations(of: Architecture, one: Tasks) -> list[str]:
    """Whom it calls and what it mounts, in words instead of arrows."""
    services = {other.id: other.name for other in of.tasks}
    systems = {system.id: system.name for system in of.file_systems}
    found: list[str] = []
    for (source, target), label in merged(of.ways).items():
        if source == one.id and target in services:
            found.append(f"calls {services[target]} ({label})")
        elif source == one.id and target in systems:
            found.append(f"mounts {systems[target]} ({label})")
    return found
