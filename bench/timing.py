"""Running commands side by side, and showing what came out."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.chart import Chart


@dataclass(frozen=True)
class Measured:
    """Medians of one side over all rounds."""

    seconds: float
    mib: float
    resources: int


def measured(rounds: Sequence[tuple[float, dict[str, int]]]) -> Measured:
    """What the rounds of one side come to."""
    return Measured(
        seconds=statistics.median(seconds for seconds, _ in rounds),
        mib=statistics.median(told["kib"] for _, told in rounds) / 1024,
        resources=rounds[0][1]["resources"],
    )


def side_by_side(sides: Mapping[str, Callable[[], dict[str, int]]], rounds: int) -> dict[str, Measured]:
    """Run every side in each round, in turn, after one round that only warms up."""
    found: dict[str, list[tuple[float, dict[str, int]]]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, run in sides.items():
            start = time.perf_counter()
            told = run()
            if number:
                found[name].append((time.perf_counter() - start, told))
    return {name: measured(values) for name, values in found.items()}


def under_mocks(program: str, services: int) -> dict[str, int]:
    """Run one program in a process of its own; how many resources it made, and its memory."""
    command = [sys.executable, "-m", "bench.mocks", program, str(services)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


class NotMeasuredError(Exception):
    """Why a part cannot be measured on this machine: its section stays as it is, and the other parts go on."""


@dataclass(frozen=True)
class Section:
    """What a part has found: a table, and pictures of it."""

    text: str
    charts: Sequence[Chart] = ()


def ratio(ours: float, theirs: float) -> str:
    """How many times as much the first is, as every table has it."""
    return f"{ours / theirs:.2f}"


class NotGoodError(Exception):
    """What must not be, as a table or a line tells it: it is printed, and kept in no page."""


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
