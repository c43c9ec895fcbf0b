"""Looking at what runs again and again, until Ctrl-C."""

import sys
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from rich.console import Console, RenderableType
from rich.live import Live

from ops.aws_error import passes, told
from ops.output import is_read, note, write

LOOK_SECONDS = 2.0
"""Between two looks."""

Found = TypeVar("Found")


def watch(
    look: Callable[[], Found], view: Callable[[Found], RenderableType] | None, text: Callable[[Found], str]
) -> None:
    """Show what is found, on a terminal in place, elsewhere anew whenever it has changed.

    It ends by Ctrl-C, or when the reader of a pipe has gone. No control codes go into a pipe. A look after the first
    that AWS throttles or has a fault at, or that is lost on the way to it, is told on standard error, and made good by
    the next.

    Args:
        look: finds it.
        view: what a terminal shows of it. None: what a pipe gets.
        text: the same for a pipe or a file.

    Raises:
        KeyboardInterrupt: by Ctrl-C, once the terminal is as it was.
    """
    if view and sys.stdout and sys.stdout.isatty():
        _on_terminal(look, view)
    else:
        _into_pipe(look, text)


class _Looks(Generic[Found]):
    """Looks, of which any but the first may be lost."""

    def __init__(self, look: Callable[[], Found]) -> None:
        self._look, self._said = look, ""
        self._last: Found | None = None

    def next(self) -> Found:
        """What is found, or was before a look that is lost; of those that are lost alike the first is told."""
        try:
            self._last, said = self._look(), ""
        except Exception as error:
            if self._last is None or not passes(error):
                raise
            said = f"{told(error)}; it is looked again"
        if said and said != self._said:
            note(said)
        self._said = said
        return self._last


def _on_terminal(look: Callable[[], Found], view: Callable[[Found], RenderableType]) -> None:
    looks, console = _Looks(look), Console(highlight=False, markup=False, emoji=False)
    live = Live(view(looks.next()), console=console, auto_refresh=False)
    try:  # Ctrl-C may come while it starts, when `with` would not end it
        live.start(refresh=True)
        while True:
            time.sleep(LOOK_SECONDS)
            live.update(view(looks.next()), refresh=True)
    finally:
        live.stop()


def _into_pipe(look: Callable[[], Found], text: Callable[[Found], str]) -> None:
    looks, shown = _Looks(look), ""
    while is_read(sys.stdout):
        found = text(looks.next())
        if found != shown and not write(found, sys.stdout):
            return
        shown = found
        time.sleep(LOOK_SECONDS)
