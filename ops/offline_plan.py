"""`ops plan --against`: what would change since a git revision, by the program and not by what is deployed.

No engine, no account, no Docker. Whether a changed property can change in place is what the local cloud's providers
declare; an id that a replacement gives anew is followed to whatever refers to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ops import offline
from ops.aliased import former_words, formerly, in_former_words
from ops.declared import declared
from ops.interruptions import interruption
from ops.offline import Made, Stack
from ops.plan import IN_PLACE_OR_NOT, Change, Plan, component_of
from ops.revision import stack_at
from policies import tokens as t
from policies.graph import texts

NOTHING = "nothing"
"""What everything is created against."""


def against(folder: Path, stack: str, revision: str) -> Plan:
    """What would change if the program and the stack file of a git revision were deployed; the two run side by side.

    Args:
        folder: of the program.
        stack: name of the stack.
        revision: of git; `NOTHING` for what is deployed for the first time.

    Raises:
        OpsError: the stack has no file, or a wrong one, now or then; or there is no such revision.
    """
    if revision == NOTHING:
        return of_nothing(folder, stack, "as if nothing were deployed")
    with ThreadPoolExecutor(1) as other:
        then = other.submit(stack_at, folder, revision, stack)
        now = offline.run(folder, stack)
        before = then.result()
    return compared(before, now, revision)


def of_nothing(folder: Path, stack: str, note: str) -> Plan:
    """Every resource, to be created.

    Args:
        folder: of the program.
        stack: name of the stack.
        note: why nothing is compared.

    Raises:
        OpsError: the stack has no file, or a wrong one.
    """
    return _plan(None, offline.run(folder, stack), note, NOTHING)


def compared(before: Stack, now: Stack, revision: str) -> Plan:
    """What would change from one run of a program to another.

    Args:
        before: as it was.
        now: as it is.
        revision: of which it was.
    """
    note = f"by the program at {revision} and now, not by what is deployed"
    if declared() is None:
        note += "; the local cloud is not installed, which knows what is replaced, and whether default tags change"
    return _plan(before, now, note, revision)


def _plan(before: Stack | None, now: Stack, note: str, since: str) -> Plan:
    found = _Comparison(before, now)
    changes = sorted(found.changes(), key=lambda one: (one.component, one.type, one.name))
    return Plan(stack=now.name, changes=changes, unchanged=found.unchanged, against=since, note=note)


class _Comparison:
    """Two runs of a program, resource by resource."""

    def __init__(self, before: Stack | None, now: Stack) -> None:
        old = {one.urn: one for one in before.made} if before else {}
        names = formerly(now.made)
        self._was = {one.urn: next((old[urn] for urn in names[one.urn] if urn in old), None) for one in now.made}
        matched = {was.urn for was in self._was.values() if was}
        self._gone = [one for urn, one in old.items() if urn not in matched and not one.component]
        self._resources = [one for one in now.made if not one.component]
        self._former = former_words((was, one) for one in self._resources if (was := self._was[one.urn]))
        self._settings = [(_settings(one) if one else {}) for one in (before, now)]
        self._components = sum(1 for one in now.made if one.component and self._was[one.urn]) + bool(before)
        self._differing = {one.urn: self._changed(one) for one in self._resources}
        self._renewed = self._follow()

    @property
    def unchanged(self) -> int:
        """How many stay as they are, components and the stack among them, as the engine counts."""
        return self._components + sum(not self._op(one)[0] for one in self._resources)

    def changes(self) -> Iterator[Change]:
        """What does not stay as it is."""
        for one in self._resources:
            op, because = self._op(one)
            if op:
                was = self._was[one.urn]
                yield _change(one, op, because, retained=bool(was and was.retained))
        for one in self._gone:
            yield _change(one, "delete", (), retained=one.retained)

    def _op(self, one: Made) -> tuple[str, Sequence[str]]:
        """What becomes of a resource, and the properties that it is for; an empty word where it stays."""
        was = self._was[one.urn]
        if not was:
            return "create", ()
        changed = self._differing[one.urn] | set(self._referring(one))
        forced = {name for name in changed if _forces(one, name)}
        if forced or self._triggered(was, one):
            return "replace", sorted(forced)
        if not changed:
            return "", ()
        return "update" if one.type == t.IMAGE or _declared(one.type) else IN_PLACE_OR_NOT, sorted(changed)

    def _changed(self, one: Made) -> set[str]:
        """The inputs that differ by themselves."""
        was = self._was[one.urn]
        if not was:
            return set()
        olds, news = (_inputs(made, settings) for made, settings in zip((was, one), self._settings, strict=True))
        news = {name: in_former_words(value, self._former) for name, value in news.items()}
        if known := _declared(one.type):
            kept = {known.autoname} - news.keys()  # a name of its own stays when none is given any more
            return known.changed(olds, news, one.ignored | kept)
        return {name for name in {*olds, *news} - one.ignored if olds.get(name) != news.get(name)}

    def _follow(self) -> dict[str, frozenset[str]]:
        """What AWS would tell anew of each resource that is created or replaced, and of each image that is built."""
        self._renewed: dict[str, frozenset[str]] = {}
        while True:
            renewed = {one.urn: _told(one) for one in self._resources if self._is_renewed(one)}
            if renewed.keys() == self._renewed.keys():
                return renewed
            self._renewed = renewed

    def _is_renewed(self, one: Made) -> bool:
        """An image is built anew in place: another digest is all that others see of it."""
        op, _ = self._op(one)
        return op in ("create", "replace") or (op == "update" and one.type == t.IMAGE)

    def _referring(self, one: Made) -> Iterator[str]:
        """The inputs that hold what AWS would tell anew of another resource."""
        for name, urns in one.property_dependencies.items():
            told = [text for urn in urns for text in self._renewed.get(urn, ())]
            if (
                told
                and name not in one.ignored
                and any(mark in text for text in texts(one.inputs.get(name)) for mark in told)
            ):
                yield name

    def _triggered(self, was: Made, one: Made) -> bool:
        told = frozenset().union(*self._renewed.values()) if one.trigger is not None else frozenset[str]()
        return was.trigger != in_former_words(one.trigger, self._former) or not told.isdisjoint(texts(one.trigger))


def _settings(stack: Stack) -> dict[str, Any]:
    """What a stack's file says of every resource of AWS."""
    tags = stack.file.structured("aws:defaultTags").get("tags")
    return {"region": stack.file.region, "tags": tags if isinstance(tags, dict) else {}}


def _inputs(one: Made, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with what the provider adds to them."""
    inputs = {name: value for name, value in one.inputs.items() if value is not None}
    if not one.type.startswith("aws:"):
        return inputs
    known = _declared(one.type)
    tags = {"tagsAll": {**settings["tags"], **inputs.get("tags", {})}} if known and known.tags else {}
    return {"region": settings["region"], **tags, **inputs}


def _forces(one: Made, name: str) -> bool:
    """Whether a change of an input makes a new resource, as far as is known."""
    known = _declared(one.type)
    return name in one.replaced_on or name == "region" or bool(known and known.is_replaced_by(name, one.inputs))


def _declared(kind: str) -> Any:  # noqa: ANN401 - what the local cloud says has a type of its own
    """What is declared of a type; None where nothing is, as without the local cloud: then it may be replaced."""
    return (declared() or {}).get(kind)


def _told(one: Made) -> frozenset[str]:
    """What AWS alone says of a resource: its id, its ARN."""
    return frozenset(texts({name: value for name, value in one.outputs.items() if name not in one.inputs}))


def _change(one: Made, op: str, because: Sequence[str], *, retained: bool) -> Change:
    return Change(
        op=op,
        type=one.type,
        name=one.name,
        component=component_of(one.parent),
        because=tuple(because),
        interruption=interruption(one.type, op, deleted_first=one.deleted_first, retained=retained),
    )
