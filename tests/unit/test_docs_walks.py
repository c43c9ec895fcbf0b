"""Walks by a page that leads nowhere but into a folder: no engine, no cloud."""

import os
from pathlib import Path

import pytest

from tests.docs import editor
from tests.docs.pages import ROOT, Page
from tests.docs.walk import Walk, WalkError, follow, missing, walks


def walk(text: str, name: str = "first") -> Walk:
    steps = tuple(one for one in Page("page.md", text).blocks if one.marks.get("walk") == name)
    return Walk(page="page.md", name=name, steps=steps)


@pytest.fixture
def followed(tmp_path):
    """Follow a page from an empty folder."""
    (tmp_path / "staging").mkdir()
    (tmp_path / "reader").mkdir()

    def followed(text: str, before: str = "") -> Path:
        follow(
            walk(text),
            tmp_path / "reader",
            dict(os.environ),
            staging=tmp_path / "staging",
            before=before,
            seconds=20,
        )
        return tmp_path / "reader"

    return followed


def block(language: str, text: str, marks: str = "walk: first") -> str:
    return f"<!-- {marks} -->\n```{language}\n{text}\n```\n\n"


def test_a_page_is_followed_in_one_shell(followed):
    folder = followed(
        block("console", "mkdir app && cd app\nexport WORD=there   # a comment")
        + block("html", "<body>\n<p>first</p>\n</body>", "walk: first, writes: htdocs/index.html")
        + block("console", "$EDITOR htdocs/index.html\ncat htdocs/index.html\necho $WORD, $BEFORE >&2")
        + block("text", "<p>…</p>\nthere, now")
        + block("diff", "-<p>first</p>\n+<p>third</p>", "walk: first, edits: htdocs/index.html")
        + block("console", "exit 1", "walk: another"),
        before="BEFORE=now",
    )
    assert "<p>third</p>" in (folder / "app/htdocs/index.html").read_text()


@pytest.mark.parametrize("walk", walks(), ids=lambda one: f"{one.page}: {one.name}")
def test_each_edit_of_a_page_fits_the_file_that_a_clone_has(walk):
    """As far as a page begins with that file, and does not copy or write it first."""
    texts: dict[str, str] = {}
    for step in walk.steps:
        file = step.marks.get("edits", "")
        if (ROOT / file).is_file():
            texts[file] = editor.edited(texts.get(file) or (ROOT / file).read_text("utf-8"), step.text)


def test_an_edit_that_does_not_fit_is_told():
    with pytest.raises(ValueError, match="does 0 times"):
        editor.edited("something", "-nothing\n+something")


def test_edits_of_a_page_are_made_in_their_order_and_then_the_default(followed):
    page = followed(
        block("text", "a\nb", "walk: first, writes: x.txt")
        + block("diff", "--- x.txt\n+++ x.txt\n@@\n a\n-b\n+c</body>", "walk: first, edits: x.txt")
        + block("console", "$EDITOR x.txt\n$EDITOR x.txt")
    )
    assert (page / "x.txt").read_text() == "a\nc<p>second edition</p>\n</body>\n"


def test_a_command_that_fails_is_told_with_its_place_and_what_was_seen(followed):
    with pytest.raises(WalkError, match=r"page.md:7 ended with 3:\n(.|\n)*so it is"):
        followed(block("console", "true") + block("console", "echo so it is\n(exit 3)\necho never"))


def test_a_text_that_is_not_seen_is_told(followed):
    with pytest.raises(WalkError, match="page.md:7: 'b' was not seen:\na\n"):
        followed(block("console", "echo a") + block("text", "a\nb"))


def test_a_block_that_nothing_becomes_of_is_told(followed):
    with pytest.raises(WalkError, match="page.md:2: what becomes of it"):
        followed(block("yaml", "a: 1"))


@pytest.mark.parametrize(
    ("expected", "lacks"),
    [("a\nc", None), ("a … z", None), ("…", None), ("c\na", "a"), ("b a", "b a"), ("", None)],
)
def test_lines_are_looked_for_in_their_order(expected, lacks):
    assert missing(expected, "a b z\nb\nc\n") == lacks


@pytest.mark.parametrize(
    ("command", "ends"),
    [("make down", True), ("echo; make clean", True), ("python -m localcloud stop", True), ("make destroy", False)],
)
def test_a_walk_that_stops_its_cloud_is_known(command, ends):
    assert walk(block("console", command)).ends_its_cloud == ends
