"""What the commands of a page are given: stacks, folders and files that a clone has, or that the page itself makes.

Only what can be decided is judged: `STACK`, `$NAME`, `~/there`, `../there` and `*` stand for what the reader has.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import PurePosixPath

from .pages import ROOT, Page, Said
from .shell import Command, commands

SHELLS = ("console", "sh")
TYPED = re.compile(r"(?:(?:\.\./)?\.venv/bin/)?(?:make|python3?|pulumi|docker|cp|cd) [^…]+")
"""Commands in backticks."""
STACK = ("--stack", "-s", "--compare")
SERVICES = ("api", "web")
"""Services of the pages' stacks, as commands name them."""
OF_SERVICES = ("exec", "logs", "open", "restart", "rollback", "run", "scale", "status")
"""Commands of `python -m ops` with a service behind them."""
NAMING = (["stack", "init"], ["stack", "rm"], ["stack", "select"])
"""Commands of the engine's with a stack's name behind them."""
READ = {
    "pulumi": ("--policy-pack", "--file", "--import-file", "--config-file", "-C", "--cwd"),
    "python": ("--images",),
    "pip": ("-r",),
    "docker": ("-f",),
    "aws": ("--template-file",),
}
"""Flags with a file or a folder that is read."""
READING = ("cat", "cd", "cp", "ln", "mv", "source", ".")
"""Programs that read what they are given; the last that `cp`, `ln` and `mv` are given is what they make."""
MAKING = ("cp", "ln", "mkdir", "mv", "touch", "$EDITOR")
MADE = (".venv", "venv", "images.json")
"""What a clone does not have, and commands of every page make."""
READERS_OWN = re.compile(r"[$~*…<>{}]|^\.\.|^/|^-|:$|\b[A-Z][A-Z_]+\b")


def problems(page: Page) -> Iterator[str]:
    """Stacks, folders and files that nobody has, each with its place."""
    made = _made(page)
    for place, command in _commands(page):
        for stack in _stacks(command):
            if not READERS_OWN.search(stack) and stack not in known_stacks() and f"Pulumi.{stack}.yaml" not in made:
                yield f"{place}: there is no stack {stack}: neither a clone nor this page has Pulumi.{stack}.yaml"
        for service in _services(command):
            if not READERS_OWN.search(service):
                yield f"{place}: no page's stack has the service {service}: see SERVICES in tests/docs/arguments.py"
        for path in _paths(command):
            if not (READERS_OWN.search(path) or _there(page, path) or path.removeprefix("./") in made):
                yield f"{place}: there is no {path}, and this page makes none"


@cache
def known_stacks() -> frozenset[str]:
    """Stacks that a clone has a file of."""
    files = (file.name for folder in (ROOT, ROOT / "bootstrap") for file in folder.glob("Pulumi.*.yaml"))
    return frozenset(name.split(".")[1] for name in files)


@cache
def _commands(page: Page) -> list[tuple[str, Command]]:
    blocks = [Said(page=one.page, line=one.line, text=one.text) for one in page.blocks if one.language in SHELLS]
    said = [one for one in page.code if TYPED.fullmatch(one.text)]
    return [(one.place, command) for one in (*blocks, *said) for command in commands(one.text) if command.words]


def _stacks(command: Command) -> Iterator[str]:
    words = command.words
    if words[0] == "make":
        yield from _values(words, ("STACK", "CONFIRM"))
    elif _program(words) == "pulumi" or words[1:3] == ["-m", "ops"]:
        words = words[: words.index("--")] if "--" in words else words
        yield from _values(words, STACK)
        if words[1:3] in NAMING:
            yield from [one for one in words[3:] if not one.startswith("-")][:1]


def _services(command: Command) -> Iterator[str]:
    """Words right behind a command that takes services, and are none."""
    words = command.words
    if words[1:3] == ["-m", "ops"] and words[3:4] and words[3] in OF_SERVICES:
        named = takewhile(lambda one: not one.startswith("-"), words[4:] if words[3] == "logs" else words[4:5])
        yield from (one for one in named if one not in SERVICES)


def _paths(command: Command) -> Iterator[str]:
    words, program = command.words, _program(command.words)
    plain = [one for one in words[1:] if not one.startswith("-")]
    if program in READING:
        yield from plain[:-1] if program in MAKING else plain
    elif program == "docker" and words[1:2] == ["build"]:
        yield plain[-1]
    elif program == "python" and words[1:2] != ["-m"]:
        yield from (one for one in plain[1:] if re.fullmatch(r"[\w./-]+\.\w+", one))
    yield from _values(words, READ.get(program, ()))
    yield from _values([*command.variables, *words], ("IMAGES",))
    yield from (one.partition("://")[2] for one in words if one.startswith(("file://", "fileb://")))


def _values(words: list[str], names: tuple[str, ...]) -> Iterator[str]:
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, said, value = word.partition("=")
        if name in names and (said or after):
            yield value if said else after


def _program(words: list[str]) -> str:
    return re.sub(r"(?<=python)[\d.]+$", "", PurePosixPath(words[0]).name)


def _there(page: Page, path: str) -> bool:
    folders = (ROOT, (ROOT / page.path).parent, *(ROOT / folder for folder in _entered(page)))
    return any((folder / path).exists() for folder in folders)


def _entered(page: Page) -> list[str]:
    return [one.words[1] for _, one in _commands(page) if one.words[:1] == ["cd"] and len(one.words) > 1]


def _made(page: Page) -> set[str]:
    """What a page writes, copies, edits or redirects to, and files that its prose names."""
    made = {*MADE, *(block.marks["writes"] for block in page.blocks if "writes" in block.marks)}
    for block in page.blocks:
        if block.language in SHELLS:
            made |= set(re.findall(r">\s*([\w./-]+)", block.text))
    for _, command in _commands(page):
        if command.words[0] in MAKING:
            made |= set(command.words[1:] if command.words[0] in ("mkdir", "touch") else command.words[-1:])
    return made | {one.text for one in page.code if re.fullmatch(r"[\w./-]+\.\w+|\./[\w-]+", one.text)}
