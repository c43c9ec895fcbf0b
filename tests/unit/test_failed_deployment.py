import pytest

from components import failed_deployment
from components.failed_deployment import explanation

from .fake_ecs import CLUSTER, DEFINITION, OLD, FakeAws, logged, task

LOOK = "Look further: aws ecs describe-services --region eu-west-1 --cluster c-1 --services web-1"


@pytest.fixture
def aws(monkeypatch):
    aws = FakeAws()
    monkeypatch.setattr(failed_deployment, "client", aws.client)
    return aws


def explained(*events):
    return explanation(CLUSTER, "web-1", DEFINITION, events).splitlines()


def test_it_tells_events_the_stopped_task_its_exit_code_and_its_last_lines(aws):
    aws.tasks = [task("t1"), task("t2", 3, at=2), task("t3", at=3, of=OLD), task("t4", at=4, status="DEPROVISIONING")]
    aws.lines["web/web/t2"] = [f"line {number}" for number in range(10)]
    assert explained() == [
        "ECS said, newest first:",
        *(f"  event {number}" for number in range(5)),
        "The newest stopped task of shop-dev-web:7: Essential container exited (EssentialContainerExited)",
        "  web exited with 3",
        *(f"  web: line {number}" for number in range(2, 10)),
        "Logs: logs-1; task t2",
        LOOK,
    ]


def test_a_container_that_did_not_run_says_why(aws):
    aws.tasks = [task(code=None, stopCode="", containers=[{"name": "web", "reason": "CannotPullContainerError: gone"}])]
    lines = explained()
    assert "The newest stopped task of shop-dev-web:7: Essential container exited" in lines
    assert "  web did not run: CannotPullContainerError: gone" in lines
    assert not [line for line in lines if line.startswith("  web: ")], "and logged nothing"


@pytest.mark.parametrize(("code", "hint"), [(126, "cannot be run"), (127, "or is for another processor")])
def test_an_exit_code_that_says_what_is_wrong_with_the_command(aws, code, hint):
    aws.tasks = [task(code=code)]
    (line,) = [line for line in explained() if line.startswith(f"  web exited with {code}: its command is ")]
    assert line.endswith(hint)


def test_events_that_are_known_are_not_asked_for(aws):
    lines = explained("first", "second")
    assert lines[:4] == ["ECS said, newest first:", "  first", "  second", "No task of shop-dev-web:7 has stopped."]
    assert "  event 0" not in lines


def test_without_a_task_of_the_revision_the_newest_of_any_is_told_with_its_own(aws):
    aws.tasks = [task("t3", of=OLD)]
    assert any(line.startswith("The newest stopped task of shop-dev-web:6: ") for line in explained())


def test_logs_that_go_elsewhere(aws):
    aws.containers = [logged("web", "awsfirelens"), {"name": "mute"}]
    aws.tasks = [task()]
    lines = explained()
    assert "  web logs by awsfirelens, not to CloudWatch" in lines
    assert "  mute logs by nothing, not to CloudWatch" in lines
    assert "Logs: none in CloudWatch; task t1" in lines


def test_a_service_that_is_not_there_has_nothing_to_tell(aws):
    aws.services = [[]]
    assert explanation(CLUSTER, "web-1", DEFINITION) == ""


@pytest.mark.parametrize("call", ["describe_services", "list_tasks", "get_log_events"])
def test_what_aws_refuses_is_one_line_after_what_was_read(aws, call):
    aws.tasks = [task()]
    aws.refuses[call] = RuntimeError("the token\nhas expired")
    lines = explained("rolled back")
    assert lines[:2] == ["ECS said, newest first:", "  rolled back"]
    assert lines[-1] == "Nothing more could be read from AWS: the token has expired"
    assert "  web exited with 1" in lines or call != "get_log_events"


def test_a_line_has_its_bound(aws):
    assert max(map(len, explained("x" * 9999))) == failed_deployment.LINE_LENGTH
