"""The engine's commands and their flags, as its own help tells them, for tests that have no engine.

`python -m tests.docs.engine PATH_OF_PULUMI` writes pulumi_commands.json anew, from the local cloud's engine.
"""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("pulumi_commands.json")
COMMANDS = (
    *("up", "preview", "refresh", "destroy", "cancel", "import", "new", "install", "login", "logout", "whoami"),
    *("version", "about", "plugin ls", "plugin install", "package add", "convert", "policy new", "policy install"),
    *("stack", "stack init", "stack ls", "stack select", "stack rm", "stack output", "stack export", "stack import"),
    *("stack rename", "stack history", "stack unselect", "stack tag set", "stack change-secrets-provider"),
    *("config", "config set", "config get", "config rm", "config set-all", "config refresh"),
    *("state unprotect", "state protect", "state delete", "state rename", "state move", "state repair"),
)
"""Those that a page may name: the words after `pulumi`."""
_FLAG = re.compile(
    r"^ +(?:-(?P<short>\w), )?--(?P<name>[\w-]+) *(?P<kind>[a-zA-Z0-9]*)(?P<optional>\[=\S+\])?:?  +\S", re.M
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """How one command is used."""

    flags: dict[str, bool]
    """Its flags and the engine's own, and whether a value follows each."""
    least: int
    """Fewest words beside them."""
    most: int | None
    """Most words beside them; None: any number."""


@cache
def usages() -> dict[str, Usage]:
    """The table, by the words after `pulumi`."""
    lines = json.loads(TABLE.read_text(encoding="utf-8")).items()
    return {
        command: Usage(
            flags={one.removesuffix("="): one.endswith("=") for one in flags.split()}, least=least, most=most
        )
        for command, (least, most, flags) in lines
    }


def told(engine: str) -> str:
    """The table as it is kept, from an engine's own help: a line a command, `=` behind a flag that takes a value."""
    with ThreadPoolExecutor(4) as pool:
        lines = pool.map(lambda command: f"{json.dumps(command)}: {json.dumps(_told(engine, command))}", COMMANDS)
        return "{\n" + ",\n".join(lines) + "\n}\n"


def _told(engine: str, command: str) -> tuple[int, int | None, str]:
    help_ = subprocess.run([engine, *command.split(), "--help"], capture_output=True, text=True, check=True).stdout
    usage = re.search(r"^Usage:\n +pulumi (.*)$", help_, re.M)
    assert usage, f"pulumi {command} --help has no usage"
    words = re.sub(r"\[flags\]|\[--\]|\[org-name/\]", "", usage[1]).split()[len(command.split()) :]
    least = sum(word.startswith("<") for word in words)
    most = None if any("..." in one for one in words) else len(words)
    flags = set[str]()
    for found in _FLAG.finditer(help_):
        takes = "=" if found["kind"] and not found["optional"] else ""
        flags |= {f"--{found['name']}{takes}"} | ({f"-{found['short']}{takes}"} if found["short"] else set())
    return least, most, " ".join(sorted(flags))


if __name__ == "__main__":
    TABLE.write_text(told(sys.argv[1]), encoding="utf-8")
