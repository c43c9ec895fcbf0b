"""Steady requests over kept-alive connections to this machine, bounded in number and time."""

import http.client
import threading
import time
from dataclasses import dataclass, field

_TIMEOUT = 10
"""Seconds that a client waits for the next bytes."""


@dataclass(frozen=True)
class Failure:
    """A request that was lost."""

    at: float
    """When its client knew, in seconds since the epoch."""
    seconds: float
    """How long it had waited."""
    problem: str
    """What the client got instead of the page."""


@dataclass
class Load:
    """Asks for a page so often a second, from several clients, while it is entered."""

    port: int
    host: str
    per_second: int = 100
    clients: int = 10
    most_seconds: float = 3600
    failures: list[Failure] = field(default_factory=list[Failure])
    seconds: list[float] = field(default_factory=list[float])
    """How long each request took."""

    @property
    def requests(self) -> int:
        """How many were made, the lost ones among them."""
        return len(self.seconds)

    def __enter__(self) -> "Load":
        self._done, self._lock, self._begun = threading.Event(), threading.Lock(), time.monotonic()
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(_TIMEOUT + 5)
        assert not any(thread.is_alive() for thread in self._threads), "a request has no end, and is not counted"

    def _client(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)
        pause = self.clients / self.per_second
        due = time.monotonic()
        while not self._done.is_set() and time.monotonic() - self._begun < self.most_seconds:
            begun = time.monotonic()
            problem = self._ask(connection)
            took = time.monotonic() - begun
            with self._lock:
                self.seconds.append(took)
                if problem:
                    self.failures.append(Failure(time.time(), took, problem))
            due = max(due + pause, time.monotonic() - 1)
            time.sleep(max(0, due - time.monotonic()))

    def _ask(self, connection: http.client.HTTPConnection) -> str | None:
        """What went wrong with one request; the connection is kept, and made anew only after a failure."""
        try:
            connection.request("GET", "/", headers={"Host": self.host})
            reply = connection.getresponse()
            body = reply.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return f"{type(error).__name__}: {error}"
        return None if reply.status == 200 else f"{reply.status} {body[:120].decode(errors='replace')}"
