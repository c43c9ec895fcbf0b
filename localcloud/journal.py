"""What the providers made, for an engine that was killed before it wrote that down.

The providers outlive an engine: a creation that was under way ends all the same, and nobody hears of it. So each keeps
the id of what it made, under the resource's URN, until an engine shows that it knows the resource.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.processes import wait_until

UNDER_WAY = ""


class Journal:
    """One small file a URN.

    Args:
        folder: where they are; made when needed.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def creation(self, urn: str) -> Iterator[Callable[[str], object]]:
        """Around the call that makes a resource, which then gives the id to what this yields."""
        file = self._file(urn)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(UNDER_WAY)
        try:
            yield file.write_text
        except BaseException:
            file.unlink()
            raise

    def known(self, urn: str) -> None:
        """Forget a resource, as its engine knows it."""
        self._file(urn).unlink(missing_ok=True)

    def made(self, urn: str, seconds: float = 60) -> str | None:
        """The id of what was made and is not known to an engine, once its call has ended; None when there is none."""
        file = self._file(urn)
        wait_until(lambda: not file.is_file() or file.read_text() != UNDER_WAY, seconds)
        return (file.read_text() or None) if file.is_file() else None

    def _file(self, urn: str) -> Path:
        return self._folder / hashlib.sha256(urn.encode()).hexdigest()
