"""CHANGELOG.md as the tests read it: its releases, and what an `up` of each replaces."""

import re
from dataclasses import dataclass
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[1] / "CHANGELOG.md"
_HEADING = re.compile(r"^## (?:Unreleased|(\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d))\n", re.MULTILINE)
_COMMIT = re.compile(r"^Commit ([0-9a-f]{40})\.$", re.MULTILINE)
_REPLACES = re.compile(r"^Replaces: (.+?)\.\n\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One section of the changelog."""

    version: str | None
    """Such as `0.1.0`; None for what is not released yet."""
    commit: str | None
    """The commit that was released, in full."""
    replaces: frozenset[str]
    """What an `up` of `dev` or `prod` of the release before replaces or deletes, as `type name`."""


def releases(text: str) -> list[Release]:
    """Every section, the newest first.

    Raises:
        ValueError: a section that a test cannot hold to its word.
    """
    starts = list(_HEADING.finditer(text))
    ends = [*(one.start() for one in starts[1:]), len(text)]
    return [_release(start[1], text[start.end() : end]) for start, end in zip(starts, ends, strict=True)]


def _release(version: str | None, text: str) -> Release:
    commit, replaces = _COMMIT.search(text), _REPLACES.search(text)
    if version and not commit:
        raise ValueError(f"{version} names no commit: `Commit` and its 40 digits, in a line of its own")
    if not version and not replaces:
        raise ValueError("Unreleased says nothing of what it replaces: `Replaces: nothing.` or the list of `type name`")
    named = frozenset(re.findall(r"`([^`]+)`", replaces[1])) if replaces else frozenset[str]()
    if replaces and not named and replaces[1] != "nothing":
        raise ValueError(f"Replaces: must say nothing, or `type name` in backticks, got {replaces[1]!r}")
    return Release(version=version, commit=commit[1] if commit else None, replaces=named)
