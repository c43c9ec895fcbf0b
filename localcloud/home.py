"""Where the local cloud of one checkout keeps its things, and the port it listens on."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class LocalCloudError(Exception):
    """A problem for the user: shown as one message, without a traceback."""


def cache() -> Path:
    """Folder of what is made once for every checkout of this user, in `$XDG_CACHE_HOME` or `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fargate-localcloud"


@dataclass(frozen=True)
class Home:
    """The folder and the port of one local cloud. Two checkouts have two, and do not see each other."""

    root: Path
    """Folder of everything that is made here: `LOCALCLOUD_HOME`, by default `.localcloud` in the checkout."""
    port: int
    """Loopback port of the emulator, its registry and its load balancers: `LOCALCLOUD_PORT`, by default that of
    the last start, as shells and addresses in the state have it, and 4566 at first."""
    project: Path
    """The checkout."""

    @classmethod
    def load(cls) -> "Home":
        """Read the environment.

        Raises:
            LocalCloudError: `LOCALCLOUD_PORT` is not a port.

        """
        project = Path(__file__).resolve().parent.parent
        root = Path(os.environ.get("LOCALCLOUD_HOME") or project / ".localcloud").expanduser().absolute()
        last = root / "run" / "port"
        port = os.environ.get("LOCALCLOUD_PORT", last.read_text() if last.is_file() else "4566")
        if not port.isdecimal() or not 1024 <= int(port) <= 65535:
            raise LocalCloudError(f"LOCALCLOUD_PORT must be a number from 1024 to 65535, got {port!r}")
        return cls(root=root, port=int(port), project=project)

    @property
    def endpoint(self) -> str:
        """The address that AWS clients call."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, url: str) -> str:
        """An address by the name under which browsers find it here: a host of its own has `.localhost` behind it."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        return url if host.endswith(".localhost") else f"http://{host}.localhost:{self.port}{parts.path}"

    @property
    def bin(self) -> Path:
        """Executables put first on PATH: `pulumi` and what it starts."""
        return self.root / "bin"

    @property
    def engine(self) -> Path:
        """Link to the Pulumi CLI that `bin/pulumi` hands over to."""
        return self.root / "engine" / "pulumi"

    @property
    def logs(self) -> Path:
        """One log a background process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Process ids and ports of what runs now."""
        return self.root / "run"

    @property
    def made(self) -> Path:
        """Ids of what the providers made and no engine has shown to know yet."""
        return self.run / "made"

    @property
    def backend(self) -> Path:
        """Pulumi's state of the stacks deployed here."""
        return self.root / "state"

    @property
    def stacks(self) -> Path:
        """Copies of the stack files that the engine may write to; the tracked ones stay as they are."""
        return self.root / "stacks"

    @property
    def emulator_state(self) -> Path:
        """The emulator's resources between `stop` and `start`."""
        return self.root / "aws"
