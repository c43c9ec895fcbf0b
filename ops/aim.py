"""Where a command of delivery acts, also on a stack that is not deployed yet. It is told first, and checked."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from components.aws_client import limits
from configuration.delivered import VARIABLE
from ops.deployed import is_loopback, session_of
from ops.output import note
from ops.stack_file import StackFile, read, refuse_another_account
from ops.where import FALLBACK


class Aim:
    """A stack's file, and the AWS that this shell's credentials lead to."""

    def __init__(self, folder: Path, stack: str) -> None:
        """Read the file.

        Raises:
            OpsError: there is none, or it cannot be read.
        """
        self.folder, self.stack = folder, stack
        self.file: StackFile = read(folder, stack)
        self.region = self.file.region

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """A client of AWS in the stack's region, which gives up soon: `limits`."""
        return self._session.client(service, region_name=self.region, config=limits())

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - boto3 has no types
        return session_of(self.file, self.stack)

    @cached_property
    def endpoint(self) -> str:
        """Where AWS is asked."""
        return str(self.client("sts").meta.endpoint_url)

    @property
    def is_local(self) -> bool:
        """Whether that is this machine's local cloud."""
        return is_loopback(self.endpoint)

    @cached_property
    def account(self) -> str:
        """The account that this shell's credentials are of.

        Raises:
            botocore.exceptions.BotoCoreError: there are no credentials, or nobody answers.
            botocore.exceptions.ClientError: AWS does not know them.
        """
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def target(self) -> str:
        """Where it acts, in words."""
        if self.is_local:
            return f"local cloud at {self.endpoint}, stack {self.stack}"
        return f"account {self.account}, {self.region}, stack {self.stack}"

    def registry_address(self, address: str) -> str:
        """An address of an image repository as it opens here: the local cloud's registry is at its own port."""
        if not self.is_local:
            return address
        return f"localhost:{urlsplit(self.endpoint).port}/{address.partition('/')[2]}"

    def environment(self, images: Path | None = None) -> dict[str, str]:
        """The environment of the engine's commands.

        Where a stack file does not name what encrypts the state's secrets, as in a checkout of CI, the state knows
        (Pulumi docs, "Environment variables").

        Args:
            images: file of images to take over; none: the stack file is deployed as it is.
        """
        kept: Mapping[str, str] = {name: value for name, value in os.environ.items() if name != VARIABLE}
        given = {VARIABLE: str(images.resolve())} if images else {}
        return {**kept, FALLBACK: "true", **given}


def aim(folder: Path, stack: str) -> Aim:
    """A stack, once standard error has said where: `Target: account 123456789012, eu-west-1, stack dev`.

    Args:
        folder: of its program.
        stack: its name.

    Raises:
        OpsError: it has no file; or this shell's credentials are not of an account that `aws:allowedAccountIds` names.
        botocore.exceptions.BotoCoreError: there are no credentials, or nobody answers.
        botocore.exceptions.ClientError: AWS does not know them.

    Source: AWS STS API Reference, "GetCallerIdentity", which needs no permission.
    """
    found = Aim(folder, stack)
    note(f"Target: {found.target}")
    if not found.is_local:
        refuse_another_account(found.file, stack, found.account)
    return found
