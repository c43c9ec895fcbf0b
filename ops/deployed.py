"""A stack that runs: what its program put out, and AWS as its shell knows it."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.aws_client import limits
from components.checks import hint
from ops.error import OpsError
from ops.stack_file import read

NO_ENGINE = (
    'no pulumi on PATH: install Pulumi\'s CLI, or for the local cloud eval "$(.venv/bin/python -m localcloud env)"'
)


class Deployed:
    """A stack that was deployed, on AWS or on a local cloud: whichever this shell's `pulumi` and environment mean."""

    def __init__(self, folder: Path, stack: str) -> None:
        """Read a stack's outputs.

        Raises:
            OpsError: it has no file, was never deployed, or the engine says no.
        """
        self.stack = stack
        self.region = read(folder, stack).region
        self._outputs = _outputs(folder, stack)

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

    @property
    def services(self) -> list[str]:
        """Names of its services."""
        return list(self._outputs["services"])

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """A client of AWS in a region, or else the stack's, by this shell's credentials. It gives up soon: `limits`."""
        import boto3  # it takes as long to load as all the rest

        make: Any = boto3.client
        return make(service, region_name=region or self.region, config=limits())


def _outputs(folder: Path, stack: str) -> dict[str, Any]:
    command = ["pulumi", "stack", "output", "--json", "--stack", stack, "--non-interactive"]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise OpsError(NO_ENGINE) from None
    if ran.returncode:
        raise OpsError(f"the outputs of stack {stack} cannot be read. The engine said:\n{ran.stderr.strip()}")
    found = json.loads(ran.stdout)
    if "cluster" not in found:
        raise OpsError(f"stack {stack} is not deployed: pulumi up -s {stack}")
    return found
