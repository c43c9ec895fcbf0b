"""The project's own files as one text, in which a word of a page is looked for."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .pages import ROOT

FOLDERS = (
    *("app", "bench", "bootstrap", "components", "configuration", "costs", "examples", "localcloud", "ops", "policies"),
    *("tests", ".ci", ".circleci", ".github"),
)
SUFFIXES = (".conf", ".py", ".sh", ".toml", ".yaml", ".yml", "")


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*"):
            ours = not {"__pycache__", "node_modules", ".state", ".venv"} & set(file.parts)
            of_pages = "docs" in file.parts or file.name.startswith("test_docs_")  # they hold faults on purpose
            if ours and not of_pages and file.suffix in SUFFIXES and file.is_file():
                yield file
    yield from (file for file in ROOT.iterdir() if file.suffix in (".py", ".toml", ".yaml") or file.name == "Makefile")


@cache
def sources() -> str:
    """All of them."""
    return "\n".join(file.read_text(encoding="utf-8", errors="ignore") for file in _files())


@cache
def names() -> frozenset[str]:
    """All words in them."""
    return frozenset(re.findall(r"\w+", sources()))


@cache
def said() -> str:
    """What their strings say: literals that stand one after the other joined, line ends as blanks."""
    return re.sub(r"\s+", " ", re.sub(r'["\']\s*\n\s*[fr]{0,2}["\']', "", sources()))
