"""Where commands write to: a terminal, a file, a pipe whose reader may leave early."""

import os
import select
import sys
from collections.abc import Callable
from typing import TextIO

from rich.console import Console

_WIDE = 10_000
"""Columns of a pipe."""


def show(what: Callable[[Console], None]) -> bool:
    """Write what is printed on a console. Whether somebody was there to read it."""
    out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    with out.capture() as shown:
        what(out)
    return write(shown.get(), sys.stdout)


def printed(what: Callable[[Console], None]) -> str:
    """What is printed on a console where this process writes to, without the spaces that columns end in.

    On a terminal it has colours and is as wide as that; in a pipe it is plain, and nothing is wrapped.
    """
    out = Console(highlight=False, markup=False, emoji=False)
    if not out.is_terminal:
        out.width = _WIDE
    with out.capture() as shown:
        what(out)
    return "".join(f"{line.rstrip()}\n" for line in shown.get().splitlines())


def print_line(line: str) -> None:
    """Write a line."""
    write(f"{line}\n", sys.stdout)


def note(line: str) -> None:
    """Tell what is no result: on standard error."""
    write(f"{line}\n", sys.stderr)


def write(text: str, stream: TextIO | None) -> bool:
    """Write a text, if there is where to. Who reads it may leave early: the verdict is the exit code.

    Returns:
        Whether somebody was there to read it.
    """
    if stream is None:
        return False
    try:
        print(_encodable(text, stream.encoding), end="", file=stream, flush=True)
    except BrokenPipeError:
        discard(stream)
        return False
    except OSError:
        discard(stream)
        raise
    return True


def is_read(stream: TextIO | None) -> bool:
    """Whether the reader of a pipe is still there, before anything is written; anything else than a pipe has one."""
    try:
        descriptor = stream.fileno() if stream else -1
    except OSError:  # a stream in memory
        return True
    if descriptor < 0:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)  # whatever is asked for, an error is told
    return not any(event & select.POLLERR for _, event in poll.poll(0))


def _encodable(text: str, encoding: str | None) -> str:
    """The text with escapes for what a stream's encoding has not; where something moves on a terminal it names none."""
    return text if encoding is None else text.encode(encoding, "backslashreplace").decode(encoding)


def discard(stream: TextIO) -> None:
    """Let what is left of a stream go nowhere: Python would try to write it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
