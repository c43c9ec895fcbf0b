"""The commands that know a stack before anything is deployed: CPU and wall time with one service and with a hundred."""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import yaml

from bench.chart import Chart, Row
from bench.timing import NotGoodError, Section, table

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("__main__.py", "settings.py", "configuration", "components", "policies", "costs", "app", "Pulumi.yaml")
COMMANDS = ("check", "cost", "diagram", "report", "plan --against nothing", "plan --against HEAD")
ROUNDS = {1: 3, 100: 1}
"""By number of services."""
AT_MOST = {1: 3.0, 100: 10.0}
"""CPU seconds by number of services; of the plan against a revision, which runs two programs, half of its own."""


class Took(NamedTuple):
    """What one run of a command took."""

    cpu: float
    wall: float


def offline_table() -> Section:
    """Seconds of each command for prod's stack file, and as a ratio to `check` with one service.

    Raises:
        NotGoodError: a command took more CPU than is allowed, or failed.
    """
    found: dict[tuple[int, str], Took] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        program = _program(Path(folder))
        for services, rounds in ROUNDS.items():
            took = {command: [] for command in COMMANDS}
            try:
                for command in COMMANDS * rounds:
                    took[command].append(_run(program, command, f"with{services}"))
            except NotGoodError as problem:
                raise NotGoodError(f"{_shown(found)}\n\n{problem}") from None
            found |= {(services, command): _median(runs) for command, runs in took.items()}
    base = found[1, "check"].cpu
    rows = [
        Row(f"{command}, {services}", (took.cpu,), f"{took.cpu / base:.1f}")
        for (services, command), took in found.items()
    ]
    title = "CPU seconds of the commands before a deploy, with 1 service and with 100"
    return Section(judged(found), (Chart("offline", title, ("CPU",), rows, notes="to check, 1"),))


def judged(found: dict[tuple[int, str], Took]) -> str:
    """The table of what each command took: its CPU is judged, its wall time is not.

    Raises:
        NotGoodError: a command took more CPU than is allowed.
    """
    told = _shown(found)
    programs = {command: 2 if command.endswith("HEAD") else 1 for command in COMMANDS}
    if any(took.cpu / programs[command] > AT_MOST[services] for (services, command), took in found.items()):
        raise NotGoodError(told)
    return told


def _shown(found: dict[tuple[int, str], Took]) -> str:
    base = found.get((1, "check"), Took(1, 1))  # where nothing was measured yet, nothing is compared
    rows = [
        [
            services,
            f"`{command}`",
            f"{took.cpu:.1f} s",
            f"**{took.cpu / base.cpu:.1f}**",
            f"{took.wall:.1f} s",
            f"**{took.wall / base.wall:.1f}**",
        ]
        for (services, command), took in found.items()
    ]
    return table(["services", "command", "CPU", "ratio", "wall", "ratio"], rows)


def _program(folder: Path) -> Path:
    """The program under git, with a stack file for each number of services."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copy(ROOT / part, folder / part)
    for services in ROUNDS:
        stack = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text(encoding="utf-8"))
        web = stack["config"]["fargate:services"]["web"]
        more = {f"s{number}": {**web, "paths": [f"/s{number}/*"]} for number in range(1, services)}
        stack["config"]["fargate:services"] |= more
        (folder / f"Pulumi.with{services}.yaml").write_text(yaml.safe_dump(stack), encoding="utf-8")
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
    for words in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "--message=all")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def _run(program: Path, command: str, stack: str) -> Took:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "ops", *command.split(), "--stack", stack],
        cwd=program,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "it wrote no error").splitlines()[-1]
        raise NotGoodError(f"`python -m ops {command} --stack {stack}` ended with exit code {done.returncode}: {last}")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall)


def _median(runs: list[Took]) -> Took:
    return Took(*(statistics.median(times) for times in zip(*runs, strict=True)))
