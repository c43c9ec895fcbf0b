"""`ops run`: a task once, with the image that a service runs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from components import task_run
from components.task_run import Ended, NotStarted, TaskRun
from ops.deployed import Deployed
from ops.error import OpsError

_STARTED_BY = "ops-run"


@dataclass(slots=True)
class Run:
    """One run of a service's task definition: same image by digest, environment, secrets, roles and network."""

    deployed: Deployed
    """The stack."""
    service: str
    """Name of the service in the stack file."""
    command: Sequence[str]
    """What runs in its container; the image's own without any."""
    show: Callable[[str], None]
    """Gets each line that the container logs."""

    def to_its_end(self, timeout: float) -> Ended:
        """Start it, show its log, and wait.

        Args:
            timeout: seconds that it may take; then it is stopped, as at Ctrl-C.

        Raises:
            OpsError: it could not be started, or takes too long.
        """
        task = self._start()
        deadline = time.monotonic() + timeout
        try:
            while True:
                ended = task.ended()
                self._show_log(task)
                if ended:
                    break
                if time.monotonic() > deadline:
                    raise OpsError(f"the task is not done after {timeout:.0f} s, and was stopped: --timeout")
                time.sleep(task_run.POLL_SECONDS)
        except BaseException:  # Ctrl-C too: nobody waits for it any more
            task.stop(f"{_STARTED_BY}: given up")
            raise
        time.sleep(task_run.LAST_LINES_SECONDS)
        self._show_log(task)
        return ended

    def _start(self) -> TaskRun:
        ecs, cluster = self.deployed.client("ecs"), self.deployed.cluster
        known: Any = self.deployed.service(self.service)
        (running,) = ecs.describe_services(cluster=cluster, services=[known["service"]])["services"]
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
