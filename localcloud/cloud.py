"""Starting and stopping the local cloud, and asking it how it is."""

import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from localcloud.home import Home, LocalCloudError
from localcloud.processes import Process, wait_until

START_SECONDS = 60
SERVICES_SECONDS = 90
ENFORCED = ", IAM enforced"
STOP_SECONDS = 90  # task containers get two seconds, many at a time


@dataclass(frozen=True)
class Cloud:
    """The two background processes of one home."""

    home: Home

    @property
    def emulator(self) -> Process:
        """AWS's APIs, the image registry and the load balancers."""
        return Process(self.home, "emulator", "localcloud.emulator")

    @property
    def providers(self) -> Process:
        """The `aws` and `docker` providers that every engine attaches to."""
        return Process(self.home, "providers", "localcloud.providers")

    @property
    def ports(self) -> dict[str, int]:
        """The providers' ports; empty when they do not run."""
        try:
            return dict(json.loads((self.home.run / "providers.json").read_text())) if self.providers.pid else {}
        except (OSError, ValueError):
            return {}

    @property
    def running(self) -> bool:
        """Whether an engine can deploy now."""
        return bool(self.emulator.pid and self.ports and self.answers())

    def answers(self) -> bool:
        """Whether the emulator takes requests."""
        try:
            return bool(self._get("/_ministack/health"))
        except (OSError, urllib.error.URLError):
            return False

    @property
    def mode(self) -> str:
        """How it was started last, in words."""
        file = self.home.run / "mode"
        return file.read_text() if file.is_file() else ""

    @property
    def enforces(self) -> bool:
        """Whether it evaluates IAM policies, of every call of AWS's APIs."""
        return self.mode.endswith(ENFORCED)

    def start(self, *, without_docker: bool = False, auth: bool = False) -> bool:
        """Start what does not run yet. False when everything ran.

        Raises:
            LocalCloudError: it runs with Docker and is wanted without, or enforces IAM and is not to, or the reverse;
                the port is taken; or a process does not come up.

        """
        wanted = ("without Docker" if without_docker else "with Docker") + (ENFORCED if auth else "")
        if self.emulator.pid and self.mode not in ("", wanted):
            why = f" (LOCALCLOUD_AUTH is {'' if auth else 'not '}1 in this shell)" if auth != self.enforces else ""
            raise LocalCloudError(f"the local cloud runs {self.mode}: `make down` first, to start it {wanted}{why}")
        if self.running:
            return False
        self.home.run.mkdir(parents=True, exist_ok=True)
        (self.home.run / "mode").write_text(wanted)
        environment = {"LOCALCLOUD_WITHOUT_DOCKER": "1" if without_docker else "0", "AUTH": str(auth).lower()}
        if not self.emulator.pid:
            self._refuse_taken_port()
            (self.home.run / "port").write_text(str(self.home.port))
            self.emulator.start(environment)
        if not self.providers.pid:
            (self.home.run / "providers.json").unlink(missing_ok=True)
            self.providers.start(environment)
        for process, ready in ((self.emulator, self.answers), (self.providers, lambda: bool(self.ports))):
            wait_until(lambda ready=ready, process=process: ready() or process.pid is None, START_SECONDS)
            if not ready():
                raise process.died()
        return True

    def killed(self) -> bool:
        """Whether the emulator ended otherwise than by `stop`: there is what it saved soon after each change."""
        return self.emulator.was_started and not self.emulator.pid

    def waiting(self) -> list[str]:
        """Services, as `cluster/name`, with fewer healthy tasks than they want."""
        return list(json.loads(self._get("/_localcloud/waiting")))

    def session(self, key: str) -> dict[str, Any]:
        """The role and the end (seconds since 1970) of a session that this cloud's STS gave; empty for any other."""
        return dict(json.loads(self._get(f"/_localcloud/session/{quote(key, safe='')}")))

    def await_services(self) -> list[str]:
        """Wait for the tasks of restored services; those that do not come back in time."""
        wait_until(lambda: not self.waiting(), SERVICES_SECONDS, every=0.5)
        return self.waiting()

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.home.endpoint + path, timeout=5) as reply:  # noqa: S310 - loopback
            return reply.read()

    def stop(self) -> bool:
        """End both processes; the emulator saves its state and removes its containers first. False when none ran."""
        providers = self.providers.stop(10)
        return self.emulator.stop(STOP_SECONDS) or providers

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.home.port))
            except OSError:
                owner = _listener(self.home.port)
                raise LocalCloudError(
                    f"port {self.home.port} is taken{f' by {owner}' if owner else ''}: end that, or choose "
                    "another with LOCALCLOUD_PORT=4567"
                ) from None


def _listener(port: int) -> str:
    """The process that listens on a port, as far as /proc tells: its name and id."""
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        columns = [row.split() for row in rows]
        inodes |= {row[9] for row in columns if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
    for directory in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            links = {str(link.readlink()) for link in (directory / "fd").iterdir()}
            if links & {f"socket:[{inode}]" for inode in inodes}:
                return f"{(directory / 'comm').read_text().strip()} (process {directory.name})"
        except OSError:
            continue
    return ""
