import json
import os
import signal
import stat
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ops import cli, exec, reach
from ops.error import OpsError
from ops.exec import Session

from .aws_model import check
from .running_stack import ARN, CLUSTER, Running

OLD, NEW = "0a0b0c0d0e0f", "1f2e3d4c5b6a"
OPENED = {"sessionId": "ecs-execute-command-1", "streamUrl": "wss://ssmmessages", "tokenValue": "t"}
AGENT = {"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}


def task(name, hour, status="RUNNING", agents=(AGENT,), container="RUNNING"):
    own = {"name": "web", "runtimeId": f"{name}-1", "lastStatus": container, "managedAgents": list(agents)}
    return {
        "taskArn": f"{ARN}task/c-1/{name}",
        "clusterArn": CLUSTER,
        "lastStatus": status,
        "desiredStatus": "RUNNING",
        "startedAt": hour,
        "containers": [own, {**own, "name": "proxy", "runtimeId": f"{name}-2"}],
    }


class Stack(Running):
    """A stack that allows sessions."""

    def __init__(self):
        super().__init__()
        self.services_now[0]["enableExecuteCommand"] = True
        self.tasks = [task(OLD, 9), task(NEW, 10), task("starting", 11, status="PENDING")]
        self.meta = SimpleNamespace(endpoint_url="https://ssm.eu-west-1.amazonaws.com")

    def execute_command(self, **asked):
        check("ecs", "ExecuteCommand", asked)
        self.asked.append(("execute_command", asked))
        return {"session": OPENED}


@pytest.fixture
def stack():
    return Stack()


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """`docker` and AWS's plugin, which write down what they are started with, and exit as they are told."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("docker", exec.PLUGIN):
        script = folder / name
        script.write_text(
            f"#!{sys.executable}\nimport json, sys\n"
            f"open({str(tmp_path / 'started')!r}, 'w').write(json.dumps([{name!r}, *sys.argv[1:]]))\n"
            f"sys.exit(int(open({str(tmp_path / 'code')!r}).read()))\n"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))
    (tmp_path / "code").write_text("0")
    monkeypatch.setattr(exec.sys.stdin, "isatty", lambda: False, raising=False)
    return SimpleNamespace(
        folder=folder,
        exits=lambda code: (tmp_path / "code").write_text(str(code)),
        started=lambda: json.loads((tmp_path / "started").read_text()),
    )


def run(stack, *command, notes=None, **more):
    return Session(stack, "web", (notes if notes is not None else []).append).run(command, **more)


def test_on_aws_ecs_opens_a_session_which_the_plugin_joins(stack, tools):
    tools.exits(3)
    assert run(stack, "ls", "a b") == 3
    (asked,) = stack.calls("execute_command")
    assert asked == {"cluster": "c-1", "task": NEW, "container": "web", "interactive": True, "command": "ls 'a b'"}
    program, opened, region, action, profile, request, endpoint = tools.started()
    assert (program, region, action, profile) == ("session-manager-plugin", "eu-west-1", "StartSession", "")
    assert json.loads(opened) == OPENED
    assert json.loads(request) == {"Target": f"ecs:c-1_{NEW}_{NEW}-1"}
    assert endpoint == "https://ssm.eu-west-1.amazonaws.com"


def test_the_plugin_signs_in_as_ecs_was_asked(stack, tools):
    stack.profile = "shop"
    assert run(stack, "ls") == 0
    assert tools.started()[4] == "shop"


def test_on_the_local_cloud_docker_goes_into_the_task_s_container(stack, tools):
    stack.is_local = True
    tools.exits(7)
    assert run(stack, "sh", "-c", "exit 7", container="proxy", task_id="0a") == 7
    assert tools.started() == ["docker", "exec", "--interactive", f"{OLD}-2", "sh", "-c", "exit 7"]
    assert not stack.calls("execute_command")


def test_a_shell_with_a_terminal_where_there_is_one(stack, tools, monkeypatch):
    stack.is_local = True
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(getattr(exec.sys, stream), "isatty", lambda: True, raising=False)
    assert run(stack) == 0
    assert tools.started() == ["docker", "exec", "--interactive", "--tty", f"{NEW}-1", "/bin/sh"]
    monkeypatch.setattr(exec.sys.stdout, "isatty", lambda: False, raising=False)
    run(stack)
    assert "--tty" not in tools.started(), "what it writes goes into a pipe as it is"


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_streams_that_are_closed_are_no_terminal(stack, tools, monkeypatch, stream):
    stack.is_local = True
    for one in ("stdin", "stdout"):
        monkeypatch.setattr(getattr(exec.sys, one), "isatty", lambda: True, raising=False)
    monkeypatch.setattr(exec.sys, stream, None)
    assert run(stack, "ls") == 0
    assert "--tty" not in tools.started()


def test_the_newest_of_several_tasks_is_said(stack, tools):
    notes = []
    run(stack, "ls", notes=notes)
    assert notes == ["In task 1f2e3d4c, the newest of 2; --task takes another: 0a0b0c0d"]
    stack.tasks = [task(OLD, 9)]
    run(stack, "ls", notes=(one := []))
    assert one == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"task_id": "7"}, f"service web runs no task whose id begins with '7': {NEW}, {OLD}"),
        ({"container": "prox"}, f"task {NEW} has no container 'prox': did you mean 'proxy'"),
    ],
)
def test_what_is_not_there(stack, tools, more, message):
    with pytest.raises(OpsError, match=message):
        run(stack, "ls", **more)


def test_a_beginning_that_several_ids_have(stack, tools):
    stack.tasks = [task("aa1", 1), task("aa2", 2), task("b", 3)]
    with pytest.raises(OpsError, match="service web runs several tasks whose id begins with 'aa': aa2, aa1"):
        run(stack, "ls", task_id="aa")
    assert run(stack, "ls", task_id="aa1") == 0


def test_no_task_runs(stack, tools):
    stack.tasks = [task("starting", 11, status="PENDING")]
    with pytest.raises(OpsError, match="service web runs no task now: python -m ops status web --stack dev tells why"):
        run(stack, "ls")


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("setting", [{}, {"enableExecuteCommand": False}])
def test_a_service_that_allows_no_sessions(stack, tools, local, setting):
    stack.is_local, stack.services_now = local, [stack.service_with(**setting)]
    with pytest.raises(OpsError, match="allows no sessions: set execute_command: true for it in Pulumi.dev.yaml"):
        run(stack, "ls")


@pytest.mark.parametrize("service", [None, {"status": "INACTIVE", "enableExecuteCommand": True}])
def test_a_service_that_is_gone(stack, tools, service):
    stack.services_now = [service]
    with pytest.raises(OpsError, match="ECS has no service web-1 any more: pulumi up -s dev makes it again"):
        run(stack, "ls")


@pytest.mark.parametrize(
    ("agents", "message"),
    [
        ([], f"the agent for sessions in task {NEW} is absent: it runs some seconds after"),
        ([AGENT | {"lastStatus": "STOPPED", "reason": "no memory"}], r"is STOPPED \(no memory\): "),
    ],
)
def test_on_aws_the_agent_must_run(stack, tools, agents, message):
    stack.tasks = [task(NEW, 1, agents=agents)]
    with pytest.raises(OpsError, match=message):
        run(stack, "ls")
    stack.is_local = True
    assert run(stack, "ls") == 0, "no agent runs there"


def test_a_container_that_has_ended(stack, tools):
    stack.tasks = [task(NEW, 1, container="STOPPED")]
    with pytest.raises(OpsError, match=f"container web of task {NEW} is STOPPED, not RUNNING"):
        run(stack, "ls")


def test_a_tool_that_is_missing(stack, tools):
    for name in ("docker", exec.PLUGIN):
        (tools.folder / name).unlink()
    with pytest.raises(
        OpsError, match='no session-manager-plugin on PATH: install it by .*"Install the Session Manager'
    ):
        run(stack, "ls")
    assert not stack.calls("execute_command"), "no session is opened that nobody joins"
    stack.is_local = True
    with pytest.raises(OpsError, match="no docker on PATH"):
        run(stack, "ls")


@pytest.mark.parametrize("code", [126, 127])
def test_a_container_without_a_shell(stack, tools, code):
    tools.exits(code)
    stack.is_local, notes = True, []
    stack.tasks = [task(NEW, 1)]
    assert run(stack, notes=notes) == code
    assert notes == ["container web has no /bin/sh: name a program that it has, after --"]
    assert run(stack, "nothing", notes=(more := [])) == code
    assert more == [], "docker says it"


def test_ctrl_c_is_for_the_command(stack, tools, monkeypatch):
    before = signal.getsignal(signal.SIGINT)

    def interrupted(command, check):
        os.kill(os.getpid(), signal.SIGINT)
        return subprocess.CompletedProcess(command, 130)

    monkeypatch.setattr(exec.subprocess, "run", interrupted)
    assert run(stack, "sleep", "9") == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_a_program_that_a_signal_ends_exits_as_a_shell_tells_it(stack, tools):
    stack.is_local = True
    (tools.folder / "docker").write_text("#!/bin/sh\nkill -9 $$\n")
    assert run(stack, "ls") == 137


def test_the_command(stack, tools, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(reach, "reach", lambda folder, name: stack)
    stack.is_local = True
    tools.exits(7)
    words = ["ops", "exec", "web", "--task", "0a", "--container", "web", "--", "ls", "-l"]
    monkeypatch.setattr(cli.sys, "argv", words)
    assert cli.main() == 7
    assert tools.started() == ["docker", "exec", "--interactive", f"{OLD}-1", "ls", "-l"]
    monkeypatch.setattr(cli.sys, "argv", ["ops", "exec", "wib"])
    assert cli.main() == 2
    assert "stack dev runs no service 'wib': did you mean 'web'?" in capsys.readouterr().err
