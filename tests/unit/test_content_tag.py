import os
import re

import pytest

from components.content_tag import content_tag


@pytest.fixture
def context(tmp_path):
    context = tmp_path / "app"
    (context / "sub").mkdir(parents=True)
    (context / "Dockerfile").write_text("FROM scratch\n")
    (context / "page").write_text("hello")
    (context / "sub" / "page").write_text("there")
    (context / ".dockerignore").write_text("*.log\n")
    return context


def tag(context, **changes):
    return content_tag(context, context / "Dockerfile", **{"platform": "linux/amd64", **changes})


def test_a_tag_is_24_hexadecimal_digits(context):
    assert re.fullmatch("[0-9a-f]{24}", tag(context))


def _rename(context):
    (context / "page").rename(context / "other")


def _swap(context):
    (context / "page").write_text("there")
    (context / "sub" / "page").write_text("hello")


def _link(context):
    (context / "link").symlink_to("page")


@pytest.mark.parametrize(
    "change",
    [
        lambda context: (context / "page").write_text("hello!"),
        lambda context: (context / "new").write_text(""),
        lambda context: (context / "page").chmod(0o755),
        lambda context: (context / "Dockerfile").write_text("FROM scratch\n#\n"),
        _rename,
        _swap,
        _link,
    ],
)
def test_what_the_image_is_built_from_changes_the_tag(context, change):
    before = tag(context)
    change(context)
    assert tag(context) != before


@pytest.mark.parametrize(
    "arguments",
    [
        {"platform": "linux/arm64"},
        {"target": "test"},
        {"args": {"A": "1"}},
        {"args": {"A": "2"}},
        {"cache_from": ("app:main",)},
    ],
)
def test_how_the_image_is_built_changes_the_tag(context, arguments):
    assert tag(context, **arguments) != tag(context)


def test_two_arguments_are_not_one(context):
    assert tag(context, args={"A": "1", "B": "2"}) != tag(context, args={"A": "1B=2"})
    assert tag(context, args={"B": "2", "A": "1"}) == tag(context, args={"A": "1", "B": "2"})


def test_times_places_and_ignored_files_do_not_count(context, tmp_path):
    before = tag(context)
    os.utime(context / "page", (1, 1))
    (context / "x.log").write_text("noise")
    (context / "empty").mkdir()
    moved = context.rename(tmp_path / "moved")
    assert tag(moved) == before


def test_an_ignored_dockerfile_counts(context):
    (context / ".dockerignore").write_text("Dockerfile\n")
    before = tag(context)
    (context / "Dockerfile").write_text("FROM other\n")
    assert tag(context) != before


def test_a_link_is_what_it_leads_to(context):
    (context / "link").symlink_to("page")
    before = tag(context)
    (context / "link").unlink()
    (context / "link").symlink_to("sub")
    assert tag(context) != before


def test_a_pipe_is_not_read(context):
    before = tag(context)
    os.mkfifo(context / "pipe")
    assert tag(context) != before
