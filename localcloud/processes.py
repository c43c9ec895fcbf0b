"""The local cloud's background processes: started once, found again by their pid files, ended by their own id."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from localcloud.home import Home, LocalCloudError


@dataclass(frozen=True)
class Process:
    """One background process of this home."""

    home: Home
    name: str
    """Names its log and its pid file."""
    module: str
    """Run as `python -m module`."""

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.home.logs / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.home.run / f"{self.name}.pid"

    @property
    def was_started(self) -> bool:
        """Whether it was started and not stopped since; it may have ended all the same."""
        return self._pid_file.exists()

    @property
    def pid(self) -> int | None:
        """Its id, when it runs: a recycled id of a stranger's process does not count."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if lives(pid, self.module) else None

    def start(self, environment: dict[str, str]) -> None:
        """Start it in a session of its own, so that Ctrl-C in the terminal does not reach it."""
        self.home.logs.mkdir(parents=True, exist_ok=True)
        self.home.run.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment, "PYTHONPATH": str(self.home.project), "PYTHONUNBUFFERED": "1"},
                cwd=self.home.project,
                start_new_session=True,
            )
        self._pid_file.write_text(str(process.pid))
        wait_until(lambda: bool(self.pid) or process.poll() is not None, 5)  # its command line is empty for a moment

    def stop(self, seconds: float) -> bool:
        """End it: SIGTERM, and SIGKILL when it takes longer. False when it did not run."""
        pid = self.pid
        if pid is None:
            self._pid_file.unlink(missing_ok=True)
            return False
        os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: self.pid is None, seconds):
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: self.pid is None, 5)
        self._pid_file.unlink(missing_ok=True)
        return True

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def died(self) -> LocalCloudError:
        """What to tell when it ended by itself."""
        return LocalCloudError(f"the {self.name} did not start; the end of {self.log}:\n{self.tail()}")


def lives(pid: int, word: str) -> bool:
    """Whether a process runs and has the word in its command line: ids are given again."""
    try:
        if Path("/proc").exists():
            return word in Path(f"/proc/{pid}/cmdline").read_text()
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def wait_until(done: Callable[[], bool], seconds: float, every: float = 0.1) -> bool:
    """Poll until `done`; False when it took longer."""
    try:
        Retrying(stop=stop_after_delay(seconds), wait=wait_fixed(every), retry=retry_if_result(lambda ok: not ok))(done)
    except RetryError:
        return False
    return True
