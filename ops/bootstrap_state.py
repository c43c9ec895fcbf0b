"""Where the bootstrap's own state is: in the bucket that it makes, and in a folder until that is there.

Source: Pulumi docs, "Managing state and backend options", "Migrating between state backends".
"""

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bootstrap.names import Names
from ops.aim import Aim
from ops.deployed import NO_ENGINE, PLAIN
from ops.error import OpsError
from ops.process import Ended, answer
from ops.where import BACKEND

FIRST = ".state"
"""Folder beside the program that holds the state before a bucket does, in a folder of the bucket's name."""
_PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the name of one
_OUR_OWN = (BACKEND, _PASSPHRASE, f"{_PASSPHRASE}_FILE")


class State:
    """The state of the stack that makes the state bucket. On the local cloud its own `pulumi` decides."""

    def __init__(self, aimed: Aim, names: Names) -> None:
        """Find it; nothing is changed.

        Args:
            aimed: the stack.
            names: of the account's delivery.

        Raises:
            OpsError: the bucket is somebody else's, or the engine says no.
        """
        self._aimed, self._names = aimed, names
        self._folder = aimed.folder.resolve() / FIRST / names.state_bucket
        self._bucket_url = names.backend_url
        self.is_moved = aimed.is_local or (self._there_is_a_bucket() and bool(self._resources(self._bucket_url)))

    @property
    def url(self) -> str | None:
        """Where it is now; None where that is not for us to say."""
        if self._aimed.is_local:
            return None
        return self._bucket_url if self.is_moved else self._folder.as_uri()

    def environment(self, url: str | None) -> dict[str, str]:
        """The environment of the engine's commands. There is no secret in this state, and so no passphrase."""
        environment = self._aimed.environment()
        if url is None:
            return environment
        kept = {name: value for name, value in environment.items() if name not in _OUR_OWN}
        return {**kept, BACKEND: url, _PASSPHRASE: ""}

    def ensure_stack(self) -> None:
        """Make the stack where its state is, if it is not there.

        A folder that a move left behind which was ended goes, if the bucket knows all that it knows.

        Raises:
            OpsError: the engine says no.
        """
        if not self.is_moved:
            self._folder.mkdir(parents=True, exist_ok=True)
        elif not self._aimed.is_local and self._folder.is_dir() and self._is_in_the_bucket():
            shutil.rmtree(self._folder)
        self._ensure_at(self.url)

    def move(self, show: Callable[[str], object]) -> None:
        """Bring it from the folder into the bucket, once. Ended in between, the next time begins again.

        Args:
            show: gets a line of what is done.

        Raises:
            OpsError: the engine says no, or not everything came to be there.
        """
        if not self.is_moved:
            show(f"Moving this stack's own state into {self._bucket_url}")
            wanted = self._resources(self._folder.as_uri())
            with TemporaryDirectory() as folder:
                file = str(Path(folder, "state.json"))
                self._ask(["stack", "export", "--file", file], self._folder.as_uri())
                self._ensure_at(self._bucket_url)
                self._ask(["stack", "import", "--file", file], self._bucket_url)
            got = self._resources(self._bucket_url)
            if got != wanted:
                raise OpsError(
                    f"{len(got)} of {len(wanted)} resources came into {self._bucket_url}: {self._folder} is still right"
                )
            self.is_moved = True
            shutil.rmtree(self._folder)
        self._say_layout()

    def _is_in_the_bucket(self) -> bool:
        return self._resources(self._folder.as_uri()) <= self._resources(self._bucket_url)

    def _there_is_a_bucket(self) -> bool:
        from botocore.exceptions import ClientError  # it takes a while to load

        bucket = self._names.state_bucket
        try:
            self._aimed.client("s3").head_bucket(Bucket=bucket)
        except ClientError as error:
            if "(404)" in str(error):
                return False
            raise OpsError(
                f"bucket {bucket} cannot be asked ({error}): it is another account's, or these credentials are no "
                "administrator's"
            ) from None
        return True

    def _say_layout(self) -> None:
        """Write what the engine writes into an empty bucket: no role of CI may, as it is for all stacks."""
        from botocore.exceptions import ClientError

        with contextlib.suppress(ClientError):  # it is there
            self._aimed.client("s3").put_object(
                Bucket=self._names.state_bucket, Key=".pulumi/meta.yaml", Body=b"version: 1\n", IfNoneMatch="*"
            )

    def _resources(self, url: str) -> frozenset[str]:
        """The resources that a backend knows of the stack; none of a stack that it does not know."""
        with TemporaryDirectory() as folder:
            file = Path(folder, "state.json")
            ended = self._run(["stack", "export", "--file", str(file)], url)
            if "no stack named" in ended.said:
                return frozenset()
            self._refuse(ended)
            deployment = json.loads(file.read_text(encoding="utf-8"))["deployment"]
        return frozenset(one["urn"] for one in deployment.get("resources") or ())

    def _ensure_at(self, url: str | None) -> None:
        words = ["stack", "select", self._aimed.stack, "--create"]
        self._refuse(answer(["pulumi", *words, *PLAIN], self._aimed.folder, self.environment(url), "", NO_ENGINE))

    def _ask(self, words: list[str], url: str) -> None:
        self._refuse(self._run(words, url))

    def _run(self, words: list[str], url: str) -> Ended:
        command = ["pulumi", *words, "--stack", self._aimed.stack, *PLAIN]
        return answer(command, self._aimed.folder, self.environment(url), "", NO_ENGINE)

    @staticmethod
    def _refuse(ended: Ended) -> None:
        if ended.code:
            raise OpsError(f"the state of the bootstrap cannot be had. The engine said:\n{ended.said}")
