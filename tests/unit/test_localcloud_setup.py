"""What the set-up says when something cannot be had. The commands are real; only what they find is arranged."""

import platform
import shutil
import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from localcloud.home import Home, LocalCloudError
from localcloud.processes import wait_until
from localcloud.setup import base_image, docker, pulumi_engine
from localcloud.setup.steps import Steps


@pytest.fixture
def home(tmp_path):
    return Home(root=tmp_path / "home", port=4566, project=tmp_path)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A PATH with nothing on it but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def add(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return folder / name

    return add


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0\n", (3, 259, 0)),
        ("3.260.1-dev", (3, 260, 1)),
        ("go1.26.8", (1, 26, 8)),
        ("go1.27", (1, 27)),
        ("", ()),
    ],
)
def test_a_version_is_read(text, version):
    assert pulumi_engine.parse_version(text) == version


def test_a_new_enough_engine_on_path_is_used(home, programs):
    engine = programs("pulumi", "echo v3.300.0")
    assert pulumi_engine.ensure_engine(home, Steps()) == engine


def test_an_old_engine_on_path_is_not(home, programs, monkeypatch, tmp_path):
    programs("pulumi", "echo v3.100.0")
    built = tmp_path / "cache" / "fargate-localcloud" / f"pulumi-{pulumi_engine.VERSION}" / "built" / "pulumi"
    built.parent.mkdir(parents=True)
    built.touch()
    assert pulumi_engine.ensure_engine(home, Steps()) == built


GO = """test "$1" = env && echo go1.26.8 && exit
test "$GOFLAGS" = -modcacherw && test -z "$GOMODCACHE" || exit 9
/bin/mkdir -p "$GOPATH" "$GOCACHE" && : > "$GOPATH/some" && : > "$GOCACHE/some"
"""
"""A Go that fills its caches before it does what it is asked for."""


def test_a_failing_build_shows_its_end_and_the_other_way(home, programs, monkeypatch, tmp_path):
    monkeypatch.setattr(pulumi_engine, "INSTALLER", "http://127.0.0.1:9/")
    programs("go", f"{GO}\necho dial tcp: no route to host\nexit 1")
    with pytest.raises(LocalCloudError) as error:
        pulumi_engine.ensure_engine(home, Steps())
    assert "dial tcp: no route to host" in str(error.value)
    assert "Install Pulumi 3.259.0 or newer" in str(error.value)
    assert not list((tmp_path / "cache").rglob("*.part"))
    assert len(list((tmp_path / "cache").rglob("some"))) == 2, "the next build goes on where this one ended"


def test_a_build_that_succeeds_is_kept_and_what_it_was_built_with_is_not(home, programs, monkeypatch, tmp_path):
    monkeypatch.setattr(pulumi_engine, "INSTALLER", "http://127.0.0.1:9/")
    build = "\n".join(
        (
            GO,
            'while test "$1" != -o; do shift; done',
            'printf "#!/bin/sh\\necho v3.259.0\\n" > "$2"',
            '/bin/chmod +x "$2"',
        )
    )
    programs("go", build)
    engine = pulumi_engine.ensure_engine(home, Steps())
    assert engine.name == "pulumi"
    assert pulumi_engine.ensure_engine(home, Steps()) == engine
    assert [one for one in (tmp_path / "cache").rglob("*") if one.is_file()] == [engine]


def test_an_engine_that_another_checkout_has_built_meanwhile_is_taken(home, programs, monkeypatch, tmp_path):
    monkeypatch.setattr(pulumi_engine, "INSTALLER", "http://127.0.0.1:9/")
    built = tmp_path / "cache" / "fargate-localcloud" / f"pulumi-{pulumi_engine.VERSION}" / "built" / "pulumi"
    programs("go", f"{GO}\n: > {built}\nexit 1")
    assert pulumi_engine.ensure_engine(home, Steps()) == built


class Containers:
    """Those that Docker runs; one more goes while they are looked at."""

    def __init__(self, *running):
        self.running = running

    def list(self, ignore_removed=False):
        assert ignore_removed, "docker.errors.NotFound"
        return self.running


@pytest.mark.skipif(platform.system() != "Linux", reason="elsewhere no Docker is started")
@pytest.mark.parametrize(("running", "ends"), [((), True), (("somebody's",), False)])
def test_a_docker_that_was_started_here_ends_unless_others_use_it(home, tmp_path, monkeypatch, running, ends):
    client = SimpleNamespace(containers=Containers(*running))
    monkeypatch.setattr(docker, "_connect", lambda: (client, None))
    (tmp_path / "dockerd").symlink_to(shutil.which("sleep"))
    home.run.mkdir(parents=True)
    with subprocess.Popen(["sleep", "600"], executable=tmp_path / "dockerd") as daemon:
        (home.run / "dockerd.pid").write_text(str(daemon.pid))
        try:
            assert wait_until(lambda: "dockerd" in Path(f"/proc/{daemon.pid}/comm").read_text(), 60)
            assert docker.stop_docker(home) is ends
            assert (daemon.poll() is not None) is ends
        finally:
            daemon.kill()


def test_docker_without_permission(home, monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(docker, "_connect", lambda: (None, PermissionError("denied")))
    with pytest.raises(LocalCloudError, match=r"sudo usermod -aG docker \$USER.*WITHOUT_DOCKER=1"):
        docker.ensure_docker(home, Steps())


@pytest.mark.parametrize(
    ("installed", "told"), [(True, "start it: sudo systemctl start docker"), (False, "sudo apt-get install docker.io")]
)
def test_no_docker_and_no_root(home, programs, monkeypatch, installed, told):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(docker, "_connect", lambda: (None, OSError("no such file")))
    monkeypatch.setattr(docker.os, "geteuid", lambda: 1000)
    if installed:
        programs("dockerd", "")
    with pytest.raises(LocalCloudError, match=f"{told}.*WITHOUT_DOCKER=1"):
        docker.ensure_docker(home, Steps())


def test_no_docker_on_a_mac(home, monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(docker, "_connect", lambda: (None, OSError("no such file")))
    monkeypatch.setattr(docker.sys, "platform", "darwin")
    with pytest.raises(LocalCloudError, match="start Docker Desktop, or install it"):
        docker.ensure_docker(home, Steps())


def test_a_docker_host_that_does_not_answer(home, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    with pytest.raises(LocalCloudError, match="no Docker answers at DOCKER_HOST=unix:///nonexistent.sock"):
        docker.ensure_docker(home, Steps())


def test_a_docker_whose_containers_cannot_be_reached(home, monkeypatch):
    bridge = SimpleNamespace(attrs={"IPAM": {"Config": [{"Gateway": "192.0.2.1"}]}})  # for documentation: nobody's
    client = SimpleNamespace(networks=SimpleNamespace(get=lambda name: bridge))
    monkeypatch.setattr(docker, "_connect", lambda: (client, None))
    with pytest.raises(LocalCloudError, match=r"its bridge 192\.0\.2\.1 is not here.*WITHOUT_DOCKER=1"):
        docker.ensure_docker(home, Steps())


def test_no_base_image_and_no_root(home, monkeypatch):
    monkeypatch.setattr(base_image, "has_image", lambda client, image: False)
    monkeypatch.setattr(base_image, "_pull", lambda client, steps: False)
    monkeypatch.setattr(base_image.os, "geteuid", lambda: 1000)
    with pytest.raises(LocalCloudError, match="cannot be pulled, and a stand-in is made on Debian as root only"):
        base_image.ensure_base_image(home, None, Steps())


def test_the_first_step_that_fails_ends_the_others(tmp_path):
    steps = Steps()

    def slow():
        steps.run(["sleep", "60"], log=tmp_path / "slow.log")

    def failing():
        steps.run(["sh", "-c", "echo went wrong; exit 3"], log=tmp_path / "failing.log")

    with pytest.raises(LocalCloudError, match=r"failed \(3\):\n  went wrong"):
        steps.together(slow, failing)


def test_what_failed_first_is_told_and_not_what_was_ended_for_it():
    class Cancelled(threading.Event):
        def set(self):
            super().set()
            time.sleep(0.2)  # as long as the others need to end

    steps = Steps()
    steps.cancelled = Cancelled()

    def slow():
        assert steps.cancelled.wait(30)
        raise LocalCloudError("it was ended")

    def failing():
        raise LocalCloudError("it went wrong")

    with pytest.raises(LocalCloudError, match="it went wrong"):
        steps.together(slow, failing)
