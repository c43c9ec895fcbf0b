"""What changes a stack in a job, ended from outside: in good order, once, and by make."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .ci_files import ROOT

CHILD = """
import signal, sys, time
told = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: told.append(number))
print("runs", flush=True)
end = time.monotonic() + 20
while time.monotonic() < end and not told:
    time.sleep(0.02)
time.sleep(1)
print("told", *[signal.Signals(one).name for one in told], flush=True)
sys.exit(3)
"""


@pytest.fixture
def begin(tmp_path):
    """Begin a job's command, and wait until it runs."""
    running: list[subprocess.Popen[str]] = []

    def begin(*command: str, **environment: str) -> subprocess.Popen[str]:
        (tmp_path / "child.py").write_text(CHILD, encoding="utf-8")
        (tmp_path / "Makefile").write_text(f"deploy:\n\t@{sys.executable} child.py\n", encoding="utf-8")
        process = subprocess.Popen(
            [str(ROOT / ".ci/in-time"), *command],
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "runs\n"
        return process

    yield begin
    for process in running:
        process.kill()


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("command", "code"), [(("make", "deploy"), 128 + signal.SIGTERM), ((sys.executable, "child.py"), 3)]
)
def test_a_job_that_is_cancelled_tells_its_command_once_and_waits(begin, first, command, code):
    process = begin(*command)
    process.send_signal(first)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30)[0] == "told SIGTERM\n"
    assert process.returncode == code


def test_time_that_is_over_is_told_alike(begin):
    process = begin("make", "deploy", MINUTES="0.05")
    assert process.communicate(timeout=20)[0] == "told SIGTERM\n"
    assert process.returncode == 124


@pytest.mark.parametrize("code", [0, 2])
def test_the_command_s_exit_code_is_the_job_s(code):
    command = [str(Path(ROOT / ".ci/in-time")), "sh", "-c", f"exit {code}"]
    assert subprocess.run(command, check=False).returncode == code
