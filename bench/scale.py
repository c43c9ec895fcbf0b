"""Many services on the real engine: the program against the same resources by hand, on one local cloud.

The local cloud runs without Docker: nothing is built, and tasks are simulated, so that what is measured is the engine,
the program, the providers and the emulator, and not a hundred containers on one machine.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.chart import Chart, Row
from bench.timing import NotGoodError, Section, ratio, table
from tests.local.harness import REGION, ROOT, Cloud, Project, Ran, copy_of_program, free_port

ROUNDS = {1: 3, 10: 3, 50: 2, 100: 3}
"""By number of services; what is made is made once."""
MOST_MADE = 50
"""More are previewed and not made: AWS gives a security group 60 rules, unless asked for more, and the load balancer's
has one for each service (Amazon VPC User Guide, "Amazon VPC quotas")."""
SLOW_MINUTES = 6
"""A longer creation is told."""
AT_MOST_SECONDS = 3600
MADE = ("preview", "up, nothing to do")
"""What is asked for round by round of what is there."""
UNMADE = ("preview of the first `up`",)
"""Likewise of what is not."""


@dataclass
class Waits:
    """Seconds of one side with so many services."""

    resources: int
    created: float | None
    """None where nothing was made."""
    again: Mapping[str, list[float]]
    """By the words of `MADE` or `UNMADE`."""

    def of(self, way: str) -> float:
        """The median of one of them."""
        return statistics.median(self.again[way])


def scale_table() -> Section:
    """Seconds of both to create, to preview and to `up` without a change, by number of services.

    Raises:
        NotGoodError: an `up` without a change has changed something.
    """
    found: dict[int, tuple[Waits, Waits]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for services, rounds in ROUNDS.items():
            cloud = Cloud(Path(folder, f"home-{services}"), free_port())
            try:
                assert cloud.localcloud("start", "--without-docker").code == 0
                measure = _side_by_side if services <= MOST_MADE else _unmade
                found[services] = measure(_projects(cloud, Path(folder), services), rounds)
            finally:
                cloud.localcloud("stop")
            print(f"{services}: {found[services]}", flush=True)
    return shown(found)


def shown(found: Mapping[int, tuple[Waits, Waits]]) -> Section:
    """The table and its picture."""
    rows: list[list[object]] = []
    bars: list[Row] = []
    for services, (ours, plain) in found.items():
        once = {"create, once": (ours.created, plain.created)} if ours.created and plain.created else {}
        waits = once | {way: (ours.of(way), plain.of(way)) for way in ours.again}
        for what, (mine, theirs) in waits.items():
            count = f"{ours.resources} and {plain.resources}"
            rows.append([services, count, what, f"{mine:.1f} s", f"{theirs:.1f} s", f"**{ratio(mine, theirs)}**"])
        bars += [Row(f"{services}: {way.replace('`', '')}", waits[way], ratio(*waits[way])) for way in ours.again]
    text = table(["services", "resources", "what", "program", "by hand", "ratio"], rows)
    slow = {
        services: (ours.created or 0) / 60
        for services, (ours, _) in found.items()
        if (ours.created or 0) > 60 * SLOW_MINUTES
    }
    text += "".join(
        f"\n\nTo create {services} services took {minutes:.1f} minutes, more than the {SLOW_MINUTES} that are wanted."
        for services, minutes in slow.items()
    )
    title = "Seconds on the real engine, by number of services"
    return Section(text, (Chart("scale", title, ("program", "by hand"), bars),))


def _projects(cloud: Cloud, folder: Path, services: int) -> tuple[Project, Project]:
    """The program and the one by hand, with the engine's own options alike."""
    ours = copy_of_program(cloud, folder / f"program-{services}", name=f"program-{services}")
    wanted = {f"service-{number}": {"build": "./app", "paths": [f"/service-{number}"]} for number in range(services)}
    region = {"aws:region": REGION}
    settings = region | {"fargate:environment": "dev", "fargate:services": wanted}
    ours.write("Pulumi.dev.yaml", yaml.safe_dump({"config": settings}))
    environment = {**cloud.environment, "SERVICES": str(services)}
    by_hand = Cloud(cloud.home, cloud.port)
    by_hand.environment = environment
    plain = Project(by_hand, folder / f"plain-{services}")
    shutil.copytree(ROOT / "app", plain.folder / "app")
    shutil.copy2(ROOT / "bench" / "plain_program.py", plain.folder / "__main__.py")
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    plain.write("Pulumi.yaml", yaml.safe_dump({**project, "name": f"plain-{services}"}))
    plain.write("Pulumi.dev.yaml", yaml.safe_dump({"config": region}))
    return ours, plain


def _side_by_side(sides: tuple[Project, Project], rounds: int) -> tuple[Waits, Waits]:
    ours, plain = (_created(project) for project in sides)
    for _ in range(rounds):
        for project, waits in zip(sides, (ours, plain), strict=True):
            for way, ask in zip(MADE, (_preview, _up), strict=True):
                seconds, ran = _timed(lambda ask=ask, project=project: ask(project))
                if set(ran.changes) != {"same"}:
                    raise NotGoodError(f"{project.folder.name}: {way} without a change:\n{ran.out}")
                waits.again[way].append(seconds)
    return ours, plain


def _unmade(sides: tuple[Project, Project], rounds: int) -> tuple[Waits, Waits]:
    found = [[_timed(lambda project=project: _preview(project)) for project in sides] for _ in range(rounds)]
    ours, plain = (
        Waits(side[0][1].changes["+"], None, {UNMADE[0]: [seconds for seconds, _ in side]})
        for side in zip(*found, strict=True)
    )
    return ours, plain


def _created(project: Project) -> Waits:
    seconds, ran = _timed(lambda: _up(project))
    return Waits(ran.changes["+"], seconds, {way: [] for way in MADE})


def _preview(project: Project) -> Ran:
    return project.pulumi("preview", "--stack", "dev", timeout=AT_MOST_SECONDS)


def _up(project: Project) -> Ran:
    return project.up(timeout=AT_MOST_SECONDS)


def _timed(act: Callable[[], Ran]) -> tuple[float, Ran]:
    start = time.perf_counter()
    ran = act()
    return time.perf_counter() - start, ran
