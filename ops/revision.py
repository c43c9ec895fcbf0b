"""The program of another git revision, in a folder of its own."""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from configuration.delivered import VARIABLE
from ops.error import OpsError

if TYPE_CHECKING:
    from ops.offline import Stack

_ROOT = Path(__file__).resolve().parents[1]
"""Where the packages of this command are."""


class NoStackThen(OpsError):
    """There is such a revision, and its program makes no such stack: it was not there yet, or is wrong."""


def stack_at(folder: Path, revision: str, stack: str) -> "Stack":
    """What the program of a git revision makes of the stack's file of then.

    It runs in a process of its own, as Python keeps the modules of this one.

    Raises:
        NoStackThen: what of that revision is wrong, or not there yet.
        OpsError: there is no such revision, no git, or no repository.
    """
    with checked_out(folder, revision) as then, TemporaryDirectory(prefix="stack-") as temporary:
        told = Path(temporary, "stack")
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "ops.write_stack", stack, str(told)],
            cwd=then,
            env={**os.environ, "PYTHONPATH": str(_ROOT), VARIABLE: ""},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            why = ran.stderr.strip().replace(str(then), "its folder")
            raise NoStackThen(f"at revision {revision!r}: {why}")
        return pickle.loads(told.read_bytes())  # noqa: S301 - our own process wrote it


@contextmanager
def checked_out(folder: Path, revision: str) -> Iterator[Path]:
    """A folder as it was at a revision of its repository; the checkout itself stays as it is.

    Raises:
        NoStackThen: the folder was not there yet.
        OpsError: there is no git, no repository, or no such revision.
    """
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    if not commit:
        raise OpsError(f"no revision {revision!r} in the git repository of {folder}: git log tells those there are")
    top, place = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix").splitlines()
    with TemporaryDirectory(prefix="revision-") as temporary:
        archive = subprocess.run(["git", "archive", "--format=tar", commit], cwd=top, capture_output=True, check=True)
        subprocess.run(["tar", "--extract", "--directory", temporary], input=archive.stdout, check=True)
        then = Path(temporary, place)
        if not then.is_dir():
            raise NoStackThen(f"at revision {revision!r} there was no folder {place}")
        yield then


def _git(folder: Path, *arguments: str) -> str:
    """What git says; nothing where it is quiet about a failure.

    Raises:
        OpsError: it is not there, or the folder is in no repository.
    """
    try:
        ran = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise OpsError("no git on PATH: another revision cannot be looked at without it") from None
    if ran.stderr:
        raise OpsError(f"git cannot look at {folder}: {ran.stderr.strip()}")
    return ran.stdout
