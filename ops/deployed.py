"""A stack that runs: what its program put out, and AWS as its shell knows it."""

import ipaddress
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from components.aws_client import limits
from components.checks import hint
from ops.error import OpsError
from ops.stack_file import StackFile, read

LOCAL = 'eval "$(.venv/bin/python -m localcloud env)"'
"""What turns a shell to the local cloud."""
_NEEDED = {
    "services": ("service", "task_definition", "log_group"),
    "jobs": ("schedule", "task_definition", "log_group"),
}
"""What the program puts out about each, and the commands go by."""
NO_ENGINE = f"no pulumi on PATH: install Pulumi's CLI, or for the local cloud {LOCAL}"
PLAIN = ("--non-interactive", "--color", "never")
"""What makes the engine ask nothing, and write nothing but text."""


class Deployed:
    """A stack that was deployed, on AWS or on a local cloud: whichever this shell's `pulumi` and environment mean."""

    def __init__(self, folder: Path, stack: str) -> None:
        """Read a stack's outputs.

        Raises:
            OpsError: it has no file, was never deployed, or the engine says no.
        """
        self.stack = stack
        self.file: StackFile = read(folder, stack)
        """The stack's file, as it is now."""
        self.region = self.file.region
        self._outputs = _outputs(folder, stack)
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def endpoint(self) -> str:
        """Where AWS is asked, by all that boto3 heeds: `AWS_ENDPOINT_URL`, a profile, or else AWS's own address."""
        return str(self.client("sts").meta.endpoint_url)

    @property
    def is_local(self) -> bool:
        """Whether that is this machine: a local cloud, and no AWS."""
        return is_loopback(self.endpoint)

    @property
    def account(self) -> str:
        """Number of the account that it was deployed to; empty when nothing in it says so."""
        running = [*self._outputs["services"].values(), *self._outputs.get("jobs", {}).values()]
        return next((one["task_definition"].split(":")[4] for one in running), "")

    @property
    def url(self) -> str:
        """Address of its load balancer; empty without one."""
        return str(self._outputs.get("url") or "")

    @property
    def cluster(self) -> str:
        """Name of its cluster."""
        return str(self._outputs["cluster"])

    def service(self, name: str) -> Mapping[str, str]:
        """What its program put out about a service.

        Raises:
            OpsError: there is none of this name.
        """
        services: dict[str, Mapping[str, str]] = self._outputs["services"]
        if name not in services:
            raise OpsError(f"stack {self.stack} runs no service {name!r}: {hint(name, services)}")
        return services[name]

    def job(self, name: str) -> Mapping[str, str]:
        """What its program put out about a job.

        Raises:
            OpsError: there is none of this name.
        """
        jobs: dict[str, Mapping[str, str]] = self._outputs.get("jobs", {})
        if name not in jobs:
            raise OpsError(f"stack {self.stack} has no job {name!r}: {hint(name, jobs, '' if jobs else 'it has none')}")
        return jobs[name]

    @property
    def services(self) -> list[str]:
        """Names of its services."""
        return list(self._outputs["services"])

    @property
    def jobs(self) -> list[str]:
        """Names of its jobs."""
        return list(self._outputs.get("jobs", {}))

    @property
    def profile(self) -> str:
        """The profile by which AWS is asked; empty where it is whatever this shell's environment says."""
        return profile_of(self.file)

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """A client of AWS in a region, or else the stack's, which gives up soon: `limits`.

        Its credentials are this shell's, or those of `aws:profile` in the stack file, unless `AWS_ENDPOINT_URL` means
        another AWS than the account's. Roles of `aws:assumeRoles` are not taken.
        """
        wanted = (service, region or self.region)
        if wanted not in self._clients:
            self._clients[wanted] = self._session.client(service, region_name=wanted[1], config=limits())
        return self._clients[wanted]

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - boto3 has no types
        """One for all clients: each would have credentials of its own, and ask for them."""
        return session_of(self.file, self.stack)


def profile_of(file: StackFile) -> str:
    """The profile by which AWS is asked about a stack; empty where it is whatever this shell's environment says.

    That is `aws:profile` in its file, unless `AWS_ENDPOINT_URL` means another AWS than the account's.
    """
    return "" if os.environ.get("AWS_ENDPOINT_URL") else file.config.get("aws:profile", "")


def session_of(file: StackFile, stack: str) -> Any:  # noqa: ANN401 - boto3 has no types
    """A session of boto3's by that profile, or else by this shell's environment.

    Raises:
        OpsError: this machine has no profile of the name that the stack's file says.
    """
    import boto3  # it takes as long to load as all the rest
    from botocore.exceptions import ProfileNotFound

    profile = profile_of(file)
    try:
        return boto3.Session(profile_name=profile or None)
    except ProfileNotFound:
        if not profile:
            raise
        raise OpsError(
            f"this machine has no AWS profile {profile!r}, which aws:profile in Pulumi.{stack}.yaml names. "
            f"Name one of aws configure list-profiles there, or make it: aws configure --profile {profile}"
        ) from None


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def outputs_of(folder: Path, stack: str, environment: Mapping[str, str] | None = None) -> dict[str, Any] | None:
    """What a stack put out when it was deployed last, whatever program that was.

    Args:
        folder: of the program.
        stack: its name.
        environment: all of the engine's environment; this process's, if none.

    Returns:
        None where the state knows no such stack.

    Raises:
        OpsError: there is no engine, or it says no.
    """
    command = ["pulumi", "stack", "output", "--json", "--stack", stack, "--non-interactive"]
    try:
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise OpsError(NO_ENGINE) from None
    if "no stack named" in ran.stderr:
        return None
    if ran.returncode:
        raise OpsError(f"the outputs of stack {stack} cannot be read. The engine said:\n{ran.stderr.strip()}")
    return dict(json.loads(ran.stdout))


def _outputs(folder: Path, stack: str) -> dict[str, Any]:
    found = outputs_of(folder, stack)
    if found is None:
        raise OpsError(
            f"stack {stack} has a file, but was never deployed from here: pulumi up -s {stack}. If it runs already, "
            "this shell's pulumi keeps its state elsewhere: pulumi whoami -v names where, pulumi login changes it"
        )
    if not found:
        raise OpsError(f"stack {stack} is not deployed: pulumi up -s {stack}")
    if missing := [name for name in ("cluster", "services") if name not in found]:
        raise OpsError(
            f"stack {stack} has no output {' and no '.join(missing)}, by which its services are found: another program "
            f"deployed it, or not to its end. pulumi up -s {stack} brings both, if this folder's program is its own"
        )
    if strange := next(_strange(found), None):
        raise OpsError(
            f"output {strange} of stack {stack} is not what this program puts out: another program, or an older "
            f"version of this one, deployed it. pulumi up -s {stack} brings it, if this folder's program is its own"
        )
    return found


def _strange(outputs: Mapping[str, Any]) -> Iterator[str]:
    """The outputs that are not as the program makes them."""
    if not isinstance(outputs["cluster"], str):
        yield "cluster"
    for name, needed in _NEEDED.items():
        described = outputs.get(name, {})
        if isinstance(described, Mapping):
            yield from (f"{name}.{key}" for key, one in described.items() if not _is_as_needed(one, needed))
        else:
            yield name


def _is_as_needed(one: object, needed: Sequence[str]) -> bool:
    if not isinstance(one, Mapping):
        return False
    values = [one.get(key) for key in needed]
    return all(isinstance(value, str) for value in values) and _is_task_definition(one["task_definition"])


def _is_task_definition(arn: str) -> bool:
    """Whether it is an ARN of a revision, such as `arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7`."""
    return re.fullmatch(r"arn:[\w-]+:ecs:[\w-]+:\d+:task-definition/[\w-]+:\d+", arn) is not None
