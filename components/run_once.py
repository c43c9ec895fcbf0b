"""A task that runs once for an image and a command, also when whoever started it did not live to see its end."""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from .failed_deployment import revision
from .task_run import TaskRun, how_it_ended


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOnce:
    """What runs, and by what it is known that it ran."""

    cluster: str
    """ARN of the cluster."""
    task_definition: str
    """ARN of the revision."""
    network: Mapping[str, Any]
    """As RunTask takes it."""
    container: str
    """Whose command is replaced."""
    command: tuple[str, ...]
    """What runs in it."""
    image: str
    """Digest of its image, or the image's address when that has none."""
    log_group: str
    """Where it is written down that it ran."""
    logs_there: bool
    """Whether the container's own output goes there too; a log router sends it elsewhere."""

    @property
    def family(self) -> str:
        """Of the task definition: two services of one cluster may run one image and command."""
        return revision(self.task_definition).rpartition(":")[0]

    @property
    def key(self) -> str:
        """What tells this family, image and command from all others."""
        return hashlib.sha256(json.dumps([self.family, self.image, self.command]).encode()).hexdigest()[:24]

    @property
    def started_by(self) -> str:
        """By which its tasks are found again."""
        return f"pre-deploy-{self.key}"

    @property
    def mark(self) -> str:
        """Log stream that is there once it ran well."""
        image = re.sub(r"[^A-Za-z0-9.-]+", "-", self.image.removeprefix("sha256:").rpartition("/")[2])[:24]
        return f"pre-deploy/{image}-{self.key}"


def run_once(container: str, command: tuple[str, ...], service: Mapping[str, Any], definition: Any) -> RunOnce:  # noqa: ANN401
    """What to run before a service is deployed.

    Args:
        container: the service's own.
        command: that runs in it.
        service: inputs of the service, as the engine tells them.
        definition: its new task definition, as ECS describes it.

    Raises:
        ValueError: no container logs to CloudWatch, where it would be written down that it ran.
    """
    loggers: dict[str, Any] = {
        one["name"]: one["logConfiguration"]["options"]["awslogs-group"]
        for one in definition["containerDefinitions"]
        if one.get("logConfiguration", {}).get("logDriver") == "awslogs"
    }
    if not loggers:
        raise ValueError("no container logs to CloudWatch, where it is written down that it ran")
    images = {one["name"]: one["image"] for one in definition["containerDefinitions"]}
    network = service["networkConfiguration"]
    return RunOnce(
        cluster=service["cluster"],
        task_definition=service["taskDefinition"],
        network={
            "awsvpcConfiguration": {
                "subnets": network["subnets"],
                "securityGroups": network["securityGroups"],
                "assignPublicIp": "ENABLED" if network.get("assignPublicIp") else "DISABLED",
            }
        },
        container=container,
        command=command,
        image=images[container].rpartition("@")[2],
        log_group=loggers.get(container) or next(iter(loggers.values())),
        logs_there=container in loggers,
    )


def ran_well(logs: Any, one: RunOnce) -> bool:  # noqa: ANN401 - boto3 makes its clients at run time
    """Whether it is written down that it ran. A log stream outlives its events, and goes with its group.

    Source: AWS Cloud Operations Blog, "Delete Empty CloudWatch Log Streams".
    """
    return bool(logs.describe_log_streams(logGroupName=one.log_group, logStreamNamePrefix=one.mark)["logStreams"])


def write_down(logs: Any, one: RunOnce, task: TaskRun) -> None:  # noqa: ANN401
    """Write down that it ran well. The stream counts; its one line is for people: what ran, as which task, when.

    A stream that is there is as good: another `up` has waited for the same task, or the answer of a first try was lost.
    """
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=one.log_group, logStreamName=one.mark)
    what = {"image": one.image, "command": one.command, "task": task.arn, "of": revision(one.task_definition)}
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(what)}
    logs.put_log_events(logGroupName=one.log_group, logStreamName=one.mark, logEvents=[event])


def unfinished(ecs: Any, one: RunOnce) -> str | None:  # noqa: ANN401
    """ARN of a task that somebody started and did not see end: it runs, or ended well in the last hour."""
    # `startedBy` must be a listing's only filter, which then is of those that run (ECS API Reference, "ListTasks").
    pages = ecs.get_paginator("list_tasks").paginate
    running = pages(cluster=one.cluster, startedBy=one.started_by)
    stopped = pages(cluster=one.cluster, family=one.family, desiredStatus="STOPPED")
    for page in chain(running, stopped):  # each of at most as many as one call of DescribeTasks takes: 100
        arns = page["taskArns"]
        tasks: list[Any] = ecs.describe_tasks(cluster=one.cluster, tasks=arns)["tasks"] if arns else []
        for task in (task for task in tasks if task.get("startedBy") == one.started_by):
            ended = how_it_ended(task, one.container)
            if ended is None or ended.is_well:
                return str(task["taskArn"])
    return None
