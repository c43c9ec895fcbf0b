"""The engine killed at ten moments of a first deploy and at ten of an update. Nothing of it leaves this machine."""

import tempfile
from pathlib import Path

from bench.timing import table
from tests.local.harness import Cloud, Project, copy_of_program, free_port
from tests.local.inventory import Found, revisions, there
from tests.local.killed import FIRST_DEPLOY, UPDATE, Moment, Outcome, killed, serves


def kills_table() -> str:
    """What each next `up` said, what was left, and what the one after it changed."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder, "home"), free_port())
        try:
            assert cloud.localcloud("start").code == 0
            project = copy_of_program(cloud, Path(folder, "project"), name="kills")
            rows = [_first(project, moment) for moment in FIRST_DEPLOY]
            base = there(project)
            project.up()
            rows += [_update(project, moment, number, base) for number, moment in enumerate(UPDATE)]
            project.destroy()
        finally:
            cloud.localcloud("stop")
    return table(["of", "killed at", "the next `up`", "left", "the `up` after it"], rows)


def _first(project: Project, moment: Moment) -> list[object]:
    outcome = killed(project, moment, there(project))
    assert serves(project, "ecs-test")
    project.destroy()
    return _row("first deploy", moment, outcome)


def _update(project: Project, moment: Moment, number: int, base: Found) -> list[object]:
    """Another page, and a zone more or less: what is made, changed, replaced and removed."""
    before = base | revisions(project)
    project.edit("app/htdocs/index.html", "ecs-test</h1>", f"ecs-test</h1><p>edition {number}</p>")
    without, three = "fargate:environment: dev", "fargate:environment: dev\n  fargate:network: {zones: 3}"
    old, new = (three, without) if number % 2 else (without, three)
    project.edit("Pulumi.dev.yaml", old, new)
    outcome = killed(project, moment, before)
    assert serves(project, f"edition {number}")
    return _row("update", moment, outcome)


def _row(of: str, moment: Moment, outcome: Outcome) -> list[object]:
    if not outcome.good:
        print(f"{of}, {moment}:\n{outcome.up.out}\n{outcome.again.out}", flush=True)
    left = ", ".join(sorted(f"{kind} {name}" for kind, name in outcome.orphans | outcome.missing))
    changes = {word: count for word, count in outcome.again.changes.items() if word != "same"}
    row: list[object] = [of, moment, outcome.said, left or "none", changes or "no change"]
    print(*row, sep=" | ", flush=True)
    return row
