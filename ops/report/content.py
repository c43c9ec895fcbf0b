"""What is told of a stack, as plain values: `--json` prints them, the page shows them."""

import contextlib
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pulumi

from costs.assumptions import Assumptions
from ops import check, cost, offline
from ops.error import OpsError
from ops.report.policy_results import policy_results
from ops.report.rehearsal import rehearsal
from ops.report.services import described
from ops.stack_file import StackFileError

_OF_THIS_PROGRAM = "fargate:services"
"""The key without which a stack file is another program's."""


def content(folder: Path, stack: str, today: date) -> dict[str, Any]:
    """Everything that is known of a stack before it is deployed, from its program and its file.

    Args:
        folder: of the program.
        stack: its name.
        today: the day by which exceptions hold.

    Raises:
        OpsError: the stack's file is missing or wrong.
    """
    from ops import diagram

    found = offline.run(folder, stack)
    file, judged = found.file, check.judged(found, today)
    return {
        "stack": stack,
        "project": file.project,
        "environment": file.config.get("fargate:environment"),
        "region": file.region,
        "accounts": list(file.allowed_accounts),
        "date": str(today),
        "revision": _revision(folder),
        "picture": diagram.svg(found),
        "cost": _cost(found),
        "policies": policy_results(judged, today),
        "settings": _settings(folder, found) if _OF_THIS_PROGRAM in file.config else None,
        "rehearsal": rehearsal(found.made),
        "resources": [{"type": one.type, "name": one.name} for one in found.made if not one.component],
    }


def _cost(found: offline.Stack) -> dict[str, Any]:
    """What it costs by the assumptions' defaults, or why nobody knows."""
    try:
        return cost.as_values(cost.of(found, Assumptions()))
    except OpsError as error:  # no prices for its region: all else was read before
        return {"problem": str(error)}


def _settings(folder: Path, found: offline.Stack) -> dict[str, Any]:
    """What its file says, as its program reads it."""
    import settings  # only here: other programs have none

    with contextlib.chdir(folder):
        try:
            read = settings.parse(found.file.config, found.name, secrets=found.file.secrets)
        except pulumi.RunError as error:
            raise StackFileError(str(error)) from None
    return described(read)


def _revision(folder: Path) -> str | None:
    """The commit that a folder is at, with `-dirty` where something is not committed; None without a repository."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        describe = ["git", "describe", "--always", "--dirty", "--exclude=*"]
        return subprocess.run(describe, cwd=folder, capture_output=True, text=True, check=True).stdout.strip() or None
    return None
