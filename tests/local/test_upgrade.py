"""The release before this one deployed, then this one over it: nothing goes that the changelog does not name."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.local.harness import PARTS, ROOT, Project, copy_of_program, own_cloud
from tests.local.load import Load
from tests.releases import CHANGELOG, releases

pytestmark = pytest.mark.local

STACKS = ("dev", "prod")
GONE = {"replace", "create-replacement", "delete-replaced", "discard-replaced", "delete"}
UNRELEASED, LAST, *_ = releases(CHANGELOG.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cloud_alone(cloud, tmp_path_factory):
    """A cloud whose end takes the stacks along: to destroy prod takes two more ups."""
    # The variable is for --event-log, as Pulumi's Automation API has it.
    with own_cloud(tmp_path_factory.mktemp("alone") / "home", PULUMI_DEBUG_COMMANDS="true") as alone:
        yield alone


@pytest.fixture(scope="module")
def deployed(cloud_alone, tmp_path_factory):
    """The release before this one, as its files were."""
    folder = tmp_path_factory.mktemp("upgrade") / "project"
    release_before(folder)
    project = Project(cloud_alone, folder)
    for stack in STACKS:
        project.up(stack)
    return project


@pytest.fixture(scope="module")
def upgraded(deployed):
    """This checkout over it, in the same folder, under load: what went by stack, and the loads."""
    shutil.rmtree(deployed.folder)
    project = copy_of_program(deployed.cloud, deployed.folder)
    hosts = [project.outputs(stack)["url"].partition("://")[2].partition("/")[0] for stack in STACKS]
    with (
        Load(project.cloud.port, hosts[0], per_second=20, clients=4) as dev,
        Load(project.cloud.port, hosts[1], per_second=20, clients=4) as prod,
    ):
        went = {stack: up(project, stack) for stack in STACKS}
    return went, [dev, prod]


def release_before(folder: Path) -> None:
    command = ["git", "archive", str(LAST.commit), *PARTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"this clone does not have the commit of {LAST.version}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as files:
        files.extractall(folder, filter="data")


def up(project: Project, stack: str) -> set[str]:
    """Bring a stack up; what was replaced or deleted, as `type name`, by the engine's own events."""
    log = project.folder.parent / f"{stack}.jsonl"
    project.pulumi("up", "--yes", "--skip-preview", "--stack", stack, "--event-log", str(log))
    events = [json.loads(line).get("resourcePreEvent") for line in log.read_text().splitlines()]
    steps = [event["metadata"] for event in events if event]
    assert steps, "the engine told what it does"
    return {short(step["urn"]) for step in steps if step["op"] in GONE}


def short(urn: str) -> str:
    kind, name = urn.split("::")[2:]
    _, module, resource = kind.rpartition("$")[2].split(":")
    return f"{module if '/' in module else f'{module}/{resource}'} {name}"


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_goes_that_the_changelog_does_not_name(upgraded, stack):
    went, _ = upgraded
    assert went[stack] <= UNRELEASED.replaces, f"a line `Replaces:` in CHANGELOG.md, or an alias: since {LAST.version}"


def test_the_changelog_names_nothing_that_stays(upgraded):
    went, _ = upgraded
    assert UNRELEASED.replaces <= went["dev"] | went["prod"]


def test_both_are_served_throughout(upgraded):
    for load in upgraded[1]:
        assert load.requests > 50
        assert load.failures == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_second_up_changes_nothing(deployed, upgraded, stack):
    assert set(deployed.up(stack).changes) == {"same"}
