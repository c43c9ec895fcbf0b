"""CPU time of a command, against what this machine takes for something else: a slow or busy one is no failure."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
YARDSTICK = ("-c", "from pulumi_aws.ec2 import *; from pulumi_aws.ecs import *; from pulumi_aws.lb import *")
"""Loads packages that are none of ours, as most of what a command does for a small stack is."""
ONE_SERVICE = 5.0
"""Times the yardstick's; `report` and `check` of prod took 2.0 to 3.1 when this was written, the others 1.5 to 2.2."""
HUNDRED_SERVICES = 12.0
"""Times the yardstick's; they took 6.2 to 7.4."""


def run(folder: Path, *command: str, at_most: float) -> subprocess.CompletedProcess[str]:
    """Run `python -m ops …` in a folder; at the best of three it may take so many times the yardstick's CPU time."""
    took: list[float] = []
    for _ in range(3):
        seconds, done = _run(folder, "-m", "ops", *command)
        took.append(seconds / _run(folder, *YARDSTICK)[0])
        if took[-1] <= at_most:
            return done
    pytest.fail(f"{' '.join(command)}: {took} times the CPU time of the yardstick, and not {at_most}")


def _run(folder: Path, *arguments: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    before, paths = resource.getrusage(resource.RUSAGE_CHILDREN), {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=paths, check=True, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done
