"""An `up` that changes a health check alone succeeds only when a task passes the new one."""

import asyncio
import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import boto3
import pulumi
import pytest
from botocore.stub import Stubber

from components import FargateService, registration, target_health
from components.deployment import Asked
from components.health_check import HealthCheck
from components.target_health import TargetHealth

from .test_fargate_service import arguments, target

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/0"
OLD = {"path": "/", "interval": 5, "timeout": 4, "unhealthyThreshold": 3}
NEW = {**OLD, "path": "/nope"}
ASKED = Asked(cluster="arn", service="web-1", task_definition="web:1", minutes=1)
CODES = "Health checks failed with these codes: [404]"


@pytest.fixture
def balancers(monkeypatch):
    client: Any = boto3.client("elbv2", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(target_health, "client", lambda *of: client if of == ("elbv2", "eu-west-1") else None)
    now = SimpleNamespace(seconds=0.0, warnings=[], events=[], night=math.inf)

    def described(asked: Any) -> Any:
        assert asked is ASKED
        return {"events": now.events[-1 - int(now.seconds > 0) :], "desiredCount": int(now.seconds < now.night)}

    monkeypatch.setattr(target_health, "now", described)

    async def pause(seconds: float) -> None:
        now.seconds += seconds

    monkeypatch.setattr(target_health, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    monkeypatch.setattr(target_health, "asyncio", SimpleNamespace(sleep=pause, to_thread=asyncio.to_thread))
    monkeypatch.setattr(pulumi.log, "warn", now.warnings.append)
    with Stubber(client) as now.stubber:
        yield now


def says(balancers, *states: str) -> None:
    """One answer of the load balancer."""
    told = [{"State": one, **({"Description": CODES} if one == "unhealthy" else {})} for one in states]
    answer: Any = {"TargetHealthDescriptions": [{"TargetHealth": one} for one in told]}
    balancers.stubber.add_response("describe_target_health", answer, {"TargetGroupArn": GROUP})


UNHEALTHY = f"(service web) (port 8080) is unhealthy in (target-group {GROUP}) due to (reason {CODES})"
STEADY = "(service web) has reached a steady state."


def wait(new: Any = NEW, events: Sequence[str] = (), old: Sequence[Any] = (OLD,), start_period: int = 0) -> None:
    """An `up` that gives each group another health check, and finds the service with these events, newest first."""

    async def up() -> None:
        check = HealthCheck(path=new["path"], interval=new["interval"])
        health = TargetHealth("web", check, minutes=1, start_period=start_period)
        (hook,) = health.hooks.after_update or []
        for one in old:
            given = pulumi.ResourceHookArgs("urn", GROUP, "web", "type", {"healthCheck": new}, {"healthCheck": one})
            hook.callback(given)  # type: ignore[union-attr] - a hook with a name
        told: Any = [SimpleNamespace(message=one) for one in events]
        await health.passed(ASKED, told, [GROUP])

    asyncio.run(up())


def test_one_that_has_not_changed_is_not_waited_for(deploy, balancers):
    wait(new=dict(OLD), events=[STEADY, UNHEALTHY])


@pytest.mark.parametrize(
    ("new", "old", "seconds"),
    [
        (NEW, [OLD], 24),
        (NEW, [{**OLD, "interval": 30.0}, OLD], 50),
        ({**NEW, "interval": 10}, [OLD], 40),
        (NEW, [None], 24),
        (NEW, [OLD, NEW], 24),
    ],
    ids=["5, 5, 5, a timeout of 4, 5 more", "30, 5, 5, 4, 5", "10, 10, 10, 4, 5", "none before", "one of two groups"],
)
def test_one_that_has_changed_is_given_the_time_to_fail(deploy, balancers, new, old, seconds):
    for _ in range(seconds // 2 + 1):
        says(balancers, "healthy", "draining")
    wait(new=new, old=old)
    assert balancers.seconds == seconds
    balancers.stubber.assert_no_pending_responses()


def test_that_no_task_passes_it_fails_the_up(deploy, balancers):
    says(balancers, "healthy")
    says(balancers)
    for _ in range(12):
        says(balancers, "unhealthy", "draining")
    with pytest.raises(pulumi.RunError, match=r"service web: no task passes its health check, /nope: Health checks"):
        wait()
    assert balancers.seconds == 24


def test_what_the_check_before_says_of_a_target_does_not_count(deploy, balancers):
    for _ in range(6):
        says(balancers, "unhealthy")
    for _ in range(7):
        says(balancers, "healthy")
    wait()
    balancers.stubber.assert_no_pending_responses()


@pytest.mark.parametrize(("new", "events"), [(NEW, []), (OLD, [UNHEALTHY])], ids=["changed", "the next up"])
def test_a_task_may_fail_it_while_it_starts(deploy, balancers, new, events):
    for _ in range(30):
        says(balancers, "unhealthy")
    says(balancers, "healthy")
    wait(new=dict(new), events=events, start_period=58)
    balancers.stubber.assert_no_pending_responses()


@pytest.mark.parametrize(("interval", "seconds"), [(5, 44), (30, 50)])
def test_but_not_for_longer(deploy, balancers, interval, seconds):
    for _ in range(7):
        says(balancers, "healthy")
    for _ in range(20):
        says(balancers, "unhealthy")
    with pytest.raises(pulumi.RunError, match="/nope: Health checks failed"):
        wait(start_period=30, old=[{**OLD, "interval": interval}])
    assert balancers.seconds == seconds, "24 or 49 s after the change, and 30 s after one was healthy, at 12 s"


def test_a_task_that_is_on_its_way_is_waited_for(deploy, balancers):
    says(balancers, "initial")
    for _ in range(12):
        says(balancers, "healthy", "unhealthy")
    wait()


def test_not_for_ever(deploy, balancers):
    for _ in range(40):
        says(balancers, "initial")
    with pytest.raises(pulumi.RunError, match="none is healthy after 1 minutes"):
        wait()
    assert balancers.seconds == 62


@pytest.mark.parametrize("states", [["draining"], ["unhealthy"], ["initial"]], ids=lambda states: states[0])
def test_tasks_that_the_night_takes_away_fail_nothing(deploy, balancers, states):
    balancers.night = 4
    balancers.events += [{"id": "2", "message": UNHEALTHY}, {"id": "1", "message": STEADY}]
    says(balancers, "healthy")
    says(balancers, "healthy", "draining")
    says(balancers, *states)
    wait()
    assert balancers.seconds == 4


@pytest.mark.parametrize("states", [["draining"], []], ids=["they drain", "they are gone"])
def test_nor_do_those_that_were_taken_away_before(deploy, balancers, states):
    balancers.night = 0
    balancers.events.append({"id": "1", "message": UNHEALTHY})
    says(balancers, *states)
    wait()
    assert balancers.seconds == 0


def test_that_one_failed_between_two_looks_is_told_by_ecs(deploy, balancers):
    balancers.events += [{"id": "2", "message": UNHEALTHY}, {"id": "1", "message": UNHEALTHY}]
    says(balancers, "healthy")
    says(balancers, "initial", "draining")
    with pytest.raises(
        pulumi.RunError, match=r"/nope: \(service web\) \(port 8080\) is unhealthy in .* codes: \[404\]"
    ):
        wait(start_period=60)
    assert balancers.seconds == 2


def test_an_up_after_it_fails_too(deploy, balancers):
    says(balancers, "initial")
    says(balancers, "unhealthy")
    with pytest.raises(pulumi.RunError, match="Set the health check"):
        wait(new=dict(OLD), events=[UNHEALTHY, STEADY])


def test_what_ecs_said_before_does_not_count(deploy, balancers):
    balancers.events.append({"id": "1", "message": UNHEALTHY})
    says(balancers, "initial")
    says(balancers, "initial")
    for _ in range(11):
        says(balancers, "healthy")
    wait()
    balancers.stubber.assert_no_pending_responses()


def test_one_that_was_mended_is_not_waited_for(deploy, balancers):
    says(balancers, "healthy", "draining")
    wait(new=dict(OLD), events=[UNHEALTHY])
    assert balancers.seconds == 0


def test_a_preview_asks_nobody(deploy, balancers, monkeypatch):
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    wait(events=[UNHEALTHY])


def test_a_group_without_targets_is_not_judged(deploy, balancers):
    says(balancers)
    wait()
    assert balancers.seconds == 0


def test_one_without_targets_is_while_ecs_says_that_they_fail(deploy, balancers):
    balancers.events.append({"id": "1", "message": UNHEALTHY})
    says(balancers)
    says(balancers, "unhealthy")
    with pytest.raises(pulumi.RunError, match="/: Health checks failed"):
        wait(new=dict(OLD), events=[UNHEALTHY])
    assert balancers.seconds == 2


def test_what_could_not_be_asked_is_told_and_fails_nothing(deploy, balancers):
    balancers.stubber.add_client_error("describe_target_health", "AccessDenied", "no right to")
    wait()
    assert "service web: not known whether a task is healthy" in balancers.warnings[0]
    assert "AccessDenied" in balancers.warnings[0]


def test_a_service_says_how_its_tasks_are_checked(deploy, monkeypatch):
    given: list[Any] = []

    def health(*args: Any, **named: Any) -> TargetHealth:
        given.append((args, named))
        return TargetHealth(*args, **named)

    monkeypatch.setattr(registration, "TargetHealth", health)
    check = HealthCheck(path="/health")
    deploy(lambda: FargateService("web", arguments(target=target(health_check=check, start_period=90))))
    assert given == [(("web", check, 20), {"start_period": 90})]
