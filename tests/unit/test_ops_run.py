import json
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError

from components import task_run
from ops import cli, deployed
from ops.deployed import Deployed
from ops.error import OpsError
from ops.run import Run

TASK_DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-dev-web:7"
OUTPUTS = {
    "cluster": "c-1",
    "services": {"web": {"service": "web-1", "task_definition": TASK_DEFINITION, "log_group": "logs-1"}},
}
TASK = {"taskArn": "arn:task/c-1/abc", "lastStatus": "RUNNING", "containers": [{"name": "web"}]}
NETWORK = {"awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": "DISABLED"}}


class ECS:
    class exceptions:  # noqa: N801 - boto3's name
        ClientError = ClientError

    def __init__(self, *seen, failures=(), refuses=()):
        self.seen, self.failures, self.refuses = list(seen), list(failures), list(refuses)
        self.asked, self.stopped = [], []
        self.service = {"serviceName": "web-1", "status": "ACTIVE", "networkConfiguration": NETWORK}
        self.containers = [{"name": "web", "logConfiguration": {"logDriver": "awslogs"}}, {"name": "quiet"}]

    def describe_services(self, cluster, services):
        assert (cluster, services) == ("c-1", ["web-1"])
        return {"services": [self.service] if self.service else []}

    def describe_task_definition(self, taskDefinition):  # noqa: N803 - AWS's name
        assert taskDefinition == TASK_DEFINITION
        return {"taskDefinition": {"containerDefinitions": self.containers}}

    def run_task(self, **asked):
        self.asked.append(asked)
        if self.refuses:
            raise self.refuses.pop(0)
        return {"failures": self.failures, "tasks": [] if self.failures else [TASK]}

    def describe_tasks(self, cluster, tasks):
        assert (cluster, tasks) == ("c-1", [TASK["taskArn"]])
        found = self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]
        if isinstance(found, BaseException):
            raise found
        return {"tasks": [found] if found else []}

    def stop_task(self, **asked):
        self.stopped.append(asked)


class Logs:
    class exceptions:  # noqa: N801 - boto3's name
        class ResourceNotFoundException(Exception):
            pass

    def __init__(self, *lines):
        self.lines = list(lines)
        self.asked = []

    def get_log_events(self, **asked):
        self.asked.append(asked)
        lines = self.lines.pop(0) if self.lines else []
        if lines is None:
            raise self.exceptions.ResourceNotFoundException
        return {"events": [{"message": line} for line in lines], "nextForwardToken": f"t{len(self.asked)}"}


class STS:
    class meta:  # noqa: N801 - boto3's name
        endpoint_url = "https://sts.eu-west-1.amazonaws.com"

    def get_caller_identity(self):
        return {"Account": "123456789012"}


def ended(code: int | None = 0, **more):
    return TASK | {"lastStatus": "STOPPED", "containers": [{"name": "web", "exitCode": code} | more]}


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """A folder with a deployed stack, as the engine tells of it."""
    (tmp_path / "Pulumi.yaml").write_text("name: fargate\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    engine = {"ran": subprocess.CompletedProcess([], 0, json.dumps(OUTPUTS), "")}

    def run(asked, cwd, **_):
        assert asked[:6] == ["pulumi", "stack", "output", "--json", "--stack", "dev"]
        assert cwd == tmp_path
        if isinstance(engine["ran"], Exception):
            raise engine["ran"]
        return engine["ran"]

    monkeypatch.setattr(deployed.subprocess, "run", run)
    monkeypatch.setattr(task_run, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(task_run, "LAST_LINES_SECONDS", 0.0)
    monkeypatch.setattr(task_run, "ROLE_POLL_SECONDS", 0.0)
    monkeypatch.chdir(tmp_path)
    return engine


@pytest.fixture
def started(stack, monkeypatch):
    def start(ecs, logs, *words, timeout=9.0):
        monkeypatch.setattr(Deployed, "client", lambda _, service: {"ecs": ecs, "logs": logs}[service])
        lines = []
        return Run(Deployed(Path.cwd(), "dev"), "web", words, lines.append).to_its_end(timeout), lines

    return start


def test_it_runs_what_the_service_runs_where_the_service_runs(started):
    ecs, logs = ECS(None, TASK, ended(3)), Logs(None, None, ["a", "b"], ["c"])
    found, lines = started(ecs, logs, "sh", "-c", "exit 3")
    assert (found.exit_code, lines) == (3, ["a", "b", "c"])
    (asked,) = ecs.asked
    assert asked == {
        "cluster": "c-1",
        "taskDefinition": TASK_DEFINITION,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        "networkConfiguration": NETWORK,
        "overrides": {"containerOverrides": [{"name": "web", "command": ["sh", "-c", "exit 3"]}]},
        "startedBy": "ops-run",
        "propagateTags": "TASK_DEFINITION",
    }
    assert logs.asked[0]["logStreamName"] == "web/web/abc"
    tokens = [one.get("nextToken") for one in logs.asked]
    assert tokens == [None, None, None, "t3", "t4", "t5"][: len(tokens)], "no line is shown twice"
    assert not ecs.stopped


@pytest.mark.parametrize(
    ("endpoint", "where"),
    [("http://127.0.0.1:4566", "on AWS they are to be read there alone"), ("", "they are to be read there, not here")],
)
def test_a_log_that_is_elsewhere_is_not_missed(started, monkeypatch, capsys, endpoint, where):
    ecs = ECS(ended())
    options = {"Name": "http", "Host": "logs.example.com"}
    ecs.containers = [{"name": "web", "logConfiguration": {"logDriver": "awsfirelens", "options": options}}]
    monkeypatch.setattr(Deployed, "endpoint", endpoint)
    started(ecs, Logs())
    sent = "web: a log router sends the lines of container web on (Name=http, Host=logs.example.com): "
    assert capsys.readouterr().err == f"{sent}{where}\n"


def test_without_a_command_the_image_s_own_runs(started):
    ecs = ECS(ended())
    started(ecs, Logs())
    assert ecs.asked[0]["overrides"] == {"containerOverrides": [{"name": "web"}]}


def test_a_container_that_never_ran_has_a_reason_and_no_exit_code(started):
    found, _ = started(ECS(ended(None, reason="CannotPullContainerError")), Logs())
    assert (found.exit_code, found.reason) == (None, "CannotPullContainerError")
    found, _ = started(ECS(ended(None) | {"stoppedReason": "Spot"}), Logs())
    assert found.reason == "Spot"


def test_what_ecs_does_not_start(started):
    with pytest.raises(OpsError, match="ECS did not start the task: RESOURCE:CPU"):
        started(ECS(failures=[{"reason": "RESOURCE:CPU"}]), Logs())


def refused(message):
    return ClientError({"Error": {"Code": "ClientException", "Message": message}}, "RunTask")


NOT_YET = refused("ECS was unable to assume the role 'arn:r' that was provided for this task.")


def test_a_role_that_ecs_cannot_assume_yet_is_waited_for(started):
    ecs = ECS(ended(), refuses=[NOT_YET, NOT_YET])
    started(ecs, Logs())
    assert len(ecs.asked) == 3
    assert ecs.asked[0] == ecs.asked[2]


def test_not_for_longer_than_a_minute(started, monkeypatch):
    clock = iter(range(0, 9999, 25))
    monkeypatch.setattr(task_run, "time", SimpleNamespace(monotonic=clock.__next__, sleep=time.sleep))
    ecs = ECS(ended(), refuses=[NOT_YET] * 9)
    with pytest.raises(ClientError, match="unable to assume the role"):
        started(ecs, Logs())
    assert len(ecs.asked) == 3


def test_what_else_is_refused_is_not_tried_again(started):
    ecs = ECS(ended(), refuses=[refused("no such cluster")] * 9)
    with pytest.raises(ClientError, match="no such cluster"):
        started(ecs, Logs())
    assert len(ecs.asked) == 1


def test_it_is_stopped_when_it_takes_too_long(started):
    ecs = ECS(TASK)
    found, lines = started(ecs, Logs(["begun"], [], ["its last words"]), timeout=0.0)
    assert (found.exit_code, found.reason) == (
        None,
        "the task was not done after 0 s, and was stopped: give it more with --timeout",
    )
    assert lines == ["begun", "its last words"]
    assert ecs.stopped == [{"cluster": "c-1", "task": TASK["taskArn"], "reason": "ops-run: given up"}]


@pytest.mark.parametrize("service", [None, {"serviceName": "web-1", "status": "INACTIVE"}])
def test_a_service_that_is_gone_runs_nothing(started, service):
    ecs = ECS(TASK)
    ecs.service = service
    with pytest.raises(OpsError, match="ECS has no service web-1 any more: pulumi up -s dev makes it again"):
        started(ecs, Logs())
    assert not ecs.asked


def test_it_is_stopped_at_ctrl_c(started):
    ecs = ECS(TASK, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        started(ecs, Logs())
    assert len(ecs.stopped) == 1


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        (FileNotFoundError(), "no pulumi on PATH: install Pulumi's CLI"),
        (subprocess.CompletedProcess([], 255, "", "no"), "The engine said:\nno"),
        (subprocess.CompletedProcess([], 0, "{}", ""), "stack dev is not deployed: pulumi up -s dev"),
    ],
)
def test_a_stack_that_cannot_be_asked(stack, engine, message):
    stack["ran"] = engine
    with pytest.raises(OpsError, match=message):
        Deployed(Path.cwd(), "dev")


def test_a_service_that_is_not_there(stack):
    with pytest.raises(OpsError, match="stack dev runs no service 'wib': did you mean 'web'"):
        Deployed(Path.cwd(), "dev").service("wib")


def test_a_job_that_is_not_there(stack):
    with pytest.raises(OpsError, match="stack dev has no job 'nightly': it has none"):
        Deployed(Path.cwd(), "dev").job("nightly")
    jobs = {"clean-up": {"schedule": "s/clean-up", "task_definition": TASK_DEFINITION, "log_group": "logs-2"}}
    stack["ran"] = subprocess.CompletedProcess([], 0, json.dumps(OUTPUTS | {"jobs": jobs}), "")
    with pytest.raises(OpsError, match="stack dev has no job 'cleanup': did you mean 'clean-up'"):
        Deployed(Path.cwd(), "dev").job("cleanup")
    assert Deployed(Path.cwd(), "dev").job("clean-up") == jobs["clean-up"]


def test_its_services_are_known(stack):
    assert Deployed(Path.cwd(), "dev").services == ["web"]


def test_a_client_is_of_the_stack_s_region_and_gives_up_soon(stack, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    made = Deployed(Path.cwd(), "dev").client("ecs").meta
    assert (made.region_name, made.config.connect_timeout, made.config.read_timeout) == ("eu-west-1", 5, 20)
    assert made.config.retries["total_max_attempts"] == 3


@pytest.mark.parametrize(
    ("result", "code", "said"),
    [(ended(0), 0, ""), (ended(3), 3, ""), (ended(None, reason="no image"), 1, "error: no image\n")],
)
def test_the_command_exits_as_the_container_does(stack, monkeypatch, capsys, result, code, said):
    clients = {"sts": STS(), "ecs": ECS(result), "logs": Logs(["hello"])}
    monkeypatch.setattr(Deployed, "client", lambda _, service: clients[service])
    monkeypatch.setattr(cli.sys, "argv", ["ops", "run", "web", "--", "ls", "-l"])
    assert cli.main() == code
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("hello\n", f"Target: account 123456789012, eu-west-1, stack dev\n{said}")
    assert clients["ecs"].asked[0]["overrides"]["containerOverrides"][0]["command"] == ["ls", "-l"]


@pytest.mark.parametrize(
    ("result", "code", "reason"),
    [
        (ended(3) | {"stoppedReason": "Essential container"}, 3, "Essential container"),
        (ended(None), 1, "no reason given"),
    ],
)
def test_scripts_get_one_object(stack, monkeypatch, capsys, result, code, reason):
    clients = {"sts": STS(), "ecs": ECS(result), "logs": Logs(["hello", "again"])}
    monkeypatch.setattr(Deployed, "client", lambda _, service: clients[service])
    monkeypatch.setattr(cli.sys, "argv", ["ops", "run", "web", "--json"])
    assert cli.main() == code
    exit_code = result["containers"][0]["exitCode"]
    assert json.loads(capsys.readouterr().out) == {
        "exit_code": exit_code,
        "reason": reason,
        "lines": ["hello", "again"],
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "web", "--timeout", "nan"], "should be greater than or equal to 1"),
        (["rollback", "web", "--wait", "nan"], "should be greater than or equal to 1"),
        (["restart", "web", "--wait", "nan"], "should be greater than or equal to 1"),
        (["scale", "web", "1", "--wait", "nan"], "should be greater than or equal to 1"),
        (["verify", "--wait", "nan"], "should be greater than or equal to 0"),
        (["run", "web", "--timeout", "0"], "should be greater than or equal to 1"),
        (["rollback", "web", "--wait", "0"], "should be greater than or equal to 1"),
        (["verify", "--wait", "-1"], "should be greater than or equal to 0"),
    ],
)
def test_seconds_that_are_none(monkeypatch, capsys, words, message):
    monkeypatch.setattr(cli.sys, "argv", ["ops", *words])
    assert cli.main() == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "RunTask"),
        botocore.exceptions.NoCredentialsError(),
    ],
)
def test_what_aws_refuses_is_one_line(stack, monkeypatch, capsys, error):
    clients = {"sts": STS(), "ecs": ECS(error), "logs": Logs()}
    monkeypatch.setattr(Deployed, "client", lambda _, service: clients[service])
    monkeypatch.setattr(cli.sys, "argv", ["ops", "run", "web"])
    assert cli.main() == 2
    shown = capsys.readouterr().err
    assert shown.count("error: ") == 1
    assert "Traceback" not in shown
