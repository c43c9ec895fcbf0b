"""A terminal for a command, as a person has one."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from pathlib import Path

CTRL_C = b"\x03"


def on_terminal(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    until: str,
    columns: int = 120,
    seconds: float = 60,
) -> tuple[int, str]:
    """Run a command on a terminal of its own, type Ctrl-C once it has shown something, and wait for its end.

    Returns:
        Its exit code, and all that it has shown, control codes among it.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, "TERM": "xterm-256color"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C reaches it
    )
    os.close(its)
    shown, deadline, typed = "", time.monotonic() + seconds, False
    try:
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.2)[0]:
                continue
            try:
                shown += os.read(ours, 65536).decode(errors="replace")
            except OSError:  # its end has closed
                break
            if not typed and until in shown:
                typed = True
                os.write(ours, CTRL_C)
        return process.wait(timeout=30), shown
    finally:
        process.kill()
        os.close(ours)
