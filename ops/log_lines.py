"""Lines of log groups, by time: those that are there, and those that come."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from ops.log_sources import Source

EARLIEST = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""Before which CloudWatch does not read backwards (its API Reference, "FilterLogEvents", `startFromHead`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What a container wrote at once; it may have several lines."""

    at: int
    """Milliseconds since 1970, in UTC."""
    source: Source
    """Whose it is."""
    task: str
    """Id of the task; empty where the stream is none of a task's."""
    container: str
    """Name of the container, or what else the stream is named after."""
    message: str
    """The text."""

    @property
    def time(self) -> str:
        """When, such as `2026-11-26T10:51:02.123Z`."""
        shown = datetime.fromtimestamp(self.at / 1000, UTC).isoformat(timespec="milliseconds")
        return shown.replace("+00:00", "Z")

    @property
    def label(self) -> str:
        """Whose, such as `web/1f2e3d4c`; a container with another name than its service's has it behind."""
        own = () if self.container == self.source.name else (self.container,)
        return "/".join(filter(None, (self.source.name, self.task[:8], *own)))

    @property
    def rows(self) -> list[str]:
        """The text by its lines."""
        return self.message.splitlines() or [""]


@dataclass(slots=True, kw_only=True)
class Lines:
    """Reads sources; a line is told once, in whatever order CloudWatch gets to know of them.

    Source: Amazon CloudWatch Logs API Reference, "FilterLogEvents".
    """

    logs: Any
    """Client of CloudWatch Logs."""
    sources: Sequence[Source]
    """What is read."""
    pattern: str = ""
    """Filter in CloudWatch's words; empty for all lines."""
    absent: set[str] = field(default_factory=set[str])
    """Log groups that are not there."""
    streams: int = 0
    """How many times CloudWatch is asked at the least, to see what is new."""
    _told: dict[str, int] = field(default_factory=dict[str, int])

    def since(self, start: int) -> Iterator[Line]:
        """Those that were written from a time on, oldest first; what is older needs no remembering any more."""
        self._told = {known: at for known, at in self._told.items() if at >= start}
        return self._new(heapq.merge(*self._streams(start, newest_first=False), key=_time))

    def last(self, count: int, start: int) -> list[Line]:
        """As many as `count` of the last that were written from a time on, oldest first.

        They are found from the end, and read from the beginning: who reads backwards cannot tell in which order the
        lines of one millisecond were written.
        """
        newest = heapq.merge(*self._streams(max(start, EARLIEST), newest_first=True), key=_time, reverse=True)
        oldest = min(map(_time, islice(newest, count)), default=None)
        return [] if oldest is None else list(self.since(oldest))[-count:]

    def _new(self, found: Iterable[tuple[Source, dict[str, Any]]]) -> Iterator[Line]:
        for source, event in found:
            if event["eventId"] not in self._told:
                self._told[event["eventId"]] = event["timestamp"]
                yield _line(source, event)

    def _streams(self, start: int, *, newest_first: bool) -> list[Iterator[tuple[Source, dict[str, Any]]]]:
        wanted = [(source, prefix) for source in self.sources for prefix in source.prefixes()]
        self.streams = len(wanted)
        return [self._events(source, prefix, start, newest_first) for source, prefix in wanted]

    def _events(
        self, source: Source, prefix: str, start: int, newest_first: bool
    ) -> Iterator[tuple[Source, dict[str, Any]]]:
        """Page by page, as they are needed: a page may be empty, and others follow."""
        asked: dict[str, Any] = {"logGroupName": source.log_group, "startTime": start}
        asked |= {"startFromHead": False} if newest_first else {}
        asked |= {"filterPattern": self.pattern} if self.pattern else {}
        asked |= {"logStreamNamePrefix": prefix} if prefix else {}
        try:
            for page in self.logs.get_paginator("filter_log_events").paginate(**asked):
                yield from ((source, event) for event in page["events"])
        except self.logs.exceptions.ResourceNotFoundException:
            self.absent.add(source.log_group)


def _time(found: tuple[Source, dict[str, Any]]) -> int:
    return found[1]["timestamp"]


def _line(source: Source, event: dict[str, Any]) -> Line:
    names = event["logStreamName"].split("/")
    _, container, task = names if len(names) == 3 else ("", names[0], "")
    return Line(at=event["timestamp"], source=source, task=task, container=container, message=event["message"])
