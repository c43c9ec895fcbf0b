import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components import PreDeploy, pre_deploy, task_run
from components.pre_deploy import running_first

from .fake_ecs import CLUSTER, DEFINITION, FakeAws, logged, task

COMMAND = ("python", "manage.py", "migrate")
INPUTS = {
    "cluster": CLUSTER,
    "taskDefinition": DEFINITION,
    "networkConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": False},
}
STARTED_BY = "pre-deploy-e581d9150f432df406f89338"
MARK = f"pre-deploy/{'a' * 24}-{STARTED_BY[-24:]}"


@pytest.fixture
def aws(monkeypatch):
    aws = FakeAws()
    monkeypatch.setattr(pre_deploy, "client", aws.client)
    monkeypatch.setattr(task_run, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(task_run, "LAST_LINES_SECONDS", 0.0)
    return aws


@pytest.fixture
def run(aws, monkeypatch):
    """Call the hook as the engine does; what it said, each line with whether it passes."""
    said: list[tuple[str, bool]] = []
    monkeypatch.setattr(pulumi, "ResourceHook", lambda name, function: SimpleNamespace(name=name, function=function))
    monkeypatch.setattr(pulumi.log, "info", lambda text, resource, ephemeral: said.append((text, ephemeral)))

    def call(command=COMMAND, minutes=15, inputs: Any = INPUTS):
        component: Any = object()
        hook: Any = running_first("web", PreDeploy(command=command, minutes=minutes), component)
        assert hook.name.startswith("web-pre-deploy")
        asyncio.run(hook.function(SimpleNamespace(new_inputs=inputs)))
        return said

    return call


def ended(code: int | None = 0, **more):
    return task("t1", code, startedBy=STARTED_BY, **more)


RUNNING = task("t1", None, status="RUNNING", startedBy=STARTED_BY)


def test_it_runs_with_the_new_version_s_definition_and_its_log_is_shown(aws, run):
    aws.ends = [RUNNING, RUNNING, ended()]
    aws.lines["web/web/t1"] = ["step 1", "step 2"]
    assert run() == [
        ("pre_deploy: step 1", True),
        ("pre_deploy: step 2", True),
        ("pre_deploy `python manage.py migrate` ended well, as task t1", False),
    ]
    assert aws.calls("run_task") == [
        {
            "cluster": CLUSTER,
            "taskDefinition": DEFINITION,
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
            "networkConfiguration": {
                "awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": "DISABLED"}
            },
            "overrides": {"containerOverrides": [{"name": "web", "command": list(COMMAND)}]},
            "startedBy": STARTED_BY,
            "propagateTags": "TASK_DEFINITION",
        }
    ]
    assert len(STARTED_BY) <= 36, "what ECS allows"


def test_that_it_ran_is_written_into_the_service_s_log_group(aws, run):
    aws.ends = [ended()]
    run()
    assert aws.streams == [MARK]
    (written,) = aws.calls("put_log_events")
    assert (written["logGroupName"], written["logStreamName"]) == ("logs-1", MARK)
    assert json.loads(written["logEvents"][0]["message"]) == {
        "image": f"sha256:{'a' * 64}",
        "command": list(COMMAND),
        "task": RUNNING["taskArn"],
        "of": "shop-dev-web:7",
    }


def test_it_does_not_run_twice_for_one_image_and_command(aws, run):
    aws.streams = [MARK]
    assert run() == [(f"pre_deploy ran for this image before: {MARK}", False)]
    assert not aws.calls("run_task")


def test_another_service_s_run_of_the_same_image_and_command_is_not_its_own(aws, run):
    aws.ends = [ended()]
    run(inputs=INPUTS | {"taskDefinition": DEFINITION.replace("-web:", "-worker:")})
    assert aws.calls("run_task")[0]["startedBy"] != STARTED_BY


def test_another_command_or_image_is_another_run(aws, run):
    aws.streams = [MARK]
    aws.ends = [ended()]
    run(command=("other",))
    aws.containers = [logged("web") | {"image": "registry/web:v2"}]
    run()
    assert len(aws.calls("run_task")) == 2
    assert [mark.rpartition("-")[0] for mark in aws.streams[1:]] == [f"pre-deploy/{'a' * 24}", "pre-deploy/web-v2"]


@pytest.mark.parametrize(("running", "tasks"), [([RUNNING], []), ([], [ended(1), ended()])])
def test_the_task_of_an_up_that_was_killed_is_waited_for(aws, run, running, tasks):
    aws.running, aws.tasks, aws.ends = running, tasks, [ended()]
    run()
    assert not aws.calls("run_task")
    assert aws.streams == [MARK]
    asked = [
        {"cluster": CLUSTER, "startedBy": STARTED_BY},
        {"cluster": CLUSTER, "family": "shop-dev-web", "desiredStatus": "STOPPED"},
    ]
    assert aws.calls("list_tasks") == asked[: 1 if running else 2]


def test_it_is_found_among_more_than_one_answer_of_others(aws, run):
    others = [task(f"o{number}", startedBy="ecs-svc/1") for number in range(150)]
    aws.tasks, aws.ends = [*others, ended()], [ended()]
    run()
    assert not aws.calls("run_task")
    assert [len(one["tasks"]) for one in aws.calls("describe_tasks")] == [100, 51, 1]


@pytest.mark.parametrize("before", [ended(1), ended(0, stopCode="UserInitiated"), task("t1", 0, startedBy="ops-run")])
def test_one_that_failed_or_was_stopped_and_another_s_are_not(aws, run, before):
    aws.tasks, aws.ends = [before | {"taskArn": "arn:task/t0"}], [ended()]
    run()
    assert len(aws.calls("run_task")) == 1


def test_what_another_up_has_written_down_meanwhile_counts(aws, run, monkeypatch):
    monkeypatch.setattr(pre_deploy, "ran_well", lambda *_: False)
    aws.streams, aws.ends = [MARK], [ended()]
    assert run()[-1][0].endswith("ended well, as task t1")
    assert aws.streams == [MARK]
    assert len(aws.calls("put_log_events")) == 1


def failed(run, **given):
    with pytest.raises(pulumi.RunError) as error:
        run(**given)
    return str(error.value)


def test_a_failure_names_exit_code_reason_log_and_what_comes_next(aws, run):
    aws.ends = [RUNNING, ended(4)]
    aws.lines["web/web/t1"] = [f"line {number}" for number in range(10)]
    assert failed(run).splitlines() == [
        "service web: pre_deploy `python manage.py migrate` failed with exit code 4: Essential container exited",
        "It was task t1 of shop-dev-web:7, and said at last:",
        *(f"  line {number}" for number in range(2, 10)),
        "Logs: logs-1, stream web/web/t1",
        "The service stays as it is. The next `pulumi up` runs it again.",
    ]
    assert not aws.streams


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (ended(127), "exit code 127: Essential container exited (its command is not in the image, "),
        (ended(126), "exit code 126: Essential container exited (its command is in the image, but cannot be run)"),
        (ended(None, containers=[{"name": "web", "reason": "CannotPull"}]), "failed: CannotPull\n"),
        (ended(0, stopCode="UserInitiated", stoppedReason="by hand"), "failed with exit code 0: by hand\n"),
    ],
)
def test_how_else_it_can_end(aws, run, end, told):
    aws.ends = [end]
    said = failed(run)
    assert told in said
    assert "said at last: nothing" in said


def test_it_is_stopped_when_its_time_is_over(aws, run, monkeypatch):
    clock = iter(range(0, 9999, 40))
    monkeypatch.setattr(pre_deploy, "time", SimpleNamespace(monotonic=clock.__next__))
    aws.ends = [RUNNING]
    assert "failed: it was stopped after 1 minutes\n" in failed(run, minutes=1)
    assert aws.calls("stop_task") == [
        {"cluster": CLUSTER, "task": RUNNING["taskArn"], "reason": "pre_deploy: out of time"}
    ]


def test_a_log_router_s_group_knows_that_it_ran_and_not_what_it_said(aws, run):
    aws.containers = [logged("web", "awsfirelens"), logged("log-router")]
    aws.ends = [ended(1)]
    assert "Logs: where the log router sends them" in failed(run)
    assert not aws.calls("get_log_events")
    aws.ends = [ended()]
    run()
    assert aws.calls("put_log_events")[0]["logGroupName"] == "logs-1"


def test_without_any_log_group_it_cannot_be_run(aws, run):
    aws.containers = [{"name": "web", "image": "i"}]
    assert "pre_deploy could not be run: no container logs to CloudWatch" in failed(run)


def test_a_task_that_cannot_be_watched_is_left_to_the_next_up(aws, run):
    aws.ends, aws.refuses["get_log_events"] = [RUNNING], RuntimeError("no more")
    assert failed(run) == (
        "service web: pre_deploy could not be watched to its end, which the next `pulumi up` will do: no more"
    )


def test_what_aws_refuses_is_one_line(aws, run):
    aws.ends, aws.failures = [RUNNING], [{"reason": "RESOURCE:CPU"}]
    assert failed(run) == "service web: pre_deploy could not be run: ECS did not start the task: RESOURCE:CPU"
    aws.refuses["describe_task_definition"] = RuntimeError("the token\nhas expired")
    assert failed(run) == "service web: pre_deploy could not be run: the token has expired"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"command": ()}, r"command must be words, such as \[python, manage.py, migrate\], got \[\]"),
        ({"command": (" ", "x")}, r"got \[' ', 'x'\]"),
        ({"command": ("x",), "minutes": 0}, "minutes must be from 1 to 120, got 0"),
        ({"command": (), "minutes": 121}, "command must .*; minutes must be from 1 to 120, got 121"),
    ],
)
def test_what_would_run_nothing_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        PreDeploy(**given)
