"""Files that stay: written by a task, there for the next one, and gone with their stack."""

import pytest
import yaml

from tests.local.harness import Cloud, copy_of_program, deployed, eventually

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """dev with a file system, a service that writes to it, and a worker that only reads."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("files") / "project", name="files")
    document = yaml.safe_load((project.folder / "Pulumi.dev.yaml").read_text())
    config = document["config"]
    config["fargate:file_systems"] = {"uploads": {"user": 33, "group": 34}}
    config["fargate:services"]["web"]["volumes"] = {"/data": "uploads"}
    config["fargate:services"]["reader"] = {
        "build": "./app",
        "kind": "worker",
        "command": ["sleep", "3600"],
        "volumes": {"/files": {"file_system": "uploads", "read_only": True}},
        "stop_timeout": 2,
    }
    project.write("Pulumi.dev.yaml", yaml.safe_dump(document))
    return project


@pytest.fixture(scope="module")
def others(cloud, project):
    """The file systems that were there before."""
    return systems(cloud)


@pytest.fixture(scope="module")
def ran(project, others):
    with deployed(project) as (ran,):
        yield ran


def systems(cloud):
    return {one["FileSystemId"] for one in cloud.client("efs").describe_file_systems()["FileSystems"]}


@pytest.fixture
def one(cloud, containers, ran):
    """The running container of a service."""

    def running(name):
        return next(iter(cloud.containers(containers, label=f"com.amazonaws.ecs.container-name={name}")), None)

    return lambda name: eventually(lambda: running(name), 60)


def said(container, script):
    code, out = container.exec_run(["sh", "-c", script])
    return code, out.decode().strip()


@pytest.fixture
def written(one):
    assert said(one("web"), "echo kept > /data/page") == (0, "")


def test_what_is_not_here_is_said(ran):
    assert "recorded, not emulated here: no backup is made" in ran.out


def test_files_are_of_the_access_point_s_user(one, written):
    assert said(one("web"), "stat -c %u:%g /data") == (0, "33:34")
    assert said(one("web"), "stat -c %u /data/page") == (0, "33")


def test_who_only_reads_sees_the_files_and_changes_none(one, written):
    assert said(one("reader"), "cat /files/page") == (0, "kept")
    code, out = said(one("reader"), "echo changed > /files/page")
    assert code != 0
    assert "Read-only file system" in out
    assert said(one("web"), "cat /data/page") == (0, "kept")


def test_the_next_task_finds_what_the_last_one_wrote(one, written):
    last = one("web")
    last.kill()
    eventually(lambda: one("web").id != last.id, 60)
    assert said(one("web"), "cat /data/page") == (0, "kept")


def test_nothing_is_changed_by_the_next_up(project, ran):
    assert set(project.up().changes) == {"same"}


def test_a_destroyed_stack_leaves_no_file(cloud, project, others, written):
    (system,) = systems(cloud) - others
    folder = cloud.home / "efs" / system
    assert (folder / "data" / "page").read_text() == "kept\n"
    project.destroy()
    assert systems(cloud) - others == set()
    assert not folder.exists()
