"""`ops logs`: what the tasks of a stack wrote, and what they write."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.text import Text

from ops.aws_error import passes
from ops.deployed import Deployed
from ops.error import OpsError
from ops.log_lines import Line, Lines
from ops.log_sources import Source, Wanted, elsewhere, sources
from ops.output import is_read, note, show, write

LINES = 100
"""How many of the last lines are shown when neither a time nor a number is said."""
FILTERED_HOURS = 24
"""How far a filter goes back without a time: where nothing matches, CloudWatch would be read to its beginning."""
PAUSE_SECONDS = 1.0
"""Between two looks, while they are followed."""
CALLS_A_SECOND = 4
"""How often CloudWatch is asked at most: FilterLogEvents has a quota for the whole account and region."""
LATE_SECONDS = 30
"""For which a line may be on its way to CloudWatch; it is shown when it comes."""
QUIET_SECONDS = 600
"""How far behind this machine's clock the last line may be, to tell what time it is for those who write."""
COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_red", "bright_cyan", "bright_green")
"""Of the tasks on a terminal, in the order in which they come."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which lines."""

    wanted: Wanted
    """Whose."""
    since: int | None = None
    """Milliseconds since 1970; None for any time."""
    count: int | None = None
    """How many of the last. None: all since the time, or `LINES` without one."""
    pattern: str = ""
    """Filter in CloudWatch's words."""


@dataclass(slots=True, kw_only=True)
class Logs:
    """One reading of a stack's logs."""

    deployed: Deployed
    """The stack."""
    asked: Asked
    """What is read."""
    show: Callable[[Line], bool]
    """Shows a line; False when nobody reads any more."""
    _is_left: bool = False

    def run(self, *, follow: bool) -> None:
        """Show the lines, oldest first, and with `follow` those that come, until nobody reads them.

        Raises:
            OpsError: there is no such service, job or container.
        """
        found = sources(self.deployed, self.asked.wanted)
        for source in found:
            for line in (*elsewhere(self.deployed, source.kind, source.name), *_mixed(source)):
                note(line)
        lines = Lines(logs=self.deployed.client("logs"), sources=found, pattern=self.asked.pattern)
        floor, newest = self._there(lines)
        self._say_what_is_missing(lines, found, nothing=newest is None)
        while follow and not self._is_left and is_read(sys.stdout):
            time.sleep(max(PAUSE_SECONDS, lines.streams / CALLS_A_SECOND))
            newest = self._come(lines, floor, newest)

    def _there(self, lines: Lines) -> tuple[int, int | None]:
        """Show those that are there. The time before which none is wanted any more, and that of the newest one."""
        since = self._filtered_since() if self.asked.since is None else self.asked.since
        count = self.asked.count or (LINES if self.asked.since is None else None)
        if count is None:
            return since, self._show(lines.since(since))
        found = lines.last(count, since)
        return (found[0].at if len(found) == count else since), self._show(found)

    def _filtered_since(self) -> int:
        if not self.asked.pattern:
            return 0
        note(f"of the last {FILTERED_HOURS} hours; --since goes further back")
        return int((time.time() - FILTERED_HOURS * 3600) * 1000)

    def _come(self, lines: Lines, floor: int, newest: int | None) -> int | None:
        """Show those that have come. The time of the newest one."""
        now = int(time.time() * 1000)
        recent = max(now if newest is None else min(newest, now), now - QUIET_SECONDS * 1000)
        try:
            return self._show(lines.since(max(floor, recent - LATE_SECONDS * 1000)), newest)
        except Exception as error:
            if not passes(error):
                raise
            return newest

    def _show(self, found: Iterable[Line], newest: int | None = None) -> int | None:
        for line in found:
            newest = max(line.at, newest or 0)
            if not self.show(line):
                self._is_left = True
                break
        return newest

    def _say_what_is_missing(self, lines: Lines, found: list[Source], *, nothing: bool) -> None:
        for source in found:
            if source.log_group in lines.absent:
                note(f"{source.name}: nothing was written yet; there is no log group {source.log_group}")
            if source.among and not source.prefixes():
                earlier = f"what earlier ones wrote is among the lines of service {source.among}"
                note(f"{source.name}: ECS remembers no run of the last hour; {earlier}")
        if nothing and not lines.absent:
            names = ", ".join(source.name for source in found)
            note(f"{names}: nothing was written{' that is asked for' if self._is_narrow else ' yet'}")

    @property
    def _is_narrow(self) -> bool:
        asked, wanted = self.asked, self.asked.wanted
        return asked.since is not None or bool(asked.pattern or wanted.task or wanted.container or wanted.jobs)


def _mixed(source: Source) -> Iterable[str]:
    if source.alike:
        names = ", ".join(source.alike)
        yield (
            f"{source.name}: the lines of {names} are among these: ECS keeps 36 characters of what started a task, "
            "and the names of these schedules begin alike"
        )


def moment(text: str, now: datetime) -> int:
    """A time as people say it, in milliseconds since 1970.

    Args:
        text: how long ago, such as `10m`, by `s`, `m`, `h` or `d`; or an ISO time, here of this machine's zone.
        now: the time it is.

    Raises:
        OpsError: it is neither, or is to come.
    """
    found = _ago(text, now) or _iso(text)
    if found is None:
        raise OpsError(
            "--since must be a number and s, m, h or d, such as 10m, or an ISO time, such as 2026-11-26T10:51 or "
            f"2026-11-26T10:51+09:00, got {text!r}"
        )
    if found > now:
        raise OpsError(f"--since must be in the past, got {text!r}; it is {now.astimezone():%Y-%m-%dT%H:%M:%S%z}")
    return max(int(found.timestamp() * 1000), 0)


def _ago(text: str, now: datetime) -> datetime | None:
    if not (parts := re.fullmatch(r"([0-9]{1,9})([smhd])", text)):
        return None
    try:
        return now - timedelta(**{_UNITS[parts[2]]: int(parts[1])})
    except OverflowError:
        return datetime.fromtimestamp(0, UTC)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        return None


def writer(*, json_output: bool, timestamps: bool) -> Callable[[Line], bool]:
    """What writes a line: for scripts, in colours on a terminal, plain elsewhere. It tells whether somebody reads."""
    if json_output:
        return lambda line: write(f"{as_json(line)}\n", sys.stdout)
    if sys.stdout and sys.stdout.isatty():
        coloured = Coloured(timestamps=timestamps)
        return lambda line: show(lambda out: out.print(coloured(line)))
    return lambda line: write(f"{as_text(line, timestamps=timestamps)}\n", sys.stdout)


def as_json(line: Line) -> str:
    """A line for scripts."""
    values: dict[str, Any] = {"time": line.time, line.source.kind: line.source.name}
    return json.dumps(values | {"task": line.task, "container": line.container, "message": line.message})


def as_text(line: Line, *, timestamps: bool) -> str:
    """A line for a pipe: whose it is in front, and before that when, if that is asked for."""
    begin = f"{line.time} {line.label}" if timestamps else line.label
    return "\n".join(f"{begin} {text}" for text in line.rows)


class Coloured:
    """Lines on a terminal: each task has its colour, and what a container colours itself stays so."""

    def __init__(self, *, timestamps: bool) -> None:
        """With or without when each was written."""
        self._timestamps = timestamps
        self._given: dict[str, str] = {}

    def __call__(self, line: Line) -> Text:
        """A line."""
        colour = self._given.setdefault(line.label, COLOURS[len(self._given) % len(COLOURS)])
        time_of = Text(f"{line.time} ", "dim") if self._timestamps else Text()
        rows = (Text.assemble(time_of, (line.label, colour), " ", Text.from_ansi(row)) for row in line.rows)
        return Text("\n").join(rows)
