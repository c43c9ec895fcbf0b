import json
import re
from datetime import timedelta
from typing import Any

import pytest

from ops import cli, deployed, status_view, watch
from ops.error import OpsError
from ops.scaling_bounds import Bounds
from ops.status import as_values, status

from .running_stack import ARN, DAY, GROUP, Running, deployment, digest, revision


def task(
    name: str, number=3, *, of="web-1", last="RUNNING", desired="RUNNING", minutes=0, **more: Any
) -> dict[str, Any]:
    """A task, as DescribeTasks tells it."""
    address = [{"name": "networkInterfaceId", "value": "eni-1"}, {"name": "privateIPv4Address", "value": "10.0.0.7"}]
    return {
        "taskArn": f"{ARN}task/c-1/{name}",
        "taskDefinitionArn": revision(number),
        "group": f"service:{of}" if of else "family:job",
        "lastStatus": last,
        "desiredStatus": desired,
        "createdAt": DAY,
        "startedAt": DAY + timedelta(minutes=minutes),
        "availabilityZone": "eu-west-1a",
        "attachments": [{"type": "ElasticNetworkInterface", "details": address}],
        "containers": [{"name": "web", "imageDigest": digest(number)}, {"name": "proxy", "image": "proxy:1"}],
    } | more


def stopped(name, minutes=0, **more):
    ended = {"stoppedAt": DAY + timedelta(minutes=minutes), "stoppedReason": "Essential container in task exited"}
    containers = [{"name": "web", "exitCode": 7}]
    return task(name, last="STOPPED", desired="STOPPED", **{"containers": containers, **ended, **more})


@pytest.fixture
def running():
    """A service with a task, an event and a scaled other one."""
    found = Running()
    events = [{"createdAt": DAY, "message": f"event {number}"} for number in range(9)]
    found.services_now = [found.service_with(deployment(3), events=events)]
    found.tasks = [task("a" * 32)]
    return found


def test_what_is_told_of_a_service(running):
    running.outputs["web"]["url"] = "https://shop.example.com/"
    (found,) = as_values(status(running, ["web"], 2))["services"]
    assert found == {
        "service": "web",
        "verdict": {
            "passed": True,
            "cluster": f"{ARN}cluster/c-1",
            "asked": "shop-dev-web:3",
            "serves": "shop-dev-web:3",
            "rollout": "COMPLETED",
            "running": 1,
            "desired": 1,
            "targets": {"healthy": 1},
            "problem": "",
        },
        "url": "https://shop.example.com/",
        "digests": [digest(3)],
        "scaling": None,
        "deployments": [
            {
                "revision": "shop-dev-web:3",
                "status": "PRIMARY",
                "rollout": "COMPLETED",
                "running": 1,
                "pending": 0,
                "desired": 1,
                "failed": 0,
                "since": "2026-11-26T10:51:00Z",
                "reason": "",
            }
        ],
        "tasks": [
            {
                "task": "a" * 32,
                "revision": "shop-dev-web:3",
                "last_status": "RUNNING",
                "desired_status": "RUNNING",
                "health": "UNKNOWN",
                "zone": "eu-west-1a",
                "address": "10.0.0.7",
                "capacity": "",
                "since": "2026-11-26T10:51:00Z",
                "reason": "",
            }
        ],
        "stopped": [],
        "targets": [{"group": GROUP, "target": "10.0.0.7:80", "state": "healthy", "reason": ""}],
        "events": [
            {"at": "2026-11-26T10:51:00Z", "message": "event 0"},
            {"at": "2026-11-26T10:51:00Z", "message": "event 1"},
        ],
    }
    assert json.loads(json.dumps(found)) == found


def test_one_service_s_tasks_are_asked_for_by_its_name(running):
    status(running, ["web", "web"], 5)
    asked = {"cluster": "c-1", "serviceName": "web-1"}
    assert running.calls("list_tasks") == [asked | {"desiredStatus": "RUNNING"}, asked | {"desiredStatus": "STOPPED"}]
    assert running.calls("describe_services") == [{"cluster": "c-1", "services": ["web-1"]}]


def test_those_of_a_whole_stack_are_asked_for_together(running):
    names = [f"s{number}" for number in range(23)]
    running.outputs = {name: {"service": f"{name}-1", "task_definition": revision(3)} for name in names}
    running.tasks = [task(f"t{number}", of=f"s{number % 23}-1") for number in range(230)]
    running.tasks += [task("job", of=""), stopped("old", of="s1-1")]
    answer = running.describe_services

    def describe_services(cluster, services):
        answer(cluster=cluster, services=services)
        assert len(services) <= 10
        return {"services": [running.service_with(deployment(3), groups=()) | {"serviceName": one} for one in services]}

    running.describe_services = describe_services
    found = status(running, [], 5)
    assert [one.verdict.service for one in found] == names
    assert [len(one.tasks) for one in found] == [10] * 23
    assert [one.task for one in found[1].stopped] == ["old"]
    assert len(running.calls("describe_services")) == 3
    assert [len(one["tasks"]) for one in running.calls("describe_tasks")] == [100, 100, 31, 1]
    assert running.calls("list_tasks")[0] == {"cluster": "c-1", "desiredStatus": "RUNNING"}


def test_the_tasks_that_stopped_last_are_told_with_their_reasons(running):
    running.tasks += [stopped(f"s{number}", minutes=number) for number in range(5)]
    running.tasks += [task("ending", desired="STOPPED", minutes=9, stoppingAt=DAY + timedelta(minutes=9))]
    (found,) = status(running, [], 5)
    assert [one.task for one in found.stopped] == ["ending", "s4", "s3"]
    assert [one.reason for one in found.stopped[:2]] == ["", "Essential container in task exited; web exited with 7"]
    assert found.stopped[1].since == "2026-11-26T10:55:00Z"


def test_of_two_revisions_both_images_are_told(running):
    running.services_now = [running.service_with(deployment(2, status="ACTIVE"), deployment(3, rollout="IN_PROGRESS"))]
    by_tag = task("c", containers=[{"name": "web", "image": "web:1"}])
    other = task("b", 2, createdAt=None, startedAt=None, containers=[{"name": "web", "image": f"web@{digest(2)}"}])
    running.tasks += [other, by_tag]
    (found,) = status(running, [], 5)
    assert found.digests == [digest(2), digest(3)]
    assert [one.revision for one in found.deployments] == ["shop-dev-web:3", "shop-dev-web:2"], "the primary one first"
    assert found.tasks[0].since == ""
    assert found.verdict.problem == "the rollout of shop-dev-web:3 is IN_PROGRESS"


def test_a_service_that_is_gone_is_told_and_nothing_is_asked_of_it(running):
    running.services_now = [None]
    (found,) = status(running, ["web"], 5)
    assert found.verdict.problem == "ECS has no service web-1 any more: pulumi up -s dev makes it again"
    assert (found.deployments, found.targets, found.events) == ([], [], [])
    assert running.calls("list_tasks")[0] == {"cluster": "c-1", "desiredStatus": "RUNNING"}


def test_why_a_target_is_not_healthy(running, monkeypatch):
    health = {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"}
    answer = {"TargetHealthDescriptions": [{"Target": {"Id": "10.0.0.7"}, "TargetHealth": health}]}
    group = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web-9/0f"
    running.services_now = [running.service_with(deployment(3), groups=(group,))]
    monkeypatch.setattr(running, "describe_target_health", lambda **_: answer, raising=False)
    (target,) = status(running, [], 5)[0].targets
    assert (target.group, target.target) == ("web-9", "10.0.0.7")
    assert target.reason == "Target.Timeout: Request timed out"


def test_between_what_a_service_scales(running):
    running.scalable = [{"ResourceId": "service/c-1/web-1", "MinCapacity": 2, "MaxCapacity": 6}]
    assert status(running, [], 5)[0].scaling == Bounds(min=2, max=6)
    assert running.calls("describe_scalable_targets") == [
        {
            "ServiceNamespace": "ecs",
            "ResourceIds": ["service/c-1/web-1"],
            "ScalableDimension": "ecs:service:DesiredCount",
        }
    ]


@pytest.mark.parametrize(("fewest", "problem"), [(0, ""), (1, "no task is to run: somebody scaled it to 0, though")])
def test_one_that_scales_to_none_is_as_it_should_be(running, fewest, problem):
    running.services_now = [running.service_with(deployment(3, running=0, desired=0))]
    running.scalable = [{"ResourceId": "service/c-1/web-1", "MinCapacity": fewest, "MaxCapacity": 6}]
    said = status(running, [], 5)[0].verdict.problem
    assert (bool(said), said.startswith(problem)) == (bool(problem), True)


@pytest.mark.parametrize(
    ("services", "scaling"),
    [({"web": {"scaling": {"min": 1, "max": 4, "cpu": 60}}}, Bounds(min=1, max=4)), ({"web": {}}, None), ({}, None)],
)
def test_where_nothing_scales_the_stack_file_says_it(running, services, scaling):
    running.is_local = True
    running.file.config["fargate:services"] = json.dumps(services)  # type: ignore[index]
    assert status(running, [], 5)[0].scaling == scaling
    assert not running.calls("describe_scalable_targets")


def test_a_service_that_is_not_there(running):
    with pytest.raises(OpsError, match="did you mean 'web'"):
        status(running, ["wbe"], 5)


PLAIN = f"""\
web: 1 of 2 tasks of shop-dev-web:3 run (1 of 2 tasks, targets: 1 healthy)
  url      https://shop.example.com/
  image    sha256:000000000000
  scaling  2 to 6 tasks
  deployments
    revision        status   rollout    tasks                        since (UTC)
    shop-dev-web:3  PRIMARY  COMPLETED  1 of 2, 1 pending, 3 failed  11-26 10:51:00
  tasks
    id        revision  status   zone  address   since (UTC)
    aaaaaaaa  3         RUNNING  1a    10.0.0.7  11-26 10:51:00
  stopped lately
    id    revision  status   since (UTC)     why
    gone  3         STOPPED  11-26 10:51:00  Essential container in task exited; web exited with 7
  targets
    group        target       state
    {GROUP}  10.0.0.7:80  healthy
  events, newest first
    11-26 10:51:00  event 0
"""


@pytest.fixture
def command(running, monkeypatch, capsys):
    running.outputs["web"]["url"] = "https://shop.example.com/"
    running.scalable = [{"ResourceId": "service/c-1/web-1", "MinCapacity": 2, "MaxCapacity": 6}]
    running.tasks.append(stopped("gone"))
    monkeypatch.setattr(deployed, "Deployed", lambda folder, stack: running)

    def run(*words):
        monkeypatch.setattr("sys.argv", ["ops", *words])
        return cli.main(), capsys.readouterr().out

    return run


def test_in_a_pipe_it_is_plain_columns(command, running):
    running.services_now[0]["deployments"] = [deployment(3, desired=2) | {"pendingCount": 1, "failedTasks": 3}]
    assert command("status", "--events", "1") == (0, PLAIN)


def test_it_is_json_for_scripts(command):
    code, out = command("status", "--json", "-n", "1")
    assert (code, [one["service"] for one in json.loads(out)["services"]]) == (0, ["web"])


def test_what_is_not_as_deployed_is_no_error_of_this_command(command, running):
    running.services_now = [running.service_with(deployment(2))]
    code, out = command("status")
    assert (code, out.splitlines()[0].split(":3 ")[1][:12]) == (0, "was deployed")


def test_a_terminal_gets_colours(running, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    running.services_now = [running.service_with(deployment(3, rollout="FAILED"), deployment(2, rollout="IN_PROGRESS"))]
    spot: dict[str, Any] = {
        "capacityProviderName": "FARGATE_SPOT",
        "healthStatus": "HEALTHY",
        "availabilityZone": "eu-west-1-lon-1a",
    }
    running.tasks = [task("2290e4e8b6710a", 17, **spot)]
    found = status_view.text(status(running, [], 5) * 2)
    whole = ["2290e4e8", "17", "RUNNING", "HEALTHY", "1a", "10.0.0.7", "FARGATE_SPOT", "11-26", "10:51:00"]
    assert whole in [one.split() for one in _without_codes(found).splitlines()]
    assert "\x1b[31mFAILED" in found
    assert "\x1b[33mIN_PROGRESS" in found
    assert found.startswith("\x1b[1;31mweb: the rollout")
    assert max(len(one) for one in _without_codes(found).splitlines()) <= 80
    assert found.count("the rollout of") == 2


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_is_watched_is_written_again_when_it_has_changed(command, running, monkeypatch, words):
    running.services_now = [running.service_with(deployment(number)) for number in (3, 3, 2, 2)]
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(watch, "is_read", _read(4))
    code, out = command("status", "--watch", *words)
    assert code == 0
    if words:
        assert [json.loads(one)["services"][0]["verdict"]["passed"] for one in out.splitlines()] == [True, False]
    else:
        assert out.count("web: ") == 2
        assert "\x1b" not in out


def _without_codes(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _read(times):
    left = iter([True] * times)
    return lambda _: next(left, False)
