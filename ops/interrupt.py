"""Ctrl-C: a program's event loop may wait for ever for what was interrupted, so the process ends at once."""

import contextlib
import os
import signal
from collections.abc import Iterator

INTERRUPTED = 130
"""Exit code by which a shell knows of Ctrl-C."""


@contextlib.contextmanager
def ends_the_process() -> Iterator[None]:
    """While it is open, Ctrl-C does; afterwards, whatever it did before."""
    before = signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def can_be_caught() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt: where no program runs, what was begun is ended in good order."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
