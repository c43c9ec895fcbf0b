"""docs/features.md: no yes without a test that exists, no no without a reason."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs/features.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "|  |", "| |"))
]
PROOF = re.compile(r'\[([YP](?:/[YPN])?)\]\(\.\./(tests/(?:unit|local)/test_\w+\.py) "(test_\w+)"\)(.*)')


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_yes_has_its_test_and_each_no_its_reason(row):
    here = row[-1]
    if proof := PROOF.fullmatch(here):
        mark, file, test, more = proof.groups()
        assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8")
        assert mark in ("Y", "Y/Y") or len(more) > 10, "a part that is missing is named"
    else:
        assert re.fullmatch("N: .{8,}", here)


def test_the_table_is_read():
    assert len(ROWS) > 80
    assert {len(row) for row in ROWS} == {8}
