"""An `up` that changes a health check alone succeeds only when a task passes the new one."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import boto3
import pulumi
import pytest
from botocore.stub import Stubber

from components import target_health
from components.deployment import Asked
from components.health_check import HealthCheck
from components.target_health import TargetHealth

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/0"
OLD = {"path": "/", "interval": 5, "timeout": 4, "unhealthyThreshold": 3}
NEW = {**OLD, "path": "/nope"}
ASKED = Asked(cluster="arn", service="web-1", task_definition="web:1", minutes=1)
CODES = "Health checks failed with these codes: [404]"


@pytest.fixture
def balancers(monkeypatch):
    client: Any = boto3.client("elbv2", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(target_health, "client", lambda *of: client if of == ("elbv2", "eu-west-1") else None)
    now = SimpleNamespace(seconds=0.0, warnings=[], events=[])

    def described(asked: Any) -> Any:
        assert asked is ASKED
        return {"events": now.events[-1 - int(now.seconds > 0) :]}

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


def wait(new: Any = NEW, events: Sequence[str] = ()) -> None:
    """An `up` that gives the group another health check, and finds the service with these events, newest first."""

    async def up() -> None:
        health = TargetHealth("web", HealthCheck(path=new["path"]), minutes=1)
        (hook,) = health.hooks.after_update or []
        given = pulumi.ResourceHookArgs("urn", GROUP, "web", "type", {"healthCheck": new}, {"healthCheck": OLD})
        hook.callback(given)  # type: ignore[union-attr] - a hook with a name
        told: Any = [SimpleNamespace(message=one) for one in events]
        await health.passed(ASKED, told, [GROUP])

    asyncio.run(up())


def test_one_that_has_not_changed_is_not_waited_for(deploy, balancers):
    wait(new=dict(OLD), events=[STEADY, UNHEALTHY])


def test_one_that_has_changed_is_given_the_time_to_fail(deploy, balancers):
    for _ in range(11):
        says(balancers, "healthy", "draining")
    wait()
    assert balancers.seconds == 20, "more than 3 intervals of 5 s and a timeout of 4 s"
    balancers.stubber.assert_no_pending_responses()


def test_that_no_task_passes_it_fails_the_up(deploy, balancers):
    says(balancers, "healthy")
    says(balancers)
    says(balancers, "unhealthy", "draining")
    with pytest.raises(pulumi.RunError, match=r"service web: no task passes its health check, /nope: Health checks"):
        wait()


def test_a_task_that_is_on_its_way_is_waited_for(deploy, balancers):
    says(balancers, "initial")
    for _ in range(11):
        says(balancers, "healthy", "unhealthy")
    wait()


def test_not_for_ever(deploy, balancers):
    for _ in range(40):
        says(balancers, "initial")
    with pytest.raises(pulumi.RunError, match="none is healthy after 1 minutes"):
        wait()


def test_that_one_failed_between_two_looks_is_told_by_ecs(deploy, balancers):
    balancers.events += [{"id": "2", "message": UNHEALTHY}, {"id": "1", "message": UNHEALTHY}]
    says(balancers, "healthy")
    says(balancers, "initial", "draining")
    with pytest.raises(
        pulumi.RunError, match=r"/nope: \(service web\) \(port 8080\) is unhealthy in .* codes: \[404\]"
    ):
        wait()


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


def test_what_could_not_be_asked_is_told_and_fails_nothing(deploy, balancers):
    balancers.stubber.add_client_error("describe_target_health", "AccessDenied", "no right to")
    wait()
    assert "service web: not known whether a task is healthy" in balancers.warnings[0]
    assert "AccessDenied" in balancers.warnings[0]
