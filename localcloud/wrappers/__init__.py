"""The executables of the local cloud's bin folder, so that people type the ordinary `pulumi` commands."""

import shutil
import sys
from pathlib import Path

from localcloud.home import Home

SCRIPT = """#!/bin/sh
# Written by `python -m localcloud start`.
LOCALCLOUD_HOME='{home}' LOCALCLOUD_PORT='{port}' PYTHONPATH='{project}' exec '{python}' {run} "$@"
"""


def install(home: Home, engine: Path) -> None:
    """Write `bin/pulumi`, and beside an engine that comes without them the executables that it starts."""
    _keep_no_logs(home.root / "pulumi" / "logs")
    engine = engine.resolve()
    origin = home.engine.with_name("origin")
    written = f"{engine} for {sys.executable} on port {home.port}"
    if home.engine.exists() and origin.is_file() and origin.read_text() == written:
        return
    for folder in (home.bin, home.engine.parent):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    _write(home.bin / "pulumi", home, f"'{Path(__file__).parent / 'pulumi.py'}'")
    origin.write_text(written)
    if (engine.parent / "pulumi-language-python").exists():
        home.engine.symlink_to(engine)  # resolved by the engine itself, which then finds its own executables
        return
    _link(engine, home.engine)
    _write(home.engine.parent / "pulumi-language-python", home, "-m localcloud.wrappers.language_host")


def _keep_no_logs(logs: Path) -> None:
    """Put a file where the engine has its folder of logs: then it keeps none.

    It would log every step of every command, compressed and encrypted: a sixth of a preview's time, and up to 500 MB.
    """
    if not logs.is_file():
        shutil.rmtree(logs, ignore_errors=True)
        logs.parent.mkdir(parents=True, exist_ok=True)
        logs.write_text("The engine keeps no logs here: `pulumi COMMAND -v 9 --logtostderr` shows them.\n")


def _link(source: Path, target: Path) -> None:
    """A hard link, for the engine looks for its executables where it is itself; a copy across file systems."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def _write(script: Path, home: Home, run: str) -> None:
    script.write_text(
        SCRIPT.format(home=home.root, port=home.port, project=home.project, python=sys.executable, run=run)
    )
    script.chmod(0o755)
