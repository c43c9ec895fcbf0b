"""Steps of the set-up, which run side by side: each shows that it goes on, and the first that fails ends the others."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from localcloud.home import LocalCloudError

EVERY_SECONDS = 30
"""How often a step says in a pipe that it goes on."""


class Steps:
    """Shows and runs steps: a moving line each on a terminal, plain lines in a pipe."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._progress = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=self._console,
        )
        self.cancelled = threading.Event()

    def say(self, message: str) -> None:
        """Print one line."""
        self._console.print(message, markup=False)

    @contextmanager
    def step(self, name: str, note: str = "") -> Iterator[Callable[[str], None]]:
        """Show a step while it runs; yields what changes its note."""
        if self._console.is_terminal:
            task = self._progress.add_task(name, total=1, note=note)
            try:
                yield lambda note: self._progress.update(task, note=note[:60])
            except BaseException:
                self._progress.remove_task(task)  # what went wrong is told by whoever raised it
                raise
            self._progress.update(task, completed=1, note="")
            return
        started, notes, done = time.monotonic(), [note], threading.Event()
        self.say(f"{name}: {note or 'started'}")

        def remind() -> None:
            while not done.wait(EVERY_SECONDS):
                self.say(f"{name}: {time.monotonic() - started:.0f} s {notes[0][:80]}")

        threading.Thread(target=remind, daemon=True).start()
        try:
            yield lambda note: notes.__setitem__(0, note)
        finally:
            done.set()
        self.say(f"{name}: done in {time.monotonic() - started:.0f} s")

    def together(self, *jobs: Callable[[], None]) -> None:
        """Run jobs side by side.

        Raises:
            Exception: the first that a job raised; the others were ended.
        """
        with self._progress, ThreadPoolExecutor(len(jobs)) as pool:
            running = [pool.submit(job) for job in jobs]
            try:
                wait(running, return_when=FIRST_EXCEPTION)
            finally:
                # Before the others are ended, which fails them too.
                failed = [error for one in running if one.done() and (error := one.exception())]
                if failed or not all(one.done() for one in running):
                    self.cancelled.set()
        if failed:
            raise failed[0]

    def run(
        self,
        command: list[str],
        *,
        log: Path,
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
        line: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Run a command of the set-up, its output in `log`.

        Raises:
            LocalCloudError: it failed; the message has the end of its output, and says where all of it is.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with (
            log.open("w") as out,
            subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C reaches us alone, and we end it
            ) as process,
        ):
            ended = threading.Event()
            threading.Thread(target=self._kill_when_cancelled, args=(process, ended), daemon=True).start()
            for text in process.stdout or ():
                out.write(text)
                line(text.strip())
            process.wait()
            ended.set()
        if self.cancelled.is_set():
            raise LocalCloudError("interrupted")
        if process.returncode:
            tail = "\n".join(f"  {text}" for text in log.read_text(errors="replace").splitlines()[-12:])
            raise LocalCloudError(f"{' '.join(command[:3])} … failed ({process.returncode}):\n{tail}\nAll of it: {log}")

    def _kill_when_cancelled(self, process: "subprocess.Popen[str]", ended: threading.Event) -> None:
        while not ended.wait(0.2):
            if self.cancelled.is_set():
                process.terminate()
                return
