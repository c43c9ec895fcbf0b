"""What a user waits for on the local cloud."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.chart import Chart, Row
from bench.timing import Section, table
from tests.local.harness import ROOT, Cloud, Project, copy_of_program, eventually, free_port

ROUNDS = 3
AIMS = (40, 20, 5, 15)
"""Seconds, in the order of what is waited for."""
NAMES = ("make up", "deploy another stack", "up without a change", "changed page")
"""Of the picture's rows, likewise."""


def local_table() -> Section:
    """From a machine that has everything installed to a changed page."""
    waits: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            cloud = Cloud(Path(folder, f"home-{number}"), free_port())
            try:
                _round(cloud, Path(folder, f"project-{number}"), waits)
            finally:
                cloud.localcloud("stop")
    found = [(what, statistics.median(seconds), aim) for (what, seconds), aim in zip(waits.items(), AIMS, strict=True)]
    rows = [[what, f"{seconds:.1f} s", f"{aim} s"] for what, seconds, aim in found]
    bars = [Row(name, (seconds, aim)) for name, (_, seconds, aim) in zip(NAMES, found, strict=True)]
    chart = Chart("local", "What a user waits for on the local cloud", ("median of 3", "aim"), bars, notes="")
    return Section(table(["what", "median of 3", "aim"], rows), (chart,))


def _round(cloud: Cloud, folder: Path, waits: dict[str, list[float]]) -> None:
    def wait(what: str, act: Callable[[], object]) -> None:
        start = time.perf_counter()
        act()
        waits.setdefault(what, []).append(time.perf_counter() - start)

    project = copy_of_program(cloud, folder, name="bench")
    wait("`make up`, everything installed, nothing running", lambda: _make_up(cloud))
    wait("deploy another stack into the running cloud", project.up)
    wait("`pulumi up` without a change", project.up)
    _change(project, wait)
    project.destroy()


def _make_up(cloud: Cloud) -> None:
    done = subprocess.run(["make", "up"], cwd=ROOT, env=cloud.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _change(project: Project, wait: Callable[[str, Callable[[], object]], None]) -> None:
    """The new page is there before the old task has ended, which is when `up` ends."""
    project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>second edition</p>")
    url = project.outputs()["url"]
    with ThreadPoolExecutor(1) as pool:
        wait(
            "changed page: until it is served",
            lambda: (pool.submit(project.up), eventually(lambda: "second edition" in project.cloud.get(url).text, 60)),
        )


def fresh_table() -> str:
    """A clone with empty caches: packages fetched, the engine built. Docker and the base image are there already."""
    with tempfile.TemporaryDirectory() as folder:
        clone, cloud = Path(folder, "clone"), Cloud(Path(folder, "home"), free_port())
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = {**os.environ, "XDG_CACHE_HOME": str(Path(folder, "cache")), "LOCALCLOUD_PORT": str(cloud.port)}
        start = time.perf_counter()
        try:
            subprocess.run(["make", "up"], cwd=clone, env=environment, check=True)
            seconds = time.perf_counter() - start
        finally:
            subprocess.run(["make", "down"], cwd=clone, env=environment, check=False)
    return table(["what", "once", "aim"], [["`make up` in a fresh clone, empty caches", f"{seconds:.0f} s", "480 s"]])
