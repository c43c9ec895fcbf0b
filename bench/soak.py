"""A service changed in every way under load, on the local cloud. Nothing of it leaves this machine."""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.models.containers import Container

from bench.timing import NotGoodError, table
from tests.local.harness import Cloud, Project, copy_of_program, eventually, free_port
from tests.local.load import Load
from tests.local.witness import Witness

ROLLOUTS = 10
KILLS = 10
PER_SECOND = 60
COUNT = "desired_count: 2"
WAITING = "/_localcloud/waiting"


@dataclass(frozen=True)
class Phase:
    """What was done under load, and what became of the requests meanwhile."""

    what: str
    minutes: float
    seconds: Sequence[float]
    failed: int

    @property
    def row(self) -> list[object]:
        """A row of the table."""
        p50, p99 = (1000 * statistics.quantiles(self.seconds, n=100)[place] for place in (49, 98))
        requests = f"{len(self.seconds):,}"
        return [self.what, f"{self.minutes:.1f}", requests, f"**{self.failed}**", f"{p50:.0f} ms", f"{p99:.0f} ms"]


def soak_table() -> str:
    """Ten versions, more tasks and fewer, another port, killed tasks.

    Raises:
        NotGoodError: a request was lost, other than by the ten kills at the end.
    """
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder, "home"), free_port())
        try:
            assert cloud.localcloud("start").code == 0
            project = copy_of_program(cloud, Path(folder, "project"), name="soak")
            project.edit("Pulumi.dev.yaml", "build: ./app", f"build: ./app\n      {COUNT}")
            project.up()
            phases = _phases(project)
            project.destroy()
        finally:
            cloud.localcloud("stop")
    return judged(phases)


def judged(phases: Sequence[Phase]) -> str:
    """The table of the phases, of which the last may lose requests.

    Raises:
        NotGoodError: another one did.
    """
    *asked, more = phases
    together = Phase(
        "all of it",
        sum(phase.minutes for phase in asked),
        [second for phase in asked for second in phase.seconds],
        sum(phase.failed for phase in asked),
    )
    head = ["a service of two tasks", "minutes", "requests", "failed", "p50", "p99"]
    shown = table(head, [phase.row for phase in (*asked, together, more)])
    if together.failed:
        raise NotGoodError(shown)
    return shown


def _phases(project: Project) -> list[Phase]:
    return [
        _phase(project, f"{ROLLOUTS} versions rolled out in a row", _roll),
        _phase(project, "scaled to 4 tasks, and back to 2", _scale),
        _phase(project, "moved to another container port", _move),
        _phase(project, "a task's container killed", lambda project: _kill(project, 1)),
        _phase(project, f"a task's container killed, {KILLS} times more", lambda project: _kill(project, KILLS)),
    ]


def _phase(project: Project, what: str, act: Callable[[Project], None]) -> Phase:
    """Do something under load, with two quiet seconds before and after it; explain each request that it cost."""
    host = project.outputs()["url"].removeprefix("http://")
    begun = time.monotonic()
    with Witness(project.cloud) as witness, Load(project.cloud.port, host, per_second=PER_SECOND) as load:
        time.sleep(2)
        act(project)
        time.sleep(2)
    print(f"{what}: {load.requests:,} requests, {len(load.failures)} failed", flush=True)
    if load.failures:
        print(witness.explain(load.failures), flush=True)
    return Phase(what, (time.monotonic() - begun) / 60, load.seconds, len(load.failures))


def _roll(project: Project) -> None:
    for number in range(ROLLOUTS):
        project.edit("app/htdocs/index.html", "ecs-test</h1>", f"ecs-test</h1><!-- {number} -->")
        project.up()


def _scale(project: Project) -> None:
    for old, new in ((2, 4), (4, 2)):
        project.edit("Pulumi.dev.yaml", f"desired_count: {old}", f"desired_count: {new}")
        project.up()


def _move(project: Project) -> None:
    project.edit("app/httpd.conf", "Listen 8080", "Listen 9090")
    project.edit("Pulumi.dev.yaml", COUNT, f"{COUNT}\n      port: 9090")
    project.up()


def _kill(project: Project, times: int) -> None:
    """Kill one of two tasks, each time when both serve."""
    cloud = project.cloud

    def both_serve() -> bool:
        return len(_containers(cloud)) == 2 and cloud.get(f"http://localhost{WAITING}").json() == []

    for number in range(times):
        eventually(both_serve)
        _containers(cloud)[number % 2].kill()
        time.sleep(2)
    eventually(both_serve)


def _containers(cloud: Cloud) -> list[Container]:
    return cloud.containers(docker.from_env(), label="com.amazonaws.ecs.container-name=web")
