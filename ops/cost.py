"""`ops cost`: what a stack costs a month, before anything is deployed; two stacks, or two revisions, side by side."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from costs.assumptions import Assumptions, parse
from costs.budget import budget
from costs.estimate import Estimate, Line, estimate
from ops import offline, stack_file
from ops.error import OpsError
from ops.revision import stack_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a stack costs a month."""

    stack: str
    """Its name, and where it is not the checkout's, its revision."""
    budget: float | None
    """USD a month that its file allows."""
    estimate: Estimate
    """By resource."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A resource that costs another amount in another stack."""

    line: Line
    """The resource, as the later of the two has it, if it has."""
    before: float
    """USD a month in the one."""
    after: float
    """USD a month in the other."""


def of_stack(folder: Path, stack: str, assumed: Assumptions) -> Cost:
    """What a stack of a folder's program costs.

    Raises:
        OpsError: the stack's file is missing or wrong, or its region has no prices.
    """
    return of(offline.run(folder, stack), assumed)


def of(found: offline.Stack, assumed: Assumptions) -> Cost:
    """What a program's resources cost.

    Raises:
        OpsError: the file's budget is wrong, or its region has no prices.
    """
    try:
        allowed, estimated = budget(found.file.config), estimate(found.graph, found.file.region, assumed)
    except ValueError as error:
        raise OpsError(str(error)) from None
    return Cost(stack=found.name, budget=allowed, estimate=estimated)


def since(folder: Path, revision: str, stack: str, assumed: Assumptions) -> tuple[Cost, Cost]:
    """What a stack costs at a git revision, and now; the two are worked out at the same time.

    Raises:
        OpsError: as `of_stack` and `at_revision`.
    """
    with ThreadPoolExecutor(1) as other:
        then = other.submit(at_revision, folder, revision, stack, assumed)
        now = of_stack(folder, stack, assumed)
        return then.result(), now


def at_revision(folder: Path, revision: str, stack: str, assumed: Assumptions) -> Cost:
    """What the stack would cost by its file and program of a git revision, by the prices of today.

    Raises:
        OpsError: there is no such revision, or what of that revision is wrong.
    """
    return replace(of(stack_at(folder, revision, stack), assumed), stack=f"{stack} at {revision}")


def assumptions(texts: Sequence[str]) -> Assumptions:
    """What `--assume` says.

    Raises:
        OpsError: every problem of it.
    """
    try:
        return parse(texts)
    except ValueError as error:
        raise OpsError(f"--assume: {error}") from None


def refresh(folder: Path, stack: str) -> list[str]:
    """Ask AWS for the prices of every region of the table and of the stack's, write them, and name the regions.

    Raises:
        OpsError: AWS has not told one of them; nothing was written.
    """
    from costs.refresh import refreshed

    try:
        return refreshed(stack_file.read(folder, stack).region)
    except ValueError as error:
        raise OpsError(str(error)) from None


def changes(before: Cost, after: Cost) -> list[Change]:
    """The resources whose costs differ, those that differ the most first."""
    old, new = ({line.key: line for line in cost.estimate.lines} for cost in (before, after))
    found = [
        Change(
            line=new.get(key) or old[key],
            before=old[key].usd if key in old else 0,
            after=new[key].usd if key in new else 0,
        )
        for key in {**old, **new}
    ]
    differing = (one for one in found if abs(one.after - one.before) >= 0.005)
    return sorted(differing, key=lambda one: (-abs(one.after - one.before), one.line.key))


def as_values(cost: Cost) -> dict[str, Any]:
    """A stack's costs for scripts."""
    found = cost.estimate
    components = {name: sum(line.usd for line in lines) for name, lines in found.by_component.items()}
    return {
        "stack": cost.stack,
        "region": found.region,
        "currency": "USD",
        "prices_as_of": found.as_of,
        "assumptions": dict(found.assumptions),
        "budget": cost.budget,
        "total": found.total,
        "components": components,
        "resources": [asdict(line) for line in found.lines],
        "not_counted": [asdict(line) for line in found.not_counted],
        "not_priced": [asdict(line) for line in found.not_priced],
        "free": dict(found.free),
    }


def comparison(before: Cost, after: Cost) -> dict[str, Any]:
    """Two stacks' costs for scripts."""
    return {
        "before": as_values(before),
        "after": as_values(after),
        "difference": after.estimate.total - before.estimate.total,
        "changes": [
            {"component": one.line.component, "type": one.line.type, "name": one.line.name}
            | {"before": one.before, "after": one.after}
            for one in changes(before, after)
        ],
    }
