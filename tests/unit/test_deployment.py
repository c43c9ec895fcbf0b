from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components.deployment import failure, verified

ASKED = "arn:aws:ecs:eu-west-1:1:task-definition/f-dev-web:7"
OLD = ASKED[:-1] + "6"


def named(**values) -> Any:
    return SimpleNamespace(**values)


def deployment(task_definition=ASKED, running=2, desired=2, status="PRIMARY"):
    return named(status=status, task_definition=task_definition, running_count=running, desired_count=desired)


@pytest.mark.parametrize(
    ("deployments", "problem"),
    [
        ([deployment()], None),
        ([deployment(OLD, status="ACTIVE"), deployment()], None),
        ([deployment(OLD)], "f-dev-web:7 was asked for, but ECS rolled back: f-dev-web:6 serves"),
        ([deployment(running=1)], "f-dev-web:7 serves with 1 of 2 tasks"),
        ([], "f-dev-web:7 was asked for, but the service has no primary deployment"),
    ],
)
def test_only_the_version_asked_for_with_all_its_tasks_is_a_success(deployments, problem):
    assert failure(ASKED, deployments) == problem


def test_a_failure_names_the_reason_what_ecs_said_and_where_the_logs_are():
    events = [named(message=f"event {number}") for number in range(7)]
    with pytest.raises(pulumi.RunError) as error:
        verified("web", ASKED, [deployment(OLD)], events, log_group="web-123")
    assert str(error.value).splitlines() == [
        "service web: f-dev-web:7 was asked for, but ECS rolled back: f-dev-web:6 serves. ECS said, newest first:",
        *(f"  event {number}" for number in range(5)),
        "Logs: web-123",
    ]


def test_a_silent_ecs():
    with pytest.raises(pulumi.RunError, match="newest first: nothing"):
        verified("web", ASKED, [], [], log_group="web-123")


def test_a_success_is_the_revision_that_serves():
    assert verified("web", ASKED, [deployment()], [], log_group="web-123") == ASKED
