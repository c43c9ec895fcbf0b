import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components import deployment, failed_operation
from components.deployment import Asked, Described, failure, verified
from components.failed_deployment import AGAIN
from components.failed_operation import explaining

from .fake_ecs import CLUSTER, DEFINITION, OLD

ASKED = Asked(cluster=CLUSTER, service="web-1", task_definition=DEFINITION, minutes=1)
COMPLETED = "(service web-1) (deployment ecs-svc/7) deployment completed."


def named(**values) -> Any:
    return SimpleNamespace(**values)


def one(task_definition=DEFINITION, running=2, desired=2, status="PRIMARY"):
    return Described(
        id="ecs-svc/7", status=status, task_definition=task_definition, running_count=running, desired_count=desired
    )


def told(*deployments):
    """The service as DescribeServices tells it."""
    words = {"id": "id", "status": "status", "taskDefinition": "task_definition"}
    words |= {"runningCount": "running_count", "desiredCount": "desired_count"}
    return {"deployments": [{key: getattr(one, name) for key, name in words.items()} for one in deployments]}


@pytest.fixture
def later(monkeypatch):
    """What ECS answers when it is asked again: each answer once, the last one again and again."""
    answers: list[Any] = []

    def describe_services(cluster, services):
        assert (cluster, services) == (CLUSTER, ["web-1"])
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return {"services": [found if isinstance(found, dict) else told(*found)]}

    monkeypatch.setattr(deployment, "client", lambda *_: named(describe_services=describe_services))
    monkeypatch.setattr(deployment, "explanation", lambda *asked: f"why {asked[:3]} {asked[3:]}")
    monkeypatch.setattr(deployment, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(deployment, "STALE_SECONDS", 0.02)
    monkeypatch.setattr(deployment, "SETTLE_SECONDS", 0.05)
    return answers


def verify(*deployments, events=(COMPLETED,)):
    return asyncio.run(verified("web", ASKED, deployments, [named(message=event) for event in events]))


@pytest.mark.parametrize(
    ("deployments", "problem"),
    [
        ([one()], None),
        ([one(OLD, status="ACTIVE"), one()], None),
        ([one(running=0, desired=0)], None),
        ([one(OLD)], "shop-dev-web:7 was asked for, but ECS rolled back: shop-dev-web:6 serves"),
        ([one(running=1)], "shop-dev-web:7 serves with 1 of 2 tasks"),
        ([], "shop-dev-web:7 was asked for, but the service has no primary deployment"),
    ],
)
def test_only_the_version_asked_for_with_all_its_tasks_is_a_success(deployments, problem):
    assert failure(DEFINITION, deployments) == problem


def test_a_success_is_the_revision_that_serves():
    assert verify(one()) == DEFINITION


def test_a_failure_says_what_ecs_and_the_logs_say(later):
    later.append([one(OLD)])
    with pytest.raises(pulumi.RunError) as error:
        verify(one(OLD), events=["rolled back"])
    assert str(error.value) == (
        "service web: shop-dev-web:7 was asked for, but ECS rolled back: shop-dev-web:6 serves.\n"
        f"why {(CLUSTER, 'web-1', DEFINITION)} {(['rolled back'],)}\n{AGAIN}"
    )


@pytest.mark.parametrize(
    ("at_first", "then"),
    [
        ([one(OLD)], [[one()]]),
        ([one(running=1)], [[one(running=1)], [one()]]),
        ([], [[one(running=0)], [one(running=1)], [one()]]),
        ([one(running=1, desired=1, status="ACTIVE")], [[one()]]),
    ],
)
def test_an_answer_that_is_old_and_a_task_that_is_on_its_way_are_no_failure(later, at_first, then):
    later += then
    assert verify(*at_first) == DEFINITION


def test_a_task_that_a_policy_asked_for_meanwhile_is_not_missing(later):
    later += [[one(running=2, desired=3)]]
    assert verify(one(running=1, desired=2)) == DEFINITION


def test_a_task_that_stays_away_is_a_failure(later):
    later += [[one(running=1)]]
    with pytest.raises(pulumi.RunError, match="serves with 1 of 2 tasks"):
        verify(one(running=0))


def test_a_task_that_runs_again_is_no_success_before_its_rollout_is_over(later):
    """A task that ends and is started anew is missing at one look, and there at the next, until ECS gives it up."""
    later += [rollout("IN_PROGRESS"), rollout("IN_PROGRESS"), rollout("FAILED")]
    with pytest.raises(pulumi.RunError, match="shop-dev-web:7 was asked for, but its tasks failed."):
        verify(one(running=0), events=[])


def test_what_cannot_be_asked_again_stays_as_it_was_found(later):
    later.append(RuntimeError("no credentials"))
    with pytest.raises(pulumi.RunError, match="ECS rolled back"):
        verify(one(OLD))


def rollout(state, *deployments):
    """The service while the rollout of its primary deployment is so far."""
    service = told(*deployments or [one()])
    service["deployments"][0] |= {"rolloutState": state, "rolloutStateReason": "its tasks failed."}
    return service


@pytest.mark.parametrize("events", [(), ("(service web-1) (deployment ecs-svc/6) deployment completed.",)])
@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([rollout("COMPLETED")], None),
        ([told(one())], None),
        ([rollout("IN_PROGRESS"), rollout("IN_PROGRESS", one(running=1)), rollout("COMPLETED")], None),
        ([RuntimeError("no credentials")], None),
        (
            [rollout("IN_PROGRESS"), RuntimeError("it has\nexpired")],
            "is on its way, and AWS does not say how far: it has e",
        ),
        ([rollout("IN_PROGRESS"), rollout("COMPLETED", one(running=1)), rollout("COMPLETED")], None),
        ([rollout("COMPLETED", one(running=1))], "serves with 1 of 2 tasks"),
        ([rollout("IN_PROGRESS"), rollout("FAILED")], "shop-dev-web:7 was asked for, but its tasks failed."),
        ([rollout("IN_PROGRESS"), rollout("IN_PROGRESS", one(OLD))], "ECS rolled back: shop-dev-web:6 serves"),
        ([rollout("IN_PROGRESS"), {"deployments": []}], "the service has no primary deployment"),
    ],
)
def test_a_rollout_that_nobody_waited_for_is_waited_for(later, answers, problem, events):
    later += answers
    if problem:
        with pytest.raises(pulumi.RunError, match=problem):
            verify(one(), events=events)
    else:
        assert verify(one(), events=events) == DEFINITION


def test_but_not_for_ever(later):
    later.append(rollout("IN_PROGRESS"))
    with pytest.raises(pulumi.RunError, match="shop-dev-web:7 is still on its way after 0 minutes"):
        asyncio.run(verified("web", replace(ASKED, minutes=0), [one()], []))


def hook(monkeypatch, why="why", **args):
    """What the hook of a failed operation logs, and whether it asks for another try."""
    lines, made = [], []
    monkeypatch.setattr(pulumi, "ErrorHook", lambda name, function: made.append((name, function)))
    monkeypatch.setattr(pulumi.log, "error", lambda text, resource: lines.append((text, resource)))
    monkeypatch.setattr(failed_operation, "explanation", lambda *asked: f"{why} {asked}" if why else "")
    monkeypatch.setattr(failed_operation, "ROLE_SECONDS", 0.0)
    for level in ("info", "warn"):
        monkeypatch.setattr(
            pulumi.log, level, lambda text, resource, at=level: lines.append((f"{at}: {text}", resource))
        )
    component: Any = object()
    explaining("web", component)
    ((name, function),) = made
    assert name.startswith("web-explain")
    inputs = {"cluster": CLUSTER, "taskDefinition": DEFINITION, "name": "web-1"}
    given = {"failed_operation": "update", "id": "", "new_inputs": inputs, "errors": ["it failed"]} | args
    again = asyncio.run(function(named(**given)))
    assert [resource for _, resource in lines] == [component] * len(lines)
    return [text for text, _ in lines], again


@pytest.mark.parametrize(
    "args",
    [
        {"failed_operation": "create"},
        {
            "id": "arn:aws:ecs:eu-west-1:1:service/c-1/web-1",
            "new_inputs": {"cluster": CLUSTER, "taskDefinition": DEFINITION},
        },
    ],
)
def test_a_failure_of_the_provider_is_explained_and_not_tried_again(monkeypatch, args):
    lines, again = hook(monkeypatch, **args)
    assert lines == [f"service web: shop-dev-web:7 does not serve.\nwhy {(CLUSTER, 'web-1', DEFINITION)}\n{AGAIN}"]
    assert again is False


ROLE = "InvalidParameterException: ECS was unable to assume the configured ECS Infrastructure Role 'arn:r'. Please …"
TRIED_AGAIN = "info: service web: ECS cannot assume its new role yet, and is asked again"


@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_role_that_ecs_cannot_assume_yet_is_tried_again_for_a_minute(monkeypatch, operation):
    assert failed_operation.ROLE_TRIES * failed_operation.ROLE_SECONDS == 60
    for failures in range(1, 7):
        found = hook(monkeypatch, failed_operation=operation, errors=[ROLE] * failures)
        assert found == ([TRIED_AGAIN], True)
    assert hook(monkeypatch, failed_operation=operation, errors=[ROLE] * 7) == ([], False)


def test_what_fails_otherwise_after_that_is_explained_and_not_tried_again(monkeypatch):
    lines, again = hook(monkeypatch, errors=["it is not steady", ROLE])
    assert len(lines) == 1
    assert again is False


def test_an_error_of_the_explanation_does_not_stand_in_place_of_the_provider_s(monkeypatch):
    found = hook(monkeypatch, new_inputs={"name": "web-1"})
    assert found == (["warn: service web: its failure is not explained: 'cluster'"], False)


@pytest.mark.parametrize(
    "args", [{"failed_operation": "delete"}, {"new_inputs": None}, {"why": ""}, {"id": None, "why": "", "errors": []}]
)
def test_where_there_is_nothing_to_explain_nothing_is_said(monkeypatch, args):
    assert hook(monkeypatch, **args) == ([], False)
