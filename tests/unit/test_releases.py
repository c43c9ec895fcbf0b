"""The changelog can be held to its word."""

import pytest

from tests.releases import CHANGELOG, Release, releases

COMMIT = "0123456789" * 4
TEXT = f"""\
# Changelog

## Unreleased

Replaces: `ecs/taskDefinition web`,
`iam/role web-execution`.

### Added

## 0.1.0 - 2026-11-26

Commit {COMMIT}.

Replaces: nothing.

## 0.0.1 - 2026-11-25

Commit {COMMIT}.
"""


def test_each_section_is_read():
    assert releases(TEXT) == [
        Release(version=None, commit=None, replaces=frozenset({"ecs/taskDefinition web", "iam/role web-execution"})),
        Release(version="0.1.0", commit=COMMIT, replaces=frozenset()),
        Release(version="0.0.1", commit=COMMIT, replaces=frozenset()),
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (f"Commit {COMMIT}.\n\nReplaces", "Replaces", r"0\.1\.0 names no commit"),
        (f"Commit {COMMIT}.\n\nReplaces", "Commit 0123456.\n\nReplaces", r"0\.1\.0 names no commit"),
        (
            "Replaces: `ecs/taskDefinition web`,\n`iam/role web-execution`.\n",
            "",
            "Unreleased says nothing of what it replaces",
        ),
        ("`ecs/taskDefinition web`,\n`iam/role web-execution`", "a few things", "must say nothing, or `type name`"),
    ],
)
def test_what_a_test_could_not_read_is_refused(old, new, problem):
    assert old in TEXT
    with pytest.raises(ValueError, match=problem):
        releases(TEXT.replace(old, new))


def test_this_repository_s_can_be_read():
    unreleased, last, *_ = releases(CHANGELOG.read_text(encoding="utf-8"))
    assert unreleased.version is None
    assert last.commit
