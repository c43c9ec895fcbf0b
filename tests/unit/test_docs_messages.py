"""What a reader sees is what somebody prints, by the tables whose first column says "you see".

It stands in this project's files, or is marked °: read only. `…`, figures and names of a stack or a service stand for
what is the reader's.
"""

import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import Page, pages, tell
from tests.docs.sources import said

MARK = "°"
YOURS = re.compile(r"…|\d+|\b(?:dev|prod|web)\b|Pulumi\.dev\.yaml")
OTHERS = {
    "cannot be deleted because it is protected": "Pulumi's engine",
    "manifest unknown": "the emulator's registry",
    "no space left on device": "Linux",
    "unable to pull secrets or registry auth": "the emulator",
    "unable to retrieve secret": "the emulator",
}
"""What others say, seen on the local cloud, and who says it."""


def problems(page: Page) -> Iterator[str]:
    """What nobody prints."""
    for cell in page.cells:
        for literal in cell.code if cell.column.startswith("you see") and MARK not in cell.text else ():
            for part in (one.strip(" :;,.()[]'\"") for one in YOURS.split(literal)):
                if len(part) > 2 and part not in said() and part not in OTHERS:
                    yield f"{cell.place}: {literal}: nothing here prints {part!r}: mark it {MARK} if it was only read"


def test_what_is_seen_is_printed():
    tell(one for page in pages() for one in problems(page))


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("`does not serve.`, `was requested, but ECS went back`", "was requested, but ECS went back"),
        ("`the local cloud is not runningg`", "is not runningg"),
        ("`the local cloud at … is not runningg`", "is not runningg"),
        ("`was requested, but ECS went back` °", ""),
        ("`port 4566 is taken by …`, `no space left on device`, 502", ""),
    ],
)
def test_what_nobody_prints_is_told(cell, told):
    found = [*problems(Page("p.md", f"| you see | do |\n| --- | --- |\n| {cell} | `anything at all` |\n"))]
    assert any(told in one for one in found) if told else found == []
