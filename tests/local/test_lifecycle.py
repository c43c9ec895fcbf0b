"""Starting, stopping and the bad days of a local cloud of its own."""

import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.harness import Cloud, copy_of_program, free_port

pytestmark = pytest.mark.local


@pytest.fixture
def second(cloud: Cloud, tmp_path):
    """A second local cloud beside the tests' own, stopped."""
    second = Cloud(tmp_path / "home", free_port())
    yield second
    second.localcloud("stop")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_of(home: Path) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_text(errors="replace")
            command = (folder / "cmdline").read_text(errors="replace")
        except OSError:
            continue
        if f"LOCALCLOUD_HOME={home}\0" in environment and "localcloud" in command and int(folder.name) != os.getpid():
            found.append(command)
    return found


def sockets_of(pid: int) -> Iterator[str]:
    """The inodes of a process's sockets."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            name = str(link.readlink())
            if name.startswith("socket:["):
                yield name[8:-1]


def test_two_clouds_run_side_by_side_and_stop_leaves_no_process_and_no_port(cloud, second):
    assert second.localcloud("start").code == 0
    assert listens(second.port)
    assert listens(cloud.port)
    assert processes_of(second.home)
    ran = second.localcloud("stop")
    assert ran.code == 0
    assert f"Left: {second.home}" in ran.out
    assert not listens(second.port)
    assert processes_of(second.home) == []
    assert json.loads(second.localcloud("status", "--json").out.splitlines()[-1])["running"] is False


def test_it_listens_on_loopback_and_to_tasks_only(cloud, second, containers):
    assert second.localcloud("start").code == 0
    pids = {int((second.home / "run" / f"{name}.pid").read_text()) for name in ("emulator", "providers")}
    inodes = {inode for pid in pids for inode in sockets_of(pid)}
    rows = [row.split() for table in ("tcp", "tcp6") for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    listening = {row[1].rpartition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}
    bridge = containers.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    for_tasks = "".join(f"{int(part):02X}" for part in reversed(bridge.split(".")))
    assert listening <= {"0100007F", "0000000000000000FFFF00000100007F", for_tasks}
    assert "0100007F" in listening
    with socket.socket() as elsewhere:  # loopback stands for every interface but the bridge: nobody answers there
        elsewhere.settimeout(2)
        elsewhere.bind(("127.0.0.1", 0))
        assert elsewhere.connect_ex((bridge, second.port)) != 0


def test_a_taken_port_is_told_with_its_owner(cloud, second):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", second.port))
        taken.listen()
        ran = second.localcloud("start")
    assert ran.code == 1
    assert f"port {second.port} is taken by " in ran.out
    assert f"process {os.getpid()}" in ran.out
    assert "LOCALCLOUD_PORT=" in ran.out
    assert "Traceback" not in ran.out


def test_a_docker_that_does_not_answer_is_told_with_the_other_way(second):
    second.environment["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    ran = second.localcloud("start")
    assert ran.code == 1
    assert "no Docker answers at DOCKER_HOST=unix:///nonexistent/docker.sock" in ran.out
    assert "make up WITHOUT_DOCKER=1" in ran.out
    assert "Traceback" not in ran.out


def test_without_docker_everything_is_deployed_with_simulated_tasks(second, tmp_path):
    second.environment["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
    ran = second.localcloud("start", "--without-docker")
    assert ran.code == 0, ran.out
    project = copy_of_program(second, tmp_path / "project")
    ran = project.up()
    assert "runs without Docker" in ran.out
    outputs = project.outputs()
    where = {"cluster": outputs["cluster"], "services": [outputs["services"]["web"]["service"]]}
    assert second.client("ecs").describe_services(**where)["services"][0]["runningCount"] == 1
    assert set(project.up().changes) == {"same"}
    project.destroy()


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk can only be mounted by root")
def test_a_full_disk_is_told_and_nothing_is_lost(cloud, second, tmp_path):
    home = tmp_path / "small"
    home.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(home)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    small = Cloud(home, second.port)
    try:
        assert small.localcloud("start").code == 0
        project = copy_of_program(small, tmp_path / "project")
        project.up()
        project.edit("app/htdocs/index.html", "ecs-test", "ecs-test, edited")
        ran = project.during_up("Successfully tagged", lambda: _fill(home))
        assert ran.code != 0
        assert "no space left" in ran.out.lower()
        (home / "filler").unlink()
        project.up()
        assert "edited" in small.get(project.outputs()["url"]).text
        project.destroy()
    finally:
        small.localcloud("stop")
        subprocess.run(["umount", str(home)], check=True)


def _fill(home: Path) -> None:
    with (home / "filler").open("wb") as filler:
        try:
            while True:
                filler.write(b"\0" * (1 << 20))
                filler.flush()
        except OSError:
            return


def test_a_command_that_fails_says_so_by_its_exit_code(second):
    assert second.localcloud("status").code == 3, "not running"
    assert second.localcloud("logs", "nothing").code == 1
    assert second.localcloud("up", "--stack", "no-such-stack").code == 1
    assert second.localcloud("up", "--stak").code == 2
    assert second.localcloud("status").code == 0, "up has started it"


def test_a_cloud_with_docker_is_not_taken_for_one_without(second):
    assert second.localcloud("start").code == 0
    ran = second.localcloud("start", "--without-docker")
    assert ran.code == 1
    assert "runs with Docker: `make down` first, to start it without Docker" in ran.out
