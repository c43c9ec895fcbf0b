"""What the checks look at: a stack's file and program, this shell, and the AWS that it means."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from components.aws_client import limits
from components.failed_deployment import one_line
from ops.deployed import PLAIN, is_loopback, session_of
from ops.error import OpsError
from ops.offline import Stack, run
from ops.stack_file import StackFile, read

ENGINE_SECONDS = 8
"""How long a command of the engine may take: its backend may be far away, or nowhere."""
_HOMES = {"cn-": "cn-north-1", "us-gov-": "us-gov-west-1"}
_GONE = re.compile(r"NotFound|NoSuch|Nonexistent")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """A finished command of the engine."""

    code: int
    """Exit code."""
    out: str
    """Standard output."""


class Surroundings:
    """One stack, in one shell. The checks share it, each in a thread of its own."""

    def __init__(self, folder: Path, stack: str) -> None:
        """Read the stack's file and run its program, without any cloud.

        Raises:
            OpsError: there is no such file, or it cannot be read.
        """
        self.folder, self.stack = folder, stack
        self.file: StackFile = read(folder, stack)
        """The stack's file."""
        self.program: Stack | None = None
        """What the program makes of it; None where it refuses."""
        self.problem = ""
        """Why it refuses."""
        try:
            self.program = run(folder, stack)
        except OpsError as error:
            self.problem = str(error)
        self.environment = os.environ
        self._clients: dict[tuple[str, str], Any] = {}
        self._account: str | Exception = ""
        self._making, self._asking, self._running = threading.Lock(), threading.Lock(), threading.Lock()
        self._ran: dict[tuple[str, ...], Ran | None] = {}

    @property
    def region(self) -> str:
        """The stack's."""
        return self.file.region

    @property
    def home(self) -> str:
        """A region of its partition that every account may use."""
        return next((home for prefix, home in _HOMES.items() if self.region.startswith(prefix)), "us-east-1")

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """A client of AWS in a region, or else the stack's.

        Raises:
            OpsError: nobody there knows these credentials, which the check of the account tells.
        """
        try:
            self.account  # noqa: B018 - asking raises
        except Exception:  # noqa: BLE001 - whatever it is, it is told once
            raise OpsError("AWS account comes first") from None
        return self._client(service, region or self.region)

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - as above
        """By this shell's credentials, or the profile that the stack's file names. It gives up soon: `limits`."""
        with self._making:  # boto3's sessions are not to be shared between threads
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(service, region_name=region, config=limits())
        return self._clients[service, region]

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - boto3 has no types
        """One for all clients: each would have credentials of its own, and ask for them."""
        return session_of(self.file, self.stack)

    @property
    def account(self) -> str:
        """The account that this shell's credentials are of. AWS is asked once, whoever wants to know.

        Raises:
            botocore.exceptions.BotoCoreError: there are no credentials, or nobody answers.
            botocore.exceptions.ClientError: AWS does not know them.
            OpsError: this machine has no such profile as the stack's file names.
        """
        with self._asking:
            if not self._account:
                try:
                    self._account = str(self._client("sts", self.home).get_caller_identity()["Account"])
                except Exception as error:  # noqa: BLE001 - kept for all who ask
                    self._account = error
        if isinstance(self._account, Exception):
            raise self._account
        return self._account

    @property
    def endpoint(self) -> str:
        """Where AWS is asked."""
        return str(self._client("sts", self.home).meta.endpoint_url)

    @property
    def is_local(self) -> bool:
        """Whether that is a local cloud; not, where it cannot be said."""
        try:
            return is_loopback(self.endpoint)
        except Exception:  # noqa: BLE001 - the check of the account tells it
            return False

    def pulumi(self, *arguments: str) -> Ran | None:
        """What a command of the engine says, run once; None where there is none, or it does not end."""
        with self._running:
            if arguments not in self._ran:
                self._ran[arguments] = _run(self.folder, ["pulumi", *arguments, *PLAIN])
        return self._ran[arguments]

    def resources(self) -> int | None:
        """How many of the stack the engine knows.

        Returns:
            None where it knows no such stack.

        Raises:
            OpsError: it does not answer.
        """
        ran = self.pulumi("stack", "ls", "--json")
        if ran is None or ran.code:
            raise OpsError("pulumi does not tell its stacks")
        known: list[dict[str, Any]] = json.loads(ran.out)
        mine = (one for one in known if one["name"].rpartition("/")[2] == self.stack)
        return next((int(one.get("resourceCount") or 0) for one in mine), None)


def _run(folder: Path, command: list[str]) -> Ran | None:
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=ENGINE_SECONDS)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return Ran(code=ran.returncode, out=ran.stdout)


def there(ask: Callable[[], Any], *codes: str) -> Any:  # noqa: ANN401 - whatever AWS answers
    """What AWS answers; None where it says that there is no such thing, for one call also by other codes."""
    try:
        return ask()
    except Exception as error:
        response: dict[str, Any] = getattr(error, "response", {})
        code = str(response.get("Error", {}).get("Code"))
        if code in codes or _GONE.search(code):
            return None
        raise


def why(error: Exception) -> str:
    """What an error says to whoever asked for the checks."""
    if isinstance(error, OpsError):
        return str(error)
    if type(error).__module__.startswith("botocore"):
        from ops.aws_error import told

        return told(error)
    return f"the check itself failed: {one_line(error)}"


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, by which it is older or newer than another; none of an empty text."""
    return tuple(map(int, re.findall(r"\d+", version)))
