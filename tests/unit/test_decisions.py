"""docs/decisions: numbered without a gap, all of them in the index, each with its parts."""

import re

import pytest

from tests.docs.pages import ROOT

FOLDER = ROOT / "docs/decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "Consequences", "What else was weighed"]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_each_has_its_number_its_parts_and_one_page(page):
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:2])}. ")
    assert re.findall(r"(?m)^## (.*)$", text) == PARTS
    assert len(text.splitlines()) <= 40


def test_the_index_has_them_all_by_their_titles():
    titles = [page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in PAGES]
    rows = [f"| {title.partition('. ')[0]} | [{title.partition('. ')[2]}]({page.name}) |"
            for title, page in zip(titles, PAGES, strict=True)]  # fmt: skip
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [line for line in index.splitlines() if re.match(r"\| \d", line)] == rows
    assert [int(page.name[:2]) for page in PAGES] == [*range(1, len(PAGES) + 1)]
