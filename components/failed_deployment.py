"""What ECS and the logs say about a deployment that failed: its events, its newest stopped task, that one's last lines.

Best effort, and bounded: who asks has an error already, which nothing here may hide.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .aws_client import client, region_of

EVENTS = 5
"""Of the service, newest first."""
LAST_LINES = 8
"""Of what each container of a stopped task has logged."""
MOST_TASKS = 100
"""That one call describes (ECS API Reference, "DescribeTasks")."""
HINTS = {
    126: "its command is in the image, but cannot be run",
    127: "its command is not in the image, calls what is not there, or is for another processor",
}
"""What a shell, and the process in front of a container's, say by their exit code."""
LINE_LENGTH = 500
"""After which a line is cut."""
AGAIN = "Mend it, and `pulumi up` again; with --refresh where Pulumi.yaml does not say refresh: always."


def explanation(cluster: str, service: str, asked: str, events: Sequence[str] = ()) -> str:
    """Lines that tell why a deployment failed, or as many as AWS gives; empty when ECS has no such service.

    Nothing is raised: when AWS refuses an answer, the last line says so, and why.

    Args:
        cluster: its ARN.
        service: name that ECS knows the service by.
        asked: ARN of the task definition that was to serve.
        events: of the service, newest first, where they are known. Default: they are asked for.

    Source: Amazon ECS Developer Guide, "Viewing Amazon ECS service event messages", "View Amazon ECS stopped task
    errors", "Using the awslogs log driver".
    """
    lines = _said(events)
    try:
        for line in _told(cluster, service, asked, with_events=not events):
            lines.append(line)
    except Exception as error:  # noqa: BLE001 - whatever it is, the deployment's own error counts
        lines.append(f"Nothing more could be read from AWS: {one_line(error)}")
    return "\n".join(line[:LINE_LENGTH] for line in lines)


def one_line(error: Exception) -> str:
    """What an error says, without its line breaks."""
    return " ".join(str(error).split())


def revision(arn: str) -> str:
    """A task definition's family and revision, such as `shop-dev-web:7`."""
    return arn.rpartition("/")[2]


def last_lines(logs: Any, group: str, stream: str) -> list[str]:  # noqa: ANN401 - boto3 makes its clients at run time
    """The last lines of a log stream; none when nothing was logged."""
    try:
        events = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=LAST_LINES)["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [event["message"].rstrip() for event in events[-LAST_LINES:]]


def _said(events: Sequence[str]) -> list[str]:
    return ["ECS said, newest first:", *(f"  {event}" for event in events[:EVENTS])] if events else []


def _told(cluster: str, service: str, asked: str, *, with_events: bool) -> Iterator[str]:
    region = region_of(cluster)
    ecs = client("ecs", region)
    found = ecs.describe_services(cluster=cluster, services=[service])["services"]
    if not found:
        return
    if with_events:
        yield from _said([event["message"] for event in found[0]["events"]])
    if task := _newest_stopped(ecs, cluster, service, asked):
        yield from _of_task(ecs, client("logs", region), task)
    else:
        yield f"No task of {revision(asked)} has stopped."
    name = cluster.rpartition("/")[2]
    yield f"Look further: aws ecs describe-services --region {region} --cluster {name} --services {service}"


def stopped_tasks(ecs: Any, cluster: str, service: str) -> list[Mapping[str, Any]]:  # noqa: ANN401 - likewise
    """A service's tasks that have stopped, as DescribeTasks tells them; ECS remembers them for an hour."""
    arns = ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="STOPPED")["taskArns"][-MOST_TASKS:]
    tasks: Sequence[Mapping[str, Any]] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return [task for task in tasks if task["lastStatus"] == "STOPPED"]


def _newest_stopped(ecs: Any, cluster: str, service: str, asked: str) -> Mapping[str, Any] | None:  # noqa: ANN401
    """The newest stopped task of the revision asked for, or else of any."""
    stopped = stopped_tasks(ecs, cluster, service)
    of_it = [task for task in stopped if task["taskDefinitionArn"] == asked]
    return max(of_it or stopped, key=lambda task: str(task.get("createdAt")), default=None)


def _of_task(ecs: Any, logs: Any, task: Mapping[str, Any]) -> Iterator[str]:  # noqa: ANN401
    code = f" ({task['stopCode']})" if task.get("stopCode") else ""
    yield f"The newest stopped task of {revision(task['taskDefinitionArn'])}: {task.get('stoppedReason')}{code}"
    for container in task["containers"]:
        yield f"  {how_it_went(container)}"
    definition = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
    groups: set[str] = set()
    for container in definition["containerDefinitions"]:
        name = container["name"]
        logging: Mapping[str, Any] = container.get("logConfiguration") or {}
        if logging.get("logDriver") != "awslogs":
            yield f"  {name} logs by {logging.get('logDriver') or 'nothing'}, not to CloudWatch"
            continue
        options = logging["options"]
        stream = f"{options['awslogs-stream-prefix']}/{name}/{task['taskArn'].rpartition('/')[2]}"
        groups.add(options["awslogs-group"])
        yield from (f"  {name}: {line}" for line in last_lines(logs, options["awslogs-group"], stream))
    yield f"Logs: {', '.join(sorted(groups)) or 'none in CloudWatch'}; task {task['taskArn'].rpartition('/')[2]}"


def how_it_went(container: Mapping[str, Any]) -> str:
    """How a container of a stopped task ended, in a sentence."""
    code, reason = container.get("exitCode"), container.get("reason")
    ended = f"{container['name']} did not run" if code is None else f"{container['name']} exited with {code}"
    return ": ".join(filter(None, (ended, reason, HINTS.get(code or 0))))
