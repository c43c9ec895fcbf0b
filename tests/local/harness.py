"""A local cloud beside any that the user runs, and programs to deploy on it, as a user would type it."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import docker
import requests
from docker.models.containers import Container

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    *("__main__.py", "settings.py", "configuration", "components", "bootstrap", "costs", "policies", "app"),
    *("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"),
)
REGION = "ap-northeast-1"
MOST_SECONDS = 600
"""After which a command is waited for no more."""


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    code: int
    out: str

    @property
    def changes(self) -> dict[str, int]:
        """The engine's own count, such as {"create": 2, "same": 40}, from its JSON events' summary."""
        counts: dict[str, int] = {}
        for line in self.out.splitlines():
            words = line.strip().split()
            if len(words) >= 2 and words[0] in ("+", "~", "-", "+-") and words[1].isdigit():
                counts[words[0]] = int(words[1])
            elif len(words) >= 2 and words[0].startswith("+-") and words[0][2:].isdigit():
                counts["+-"] = int(words[0][2:])
            elif "unchanged" in words and words[words.index("unchanged") - 1].isdigit():
                counts["same"] = int(words[words.index("unchanged") - 1])
        return counts


class Cloud:
    """A running local cloud, and the commands that a user would type at it."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "LOCALCLOUD_HOME": str(home),
            "LOCALCLOUD_PORT": str(port),
            "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def localcloud(self, *arguments: str, timeout: float = 900) -> Ran:
        return self.run([sys.executable, "-m", "localcloud", *arguments], ROOT, timeout=timeout)

    def run(self, command: list[str], folder: Path, timeout: float = 600) -> Ran:
        done = subprocess.run(
            command,
            cwd=folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        return Ran(done.returncode, done.stdout)

    def client(self, service, region: str = REGION):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def containers(self, client: docker.DockerClient, *, all: bool = False, **filters) -> list[Container]:
        """Those of its tasks. Others go while Docker is asked for one after the other: such a one is left out."""
        found = client.containers.list(all=all, filters=filters, ignore_removed=True)
        return [one for one in found if one.labels.get("ministack.instance", "").endswith(f":{self.port}")]

    def get(self, url: str, **kwargs) -> requests.Response:
        """Open an address as a browser would: `*.localhost` is loopback, which Python's resolver does not know.

        HTTPS is asked for as the local cloud has it: with TLS ended before its one port.
        """
        host, _, path = url.partition("://")[2].partition("/")
        return requests.get(f"{self.endpoint}/{path}", headers={"Host": host}, timeout=10, **kwargs)


@contextlib.contextmanager
def own_cloud(folder: Path, *arguments: str, **environment: str) -> Iterator[Cloud]:
    """A local cloud of its own, started with more arguments, in which all commands have more environment."""
    own = Cloud(folder, free_port())
    own.environment |= environment
    try:
        ran = own.localcloud("start", *arguments)
        assert ran.code == 0, ran.out
        yield own
    finally:
        stopped = own.localcloud("stop")  # also one that came up in part
    assert stopped.code == 0, stopped.out


def cloud_with_iam(folder: Path, *arguments: str) -> contextlib.AbstractContextManager[Cloud]:
    """One that enforces IAM."""
    return own_cloud(folder, *arguments, LOCALCLOUD_AUTH="1")


@dataclass(frozen=True)
class Project:
    """A copy of the program that a test may change."""

    cloud: Cloud
    folder: Path

    def pulumi(self, *arguments: str, ok: bool = True, timeout: float = 600) -> Ran:
        ran = self.cloud.run(["pulumi", *arguments, "--non-interactive", "--color", "never"], self.folder, timeout)
        assert not ok or ran.code == 0, ran.out
        return ran

    def up(self, stack: str = "dev", *, ok: bool = True, timeout: float = 600) -> Ran:
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", stack, ok=ok, timeout=timeout)

    def interrupted_up(self, after: str, stack: str = "dev") -> Ran:
        """An `up` that gets Ctrl-C, as a terminal sends it, at the line of its output that has `after`."""
        return self._ended_up(after, 1, stack, lambda pid: os.killpg(pid, signal.SIGINT))

    def killed_up(self, after: str, stack: str = "dev", *, nth: int = 1, seconds: float = 0) -> Ran:
        """An `up` whose engine is killed, `seconds` after the nth line of its output that has `after`."""

        def kill(pid: int) -> None:
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)

        return self._ended_up(after, nth, stack, kill)

    def during_up(self, after: str, do: Callable[[], object], stack: str = "dev") -> Ran:
        """An `up` in whose middle something else happens, at the line of its output that has `after`."""
        return self._ended_up(after, 1, stack, lambda _: do())

    def _ended_up(self, after: str, nth: int, stack: str, end: Callable[[int], object]) -> Ran:
        command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack, "--non-interactive", "--color", "never"]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.cloud.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            lines: list[str] = []
            too_late = threading.Event()
            limit = threading.Timer(MOST_SECONDS, lambda: (too_late.set(), process.kill()))
            limit.start()
            try:
                for line in process.stdout or ():
                    lines.append(line)
                    nth -= after in line
                    if nth == 0:
                        end(process.pid)
                        nth = -1
            finally:
                limit.cancel()
        assert not too_late.is_set(), "".join(lines)
        return Ran(process.returncode, "".join(lines))

    def ops(self, *arguments: str) -> Ran:
        """One of our own commands, in a shell that means this cloud."""
        command = [sys.executable, "-m", "ops", *arguments]
        ran = subprocess.run(
            command, cwd=self.folder, env=self.shell, capture_output=True, text=True, timeout=MOST_SECONDS
        )
        return Ran(ran.returncode, ran.stdout + ran.stderr)

    @property
    def shell(self) -> dict[str, str]:
        """The environment of a shell that means this cloud."""
        return {
            **self.cloud.environment,
            "AWS_ENDPOINT_URL": self.cloud.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "PYTHONPATH": str(ROOT),
        }

    def destroy(self, stack: str = "dev") -> Ran:
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack)

    def replaced(self, stack: str = "dev") -> set[str]:
        """What an `up` would replace: type and name of each, such as `lb/listenerRule web`."""
        out = self.pulumi("preview", "--json", "--stack", stack).out
        plan = json.loads(out[out.index("{") :])
        urns = {step["urn"] for step in plan["steps"] if step["op"] == "replace"}
        return {f"{kind.split('$')[-1].split(':')[1]} {name}" for kind, name in (urn.split("::")[2:] for urn in urns)}

    def outputs(self, stack: str = "dev") -> dict:
        ran = self.cloud.run(["pulumi", "stack", "output", "--json", "--stack", stack], self.folder)
        return json.loads(ran.out)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new))


@contextlib.contextmanager
def deployed(project: Project, *stacks: str) -> Iterator[list[Ran]]:
    """Stacks that are up, `dev` if none is named, and gone at the end, also where an `up` of them fails.

    What goes wrong first is what is raised: that a stack could then not be destroyed is a note of it.
    """
    names = stacks or ("dev",)
    try:
        yield [project.up(stack) for stack in names]
    except BaseException as error:
        for stack in names:
            try:
                project.destroy(stack)
            except (AssertionError, OSError, subprocess.SubprocessError) as another:
                error.add_note(f"and {stack} was not destroyed: {another}")
        raise
    with contextlib.ExitStack() as ends:  # all of them, also where one fails
        for stack in names:
            ends.callback(project.destroy, stack)


def free_port() -> int:
    """Below those that the kernel gives to outgoing connections: one of them may take a stopped cloud's meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def eventually(check, seconds: float = 60):
    """Poll until `check` returns something true, and return it; a request without an answer is not the end."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(requests.RequestException):
            if found := check():
                return found
        assert time.monotonic() < deadline, f"{check} not within {seconds} s"
        time.sleep(0.2)


def copy_of_program(cloud: Cloud, folder: Path, name: str = "") -> Project:
    """The program in a folder of its own; another `name` makes another project of it."""
    folder.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / part, folder / part)
    project = Project(cloud, folder)
    if name:
        project.edit("Pulumi.yaml", "name: fargate", f"name: {name}")
    return project
