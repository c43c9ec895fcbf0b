"""Where the tasks of a stack's services and jobs log to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.checks import hint
from components.failed_deployment import revision as family_and_number
from ops.deployed import Deployed
from ops.error import OpsError
from ops.tasks import id_of, tasks

AWSLOGS = "awslogs"
RUNS = 20
"""How many of a job's last runs are looked for, where they log among a service's tasks."""

Prefixes = Callable[[], Sequence[str]]
"""What the log streams begin with, when it is asked; one that is empty stands for all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Whose lines are asked for."""

    services: Sequence[str] = ()
    """Names in the stack file; all of the stack's when neither a service nor a job is named."""
    jobs: Sequence[str] = ()
    """Names in the stack file."""
    task: str = ""
    """What the id of the task begins with; empty for all tasks."""
    container: str = ""
    """Name of the container; empty for all containers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Log streams of one service or job."""

    kind: str
    """`service` or `job`."""
    name: str
    """In the stack file."""
    log_group: str
    """Name of the log group."""
    prefixes: Prefixes
    """What the streams begin with."""
    among: str = ""
    """The service among whose tasks a job logs; empty for one with a log group of its own."""
    alike: Sequence[str] = ()
    """Other jobs that log there, whose runs ECS does not tell from this one's."""


def sources(deployed: Deployed, wanted: Wanted) -> list[Source]:
    """The log streams that hold what is asked for.

    Raises:
        OpsError: there is no such service, job or container.
    """
    services = wanted.services or ([] if wanted.jobs else deployed.services)
    found = [_source(deployed, "service", name, deployed.service(name), wanted) for name in dict.fromkeys(services)]
    for name in dict.fromkeys(wanted.jobs):
        job = deployed.job(name)
        service = _service_of(deployed, job)
        found.append(
            _runs(deployed, name, job, service, wanted) if service else _source(deployed, "job", name, job, wanted)
        )
    return found


def elsewhere(deployed: Deployed, kind: str, name: str) -> Iterator[str]:
    """Which containers of a service or job send their lines by a log router, and where to.

    Args:
        deployed: the stack.
        kind: `service` or `job`.
        name: in the stack file.

    Source: Amazon ECS Developer Guide, "Send Amazon ECS logs to an AWS service or AWS Partner".
    """
    known = deployed.service(name) if kind == "service" else deployed.job(name)
    for container in _containers(deployed, known):
        logging: Mapping[str, Any] = container.get("logConfiguration") or {}
        if logging.get("logDriver", AWSLOGS) == AWSLOGS:
            continue
        place = ", ".join(f"{key}={value}" for key, value in (logging.get("options") or {}).items())
        read = "on AWS they are to be read there alone" if deployed.is_local else "they are to be read there, not here"
        yield f"{name}: a log router sends the lines of container {container['name']} on ({place}): {read}"


def _source(deployed: Deployed, kind: str, name: str, known: Mapping[str, str], wanted: Wanted) -> Source:
    prefixes = _prefixes(deployed, name, known, wanted)
    return Source(kind=kind, name=name, log_group=known["log_group"], prefixes=lambda: prefixes)


def _prefixes(deployed: Deployed, name: str, known: Mapping[str, str], wanted: Wanted) -> list[str]:
    """Streams are named PREFIX/CONTAINER/TASK, and here the prefix is the container's name too.

    Source: Amazon ECS Developer Guide, "Using the awslogs log driver".
    """
    if not wanted.task and not wanted.container:
        return [""]
    containers = [str(one["name"]) for one in _containers(deployed, known)]
    if wanted.container and wanted.container not in containers:
        raise OpsError(f"{name} has no container {wanted.container!r}: {hint(wanted.container, containers)}")
    return [f"{one}/{one}/{wanted.task}" for one in ([wanted.container] if wanted.container else containers)]


def _containers(deployed: Deployed, known: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    found = deployed.client("ecs").describe_task_definition(taskDefinition=known["task_definition"])
    return found["taskDefinition"]["containerDefinitions"]


def _service_of(deployed: Deployed, job: Mapping[str, str]) -> str | None:
    """The service whose image a job runs, and among whose tasks it logs."""
    return next(
        (name for name in deployed.services if deployed.service(name)["log_group"] == job["log_group"]),
        None,
    )


def _started_by(job: Mapping[str, str]) -> str:
    """What EventBridge Scheduler says of who started a task, of which ECS takes 36 characters."""
    return f"chronos-schedule/{job['schedule'].rpartition('/')[2]}"[:36]


def _runs(deployed: Deployed, name: str, job: Mapping[str, str], service: str, wanted: Wanted) -> Source:
    """The tasks that a job's schedule started, as long as ECS remembers them: an hour after their end.

    They are picked from all of their family: to ask by who started a task shows none that has stopped (ECS API
    Reference, "ListTasks").
    """
    prefixes = _prefixes(deployed, name, job, Wanted(task="", container=wanted.container or service))
    family, started_by = family_and_number(job["task_definition"]).rpartition(":")[0], _started_by(job)
    others = {other: deployed.job(other) for other in deployed.jobs if other != name}
    alike = [
        other
        for other, known in others.items()
        if known["log_group"] == job["log_group"] and _started_by(known) == started_by
    ]

    def runs() -> list[str]:
        known = [*tasks(deployed, family=family), *tasks(deployed, family=family, stopped=True)]
        ours = [one for one in known if one.get("startedBy") == started_by]
        last = sorted(ours, key=lambda one: one["createdAt"], reverse=True)[:RUNS]
        ids = [id_of(one) for one in last]
        return [f"{prefix}{task}" for task in ids if task.startswith(wanted.task) for prefix in prefixes]

    return Source(kind="job", name=name, log_group=job["log_group"], prefixes=runs, among=service, alike=alike)
