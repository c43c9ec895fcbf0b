"""What an engine that was killed leaves in a stack's state, put right before the next one starts.

It leaves its lock, files that it began to write, and creations that it never heard the end of. The next engine would
refuse the first for good, not read the second, and make what is in the third a second time.
"""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from localcloud.home import Home, LocalCloudError
from localcloud.journal import Journal
from localcloud.processes import lives

REASON = "the engine was killed before it knew that this exists"


def recover(home: Home, project: str, stack: str, folder: Path, environment: dict[str, str]) -> None:
    """Put a stack's state right, unless an engine works on it.

    Raises:
        LocalCloudError: the state cannot be put right.

    """
    locks = home.backend / ".pulumi" / "locks" / "organization" / project / stack
    if any(_held(lock, remove=True) for lock in locks.glob("*.json")):
        return
    state = home.backend / ".pulumi" / "stacks" / project / f"{stack}.json"
    if state.is_file() and '"pending_operations"' in state.read_text():
        _finish(home, stack, folder, environment)


def mend(home: Home, project: str) -> None:
    """Make a project's files readable: of a killed engine some are empty, of a full disk a state is cut short.

    What the file backend writes beside a file is not needed, and goes. A state is restored as it was a step before, or
    else as the last command that ended left it. A stack that an engine works on is left alone: what is half-written
    there is being written.
    """
    kept = home.backend / ".pulumi"
    locks = (kept / "locks/organization" / project).glob("*/*.json")
    busy = {lock.parent.name for lock in locks if _held(lock)}
    for part in ("stacks", "locks/organization", "history"):
        for attributes in (kept / part / project).rglob("*.attrs"):
            stack = attributes.relative_to(kept / part / project).parts[0].partition(".json")[0]
            if stack not in busy and not attributes.stat().st_size:
                attributes.unlink(missing_ok=True)
    for state in (kept / "stacks" / project).glob("*.json"):
        if state.stem in busy:
            continue
        ended = sorted((kept / "history" / project / state.stem).glob("*.checkpoint.json"), reverse=True)
        good = next(filter(_reads, (state, Path(f"{state}.bak"), *ended)), state)
        if good != state:
            shutil.copyfile(good, state)
            _say(f"the state of stack {state.stem} could not be read, and is that of {good.name} again")


def _reads(file: Path) -> bool:
    try:
        json.loads(file.read_text())
    except (OSError, ValueError):
        return False
    return True


def _held(lock: Path, *, remove: bool = False) -> bool:
    """Whether a lock is somebody's, or does not say whose; one whose engine is gone from this machine is not."""
    try:
        owner = json.loads(lock.read_text())
        if owner["hostname"] != socket.gethostname() or lives(owner["pid"], "pulumi"):
            return True
    except (OSError, ValueError, KeyError, TypeError):
        return lock.exists()
    if remove:
        lock.unlink(missing_ok=True)
        _say(f"removed the lock of process {owner['pid']}, which was killed")
    return False


def _finish(home: Home, stack: str, folder: Path, environment: dict[str, str]) -> None:
    """Take the creations that were under way out of the state, and what they made into it."""

    def engine(*arguments: str) -> str:
        command = [str(home.engine), "stack", *arguments, "--stack", stack, "--non-interactive"]
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalCloudError(f"the state of stack {stack} could not be put right: {done.stderr.strip()}")
        return done.stdout

    state = json.loads(engine("export"))
    deployment, journal = state["deployment"], Journal(home.made)
    begun = {one["resource"]["urn"]: one for one in deployment.pop("pending_operations", ())}
    made = {urn: journal.made(urn) for urn, one in begun.items() if one["type"] == "creating"}
    resources = deployment.setdefault("resources", [])
    for urn, id in made.items():
        if id:
            _replaced(resources, urn)
            resource = begun[urn]["resource"]
            resources.append({**resource, "id": id, "outputs": resource["inputs"], "initErrors": [REASON]})
    repaired = home.run / f"{stack}.json"
    repaired.write_text(json.dumps(state))
    engine("import", "--file", str(repaired))
    if taken := sorted(urn.rpartition("::")[2] for urn, id in made.items() if id):
        _say(f"the command before was killed while it made {', '.join(taken)}: taken over")


def _replaced(resources: list[dict[str, Any]], urn: str) -> None:
    """Of a resource that was being replaced, the old one is to be deleted, or is gone already."""
    resources[:] = [one for one in resources if one["urn"] != urn or not one.get("pendingReplacement")]
    for one in resources:
        if one["urn"] == urn:
            one["delete"] = True


def _say(message: str) -> None:
    print(f"note: {message}", file=sys.stderr)
