"""`ops diagram`: a picture to the screen, to a file of its own, or into a page in Markdown."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Any

from ops import offline
from ops.diagram import mermaid, svg
from ops.diagram.survey import architecture
from ops.error import OpsError


class Form(StrEnum):
    """How a picture is written down."""

    MERMAID = "mermaid"
    """Text that GitHub and GitLab draw."""
    SVG = "svg"
    """A picture by itself, dark and light."""


_FORMS = {".svg": Form.SVG, ".mmd": Form.MERMAID, ".md": Form.MERMAID}
"""By how a file's name ends."""
_END = "<!-- end of diagram -->"
_MARK = re.compile(rf" {{0,3}}(<!-- diagram of \S+ -->|{_END})\s*")
"""A line that marks a place. One that is indented further is code, or within a list, which a picture would end."""
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*(.*)")
"""Where a block of code begins or ends (CommonMark Spec, "Fenced code blocks")."""


def form_named(name: str | None) -> Form | None:
    """The form that a word of the command line means.

    Raises:
        OpsError: there is none of that name.
    """
    if name is not None and name not in list(Form):
        raise OpsError(f"--format must be {' or '.join(Form)}, got {name!r}")
    return Form(name) if name else None


def form_of(output: Path | None, asked: Form | None) -> Form:
    """What is written: what was asked for, else what the file's name says; on the screen Mermaid.

    Raises:
        OpsError: the name says something else than was asked for, or nothing.
    """
    if output is None:
        return asked or Form.MERMAID
    by_name = _FORMS.get(output.suffix)
    if by_name is None and asked is None:
        raise OpsError(f"--output {output}: end its name in {', '.join(_FORMS)}, or say --format mermaid or svg")
    if by_name and asked not in (None, by_name):
        raise OpsError(f"--output {output} is for {by_name}, but --format says {asked}: leave --format out")
    return by_name or asked or Form.MERMAID


def text(stack: offline.Stack, form: Form) -> str:
    """The picture of a stack, with a line end."""
    return mermaid(stack) if form is Form.MERMAID else svg(stack) + "\n"


def values(stack: offline.Stack) -> dict[str, Any]:
    """What the picture shows, for scripts."""
    return asdict(architecture(stack))


def save(file: Path, stack: str, picture: str) -> None:
    """Write a picture to a file; in Markdown, between the two lines that mark its place.

    Raises:
        OpsError: the file cannot be written, or has no such place.
    """
    try:
        whole = into(_read(file), file, stack, picture) if file.suffix == ".md" else picture
        file.write_text(whole, encoding="utf-8", newline="")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise OpsError(f"cannot write {file}: {reason}") from None


def into(page: str, file: Path, stack: str, picture: str) -> str:
    """A page in Markdown with the picture in its place. Everything else stays, to the line ends.

    Raises:
        OpsError: the page has no place for it, or one without an end.
    """
    begin, lines = f"<!-- diagram of {stack} -->", list(StringIO(page, newline=""))
    marks = iter(_marks(lines))
    start = next((at for at, mark in marks if mark == begin), None)
    if start is None:
        raise OpsError(f"{file} has no place for the picture: put the lines {begin} and {_END} where it belongs")
    stop, mark = next(marks, (0, "the page's end"))
    if mark != _END:
        raise OpsError(f"{file}: {mark} comes before the end of the place that begins with {begin}: put {_END} there")
    ending = lines[start][len(lines[start].rstrip("\r\n")) :]
    written = f"```mermaid\n{picture}```\n".replace("\n", ending)
    return "".join([*lines[: start + 1], written, *lines[stop:]])


def _read(file: Path) -> str:
    """A file's text with the line ends that it has."""
    with file.open(encoding="utf-8", newline="") as page:
        return page.read()


def _marks(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that mark places, by their indices, without those that stand in a block of code."""
    fence = ""
    for index, line in enumerate(lines):
        if found := _FENCE.match(line):
            marker, behind = found[1], found[2]
            if not fence and ("`" not in marker or "`" not in behind):
                fence = marker
            elif fence and marker.startswith(fence) and not behind.strip():
                fence = ""
        elif not fence and (mark := _MARK.fullmatch(line)):
            yield index, mark[1]
