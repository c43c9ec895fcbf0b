import json
import time
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ops import cli, deployed, rollout
from ops.error import OpsError
from ops.restart import restart

from .running_stack import CLUSTER, Running, deployment, revision


@pytest.fixture
def clock(monkeypatch):
    """What the waits take for the time, look by look; nobody else's clock is another."""

    def set_to(times):
        monkeypatch.setattr(rollout, "time", SimpleNamespace(monotonic=times.__next__, sleep=time.sleep))

    return set_to


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(rollout, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(rollout, "explanation", lambda *asked: f"why {asked}")


@pytest.fixture
def running():
    return Running()


def new(**more):
    """The new deployment, of the revision that serves."""
    return deployment(3, **more) | {"id": "ecs-svc/new"}


def after(running, *answers, timeout=5.0):
    said: list[str] = []
    running.services_now += answers
    return restart(running, "web", timeout, said.append), "\n".join(said)


OLD = deployment(3, status="ACTIVE")


def test_it_waits_until_the_new_tasks_serve_alone(running):
    outcome, said = after(
        running,
        running.service_with(deployment(3)),
        running.service_with(new(running=0, rollout="IN_PROGRESS"), OLD),
        running.service_with(new(rollout="IN_PROGRESS"), OLD),
        running.service_with(new()),
    )
    assert outcome == rollout.Outcome(service="web", revision="shop-dev-web:3", waited=True, problem="")
    assert running.calls("update_service") == [{"cluster": CLUSTER, "service": "web-1", "forceNewDeployment": True}]
    assert len(running.services_now) == 1, "it has waited for every answer"
    assert said == "web: new tasks of shop-dev-web:3, in place of 1\nweb: new tasks of shop-dev-web:3 serve."


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ([deployment(3), new(status="ACTIVE", rollout="FAILED")], "and ECS went back to those before"),
        ([deployment(3) | {"id": "ecs-svc/rollback"}], "and ECS went back to those before"),
        ([OLD], "and ECS went back to those before"),
        (
            [new(running=0, rollout="FAILED"), OLD],
            "the new tasks of shop-dev-web:3 did not come to serve, and ECS gave up",
        ),
    ],
    ids=["to the one before", "by a third one", "to none", "without a way back"],
)
def test_new_tasks_that_do_not_come_to_serve(running, end, problem):
    begun = running.service_with(new(running=0, rollout="IN_PROGRESS"), OLD)
    outcome, said = after(running, begun, running.service_with(*end))
    assert problem in outcome.problem
    assert f"web: {outcome.problem}.\nwhy ('{CLUSTER}', 'web-1', '{revision(3)}')" in said


def test_another_version_that_takes_over_meanwhile_is_told(running):
    begun = running.service_with(new(running=0, rollout="IN_PROGRESS"), OLD)
    outcome, _ = after(running, begun, running.service_with(deployment(4), new(status="ACTIVE")))
    assert outcome.problem == "the new tasks of shop-dev-web:3 gave way to another version: shop-dev-web:4 serves"


def test_what_was_read_before_may_be_old(running):
    """A deployment that it did not know served already, of another revision even: it is not the new one."""
    unknown = deployment(4) | {"id": "ecs-svc/unknown"}
    newest = deployment(4) | {"id": "ecs-svc/new"}
    running.updated = running.service_with(newest, unknown | {"status": "ACTIVE"})
    outcome, said = after(running, running.service_with(unknown), running.service_with(newest))
    assert (outcome.revision, outcome.problem) == ("shop-dev-web:4", "")
    assert len(running.services_now) == 1, "it has waited for every answer"
    assert said.endswith("web: new tasks of shop-dev-web:4 serve.")


def test_new_tasks_that_no_look_has_seen_are_gone_once_answers_are_of_now(running, clock):
    times = iter([0.0, rollout.STALE_SECONDS, rollout.STALE_SECONDS + 1])
    clock(times)
    outcome, _ = after(running, running.service_with(deployment(3)), timeout=60.0)
    assert outcome.problem.endswith("did not come to serve, and ECS went back to those before")
    assert not list(times), "the first look may have been an old answer"


def test_a_deployment_that_ecs_does_not_begin_is_waited_for_no_longer_than_it_may(running):
    outcome, _ = after(running, timeout=-1.0)
    assert outcome.problem.startswith("not done after -1 s, and ECS goes on: python -m ops verify web")


def test_what_its_strategy_takes_is_waited_for_too(running, clock):
    clock(iter([0.0, 304.0, 306.0]))
    on_its_way = running.service_with(new(running=0, rollout="IN_PROGRESS"), OLD)
    running.services_now[0]["deploymentConfiguration"] = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}
    outcome, said = after(running, on_its_way, on_its_way, timeout=5.0)
    assert outcome.problem.startswith("not done after 305 s")
    assert "ECS takes 5 minutes more for it, as its deployments are BLUE_GREEN." in said


THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "DescribeServices")
LOST = EndpointConnectionError(endpoint_url="https://ecs.eu-west-1.amazonaws.com")
REFUSED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeServices")


FAULT = ClientError(
    {"Error": {"Code": "ServerException"}, "ResponseMetadata": {"HTTPStatusCode": 500}},  # type: ignore[typeddict-item]
    "DescribeServices",
)


def interrupted(running, monkeypatch, *errors):
    """Looks at the service fail so, once it was asked for new tasks; those after them do not."""
    describe, update, left = running.describe_services, running.update_service, list(errors)

    def looks(**asked):
        if left:
            raise left.pop(0)
        return describe(**asked)

    def updated(**asked):
        monkeypatch.setattr(running, "describe_services", looks)
        return update(**asked)

    monkeypatch.setattr(running, "update_service", updated)
    return left


def test_looks_that_are_throttled_or_lost_do_not_end_it(running, monkeypatch):
    interrupted(running, monkeypatch, THROTTLED, FAULT, LOST)
    outcome, said = after(running, running.service_with(new()))
    assert outcome.problem == ""
    assert said.endswith("web: new tasks of shop-dev-web:3 serve.")


def test_they_are_told_when_the_time_is_over(running, monkeypatch):
    interrupted(running, monkeypatch, LOST)
    outcome, _ = after(running, timeout=-1.0)
    assert outcome.problem.startswith("how it goes on cannot be read: Could not connect to the endpoint URL")


def test_the_last_look_says_why_it_is_not_done(running, monkeypatch, clock):
    interrupted(running, monkeypatch, THROTTLED)
    clock(iter([0.0, 1.0, 5.5]))
    outcome, _ = after(running)
    assert outcome.problem.startswith("not done after 5 s")


def test_another_refusal_ends_it_at_once(running, monkeypatch):
    left = interrupted(running, monkeypatch, REFUSED, LOST)
    outcome, _ = after(running)
    assert "AccessDeniedException" in outcome.problem
    assert left == [LOST]


def test_nobody_needs_to_wait(running):
    outcome, said = after(running, timeout=0)
    assert (outcome.waited, outcome.problem) == (False, "")
    assert said.endswith("ECS goes on: python -m ops verify web --stack dev --wait 600")


@pytest.mark.parametrize("deployments", [[], [deployment(3, running=0, desired=0)]])
def test_without_tasks_there_is_nothing_to_restart(running, deployments):
    running.services_now = [running.service_with(*deployments)]
    with pytest.raises(OpsError, match="web has no tasks to restart: python -m ops scale web 1 --stack dev"):
        after(running)
    assert not running.calls("update_service")


def test_one_that_scales_to_none_is_told_what_gives_it_tasks(running):
    running.services_now = [running.service_with(deployment(3, running=0, desired=0))]
    running.scalable = [{"ResourceId": "service/c-1/web-1", "MinCapacity": 0, "MaxCapacity": 4}]
    with pytest.raises(OpsError) as error:
        after(running)
    assert str(error.value) == (
        "web has no tasks to restart: it scales by itself, from 0 to 4 tasks; scaling.min of 1 or more in "
        "Pulumi.dev.yaml, then pulumi up -s dev, gives it some"
    )


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--json"], 0), (["--no-wait"], 0), (["--wait", "0"], 2)])
def test_the_command(running, monkeypatch, capsys, words, code):
    monkeypatch.setattr(deployed, "Deployed", lambda folder, stack: running)
    monkeypatch.setattr("sys.argv", ["ops", "restart", "web", *words])
    running.services_now.append(running.service_with(new()))
    assert cli.main() == code
    shown = capsys.readouterr()
    if words == ["--json"]:
        assert json.loads(shown.out)["problem"] == ""
        assert "web: new tasks of" in shown.err
    elif code == 0:
        assert "web: new tasks of shop-dev-web:3, in place of 1" in shown.out


def test_the_command_fails_when_they_do_not(running, monkeypatch, capsys):
    monkeypatch.setattr(deployed, "Deployed", lambda folder, stack: running)
    monkeypatch.setattr("sys.argv", ["ops", "restart", "web"])
    running.services_now += [running.service_with(new(running=0, rollout="FAILED"))]
    assert cli.main() == 1
    assert "did not come to serve, and ECS gave up" in capsys.readouterr().out
