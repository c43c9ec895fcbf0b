"""Docker: the machine's own; where there is none, and that is possible, installed and started."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from localcloud.home import Home, LocalCloudError
from localcloud.processes import wait_until
from localcloud.setup.steps import Steps

PACKAGES = ("docker.io", "iptables")
SOCKET = Path("/var/run/docker.sock")
START_SECONDS = 60
OTHERWISE = "Or `make up WITHOUT_DOCKER=1`: it deploys everything with simulated tasks, and has no page to open."


def ensure_docker(home: Home, steps: Steps) -> Any:
    """A client of a Docker that answers.

    Raises:
        LocalCloudError: there is none, and none can be had; the message says what to install.
    """
    client, problem = _connect()
    if client:
        return _usable(client)
    if os.environ.get("DOCKER_HOST"):
        raise LocalCloudError(
            f"no Docker answers at DOCKER_HOST={os.environ['DOCKER_HOST']} ({problem}): start it there, or unset "
            f"DOCKER_HOST to use this machine's own. {OTHERWISE}"
        )
    if isinstance(problem, PermissionError):
        raise LocalCloudError(
            f"Docker runs, but this user may not use it ({SOCKET}): `sudo usermod -aG docker $USER`, log in again, and "
            f"retry. {OTHERWISE}"
        )
    if not sys.platform.startswith("linux"):
        raise LocalCloudError(f"Docker does not run: start Docker Desktop, or install it. {OTHERWISE}")
    if os.geteuid() != 0:
        what = (
            "start it: sudo systemctl start docker"
            if shutil.which("dockerd")
            else "install it: sudo apt-get install docker.io"
        )
        raise LocalCloudError(f"Docker does not run; {what}. {OTHERWISE}")
    if not shutil.which("dockerd"):
        _install(home, steps)
    _start(home, steps)
    client, problem = _connect()
    if not client:
        raise LocalCloudError(
            f"Docker was started, but does not answer ({problem}); its log: {_log(home)}. {OTHERWISE}"
        )
    return _usable(client)


def stop_docker(home: Home) -> bool:
    """Stop the daemon that was started here; one that was there before, or that others use by now, is left alone."""
    pid_file = home.run / "dockerd.pid"
    try:
        pid = int(pid_file.read_text())
        if "dockerd" not in Path(f"/proc/{pid}/comm").read_text():
            raise ValueError("another process by now")
    except (OSError, ValueError):
        pid_file.unlink(missing_ok=True)
        return False
    client, _ = _connect()
    if client and client.containers.list(ignore_removed=True):
        return False
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not Path(f"/proc/{pid}/fd/0").exists(), 30)
    pid_file.unlink(missing_ok=True)
    return True


def _connect() -> tuple[Any, Exception | None]:
    """A client of the Docker that the `docker` command would use, or why there is none."""
    import docker
    from docker.errors import DockerException

    host = os.environ.get("DOCKER_HOST") or _context_host()
    try:
        client = docker.DockerClient(base_url=host, timeout=600) if host else docker.from_env(timeout=600)
        client.ping()
    except DockerException as error:
        denied = "PermissionError" in str(error) or "Permission denied" in str(error)
        return None, PermissionError(str(error)) if denied else error
    if host:
        os.environ["DOCKER_HOST"] = host  # the emulator and the providers ask the same one
    return client, None


def _context_host() -> str | None:
    """The daemon of the `docker` command's context, which Docker Desktop and rootless Docker use."""
    docker = shutil.which("docker")
    if SOCKET.exists() or not docker:
        return None
    inspect = [docker, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    done = subprocess.run(inspect, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def _usable(client: Any) -> Any:
    """The client, when images can be built with it and containers be reached from here.

    Raises:
        LocalCloudError: they cannot.
    """
    from docker.errors import NotFound

    with contextlib.suppress(NotFound, LookupError), socket.socket() as probe:  # Podman names its network otherwise
        gateway = client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
        try:
            probe.bind((gateway, 0))
        except OSError:
            raise LocalCloudError(
                f"Docker runs elsewhere, not on this machine: its bridge {gateway} is not here, so no load balancer "
                "could reach a task. Docker Desktop and rootless Docker are like that; Docker Engine on Linux is "
                f"needed. {OTHERWISE}"
            ) from None
    if not shutil.which("docker"):
        raise LocalCloudError(
            "Docker runs, but there is no `docker` command to build images with: install it (Debian: docker.io or "
            f"docker-ce-cli; Podman: podman-docker). {OTHERWISE}"
        )
    return client


def _install(home: Home, steps: Steps) -> None:
    if not shutil.which("apt-get"):
        raise LocalCloudError(
            f"no Docker here, and only Debian's and Ubuntu's can be installed: install it. {OTHERWISE}"
        )
    steps.say(
        f"Docker is missing. Installing Debian's packages {', '.join(PACKAGES)}; they stay when the cloud is gone."
    )
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with steps.step("Docker", "apt-get install"):
        steps.run(["apt-get", "update", "-q"], log=home.logs / "apt-update.log", environment=quiet)
        steps.run(
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", *PACKAGES],
            log=home.logs / "apt-docker.log",
            environment=quiet,
        )


def _start(home: Home, steps: Steps) -> None:
    """Start the daemon: by systemd where it runs the machine, else as a process of our own."""
    if Path("/run/systemd/system").is_dir():
        steps.say("Docker does not run. Starting its service.")
        subprocess.run(["systemctl", "start", "docker"], check=False)
        answers = _answers
    else:
        steps.say(f"Docker does not run. Starting its daemon, until the local cloud stops; its log: {_log(home)}")
        answers = _Daemon(home).answers
    with steps.step("Docker daemon"):
        if not wait_until(answers, START_SECONDS, every=0.5):
            tail = "\n".join(_log(home).read_text(errors="replace").splitlines()[-8:]) if _log(home).is_file() else ""
            raise LocalCloudError(f"Docker's daemon did not come up in {START_SECONDS} s:\n{tail}\n{OTHERWISE}")


def _answers() -> bool:
    return _connect()[0] is not None


class _Daemon:
    """A `dockerd` of our own. One that ends at once is started anew: another may still be ending, with its files."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._process = self._launch()

    def _launch(self) -> "subprocess.Popen[bytes]":
        self._home.logs.mkdir(parents=True, exist_ok=True)
        self._home.run.mkdir(parents=True, exist_ok=True)
        with _log(self._home).open("ab") as log:
            daemon = subprocess.Popen(
                ["dockerd"], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        (self._home.run / "dockerd.pid").write_text(str(daemon.pid))
        return daemon

    def answers(self) -> bool:
        if _answers():
            return True
        if self._process.poll() is not None:
            self._process = self._launch()
        return False


def _log(home: Home) -> Path:
    return home.logs / "dockerd.log"
