"""`ops run`: a task once, with the image that a service runs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.deployed import Deployed
from ops.error import OpsError

POLL_SECONDS = 1.0
LAST_LINES_SECONDS = 2.0
"""For which CloudWatch may keep a container's last lines to itself."""
_STARTED_BY = "ops run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a run ended."""

    exit_code: int | None
    """Of the container; None when it never ran, or was killed."""
    reason: str
    """In ECS's words."""


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
    _log_token: dict[str, str] = field(default_factory=dict[str, str])

    def to_its_end(self, timeout: float) -> Ended:
        """Start it, show its log, and wait.

        Args:
            timeout: seconds that it may take; then it is stopped, as at Ctrl-C.

        Raises:
            OpsError: it could not be started, or takes too long.
        """
        ecs, known = self.deployed.client("ecs"), self.deployed.service(self.service)
        arn = self._start(ecs, known)
        deadline = time.monotonic() + timeout
        try:
            while True:
                found = ecs.describe_tasks(cluster=self.deployed.cluster, tasks=[arn])["tasks"]  # none yet, at first
                self._show_log(known["log_group"], arn)
                if found and found[0]["lastStatus"] == "STOPPED":
                    break
                if time.monotonic() > deadline:
                    raise OpsError(f"the task is not done after {timeout:.0f} s, and was stopped: --timeout")
                time.sleep(POLL_SECONDS)
        except BaseException:  # Ctrl-C too: nobody waits for it any more
            ecs.stop_task(cluster=self.deployed.cluster, task=arn, reason=f"{_STARTED_BY}: given up")
            raise
        time.sleep(LAST_LINES_SECONDS)
        self._show_log(known["log_group"], arn)
        return self._ended(found[0])

    def _start(self, ecs: Any, known: Any) -> str:  # noqa: ANN401 - boto3 makes its clients at run time
        (running,) = ecs.describe_services(cluster=self.deployed.cluster, services=[known["service"]])["services"]
        override = {"name": self.service, "command": list(self.command)} if self.command else {"name": self.service}
        started = ecs.run_task(
            cluster=self.deployed.cluster,
            taskDefinition=known["task_definition"],
            capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
            networkConfiguration=running["networkConfiguration"],
            overrides={"containerOverrides": [override]},
            startedBy=_STARTED_BY,
            propagateTags="TASK_DEFINITION",
        )
        if started["failures"]:
            raise OpsError(f"ECS did not start the task: {started['failures'][0].get('reason')}")
        return str(started["tasks"][0]["taskArn"])

    def _show_log(self, group: str, arn: str) -> None:
        """Show what is new, page by page."""
        logs = self.deployed.client("logs")
        stream = f"{self.service}/{self.service}/{arn.rpartition('/')[2]}"
        more = True
        while more:
            try:
                found = logs.get_log_events(
                    logGroupName=group, logStreamName=stream, startFromHead=True, **self._log_token
                )
            except logs.exceptions.ResourceNotFoundException:
                return  # it has not said anything yet
            for event in found["events"]:
                self.show(event["message"])
            self._log_token = {"nextToken": found["nextForwardToken"]}
            more = bool(found["events"])

    def _ended(self, task: dict[str, Any]) -> Ended:
        container = next(one for one in task["containers"] if one["name"] == self.service)
        reason = container.get("reason") or task.get("stoppedReason") or "no reason given"
        return Ended(exit_code=container.get("exitCode"), reason=reason)
