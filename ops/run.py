"""`ops run`: a task once, with the image that a service runs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from components import task_run
from components.task_run import Ended, NotStarted, TaskRun
from ops.deployed import Deployed
from ops.error import OpsError
from ops.log_sources import elsewhere
from ops.output import note
from ops.serving import description

_STARTED_BY = "ops-run"
_GIVEN_UP = f"{_STARTED_BY}: given up"


@dataclass(slots=True)
class Run:
    """One run of a service's task definition: same image by digest, environment, secrets, roles and network."""

    deployed: Deployed
    """The stack."""
    service: str
    """Name of the service in the stack file."""
    command: Sequence[str]
    """What runs in its container; the image's own without any."""
    show: Callable[[str], object]
    """Gets each line that the container logs."""

    def to_its_end(self, timeout: float) -> Ended:
        """Start it, show its log, and wait. Where a log router sends the log elsewhere, that is said.

        Args:
            timeout: seconds that it may take; then it is stopped, as at Ctrl-C, and ended without an exit code.

        Raises:
            OpsError: it could not be started.
        """
        for line in elsewhere(self.deployed, "service", self.service):
            note(line)
        task = self._start()
        try:
            ended = self._watched(task, time.monotonic() + timeout)
        except BaseException:  # Ctrl-C too: nobody waits for it any more
            task.stop(_GIVEN_UP)
            raise
        if not ended:
            task.stop(_GIVEN_UP)
        time.sleep(task_run.LAST_LINES_SECONDS)
        self._show_log(task)
        late = f"the task was not done after {timeout:.0f} s, and was stopped: give it more with --timeout"
        return ended or Ended(exit_code=None, reason=late)

    def _watched(self, task: TaskRun, deadline: float) -> Ended | None:
        """Show its log until it ends. How it did; None when it has not by then."""
        while True:
            ended = task.ended()
            self._show_log(task)
            if ended or time.monotonic() > deadline:
                return ended
            time.sleep(task_run.POLL_SECONDS)

    def _start(self) -> TaskRun:
        ecs, cluster = self.deployed.client("ecs"), self.deployed.cluster
        known = self.deployed.service(self.service)
        running = description(self.deployed, self.service)
        try:
            arn = task_run.start(
                ecs,
                cluster=cluster,
                task_definition=known["task_definition"],
                network=running["networkConfiguration"],
                container=self.service,
                command=self.command,
                started_by=_STARTED_BY,
            )
        except NotStarted as error:
            raise OpsError(str(error)) from None
        logs = self.deployed.client("logs")
        return TaskRun(
            ecs=ecs, logs=logs, cluster=cluster, arn=arn, container=self.service, log_group=known["log_group"]
        )

    def _show_log(self, task: TaskRun) -> None:
        for line in task.new_lines():
            self.show(line)
