"""A page as somebody follows it: its blocks that are marked `walk: NAME`, in their order, in one shell.

`console` is typed, `writes: PATH` is written to a file, `text` says what the output of the commands before it has, and
`$EDITOR FILE` does what a block `edits: FILE` says, or adds a line before `</body>`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from .pages import Block, blocks
from .shell import commands

TYPED = ("console", "sh")
_MARK = "--- walk, {} ---"
_MARKS = re.compile(r"^--- walk, (\S+) ---\n", re.M)
_COLOR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_EDITOR = Path(__file__).with_name("editor.py")


class WalkError(AssertionError):
    """Where a page leads nobody, and what was seen there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """The marked blocks of one page."""

    page: str
    name: str
    steps: tuple[Block, ...]

    @property
    def ends_its_cloud(self) -> bool:
        """Whether it stops the local cloud, which must be one of its own then."""
        typed = [one.words for step in self.steps if step.language in TYPED for one in commands(step.text)]
        return any(words[:2] in (["make", "down"], ["make", "clean"]) or words[-1:] == ["stop"] for words in typed)


def walks() -> list[Walk]:
    """All walks of all pages."""
    found: dict[tuple[str, str], list[Block]] = {}
    for block in blocks():
        if name := block.marks.get("walk"):
            found.setdefault((block.page, name), []).append(block)
    return [Walk(page=page, name=name, steps=tuple(steps)) for (page, name), steps in found.items()]


def follow(
    walk: Walk, folder: Path, environment: Mapping[str, str], *, staging: Path, before: str = "", seconds: float
) -> None:
    """Follow it in a folder, to its end.

    Args:
        walk: what is followed.
        folder: a copy of the checkout, which the shell begins in.
        environment: the shell's.
        staging: an empty folder for the files that it needs itself.
        before: what has been typed in the shell before the page.
        seconds: how long it may take.

    Raises:
        WalkError: a command fails, or a text is not seen.
    """
    (staging / "edits.json").write_text(json.dumps(_edits(walk)), encoding="utf-8")
    script = staging / "walk.sh"
    script.write_text(f"set -e\n{before}\n{''.join(_script(walk, staging))}", encoding="utf-8")
    editor = f"{sys.executable} {_EDITOR} {staging / 'edits.json'}"
    output = staging / "output.txt"
    with output.open("w", encoding="utf-8") as file:  # no pipe: what stays in the background would hold it open
        done = subprocess.run(
            ["bash", script],
            cwd=folder,
            env={**environment, "EDITOR": editor},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    seen = _seen(output.read_text(encoding="utf-8", errors="replace"))
    if done.returncode:
        place = [*seen][-1] if seen else walk.page
        raise WalkError(f"{place} ended with {done.returncode}:\n{seen.get(place, '')}")
    _compare(walk, seen)


def missing(expected: str, output: str) -> str | None:
    """The first line of a text that the output does not have after those before it; `…` stands for anything."""
    lines = iter(output.splitlines())
    for line in filter(str.strip, expected.splitlines()):
        pattern = re.compile(".*".join(re.escape(part) for part in line.strip().split("…")))
        if not any(pattern.search(one) for one in lines):
            return line.strip()
    return None


def _script(walk: Walk, staging: Path) -> Iterator[str]:
    for number, step in enumerate(walk.steps):
        if path := step.marks.get("writes"):
            (staging / str(number)).write_text(step.text, encoding="utf-8")
            yield f'mkdir -p "$(dirname {quote(path)})"\ncp {staging / str(number)} {quote(path)}\n'
        elif step.language in TYPED:
            yield f"echo; echo {quote(_MARK.format(step.place))}\n{step.text}"
        elif step.language != "text" and "edits" not in step.marks:
            raise WalkError(f"{step.place}: what becomes of it? Commands are console; a file has writes: PATH")


def _edits(walk: Walk) -> dict[str, list[str]]:
    edits: dict[str, list[str]] = {}
    for step in walk.steps:
        if file := step.marks.get("edits"):
            edits.setdefault(file, []).append(step.text)
    return edits


def _seen(output: str) -> dict[str, str]:
    _, *parts = _MARKS.split(_COLOR.sub("", output))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _compare(walk: Walk, seen: Mapping[str, str]) -> None:
    typed = walk.page
    for step in walk.steps:
        if step.language in TYPED and "writes" not in step.marks:
            typed = step.place
        elif step.language == "text" and "writes" not in step.marks and (line := missing(step.text, seen[typed])):
            raise WalkError(f"{step.place}: {line!r} was not seen:\n{seen[typed]}")
