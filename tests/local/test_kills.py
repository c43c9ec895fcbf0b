"""An `up` killed again and again, as a machine that goes down does it: the next one repairs, and makes nothing twice.

`python -m bench kills` kills at every moment of `FIRST_DEPLOY` and `UPDATE`, one by one.
"""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local.harness import copy_of_program, eventually
from tests.local.inventory import missing, orphans, revisions, there
from tests.local.killed import serves

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def before(cloud, tmp_path_factory):
    return there(copy_of_program(cloud, tmp_path_factory.mktemp("before") / "project", name="kills"))


@pytest.fixture(scope="module")
def project(cloud, before, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("kills") / "project", name="kills")
    yield project
    project.destroy()


def test_a_first_deploy_killed_four_times_is_made_once(project, before):
    assert project.killed_up(" created (", nth=2).code == -9
    assert project.killed_up(" created (", nth=9).code == -9
    assert project.killed_up("Successfully tagged").code == -9
    assert project.killed_up("ecs:Service web creating", seconds=1).code == -9
    ran = project.up()
    assert "note: removed the lock of process " in ran.out
    assert "note: the command before was killed while it made web: taken over" in ran.out
    assert "pending operations" not in ran.out
    assert serves(project, "ecs-test")
    assert (orphans(project, before), missing(project)) == (set(), set())
    ran = project.up()
    assert set(ran.changes) == {"same"}
    assert "note: " not in ran.out


def test_an_update_killed_four_times_is_rolled_out_once(project, before):
    before = before | revisions(project)
    project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>second edition</p>")
    project.edit(
        "Pulumi.dev.yaml", "fargate:environment: dev", "fargate:environment: dev\n  fargate:network: {zones: 3}"
    )
    assert project.killed_up(" created (", nth=2).code == -9
    assert project.killed_up("Successfully tagged").code == -9
    assert project.killed_up("ecs:TaskDefinition web creating replacement").code == -9
    assert project.killed_up("ecs:Service web updating", seconds=1).code == -9
    project.up()
    assert serves(project, "second edition")
    assert (orphans(project, before), missing(project)) == (set(), set())
    assert set(project.up().changes) == {"same"}


def test_a_rollout_that_a_killed_up_left_is_waited_for(project):
    project.edit("app/Dockerfile", 'CMD ["httpd-foreground"]', 'CMD ["sh", "-c", "sleep 2; exit 7"]')
    assert project.killed_up("ecs:Service web updating", seconds=1).code == -9
    ran = project.up(ok=False)
    assert ran.code != 0, "the provider found the service as asked for, and waited for nothing"
    assert "ECS rolled back" in ran.out or "circuit breaker" in ran.out
    assert "web exited with 7" in ran.out
    assert serves(project, "second edition")
    project.edit("app/Dockerfile", 'CMD ["sh", "-c", "sleep 2; exit 7"]', 'CMD ["httpd-foreground"]')
    project.up()
    assert set(project.up().changes) == {"same"}


def test_a_lock_is_removed_once_its_engine_is_gone(project):
    lock = project.cloud.home / "state" / ".pulumi" / "locks" / "organization" / "kills" / "dev" / "1.json"
    with subprocess.Popen([sys.executable, "-c", "input()", "pulumi"], stdin=subprocess.PIPE) as engine:
        owner = {"pid": engine.pid, "hostname": socket.gethostname(), "username": "somebody"}
        lock.write_text(json.dumps({**owner, "timestamp": "2027-01-01T00:00:00Z"}))
        ran = project.up(ok=False)
        assert ran.code != 0
        assert f"created by somebody@{socket.gethostname()} (pid {engine.pid})" in ran.out
        engine.kill()
    assert f"note: removed the lock of process {engine.pid}, which was killed" in project.up().out


def test_no_language_host_outlives_its_engine(project):
    eventually(lambda: not any(_is_host(process, project.cloud.home) for process in Path("/proc").glob("[0-9]*")), 20)


def _is_host(process, home):
    try:
        environment = (process / "environ").read_text(errors="replace")
        return f"LOCALCLOUD_HOME={home}\0" in environment and "language_host" in (process / "cmdline").read_text()
    except OSError:
        return False
