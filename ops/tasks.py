"""The tasks of a stack, as ECS tells of them: those that run, and for about an hour those that have stopped."""

from collections.abc import Mapping
from typing import Any

from ops.deployed import Deployed

MOST_TASKS = 100
"""That one call describes (ECS API Reference, "DescribeTasks")."""

Task = Mapping[str, Any]


def tasks(
    deployed: Deployed, *, stopped: bool = False, service: str | None = None, family: str | None = None
) -> list[Task]:
    """Every task of the stack's cluster, those of jobs and single runs among them.

    Args:
        deployed: the stack.
        stopped: whether those that have stopped, or are about to, are meant, and not those that run or come to run.
        service: name that ECS knows a service by: no other's. Default: all of the cluster's.
        family: of a task definition: none of another's. Default: all of the cluster's.

    Source: ECS API Reference, "ListTasks", "DescribeTasks".
    """
    ecs = deployed.client("ecs")
    asked = {"cluster": deployed.cluster, "desiredStatus": "STOPPED" if stopped else "RUNNING"}
    asked |= ({"serviceName": service} if service else {}) | ({"family": family} if family else {})
    arns = [arn for page in ecs.get_paginator("list_tasks").paginate(**asked) for arn in page["taskArns"]]
    found: list[Task] = []
    for first in range(0, len(arns), MOST_TASKS):
        found += ecs.describe_tasks(cluster=deployed.cluster, tasks=arns[first : first + MOST_TASKS])["tasks"]
    return found


def id_of(task: Task) -> str:
    """Its id, the last part of its ARN."""
    return str(task["taskArn"]).rpartition("/")[2]


def service_of(task: Task) -> str:
    """Name that ECS knows its service by; empty when none started it."""
    kind, _, name = str(task.get("group", "")).partition(":")
    return name if kind == "service" else ""


def address_of(task: Task) -> str:
    """Its address in the VPC; empty while it has none, or has no more."""
    details = [detail for one in task.get("attachments", []) for detail in one.get("details", [])]
    return next((one["value"] for one in details if one["name"] == "privateIPv4Address"), "")
