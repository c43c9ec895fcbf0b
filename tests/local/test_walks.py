"""The pages that lead somewhere, followed on the local cloud as they stand.

Each in a copy of the checkout. One that stops its cloud has one of its own, and begins in a new shell. The others share
one, begin where README.md's `eval` has been typed, and what they deploy is destroyed after them.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.setup.pulumi_engine import VERSION
from tests.docs import engine
from tests.docs.walk import follow, walks
from tests.local.harness import ROOT, Cloud, free_port

pytestmark = pytest.mark.local

WALKS = walks()
SECONDS = 600
"""After which one has come to a stand; all of them together take less on an idle machine."""
MEANS_THE_LOCAL_CLOUD = 'source .venv/bin/activate\neval "$(python -m localcloud env)"'
"""README.md's lines for every shell."""
HIDDEN = re.compile(r"AWS_|PULUMI_|LOCALCLOUD_|VIRTUAL_ENV|PYTHONPATH")


def checkout(folder: Path) -> Path:
    """A fresh clone, with what is not committed yet, and packages that are installed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def shell(cloud: Cloud) -> dict[str, str]:
    """A new shell of somebody who knows where the local cloud is to be, and has confirmed what pulumi asks."""
    kept = {name: value for name, value in os.environ.items() if not HIDDEN.match(name)}
    return kept | {
        "LOCALCLOUD_HOME": str(cloud.home),
        "LOCALCLOUD_PORT": str(cloud.port),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }


def destroyed(cloud: Cloud, folder: Path) -> None:
    """Nothing of a walk is left: every stack of every project in its folder is destroyed."""
    status = json.loads(cloud.localcloud("status", "--json").out.splitlines()[-1])
    for file in folder.rglob("Pulumi.yaml"):
        name = re.search(r"(?m)^name: *(\S+)", file.read_text(encoding="utf-8"))
        for stack in [
            one for one, count in status["stacks"].items() if count and name and one.startswith(f"{name[1]}/")
        ]:
            command = ["pulumi", "destroy", "--yes", "--skip-preview", "--stack", stack.partition("/")[2]]
            ran = cloud.run(command, file.parent)
            assert ran.code == 0, ran.out


@pytest.fixture(scope="module", autouse=True)
def commands_of_this_checkout(cloud: Cloud) -> Iterator[None]:
    """A walk that starts the cloud that runs already makes its commands those of its copy: afterwards they are ours."""
    yield
    assert cloud.localcloud("start").code == 0


@pytest.mark.parametrize("walk", WALKS, ids=[f"{one.page}: {one.name}" for one in WALKS])
def test_a_reader_gets_there(cloud, tmp_path, walk):
    folder, staging = tmp_path / "reader" / "fargate", tmp_path / "staging"
    folder.mkdir(parents=True)
    staging.mkdir()
    checkout(folder)
    own = Cloud(tmp_path / "home", free_port()) if walk.ends_its_cloud else cloud
    before = MEANS_THE_LOCAL_CLOUD if own is cloud else ""
    try:
        follow(walk, folder, shell(own), staging=staging, before=before, seconds=SECONDS)
    finally:
        if own is cloud:
            destroyed(cloud, tmp_path / "reader")
        else:
            own.localcloud("stop")


def test_the_engine_s_commands_are_those_that_the_pages_are_judged_by(cloud):
    pulumi = str(cloud.home / "engine" / "pulumi")
    version = subprocess.run([pulumi, "version"], capture_output=True, text=True, check=True).stdout.strip()
    if version.removeprefix("v") != VERSION:
        pytest.skip(f"the engine on PATH is {version}, and the table is of {VERSION}")
    assert engine.told(pulumi) == engine.TABLE.read_text(encoding="utf-8")
