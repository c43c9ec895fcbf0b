"""The reference as a page of Markdown."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from .groups import GROUPS
from .read import Entry, Field, entries

PACKAGE = Path(__file__).parents[1]
PAGE = PACKAGE.parent / "docs" / "components.md"
_HEAD = """\
# Components

Written by `python -m components` from the docstrings. Each component takes a name, its arguments and, as any resource
of Pulumi's does, options: `Network("network", NetworkArgs(zones=3))`. `Input[T]` is a `T`, or an output of another
resource; a plain type is judged before anything is deployed.
"""
_LABEL = re.compile(r"^(Creates|Costs|Raises, on deploy|Source): ", re.MULTILINE)

_TELLS_PROBLEMS = "-> Iterator["
"""What the components ask each other, in the signature of a method."""


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether the written one is current. Installed from a wheel: print it."""
    text = document()
    if not (PACKAGE.parent / "Pulumi.yaml").is_file():
        sys.stdout.write(text)
        return 0
    if arguments == ["--check"]:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        if not current:
            print("docs/components.md is stale: python -m components", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


def document() -> str:
    """The whole page."""
    known = entries(PACKAGE)
    sections = ("".join(_section(title, [known[name] for name in names], known)) for title, names in GROUPS.items())
    return f"{_HEAD}\n{''.join(_index(known))}{''.join(sections)}"


def _index(known: Mapping[str, Entry]) -> Iterator[str]:
    yield "| component | what it is |\n| --- | --- |\n"
    for names in GROUPS.values():
        for entry in (known[name] for name in names):
            if entry.is_component:
                yield f"| {_link(entry.name)} | {_cell(entry.doc.partition(chr(10))[0])} |\n"


def _section(title: str, found: list[Entry], known: Mapping[str, Entry]) -> Iterator[str]:
    yield f"\n## {title}\n"
    for entry in found:
        yield f"\n### {entry.name}\n\n{_described(entry.doc)}\n"
        if entry.alternatives:
            yield f"\n`{entry.alternatives}`\n"
        yield from _inherited(entry, known)
        yield from _fields(entry, known)
        yield from _methods(entry)


def _described(doc: str) -> str:
    """A docstring with its last parts, what a component creates and costs and where that is documented, as a list."""
    text, *parts = _LABEL.split(doc)
    labelled = zip(parts[::2], (" ".join(part.split()) for part in parts[1::2]), strict=True)
    return "\n".join([f"{text.strip()}\n", *(f"- **{label}:** {part}" for label, part in labelled)]).strip()


def _inherited(entry: Entry, known: Mapping[str, Entry]) -> Iterator[str]:
    for base in entry.bases:
        if base in known:
            yield f"\nBeside these, everything of {_link(base)}.\n"


def _fields(entry: Entry, known: Mapping[str, Entry]) -> Iterator[str]:
    if not entry.fields:
        return
    if entry.is_enum:
        yield "\n| member | value | meaning |\n| --- | --- | --- |\n"
        yield from (f"| `{one.name}` | `{one.value}` | {_cell(one.text)} |\n" for one in entry.fields)
    elif entry.is_component:
        yield "\n| output | type | meaning |\n| --- | --- | --- |\n"
        yield from (f"| `{one.name}` | {_type(one.type, known)} | {_cell(one.text)} |\n" for one in entry.fields)
    else:
        yield "\n| argument | type | default | meaning |\n| --- | --- | --- | --- |\n"
        for one in entry.fields:
            yield f"| `{one.name}` | {_type(one.type, known)} | {_default(one)} | {_cell(one.meaning)} |\n"


def _methods(entry: Entry) -> Iterator[str]:
    for method in (one for one in entry.methods if _TELLS_PROBLEMS not in one.signature):
        yield f"\n`{method.signature}`" + (f": {' '.join(method.text.split())}\n" if method.text else "\n")


def _default(field: Field) -> str:
    """What a default means, with its value where the words do not have it."""
    if field.value is None:
        return "required"
    said = field.default
    if said and field.value in ("None", "{}", "()"):
        return _cell(said)
    if said.strip("`") in ("", field.value.strip('"'), field.value.rpartition(".")[2]):
        return f"`{field.value}`"
    return _cell(said) if said.startswith(field.value) else f"`{field.value}`: {_cell(said)}"


def _type(text: str, known: Mapping[str, Entry]) -> str:
    """A type whose alternatives are joined by words, as a bar would end the table's cell, and without None."""
    parts = [part for part in _alternatives(text) if part != "None"]
    return " or ".join(_linked(part, known) for part in parts)


def _alternatives(text: str) -> list[str]:
    parts, depth = [""], 0
    for char in text:
        depth += {"[": 1, "]": -1}.get(char, 0)
        if char == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def _linked(part: str, known: Mapping[str, Entry]) -> str:
    name = next((word for word in re.findall(r"\w+", part) if word in known), None)
    code = f"`{_cell(part)}`"
    return f"[{code}](#{name.lower()})" if name else code


def _link(name: str) -> str:
    return f"[`{name}`](#{name.lower()})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
