"""`ops status`: a stack's services, their deployments, tasks, targets and last events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from components.failed_deployment import how_it_went
from components.failed_deployment import revision as family_and_number
from ops.deployed import Deployed
from ops.scaling_bounds import Bounds, bounds
from ops.serving import Serving, described, servings
from ops.target_health import TargetHealth, counts, targets_of_each
from ops.tasks import Task, address_of, id_of, service_of, tasks
from ops.verify import Verdict, judge

MOST_STOPPED = 3
"""Tasks of a service that have stopped, newest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentStatus:
    """A deployment of a service."""

    revision: str
    """Family and revision of its task definition."""
    status: str
    """`PRIMARY` is the one that ECS works towards, `ACTIVE` one on its way out."""
    rollout: str
    """`COMPLETED`, `IN_PROGRESS` or `FAILED`; empty where ECS does not tell."""
    running: int
    """Tasks that run."""
    pending: int
    """Tasks that come to run."""
    desired: int
    """Tasks that should run."""
    failed: int
    """Tasks that failed to start."""
    since: str
    """When it began."""
    reason: str
    """What ECS says of its rollout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskStatus:
    """A task of a service."""

    task: str
    """Its id."""
    revision: str
    """Family and revision of its task definition."""
    last_status: str
    """What it is: `PROVISIONING`, `PENDING`, `RUNNING`, `STOPPED` …"""
    desired_status: str
    """What it is to be: `RUNNING` or `STOPPED`."""
    health: str
    """By its containers' health checks: `HEALTHY`, `UNHEALTHY`, or `UNKNOWN` where there are none."""
    zone: str
    """Its availability zone."""
    address: str
    """Its address in the VPC."""
    capacity: str
    """`FARGATE` or `FARGATE_SPOT`; empty where ECS does not tell."""
    since: str
    """When it started, or else was created; of one that has stopped, when it did."""
    reason: str
    """Why it stopped; empty while it runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What ECS tells of a service."""

    at: str
    """When."""
    message: str
    """A sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """A service at one moment. Times are in UTC, in ISO 8601."""

    verdict: Verdict
    """Whether it serves as deployed, as `ops verify` has it."""
    url: str
    """Where a load balancer reaches it; empty where none does."""
    digests: Sequence[str]
    """Of the images that its running tasks run in the container with its name; several while a new version comes."""
    scaling: Bounds | None
    """Between how many tasks it scales by itself; None when it does not."""
    deployments: Sequence[DeploymentStatus]
    """What ECS works towards first."""
    tasks: Sequence[TaskStatus]
    """Those that run or come to run."""
    stopped: Sequence[TaskStatus]
    """The newest of those that have stopped; ECS forgets them after about an hour."""
    targets: Sequence[TargetHealth]
    """Of its target groups."""
    events: Sequence[Event]
    """The last ones, newest first."""


def status(deployed: Deployed, names: Sequence[str], events: int) -> list[Status]:
    """How services are; all of the stack's when none is named.

    Args:
        deployed: the stack.
        names: of services in the stack file.
        events: how many of the last events.

    Raises:
        OpsError: there is no such service.

    Source: ECS API Reference, "DescribeServices", "DescribeTasks"; Application Auto Scaling API Reference,
    "DescribeScalableTargets".
    """
    answers = _answers(deployed, [*dict.fromkeys(names)] or deployed.services)
    return [_status(deployed, answers, name, events) for name in answers.services]


def as_values(found: Sequence[Status]) -> dict[str, Any]:
    """The same for scripts."""
    return {"services": [_values(one) for one in found]}


def _values(found: Status) -> dict[str, Any]:
    values = asdict(found)
    verdict = values.pop("verdict")
    return {"service": verdict.pop("service"), "verdict": {"passed": not verdict["problem"], **verdict}, **values}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answers:
    """What AWS says of all that is asked for, in as few calls as it takes."""

    services: Mapping[str, Mapping[str, Any]]
    now: Mapping[str, Serving | None]
    targets: Mapping[str, Sequence[TargetHealth]]
    scaling: Mapping[str, Bounds]
    running: Sequence[Task]
    stopped: Sequence[Task]


def _answers(deployed: Deployed, names: Sequence[str]) -> _Answers:
    services = described(deployed, names)
    now = servings(services)
    there = [one.service for one in now.values() if one]
    only = there[0] if len(there) == 1 else None
    return _Answers(
        services=services,
        now=now,
        targets=targets_of_each(deployed, now),
        scaling=bounds(deployed, names),
        running=tasks(deployed, service=only),
        stopped=tasks(deployed, service=only, stopped=True),
    )


def _status(deployed: Deployed, answers: _Answers, name: str, events: int) -> Status:
    known, service, targets = deployed.service(name), answers.services[name], answers.targets[name]
    running = [one for one in answers.running if service_of(one) == known["service"]]
    stopped = [one for one in answers.stopped if service_of(one) == known["service"]]
    deployments = sorted(service.get("deployments", ()), key=lambda one: one["status"] != "PRIMARY")
    said = service.get("events", ())[:events]
    return Status(
        verdict=judge(deployed, name, answers.now[name], counts(targets), answers.scaling.get(name)),
        url=known.get("url") or "",
        digests=sorted(set(_digests(running, name))),
        scaling=answers.scaling.get(name),
        deployments=[_deployment(one) for one in deployments],
        tasks=[_task(one) for one in sorted(running, key=_since)],
        stopped=[_task(one) for one in sorted(stopped, key=_since, reverse=True)[:MOST_STOPPED]],
        targets=targets,
        events=[Event(at=_time(one["createdAt"]), message=one["message"]) for one in said],
    )


def _digests(running: Sequence[Task], name: str) -> Iterator[str]:
    for task in running:
        for container in task["containers"]:
            digest = container.get("imageDigest") or container.get("image", "").partition("@")[2]
            if container["name"] == name and digest:
                yield digest


def _deployment(one: Mapping[str, Any]) -> DeploymentStatus:
    return DeploymentStatus(
        revision=family_and_number(one["taskDefinition"]),
        status=one["status"],
        rollout=one.get("rolloutState", ""),
        running=one["runningCount"],
        pending=one.get("pendingCount", 0),
        desired=one["desiredCount"],
        failed=one.get("failedTasks", 0),
        since=_time(one.get("createdAt")),
        reason=one.get("rolloutStateReason", ""),
    )


def _task(one: Task) -> TaskStatus:
    return TaskStatus(
        task=id_of(one),
        revision=family_and_number(one["taskDefinitionArn"]),
        last_status=one["lastStatus"],
        desired_status=one["desiredStatus"],
        health=one.get("healthStatus", "UNKNOWN"),
        zone=one.get("availabilityZone", ""),
        address=address_of(one),
        capacity=one.get("capacityProviderName", ""),
        since=_since(one),
        reason=_reason(one) if one["desiredStatus"] == "STOPPED" else "",
    )


def _reason(task: Task) -> str:
    """What ECS says, and how each container ended, once it has."""
    ended = [how_it_went(one) for one in task["containers"]] if task["lastStatus"] == "STOPPED" else []
    return "; ".join(filter(None, (task.get("stoppedReason"), *ended)))


def _since(task: Task) -> str:
    times = ("stoppedAt", "stoppingAt", "startedAt", "createdAt")
    return _time(next((task[name] for name in times if task.get(name)), None))


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""
