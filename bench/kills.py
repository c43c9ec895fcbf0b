"""The engine killed at ten moments of a first deploy and at ten of an update. Nothing of it leaves this machine."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.timing import NotGoodError, table
from tests.local.harness import Cloud, Project, copy_of_program, free_port
from tests.local.inventory import Found, revisions, there
from tests.local.killed import FIRST_DEPLOY, UPDATE, Moment, Outcome, killed, serves

Row = tuple[bool, list[object]]
"""Whether it was good, and a row of the table."""


def kills_table() -> str:
    """What each next `up` said, what was left, and what the one after it changed.

    Raises:
        NotGoodError: after one of the kills something was left, or to do.
    """
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder, "home"), free_port())
        try:
            assert cloud.localcloud("start").code == 0
            project = copy_of_program(cloud, Path(folder, "project"), name="kills")
            found = [_first(project, moment) for moment in FIRST_DEPLOY]
            base = there(project)
            project.up()
            found += [_update(project, moment, number, base) for number, moment in enumerate(UPDATE)]
            project.destroy()
        finally:
            cloud.localcloud("stop")
    return judged(found)


def judged(found: Sequence[Row]) -> str:
    """The table of what came after each kill.

    Raises:
        NotGoodError: one of them is not good.
    """
    shown = table(["of", "killed at", "the next `up`", "left", "the `up` after it"], [row for _, row in found])
    if not all(good for good, _ in found):
        raise NotGoodError(shown)
    return shown


def _first(project: Project, moment: Moment) -> Row:
    outcome = killed(project, moment, there(project))
    assert serves(project, "ecs-test")
    project.destroy()
    return _row("first deploy", moment, outcome)


def _update(project: Project, moment: Moment, number: int, base: Found) -> Row:
    """Another page, and a zone more or less: what is made, changed, replaced and removed."""
    before = base | revisions(project)
    project.edit("app/htdocs/index.html", "ecs-test</h1>", f"ecs-test</h1><p>edition {number}</p>")
    without, three = "fargate:environment: dev", "fargate:environment: dev\n  fargate:network: {zones: 3}"
    old, new = (three, without) if number % 2 else (without, three)
    project.edit("Pulumi.dev.yaml", old, new)
    outcome = killed(project, moment, before)
    assert serves(project, f"edition {number}")
    return _row("update", moment, outcome)


def _row(of: str, moment: Moment, outcome: Outcome) -> Row:
    if not outcome.good:
        print(f"{of}, {moment}:\n{outcome.up.out}\n{outcome.again.out}", flush=True)
    left = ", ".join(sorted(f"{kind} {name}" for kind, name in outcome.orphans | outcome.missing))
    changes = {word: count for word, count in outcome.again.changes.items() if word != "same"}
    row: list[object] = [of, moment, outcome.said, left or "none", changes or "no change"]
    print(*row, sep=" | ", flush=True)
    return outcome.good, row
