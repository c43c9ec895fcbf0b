"""Whether a command of a page can be typed: its program, words and flags exist. Nothing is run.

make is judged by the Makefile, `python -m` by the commands' own parsers, pulumi by its help, aws by botocore's models,
curl, docker and gh by a list; of all others the name is enough.
"""

import contextlib
import importlib
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import typer

from .aws_cli import aws_problems
from .engine import COMMANDS, usages
from .others import form_problems, programs, state_problems, variable_problems
from .pages import ROOT
from .shell import Command, commands

TYPED = {"ops": "ops.cli", "localcloud": "localcloud.cli"}
"""Modules that typer parses, and where their apps are."""
MODULES = ("venv", "pip", "http.server", "json.tool")
"""Modules of Python's own that a page may run."""
SHELL = ". [ [[ alias cd echo eval exit export false printf read set sleep source test trap true umask unset wait"
PROGRAMS = (
    "apt-get cat chmod comm cp cut diff dig grep head jq ln ls mkdir mv openssl pip pre-commit rg "
    "rm sed sh sort tail tee touch tr uniq wc xargs $EDITOR"
)
"""Programs that are known by name alone."""
SUBCOMMANDS = {
    "git": (
        "add branch checkout clone commit diff fetch init log merge mv pull "
        "push restore revert rev-parse status switch tag worktree"
    ),
    "uv": "add init pip run sync venv",
    "copilot": "app env svc job task",
}
"""Programs with the first words that they are known by."""


def problems(text: str) -> list[str]:
    """What is wrong with the commands of a text, each with the command."""
    shell = subprocess.run(
        [shutil.which("bash") or "sh", "-n"], input=text, capture_output=True, text=True, check=False
    )
    if shell.returncode:
        return [f"the shell cannot read it: {shell.stderr.strip()}"]
    return [f"{' '.join(one.words)}: {problem}" for one in commands(text) for problem in _problems(one)]


def _problems(command: Command) -> Iterator[str]:
    words = command.words
    yield from variable_problems(words[1:] if words[:1] == ["export"] else command.variables)
    if not words:
        return
    program, rest = Path(words[0]).name, words[1:]
    if judge := {"make": _make, "pulumi": _pulumi, "aws": aws_problems}.get(program):
        yield from judge(rest)
    elif re.fullmatch(r"python[\d.]*", program):
        yield from _python(rest)
    elif program == "pytest":
        yield from (f"there is no {one}" for one in rest if "/" in one and not (ROOT / one.partition("::")[0]).exists())
    elif program in programs():
        yield from form_problems([program, *rest])
    elif program in SUBCOMMANDS:
        if next(iter(rest), "") not in SUBCOMMANDS[program].split():
            yield f"not a known word after {program}: see SUBCOMMANDS in tests/docs/commands.py"
    elif program not in f"{SHELL} {PROGRAMS}".split() and not (ROOT / words[0]).is_file():
        yield f"unknown program {words[0]}: see PROGRAMS in tests/docs/commands.py"


@cache
def targets() -> frozenset[str]:
    """What can be made."""
    return frozenset(re.findall(r"^([a-z]+):", _makefile(), re.M))


@cache
def variables() -> frozenset[str]:
    """What may be said to make: the Makefile's own variables that have a default, and what the local cloud reads."""
    read = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "localcloud").glob("*.py"))
    return frozenset({*re.findall(r"^([A-Z_]+) \?=", _makefile(), re.M), *re.findall(r"\bLOCALCLOUD_[A-Z]+\b", read)})


def _makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


def _make(words: list[str]) -> Iterator[str]:
    for word in words:
        name, is_variable, _ = word.partition("=")
        if is_variable and name not in variables():
            yield f"the Makefile has no variable {name}"
        elif not is_variable and word not in targets():
            yield f"nothing makes {word}"


def _python(words: list[str]) -> Iterator[str]:
    if not words or words[0] == "-c":
        return
    if words[0] != "-m":
        if not (ROOT / words[0]).is_file():
            yield f"there is no {words[0]}"
    elif words[1] in TYPED:
        yield from _typed(words[1], words[2:])
    elif words[1] == "bench":
        parts = importlib.import_module("bench.__main__").PARTS
        yield from (f"bench has no part {one}" for one in words[2:] if one not in parts and not one.isupper())
    elif words[1] not in MODULES:
        yield from _module(words[1], words[2:])


def _module(name: str, words: list[str]) -> Iterator[str]:
    """A module of ours that is run: its text must name each flag that it is given."""
    path = ROOT / name.replace(".", "/").replace("fargate_components", "components")
    file = next((one for one in (path.with_suffix(".py"), path / "__main__.py") if one.is_file()), None)
    if not file:
        yield f"there is no module {name} that can be run"
    else:
        text = file.read_text(encoding="utf-8")
        yield from (f"{name} knows no {one}" for one in words if one.startswith("-") and f'"{one}"' not in text)


def _typed(name: str, words: list[str]) -> Iterator[str]:
    """A command of ours, parsed by its own parser, which calls nothing until it is invoked."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # of --help
            _parse(_command(name), name, words)
    except typer.Exit:
        return
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        if problem := error.format_message():  # type: ignore[attr-defined] - a usage error, as `ops.cli.main` takes them
            yield problem


@cache
def _command(name: str) -> Any:
    return typer.main.get_command(importlib.import_module(TYPED[name]).app)


def _parse(command: Any, name: str, words: list[str]) -> None:
    context = command.make_context(name, words)
    while hasattr(command, "resolve_command"):
        said, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(said, words, parent=context)


def _pulumi(words: list[str]) -> Iterator[str]:
    said, beside, given, unknown = _split(words)
    if unknown:
        yield f"pulumi {said} has no flag {unknown}: see tests/docs/pulumi_commands.json"
    elif said not in usages() and not said.isupper():
        yield f"pulumi {said} is not known: see COMMANDS in tests/docs/engine.py"
    elif not (usage := usages().get(said)):
        return  # a placeholder
    elif usage.most is not None and beside > usage.most:
        yield f"pulumi {said} takes {usage.most} words at most"
    elif beside < usage.least and "--help" not in given:
        yield f"pulumi {said} needs {usage.least} words"
    elif said == "login":
        yield from (problem for word in words[1:] for problem in state_problems(word))


def _split(words: list[str]) -> tuple[str, int, list[str], str]:
    """A command of the engine's, the number of words beside it, its flags, and the first that it does not have.

    Flags may stand before it, so it is told by the words that are left without flags and their values.
    """
    anywhere = {flag: takes for one in usages().values() for flag, takes in one.flags.items()}
    plain: list[str] = []
    given: list[str] = []
    at = 0
    while at < len(words):
        flag = words[at].partition("=")[0]
        if words[at] == "--":
            plain += words[at + 1 :]
            break
        if not flag.startswith("-"):
            plain.append(words[at])
        else:
            given.append(flag)
            at += anywhere.get(flag, False) and "=" not in words[at]
        at += 1
    said = max(
        (one for one in COMMANDS if plain[: len(one.split())] == one.split()), key=len, default=" ".join(plain[:1])
    )
    has = usages()[said].flags if said in usages() else {}
    unknown = next((flag for flag in given if has and flag not in has), "")
    return said, len(plain) - len(said.split()), given, unknown
