import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("module", "code"), [("ops", 2), ("localcloud", 1)])
def test_a_python_without_the_project_s_packages_says_where_they_are(module, code):
    """As the machine's own is, in a shell where nobody has activated the virtualenv."""
    command = [sys.executable, "-S", "-m", module, "status"]
    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == code
    way = "make install, then source .venv/bin/activate"
    assert done.stderr == f"error: {sys.executable} has no typer: {way}\n"
    assert done.stdout == ""
