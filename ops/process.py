"""A command of another program, shown while it runs, which is told when this one is to end."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.error import OpsError

_KEPT = 400
"""Lines that are remembered of what it said."""
_TOGETHER: dict[str, Any] = {
    "stdout": subprocess.PIPE,
    "stderr": subprocess.STDOUT,
    "text": True,
    "errors": "replace",
}
"""Standard output and error are one text."""
_TOLD = (signal.SIGINT, signal.SIGTERM)
"""Signals by which a terminal, GitHub Actions, CircleCI and CodeBuild end a command."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    """Its exit code; negative where a signal ended it, by that one's number."""
    lines: Sequence[str]
    """The last lines that it wrote."""

    @property
    def said(self) -> str:
        """Them, as one text."""
        return "\n".join(self.lines)


def streamed(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], show: Callable[[str], object], missing: str
) -> Ended:
    """Run a command, and show each line as it comes.

    It has a session of its own, and gets SIGINT, once for each SIGINT or SIGTERM that this process gets: so it ends in
    good order wherever the signal comes from, and never hears of a Ctrl-C twice, which would end it at once.

    Args:
        command: program and arguments.
        folder: where it runs.
        environment: all of its environment.
        show: gets each line.
        missing: what to say where there is no such program.

    Raises:
        OpsError: there is no such program.
    """
    kept: deque[str] = deque(maxlen=_KEPT)
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **_TOGETHER,
        )
    except FileNotFoundError:
        raise OpsError(missing) from None
    with process, _passed_on(process.pid):
        for line in process.stdout or ():
            kept.append(line.rstrip())
            show(line.rstrip())
    return Ended(code=process.returncode, lines=tuple(kept))


def answer(command: Sequence[str], folder: Path, environment: Mapping[str, str], told: str, missing: str) -> Ended:
    """Run a command that ends soon, and keep to itself what it writes.

    Args:
        command: program and arguments.
        folder: where it runs.
        environment: all of its environment.
        told: its standard input.
        missing: what to say where there is no such program.

    Raises:
        OpsError: there is no such program.
    """
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            input=told,
            check=False,
            **_TOGETHER,
        )
    except FileNotFoundError:
        raise OpsError(missing) from None
    return Ended(code=ran.returncode, lines=tuple(ran.stdout.splitlines()))


@contextmanager
def _passed_on(pid: int) -> Iterator[None]:
    """While it is open, signals to this process go to another."""
    before = {number: signal.signal(number, lambda *_: os.kill(pid, signal.SIGINT)) for number in _TOLD}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
