import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components import deployment
from components import verified as verification
from components.deployment import Asked, Described, failure
from components.failed_deployment import AGAIN
from components.verified import verified

from .fake_ecs import CLUSTER, DEFINITION, OLD, task

ASKED = Asked(cluster=CLUSTER, service="web-1", task_definition=DEFINITION, minutes=1)
WORKER = replace(ASKED, anew=True, checked=False)
COMPLETED = "(service web-1) (deployment ecs-svc/7) deployment completed."


def one(task_definition=DEFINITION, running=2, desired=2, status="PRIMARY", id="ecs-svc/7"):
    return Described(
        id=id, status=status, task_definition=task_definition, running_count=running, desired_count=desired
    )


def told(*deployments, events=()):
    """The service as DescribeServices tells it."""
    words = {"id": "id", "status": "status", "taskDefinition": "task_definition"}
    words |= {"runningCount": "running_count", "desiredCount": "desired_count"}
    return {
        "deployments": [{key: getattr(one, name) for key, name in words.items()} for one in deployments],
        "events": [{"message": message} for message in events],
    }


def rollout(state, *deployments):
    """The service while the rollout of its primary deployment is so far."""
    service = told(*deployments or [one()])
    service["deployments"][0] |= {"rolloutState": state, "rolloutStateReason": "its tasks failed."}
    return service


class Later:
    """What ECS answers when it is asked again, each answer once, the last one again and again; and a clock."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.answers: list[Any] = []
        self.stopped: list[list[Any]] = [[]]
        """Likewise: tasks that have stopped."""
        self.warnings: list[str] = []
        self.looks = 0

    def __iadd__(self, answers: list[Any]) -> "Later":
        self.answers += answers
        return self

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def describe_services(self, cluster, services):
        assert (cluster, services) == (CLUSTER, ["web-1"])
        self.looks += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return {"services": [found if isinstance(found, dict) else told(*found)]}

    def stopped_tasks(self, _, cluster, service):
        assert (cluster, service) == (CLUSTER, "web-1")
        return self.stopped.pop(0) if len(self.stopped) > 1 else self.stopped[0]


@pytest.fixture
def later(monkeypatch):
    later = Later()
    monkeypatch.setattr(deployment, "client", lambda *_: later)
    monkeypatch.setattr(verification, "client", lambda *_: later)
    monkeypatch.setattr(verification, "stopped_tasks", later.stopped_tasks)
    monkeypatch.setattr(verification, "explanation", lambda *asked: f"why {asked[:3]} {asked[3:]}")
    monkeypatch.setattr(verification, "time", SimpleNamespace(monotonic=lambda: later.seconds))
    monkeypatch.setattr(verification, "asyncio", SimpleNamespace(sleep=later.sleep, to_thread=asyncio.to_thread))
    monkeypatch.setattr(pulumi.log, "warn", later.warnings.append)
    return later


def verify(*deployments, events=(COMPLETED,), asked=ASKED):
    said: Any = [SimpleNamespace(message=event) for event in events]
    return asyncio.run(verified("web", asked, deployments, said))


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
    later += [[one(OLD)]]
    with pytest.raises(pulumi.RunError) as error:
        verify(one(OLD), events=["rolled back"])
    assert str(error.value) == (
        "service web: shop-dev-web:7 was asked for, but ECS rolled back: shop-dev-web:6 serves.\n"
        f"why {(CLUSTER, 'web-1', DEFINITION)} {(['rolled back'],)}\n{AGAIN}"
    )
    assert later.seconds == 8


@pytest.mark.parametrize(
    ("at_first", "then"),
    [
        ([one(OLD)], [[one(OLD)], [one()]]),
        ([one(running=1)], [[one(running=1)], [one()]]),
        ([], [[one(running=0)], [one(running=1)], [one()]]),
        ([one(running=1, desired=1, status="ACTIVE")], [[one()]]),
    ],
)
def test_an_answer_that_is_old_and_a_task_that_is_on_its_way_are_no_failure(later, at_first, then):
    later += then
    assert verify(*at_first) == DEFINITION


def test_the_old_answer_s_event_is_not_taken_for_the_new_rollout_s(later):
    later += [rollout("IN_PROGRESS"), rollout("IN_PROGRESS"), rollout("FAILED")]
    with pytest.raises(pulumi.RunError, match="shop-dev-web:7 was asked for, but its tasks failed."):
        verify(one(OLD, id="ecs-svc/6"), events=["(service web-1) (deployment ecs-svc/6) deployment completed."])


def test_a_task_that_a_policy_asked_for_meanwhile_is_not_missing(later):
    later += [[one(running=1, desired=2)], [one(running=2, desired=3)]]
    assert verify(one(running=1, desired=2)) == DEFINITION


def test_a_task_that_stays_away_is_a_failure(later):
    later += [[one(running=1)]]
    with pytest.raises(pulumi.RunError, match="serves with 1 of 2 tasks"):
        verify(one(running=0))
    assert later.seconds == 62


def test_a_task_that_runs_again_is_no_success_before_its_rollout_is_over(later):
    """A task that ends and is started anew is missing at one look, and there at the next, until ECS gives it up."""
    later += [rollout("IN_PROGRESS"), rollout("IN_PROGRESS"), rollout("FAILED")]
    with pytest.raises(pulumi.RunError, match="shop-dev-web:7 was asked for, but its tasks failed."):
        verify(one(running=0), events=[])


def test_the_first_tasks_of_a_rollout_may_need_their_minutes(later):
    later += [*[rollout("IN_PROGRESS", one(running=0))] * 50, rollout("COMPLETED")]
    assert verify(one(running=0), events=[], asked=replace(ASKED, minutes=20)) == DEFINITION
    assert later.seconds > verification.SETTLE_SECONDS


def test_what_cannot_be_asked_again_stays_as_it_was_found(later):
    later += [RuntimeError("no credentials")]
    with pytest.raises(pulumi.RunError, match="ECS rolled back"):
        verify(one(OLD))


@pytest.mark.parametrize("events", [(), ("(service web-1) (deployment ecs-svc/6) deployment completed.",)])
@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([rollout("COMPLETED")], None),
        ([told(one())], None),
        ([told(one(), one(OLD, status="ACTIVE")), rollout("FAILED")], "was asked for, but its tasks failed."),
        ([rollout("IN_PROGRESS"), rollout("IN_PROGRESS", one(running=1)), rollout("COMPLETED")], None),
        ([rollout("IN_PROGRESS"), RuntimeError("throttled"), rollout("COMPLETED")], None),
        (
            [rollout("IN_PROGRESS"), RuntimeError("it has\nexpired")],
            "is on its way, and AWS does not say how far: it has e",
        ),
        ([rollout("IN_PROGRESS"), rollout("COMPLETED", one(running=1)), rollout("COMPLETED")], None),
        ([rollout("COMPLETED", one(running=1))], "serves with 1 of 2 tasks"),
        ([rollout("IN_PROGRESS"), rollout("FAILED")], "shop-dev-web:7 was asked for, but its tasks failed."),
        ([rollout("IN_PROGRESS"), rollout("IN_PROGRESS", one(OLD))], "ECS rolled back: shop-dev-web:6 serves"),
        ([rollout("IN_PROGRESS"), told()], "the service has no primary deployment"),
    ],
)
def test_a_rollout_that_nobody_waited_for_is_waited_for(later, answers, problem, events):
    later += answers
    if problem:
        with pytest.raises(pulumi.RunError, match=problem):
            verify(one(), events=events)
    else:
        assert verify(one(), events=events) == DEFINITION
    assert not later.warnings


def test_but_not_for_ever(later):
    later += [rollout("IN_PROGRESS")]
    with pytest.raises(pulumi.RunError, match="shop-dev-web:7 is still on its way after 1 minutes"):
        verify(one(), events=[])
    assert later.seconds == 62


def test_where_ecs_does_not_answer_the_provider_is_believed_and_a_warning_says_so(later):
    later += [RuntimeError("no\ncredentials")]
    assert verify(one(), events=[]) == DEFINITION
    assert later.warnings == ["service web: not known whether shop-dev-web:7 serves: no credentials"]


def ended(*names, **more):
    return [task(name, **more) for name in names]


def test_tasks_that_nobody_checks_must_stay_for_a_while(later):
    later += [rollout("COMPLETED")]
    later.stopped = [ended("of the rollout")]
    assert verify(one(), asked=WORKER) == DEFINITION
    assert later.seconds == 16


@pytest.mark.parametrize("asked", [replace(WORKER, anew=False), replace(WORKER, checked=True)])
def test_but_not_what_was_there_before_nor_what_a_load_balancer_checks(later, asked):
    assert verify(one(), asked=asked) == DEFINITION
    assert later.looks == 0


def test_tasks_that_end_again_and_again_are_a_failure_though_one_runs_at_each_look(later):
    later += [rollout("COMPLETED", one(running=1, desired=1))]
    later.stopped = [[], ended("a"), ended("a"), ended("a", "b")]
    with pytest.raises(pulumi.RunError, match="tasks of shop-dev-web:7 end soon after they start"):
        verify(one(running=1, desired=1), asked=WORKER)


def test_one_that_ended_once_begins_the_time_anew(later):
    later += [rollout("COMPLETED", one(running=1, desired=1))]
    later.stopped = [[], [], [], ended("a")]
    assert verify(one(running=1, desired=1), asked=WORKER) == DEFINITION
    assert later.seconds == 22


@pytest.mark.parametrize("more", [{"of": OLD}, {"stopCode": "ServiceSchedulerInitiated"}, {"stopCode": None}])
def test_tasks_that_ecs_ended_do_not_count(later, more):
    later += [rollout("COMPLETED", one(running=1, desired=1))]
    later.stopped = [[], ended("a", **more), ended("a", "b", **more), ended("a", "b", "c", **more)]
    assert verify(one(running=1, desired=1), asked=WORKER) == DEFINITION


def test_a_task_that_was_missing_must_stay_too(later):
    """A service behind a load balancer: between two of its tasks nothing but the count tells that one has ended."""
    later += [rollout("COMPLETED", one(running=1, desired=1))]
    later.stopped = [ended("a"), ended("a", "b"), ended("a", "b", "c")]
    with pytest.raises(pulumi.RunError, match="tasks of shop-dev-web:7 end soon after they start"):
        verify(one(running=0, desired=1))


FAILED = "(service web-1) (deployment ecs-svc/8) deployment failed: tasks failed to start."
BACK = "(service web-1) rolling back to deployment ecs-svc/7."
ANEW = replace(ASKED, anew=True)


@pytest.mark.parametrize("after", [[], [COMPLETED]])
def test_that_ecs_went_back_to_a_deployment_of_the_same_revision_is_a_failure(later, after):
    events = [*after, BACK, FAILED, COMPLETED]
    later += [told(one(), events=events)]
    with pytest.raises(
        pulumi.RunError, match="shop-dev-web:7 was deployed anew, but ECS rolled back to its deployment"
    ):
        verify(one(), events=events, asked=ANEW)


def test_to_one_of_another_revision_is_told_by_that(later):
    later += [told(one(OLD), events=[BACK, FAILED, COMPLETED])]
    with pytest.raises(pulumi.RunError, match="7 was asked for, but ECS rolled back: shop-dev-web:6 serves"):
        verify(one(OLD), events=[BACK, FAILED, COMPLETED], asked=ANEW)


def test_so_it_is_when_ecs_cannot_be_asked_again(later):
    later += [RuntimeError("no credentials")]
    with pytest.raises(pulumi.RunError, match="was deployed anew, but ECS rolled back"):
        verify(one(), events=[FAILED, COMPLETED], asked=ANEW)


@pytest.mark.parametrize("answer", [told(one(id="ecs-svc/9")), told()])
def test_what_went_back_before_is_none_of_this_up(later, answer):
    later += [{**answer, "events": [{"message": one} for one in (BACK, FAILED, COMPLETED)]}]
    assert verify(one(), events=[BACK, FAILED, COMPLETED], asked=ANEW) == DEFINITION


@pytest.mark.parametrize(
    ("asked", "primary", "events"),
    [
        (ASKED, "ecs-svc/7", [BACK, FAILED, COMPLETED]),
        (ANEW, "ecs-svc/9", [COMPLETED.replace("/7", "/9"), BACK, FAILED, COMPLETED]),
        (ANEW, "ecs-svc/7", [COMPLETED]),
        (ANEW, "", [FAILED, COMPLETED]),
    ],
    ids=["nothing deployed", "a new one since", "none failed", "no id"],
)
def test_nothing_is_asked_where_ecs_did_not_go_back(later, asked, primary, events):
    assert verify(one(id=primary), events=events, asked=asked) == DEFINITION
    assert later.looks == 0


@pytest.mark.parametrize(("fewest", "desired", "warns"), [(2, 0, True), (0, 0, False), (1, 1, False)])
def test_a_service_that_was_scaled_to_nothing_is_told(later, fewest, desired, warns):
    assert verify(one(running=desired, desired=desired), asked=replace(ASKED, fewest=fewest)) == DEFINITION
    assert later.warnings == warns * [
        "service web: no task is to run, as it was scaled to 0, so whether shop-dev-web:7 serves is not known. "
        "`python -m ops verify` tells what starts it"
    ]
