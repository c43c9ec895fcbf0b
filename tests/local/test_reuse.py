"""A program of somebody else's, in a folder and a virtualenv of its own, as docs/reuse.md has it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import Page
from tests.local.harness import ROOT, Cloud, Project

pytestmark = pytest.mark.local

PAGE = Page("docs/reuse.md", (ROOT / "docs/reuse.md").read_text(encoding="utf-8"))
FILES = {block.marks["writes"]: block.text for block in PAGE.blocks if "writes" in block.marks}
BIN = ROOT / ".venv" / "bin"
CHECKED = {"strict": ["__main__.py", "wrong.py"], "venvPath": ".", "venv": "venv"}
WRONG = """\
from fargate_components import WebService

WebService("web", build=3)
"""


def run(folder: Path, *command: object) -> str:
    return subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """What the package is made of, in a repository that others can reach."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "components", folder / "components", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, folder / name)
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "add", ".")
    run(folder, "git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "a")
    return folder


@pytest.fixture(scope="module")
def shop(cloud, repository, tmp_path_factory):
    """The page's folder, with its requirements installed, and its stack deployed."""
    mine = Cloud(cloud.home, cloud.port)
    mine.environment.pop("PYTHONDONTWRITEBYTECODE", None)
    project = Project(mine, tmp_path_factory.mktemp("shop"))
    for name, text in FILES.items():
        project.write(name, text)
    commit = run(repository, "git", "rev-parse", "HEAD")
    project.edit("requirements.txt", "https://github.com/OWNER/REPOSITORY@COMMIT", f"file://{repository}@{commit}")
    shutil.copytree(ROOT / "app", project.folder / "app")
    run(project.folder, BIN / "uv", "venv", "--quiet", "venv")
    pinned = ("--constraints", ROOT / "requirements.txt", "--requirements", "requirements.txt")
    run(project.folder, BIN / "uv", "pip", "install", "--quiet", "--python", "venv/bin/python", *pinned)
    project.up()
    yield project
    project.destroy()


def test_the_page_has_the_ten_lines():
    assert set(FILES) == {"Pulumi.yaml", "Pulumi.dev.yaml", "requirements.txt", "__main__.py"}
    assert len(FILES["__main__.py"].splitlines()) <= 10


def test_its_page_is_served(shop):
    assert "ecs-test" in shop.cloud.get(shop.outputs()["url"]).text


def test_a_second_up_changes_nothing(shop):
    assert set(shop.up().changes) == {"same"}


def test_it_runs_in_its_own_virtualenv_and_a_failure_is_told(shop):
    shop.write("__main__.py", "import fargate_components as f\n\nraise SystemError(f.__file__)\n")
    ran = shop.pulumi("preview", "--stack", "dev", ok=False)
    shop.write("__main__.py", "import components\n")
    of_the_checkout = shop.pulumi("preview", "--stack", "dev", ok=False)
    shop.write("__main__.py", FILES["__main__.py"])
    assert ran.code != 0
    assert f"SystemError: {shop.folder}/venv/lib/" in ran.out
    assert of_the_checkout.code != 0
    assert "No module named 'components'" in of_the_checkout.out


def test_the_policies_judge_it_and_what_they_refuse_ends(shop):
    pack = str(ROOT / "policies")
    ran = shop.pulumi("preview", "--stack", "dev", "--policy-pack", pack, ok=False, timeout=120)
    assert ran.code != 0
    assert "[mandatory]" in ran.out
    assert "vpc-flow-logs" in ran.out


def test_its_types_reach_the_program(shop):
    shop.write("wrong.py", WRONG)
    shop.write("pyrightconfig.json", json.dumps(CHECKED))
    command = [str(BIN / "pyright"), "--outputjson"]
    ran = subprocess.run(command, cwd=shop.folder, capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout)["generalDiagnostics"]
    assert [(Path(one["file"]).name, one["rule"]) for one in found] == [("wrong.py", "reportArgumentType")], found


def test_to_install_it_leaves_nothing_where_it_comes_from(repository, tmp_path):
    before = run(repository, "git", "status", "--porcelain", "--ignored")
    run(repository, BIN / "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, repository)
    assert run(repository, "git", "status", "--porcelain", "--ignored") == before == ""
