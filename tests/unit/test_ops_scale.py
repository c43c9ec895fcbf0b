import json

import pytest

from ops import cli, deployed, rollout
from ops.error import OpsError
from ops.scale import scale

from .running_stack import CLUSTER, GROUP, Running, deployment, revision


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(rollout, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(rollout, "explanation", lambda *asked: f"why {asked}")


@pytest.fixture
def running():
    return Running()


def to(running, count, *answers, timeout=5.0):
    """What becomes of it, when ECS answers so."""
    said: list[str] = []
    running.services_now += answers
    outcome = scale(running, "web", count, timeout, said.append)
    return outcome, "\n".join(said)


def serves(running, count, desired=None, **more):
    return running.service_with(deployment(3, running=count, desired=count if desired is None else desired), **more)


def test_it_waits_until_so_many_run_and_requests_reach_them(running):
    running.targets = {GROUP: ["healthy", "initial"]}
    health, seen = running.describe_target_health, []

    def describe_target_health(**asked):
        seen.append(asked)
        running.targets = {GROUP: ["healthy", "healthy" if len(seen) > 1 else "initial", "draining"]}
        return health(**asked)

    running.describe_target_health = describe_target_health
    outcome, said = to(running, 2, serves(running, 1, 2), serves(running, 2), serves(running, 2))
    assert outcome == rollout.Outcome(service="web", revision="shop-dev-web:3", waited=True, problem="")
    assert running.calls("update_service") == [{"cluster": CLUSTER, "service": "web-1", "desiredCount": 2}]
    assert len(seen) == 2
    assert said == (
        "web: from 1 to 2 tasks, until the next `up`: that goes by the stack file's desired_count\n"
        "web: 2 tasks run, and as many targets are healthy"
    )


def test_without_a_load_balancer_tasks_are_enough(running):
    running.services_now = [serves(running, 1, groups=())]
    coming = serves(running, 1, 3, groups=())
    assert to(running, 3, coming, coming, serves(running, 3, groups=()))[1].endswith("web: 3 tasks run")
    assert len(running.services_now) == 1, "it has waited for every answer"


def test_at_no_task_it_warns(running):
    running.targets = {}
    outcome, said = to(running, 0, serves(running, 1, 0), serves(running, 0))
    assert not outcome.problem
    assert (
        "warning: with no task web answers nothing, until it is scaled again or the next `up`\nweb: 0 tasks run" in said
    )


def test_tasks_of_an_older_version_are_waited_for(running):
    both = running.service_with(deployment(3, running=2, desired=2), deployment(2, status="ACTIVE"), groups=())
    none = running.service_with(groups=())
    assert not to(running, 2, both, none, serves(running, 2, groups=()))[0].problem
    assert len(running.services_now) == 1, "it has waited for every answer"


def test_from_no_deployment_at_all(running):
    running.services_now = [running.service_with(groups=())]
    assert "web: from 0 to 1 tasks" in to(running, 1, serves(running, 1, groups=()))[1]


def test_tasks_that_do_not_come(running):
    outcome, said = to(running, 2, serves(running, 1, 2), timeout=-1.0)
    assert outcome.problem == ("not done after -1 s, and ECS goes on: python -m ops verify web --stack dev --wait 600")
    assert f"web: {outcome.problem}.\nwhy ('{CLUSTER}', 'web-1', '{revision(3)}')" in said


def test_nobody_needs_to_wait(running):
    outcome, said = to(running, 2, timeout=0)
    assert (outcome.waited, outcome.problem) == (False, "")
    assert said.endswith("ECS goes on: python -m ops verify web --stack dev --wait 600")
    assert len(running.calls("describe_services")) == 1


def test_one_that_scales_by_itself_is_left_as_it_is(running):
    running.scalable = [{"ResourceId": "service/c-1/web-1", "MinCapacity": 2, "MaxCapacity": 6}]
    with pytest.raises(OpsError) as error:
        to(running, 4)
    assert str(error.value) == (
        "web scales by itself, from 2 to 6 tasks, and would undo it: change its `scaling` in Pulumi.dev.yaml, and "
        "pulumi up -s dev"
    )
    assert not running.calls("update_service")


def test_a_service_that_is_not_there(running):
    running.services_now = [None]
    with pytest.raises(OpsError, match="ECS has no service web-1 any more"):
        to(running, 4)


@pytest.mark.parametrize(
    ("words", "code", "out", "err"),
    [
        (["2"], 0, "web: from 1 to 2 tasks", "Target: "),
        (
            ["2", "--json"],
            0,
            '{"service": "web", "revision": "shop-dev-web:3", "waited": true, "problem": ""}',
            "from 1 to",
        ),
        (["2", "--no-wait"], 0, "ECS goes on: ", "Target: "),
        (["-1"], 2, "", "should be greater than or equal to 0"),
        (["5001"], 2, "", "should be less than or equal to 5000"),
        (["two"], 2, "", "should be a valid integer"),
        ([], 2, "", "Missing argument 'count'"),
    ],
)
def test_the_command(running, monkeypatch, capsys, words, code, out, err):
    monkeypatch.setattr(deployed, "Deployed", lambda folder, stack: running)
    monkeypatch.setattr("sys.argv", ["ops", "scale", "web", *(["--", "-1"] if words == ["-1"] else words)])
    running.services_now.append(serves(running, 2, groups=()))
    assert cli.main() == code
    shown = capsys.readouterr()
    assert out in shown.out
    assert err in shown.err


def test_the_command_fails_when_they_do_not_come(running, monkeypatch, capsys):
    monkeypatch.setattr(deployed, "Deployed", lambda folder, stack: running)
    monkeypatch.setattr("sys.argv", ["ops", "scale", "web", "2", "--json"])
    monkeypatch.setattr(running, "update_service", lambda **_: running.services_now.append(None), raising=False)
    running.services_now[:] = [serves(running, 1)]
    assert cli.main() == 1
    assert json.loads(capsys.readouterr().out)["problem"].startswith(
        "how it goes on cannot be read: ECS has no service"
    )
