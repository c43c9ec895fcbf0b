"""A task that runs once, to its end, with the log of its container."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

POLL_SECONDS = 1.0
"""Between two looks at a task."""
LAST_LINES_SECONDS = 2.0
"""For which CloudWatch may keep a container's last lines to itself."""
ROLE_SECONDS = 60.0
"""For which ECS may be unable to assume a role that IAM has just made (IAM User Guide, "Troubleshoot IAM")."""
ROLE_POLL_SECONDS = 5.0
"""Between two tries meanwhile."""
_ROLE_NOT_YET = "unable to assume the role"


class NotStarted(Exception):
    """ECS did not start a task, with its reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a run ended."""

    exit_code: int | None
    """Of the container; None when it never ran, or was killed."""
    reason: str
    """In ECS's words."""
    stop_code: str | None = None
    """Why the task stopped, such as `EssentialContainerExited` or `UserInitiated`."""

    @property
    def is_well(self) -> bool:
        """Whether it ended by itself, with 0; a container that is told to stop may end with 0 too."""
        return self.exit_code == 0 and self.stop_code == "EssentialContainerExited"


@dataclass(slots=True, kw_only=True)
class TaskRun:
    """A task that was started."""

    ecs: Any
    """Client of ECS."""
    logs: Any
    """Client of CloudWatch Logs."""
    cluster: str
    """Name or ARN of the cluster."""
    arn: str
    """ARN of the task."""
    container: str
    """The container that it is run for; its log streams begin with this name."""
    log_group: str | None
    """Where its output goes; None when that is not CloudWatch."""
    _log_token: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def log_stream(self) -> str:
        """Log stream of the container (Amazon ECS Developer Guide, "awslogs-stream-prefix")."""
        return f"{self.container}/{self.container}/{self.arn.rpartition('/')[2]}"

    def ended(self) -> Ended | None:
        """How it ended; None while it runs, and while ECS does not know it yet."""
        found = self.ecs.describe_tasks(cluster=self.cluster, tasks=[self.arn])["tasks"]
        return how_it_ended(found[0], self.container) if found else None

    def new_lines(self) -> list[str]:
        """What its container has logged since the last time, page by page."""
        lines: list[str] = []
        while self.log_group:
            try:
                found = self.logs.get_log_events(
                    logGroupName=self.log_group, logStreamName=self.log_stream, startFromHead=True, **self._log_token
                )
            except self.logs.exceptions.ResourceNotFoundException:
                break  # it has not said anything yet
            lines += [event["message"] for event in found["events"]]
            self._log_token = {"nextToken": found["nextForwardToken"]}
            if not found["events"]:
                break
        return lines

    def stop(self, reason: str) -> None:
        """Stop it."""
        self.ecs.stop_task(cluster=self.cluster, task=self.arn, reason=reason)


def start(
    ecs: Any,  # noqa: ANN401 - boto3 makes its clients at run time
    *,
    cluster: str,
    task_definition: str,
    network: Mapping[str, Any],
    container: str,
    command: Sequence[str],
    started_by: str,
) -> str:
    """Start a task on Fargate, also of a service that runs on Spot: nobody takes it away. The ARN of the task.

    While ECS cannot assume a role of the task's, which may be a moment old, it is asked again, for a minute at most.

    Args:
        ecs: client of ECS.
        cluster: name or ARN.
        task_definition: revision that is run, with all its containers.
        network: where it runs, as RunTask takes it.
        container: whose command is replaced.
        command: what runs in it; its own without any.
        started_by: by which it is found again: at most 36 letters, digits, `-`, `/` and `_`.

    Raises:
        NotStarted: in ECS's words.
        botocore.exceptions.ClientError: AWS refuses the call.

    Source: Amazon ECS API Reference, "RunTask".
    """
    override = {"name": container, "command": list(command)} if command else {"name": container}
    started = _when_roles_are_known(
        ecs,
        cluster=cluster,
        taskDefinition=task_definition,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
        networkConfiguration=network,
        overrides={"containerOverrides": [override]},
        startedBy=started_by,
        propagateTags="TASK_DEFINITION",
    )
    if started["failures"]:
        raise NotStarted(f"ECS did not start the task: {started['failures'][0].get('reason')}")
    return str(started["tasks"][0]["taskArn"])


def _when_roles_are_known(ecs: Any, **asked: Any) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """What RunTask answers."""
    begun = time.monotonic()
    while True:
        try:
            return ecs.run_task(**asked)
        except ecs.exceptions.ClientError as error:
            if _ROLE_NOT_YET not in str(error) or time.monotonic() - begun > ROLE_SECONDS:
                raise
        time.sleep(ROLE_POLL_SECONDS)


def how_it_ended(task: Mapping[str, Any], container: str) -> Ended | None:
    """How a task that ECS describes ended for one of its containers; None while it runs."""
    if task["lastStatus"] != "STOPPED":
        return None
    nothing: Mapping[str, Any] = {}  # said of a container that the task has not
    own = next((one for one in task["containers"] if one["name"] == container), nothing)
    reason = own.get("reason") or task.get("stoppedReason") or "no reason given"
    return Ended(exit_code=own.get("exitCode"), reason=reason, stop_code=task.get("stopCode"))
