"""The Makefile by what it would run: nothing of it is run."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def make(tmp_path):
    """Say what a target runs, in a folder with two stacks and two accounts."""
    shutil.copy2(ROOT / "Makefile", tmp_path)
    (tmp_path / "bootstrap").mkdir()
    for name in ("Pulumi.dev", "Pulumi.prod", "bootstrap/Pulumi.account", "bootstrap/Pulumi.second"):
        (tmp_path / f"{name}.yaml").write_text("config: {}\n")

    def make(*words: str) -> str:
        command = ["make", "--dry-run", "--old-file", "install", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    return make


def test_every_stack_and_every_account_is_judged(make):
    judged = re.findall(r"for stack in (.*?);", make("policies"))
    assert [set(one.split()) for one in judged] == [{"dev", "prod"}, {"account", "second"}]


def test_another_account_is_bootstrapped_by_its_name(make):
    assert make("bootstrap").endswith("-m ops bootstrap --stack account\n")
    assert make("bootstrap", "ACCOUNT=second").endswith("-m ops bootstrap --stack second\n")


def test_what_can_be_made_stands_in_one_column():
    help_ = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rows = [found for line in help_.splitlines() if (found := re.fullmatch(r"  ([a-z]+)( +)\S.*", line))]
    assert len({len(row[1]) + len(row[2]) for row in rows}) == 1
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    assert set(phony[1].split()) - {row[1] for row in rows} == {"lint", "types", "docs"}
