"""What outlives a killed emulator and a restarted Docker, and what does not outlive `stop`."""

import os
import signal
import time
from typing import Any

import docker
import pytest
from docker.errors import DockerException

from tests.local.harness import Cloud, copy_of_program, deployed, eventually, own_cloud
from tests.local.inventory import in_state, missing, orphans, revisions, there

pytestmark = [pytest.mark.local, pytest.mark.alone]


@pytest.fixture(scope="module")
def own(cloud: Cloud, tmp_path_factory):
    """A local cloud of this file's own, with a deployed stack."""
    with own_cloud(tmp_path_factory.mktemp("durable") / "home") as own:
        yield own


@pytest.fixture(scope="module")
def project(own, tmp_path_factory):
    project = copy_of_program(own, tmp_path_factory.mktemp("durable") / "project", name="durable")
    with deployed(project):
        yield project


def kill_the_emulator(own):
    os.kill(int((own.home / "run" / "emulator.pid").read_text()), signal.SIGKILL)


def test_a_killed_emulator_goes_on_where_it_was(own, project, containers):
    time.sleep(2)  # it saves a second after the last change
    kill_the_emulator(own)
    ran = own.localcloud("start")
    assert ran.code == 0, ran.out
    assert "The emulator had been killed" in ran.out
    assert "Not back" not in ran.out
    assert "ecs-test" in own.get(project.outputs()["url"]).text
    assert len(own.containers(containers)) == 1, "the tasks of before are gone, and one new one runs"
    assert set(project.up().changes) == {"same"}


def test_an_up_whose_emulator_is_killed_says_so_and_the_next_one_repairs(own, project):
    before = there(project) - in_state(project) | revisions(project)
    project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>first edition</p>")
    ran = project.during_up("ecs:Service web updating", lambda: kill_the_emulator(own))
    assert ran.code != 0
    assert "the local cloud does not answer: start it with `python -m localcloud start`, then `up` again" in ran.out
    assert "Traceback" not in ran.out
    assert "start it with `python -m localcloud start`" in project.up(ok=False).out
    assert own.localcloud("start").code == 0
    project.up()
    eventually(lambda: "first edition" in own.get(project.outputs()["url"]).text, 20)
    assert (orphans(project, before), missing(project)) == (set(), set())
    assert set(project.up().changes) == {"same"}


def test_its_registry_still_has_the_images(own, project, containers):
    """A new task pulls its image by digest."""
    web = project.outputs()["services"]["web"]["image"]
    own.containers(containers)[0].remove(force=True)
    containers.images.remove(web, force=True)
    eventually(lambda: own.containers(containers), 30)
    eventually(lambda: own.get(project.outputs()["url"]).status_code == 200, 30)


def test_a_layer_is_stored_once(own, project):
    layers = own.home / "aws" / "layers"
    before = {file.name for file in layers.iterdir()}
    assert before
    project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>second edition</p>")
    project.up()
    eventually(lambda: {file.name for file in layers.iterdir()} > before, 10)
    assert (own.home / "aws" / "ecr.json").stat().st_size < 100_000


def test_a_docker_restarted_in_the_middle_of_an_up_gets_its_tasks_back(own, project, cloud, containers):
    pids = [home / "run" / "dockerd.pid" for home in (cloud.home, own.home)]
    started_here = next((file for file in pids if file.is_file()), None)
    if not started_here:
        pytest.skip("Docker was there before: it is not ours to restart")
    project.edit("app/htdocs/index.html", "second edition", "third edition")
    ran = project.during_up("Successfully tagged", lambda: os.kill(int(started_here.read_text()), signal.SIGTERM))
    assert ran.code != 0
    assert "Traceback" not in ran.out
    eventually(lambda: not _answers(), 60)
    ran = cloud.localcloud("start")  # the tests' own cloud, which outlives this file's: Docker ends with who started it
    assert ran.code == 0, ran.out
    eventually(lambda: own.containers(docker.from_env()), 60)
    eventually(lambda: "second edition" in own.get(project.outputs()["url"]).text, 60)
    project.up()
    eventually(lambda: "third edition" in own.get(project.outputs()["url"]).text, 60)
    assert set(project.up().changes) == {"same"}


def _answers():
    try:
        return docker.from_env().ping()
    except DockerException:
        return False


def test_two_clouds_do_not_see_each_other(own, project, cloud):
    assert own.client("ecs").list_clusters()["clusterArns"]
    mine = _repositories(own)
    assert not mine & _repositories(cloud)
    balancer = project.outputs()["url"].removeprefix("http://").replace(f":{own.port}", f":{cloud.port}")
    assert "No load balancer has this name" in cloud.get(f"http://{balancer}/").text


def _repositories(cloud):
    return {one["repositoryName"] for one in cloud.client("ecr").describe_repositories()["repositories"]}


def test_stop_takes_its_own_containers_and_nothing_of_the_user_s(own, project):
    client: Any = docker.from_env()
    image = own.containers(client)[0].image.id
    theirs = client.containers.run(image, ["sleep", "3600"], entrypoint=[], detach=True, labels={"ministack": "ecs"})
    volume = client.volumes.create("somebody-s")
    try:
        assert own.localcloud("stop").code == 0
        assert own.containers(client, status="running") == []
        theirs.reload()
        assert theirs.status == "running"
        assert client.volumes.get(volume.id)
    finally:
        theirs.remove(force=True)
        volume.remove()
        assert own.localcloud("start").code == 0
