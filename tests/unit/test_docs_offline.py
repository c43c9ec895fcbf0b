"""The pages' commands that ask neither an engine nor a cloud are run, each as it stands, in a clone with one commit."""

import shutil
import subprocess
import sys

import pytest

from ops.cli import main
from tests.docs.pages import ROOT, pages
from tests.docs.shell import commands

OFFLINE = {"check", "cost", "diagram", "report"}
PROGRAM = ("__main__.py", "settings.py", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "README.md")
FOLDERS = ("app", "components", "configuration", "costs", "policies")


def found() -> dict[tuple[str, ...], str]:
    """What is typed after `python -m ops`, and the first place where it stands."""
    said: dict[tuple[str, ...], str] = {}
    for page in pages():
        typed = [(one.place, one.text) for one in page.blocks if one.language in ("console", "sh")]
        for place, text in [*typed, *((one.place, one.text) for one in page.code if "-m ops " in one.text)]:
            for command in commands(text) if "…" not in text else ():
                words = command.words
                if words[1:3] == ["-m", "ops"] and runs_here(words[3:]):
                    said.setdefault(tuple(words[3:]), place)
    return said


def runs_here(words: list[str]) -> bool:
    stacks = [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("--stack", "-s", "--compare")]
    against = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "--against"]
    asks_nobody = (words[0] in OFFLINE and "--refresh" not in words) or (words[0] == "plan" and bool(against))
    return asks_nobody and set(stacks) <= {"dev", "prod"} and set(against) <= {"main", "nothing"}


COMMANDS = found()


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The program in a repository of its own, whose one commit is `main`."""
    folder = tmp_path_factory.mktemp("clone")
    for name in PROGRAM:
        shutil.copy2(ROOT / name, folder / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    me = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for words in (["init", "--quiet", "--initial-branch=main"], ["add", "."], [*me, "commit", "--quiet", "-m", "all"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("words", COMMANDS, ids=[f"{place}: {' '.join(words)}" for words, place in COMMANDS.items()])
def test_a_command_of_a_page_ends_well(clone, cloud, monkeypatch, capsys, words):
    monkeypatch.chdir(clone)
    monkeypatch.setattr(sys, "argv", ["ops", *words])
    assert main() == 0, capsys.readouterr()


def test_there_are_some():
    assert {words[0] for words in COMMANDS} == {*OFFLINE, "plan"}
