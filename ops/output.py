"""Where commands write to: a terminal, a file, a pipe whose reader may leave early."""

import os
import sys
from collections.abc import Callable
from typing import TextIO

from rich.console import Console


def show(what: Callable[[Console], None]) -> None:
    """Write what is printed on a console."""
    out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    with out.capture() as shown:
        what(out)
    write(shown.get(), sys.stdout)


def print_line(line: str) -> None:
    """Write a line."""
    write(f"{line}\n", sys.stdout)


def write(text: str, stream: TextIO | None) -> None:
    """Write a text, if there is where to. Who reads it may leave early: the verdict is the exit code."""
    if stream is None:
        return
    try:
        print(_encodable(text, stream.encoding), end="", file=stream, flush=True)
    except BrokenPipeError:
        discard(stream)
    except OSError:
        discard(stream)
        raise


def _encodable(text: str, encoding: str) -> str:
    """The text with escapes for what a stream's encoding has not."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def discard(stream: TextIO) -> None:
    """Let what is left of a stream go nowhere: Python would try to write it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
