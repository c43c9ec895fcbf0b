"""The program of another git revision, in a folder of its own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ops.error import OpsError


@contextmanager
def checked_out(folder: Path, revision: str) -> Iterator[Path]:
    """A folder as it was at a revision of its repository; the checkout itself stays as it is.

    Raises:
        OpsError: there is no git, no repository, no such revision, or the folder was not there yet.
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
            raise OpsError(f"at revision {revision!r} there was no folder {place}")
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
