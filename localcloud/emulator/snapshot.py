"""The emulator's state on disk soon after each change: ministack saves it when it ends in peace only."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

logger = logging.getLogger("localcloud.snapshot")

SECONDS = 1
"""After a change, so that the many of one `up` are saved a few times only."""
READING = ("Describe", "Get", "List")
REGISTRY = ("registry", "ContainerRegistry")
LARGE_BYTES = 10_000_000
"""Of layers that are kept for other homes: a smaller one is sent in no time."""
SHARED_SECONDS = 30 * 24 * 3600


class Snapshots:
    """Saves what has changed, in the background."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._due: dict[bool, float] = {}
        """By whether it is the registry, whose images make it far larger than all else."""

    def run(self) -> None:
        """Begin."""
        threading.Thread(target=self._watch, name="localcloud-snapshots", daemon=True).start()

    def changed(self, by: str) -> None:
        """A request may have changed something: `by` is the operation that it called, as far as it tells."""
        if not by.rpartition(".")[2].startswith(READING):
            self._due.setdefault(any(name in by for name in REGISTRY), time.monotonic() + SECONDS)

    def _watch(self) -> None:
        while True:
            time.sleep(SECONDS / 2)
            for registry in [which for which, at in list(self._due.items()) if at < time.monotonic()]:
                self._due.pop(registry)
                self.save(registry=registry)

    def save(self, *, registry: bool) -> None:
        """Save the registry, or all else, now."""
        from ministack.core.persistence import save_state

        for name, state in self._app._build_persistence_save_dict().items():
            if (name == "ecr") is registry:
                try:
                    save_state(name, _read(state))
                except Exception:  # the next change, or the stop, saves it
                    logger.exception("%s was not saved", name)


@retry(retry=retry_if_exception_type(RuntimeError), stop=stop_after_attempt(5), wait=wait_fixed(0.2), reraise=True)
def _read(state: Callable[[], Any]) -> Any:
    """A service's state; again when a request changed it meanwhile."""
    return state()


def one_at_a_time(save: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
    """At its end ministack saves too, to the same files."""
    lock = threading.Lock()

    def save_state(service: str, data: Any) -> None:
        with lock:
            save(service, data)

    return save_state


class Blobs:
    """Image layers as files of their own: ministack writes all of them into one document each time.

    Args:
        folder: of this home.
        shared: of every home of this user: a large layer that any of them got once is there in all. Docker asks for it
            before it compresses and sends it, which for a base image takes longer than all else of a first `up`.
    """

    def __init__(self, folder: Path, shared: Path) -> None:
        self._folder, self._shared = folder, shared

    def state(self, original: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        """The registry's state, each layer in a file that its digest names."""

        def get_state() -> dict[str, Any]:
            state = original()
            self._folder.mkdir(parents=True, exist_ok=True)
            kept: set[str] = set()
            for layers in state["layer_blobs"]._data.values():
                for digest, content in layers.items():
                    kept.add(self._file(digest).name)
                    self._keep(self._file(digest), content)
                    layers[digest] = None
            for file in self._folder.iterdir():
                if file.name not in kept:
                    file.unlink(missing_ok=True)
            return state

        return get_state

    def restore(self, original: Callable[[Any], None]) -> Callable[[Any], None]:
        """The layers read back. One whose file is gone is told: its image has to be pushed again."""

        def restore_state(data: Any) -> None:
            for layers in data["layer_blobs"]._data.values() if data else ():
                for digest in list(layers):
                    try:
                        layers[digest] = self._file(digest).read_bytes()
                    except OSError as error:
                        logger.error("a layer is lost, push its image again: %s", error)
                        del layers[digest]
            original(data)

        return restore_state

    def head(self, ecr: Any, original: Callable[[str, str], Any], name: str, digest: str) -> Any:
        """Whether a layer is there: one that is shared is taken into the repository that it is asked of."""
        file = self._shared / digest.rpartition(":")[2]
        if name in ecr._repositories and digest not in ecr._layer_blobs.get(name, {}) and file.is_file():
            content = file.read_bytes()
            if hashlib.sha256(content).hexdigest() == file.name:
                file.touch()
                ecr._layer_blobs.setdefault(name, {})[digest] = content
        return original(name, digest)

    def _share(self, file: Path) -> None:
        """Keep a layer for every home, where it is on the same disk, until nobody has asked for it for a month."""
        with suppress(OSError):  # a favour, and other homes tidy up at the same time
            self._shared.mkdir(parents=True, exist_ok=True)
            for old in self._shared.iterdir():
                if old.stat().st_mtime < time.time() - SHARED_SECONDS:
                    old.unlink(missing_ok=True)
            (self._shared / file.name).hardlink_to(file)

    def _file(self, digest: str) -> Path:
        return self._folder / digest.rpartition(":")[2]

    def _keep(self, file: Path, content: bytes) -> None:
        if not file.exists():
            part = file.with_suffix(".part")
            part.write_bytes(content)
            part.replace(file)
            if len(content) > LARGE_BYTES:
                self._share(file)
