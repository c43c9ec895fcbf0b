"""What tasks write, read while they write it, and commands in tasks that run."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Thread

import pytest
import yaml

from tests.local.harness import Cloud, copy_of_program, deployed, eventually
from tests.local.terminal import on_terminal

pytestmark = pytest.mark.local

BARE = """\
ARG BASE_IMAGE=public.ecr.aws/docker/library/httpd:2.4
FROM ${BASE_IMAGE}
RUN rm -f /bin/sh /usr/bin/sh
CMD ["perl", "-e", "sleep 3600"]
"""
SERVICES = {
    "web": {"build": "./app", "desired_count": 2, "deregistration_delay": 1, "execute_command": True},
    "quiet": {"build": "./app", "kind": "worker", "command": ["sh", "-c", "echo at work; exec sleep 3600"]},
    "bare": {"build": "./bare", "kind": "worker", "execute_command": True},
}


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """Two tasks that allow sessions, a worker that does not, and one without a shell."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("logs") / "project", name="logs")
    project.write("bare/Dockerfile", BARE)
    config = {"aws:region": "ap-northeast-1", "fargate:environment": "dev", "fargate:services": SERVICES}
    project.write("Pulumi.dev.yaml", yaml.safe_dump({"config": config}))
    with deployed(project):
        yield project


@pytest.fixture(scope="module")
def tasks(cloud, project):
    """Ids of web's tasks, the newest first."""
    ecs, outputs = cloud.client("ecs"), project.outputs()
    arns = ecs.list_tasks(cluster=outputs["cluster"], serviceName=outputs["services"]["web"]["service"])["taskArns"]
    found = ecs.describe_tasks(cluster=outputs["cluster"], tasks=arns)["tasks"]
    found.sort(key=lambda one: one["startedAt"], reverse=True)
    return [one["taskArn"].rpartition("/")[2] for one in found]


def result(project, *arguments, stdin=""):
    """Exit code, what came on standard output, and what on standard error."""
    command = [sys.executable, "-m", "ops", *arguments]
    ran = subprocess.run(
        command, cwd=project.folder, env=project.shell, input=stdin, capture_output=True, text=True, timeout=120
    )
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout, ran.stderr


@contextlib.contextmanager
def going_on(project, *arguments, **how) -> Iterator[tuple[subprocess.Popen, list[str]]]:
    """A command that goes on, and the lines that it has written so far."""
    command = [sys.executable, "-m", "ops", *arguments]
    process = subprocess.Popen(
        command, cwd=project.folder, env=project.shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how
    )
    lines: list[str] = []
    reader = Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield process, lines
    finally:
        process.kill()
        process.communicate()
        reader.join(10)


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, project, *arguments) -> None:
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.chdir(project.folder)
            os.execve(sys.executable, [sys.executable, "-m", "ops", *arguments], {**project.shell, "TERM": "xterm"})
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def until(self, text: str, seconds: float = 30) -> None:
        """Read until it shows a text."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} is not in {self.shown!r}"
            if select.select([self.end], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self.end, 4096).decode()
                except OSError:  # it has ended
                    assert text in self.shown, self.shown
                    return

    def code(self) -> int:
        """How it ended."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.end)
                return os.waitstatus_to_exitcode(status)
            if select.select([self.end], [], [], 0.2)[0]:
                with contextlib.suppress(OSError):
                    self.shown += os.read(self.end, 4096).decode()
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(f"it goes on: {self.shown!r}")


def ask(cloud, project, path):
    cloud.get(f"{project.outputs()['url']}{path}")


def test_a_request_is_seen_while_its_task_s_log_is_followed(cloud, project, tasks):
    with going_on(project, "logs", "web", "--follow", "-n", "1") as (process, lines):
        eventually(lambda: lines, 30)
        ask(cloud, project, "/asked-while-followed")
        eventually(lambda: any("GET /asked-while-followed" in line for line in lines), 30)
        found = [line for line in lines if "GET /asked-while-followed" in line]
        assert len(found) == 1
        assert found[0].split()[0] in {f"web/{one[:8]}" for one in tasks}
        time.sleep(2.5)
        assert lines.count(found[0]) == 1, "it is read again, and not shown again"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert "Traceback" not in (process.stderr.read() if process.stderr else "")


def test_the_follower_ends_when_its_reader_does(project):
    with going_on(project, "logs", "web", "--follow", "-n", "1", start_new_session=True) as (process, lines):
        eventually(lambda: lines, 30)
        assert process.poll() is None
    shell = f"{sys.executable} -m ops logs quiet --follow | head -1; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", shell], cwd=project.folder, env=project.shell, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, "quiet writes nothing more, and yet it has ended"
    assert ran.stdout.endswith("at work\n")
    assert "Traceback" not in ran.stderr


def test_lines_of_both_tasks_by_time(cloud, project, tasks):
    for number in range(8):
        ask(cloud, project, f"/number-{number}")

    def numbers():
        _, out, _ = result(project, "logs", "web", "--since", "10m", "--json")
        lines = [json.loads(line) for line in out.splitlines()]
        return [line for line in lines if "GET /number-" in line["message"]]

    eventually(lambda: len(numbers()) == 8, 20)
    found = numbers()
    assert [line["time"] for line in found] == sorted(line["time"] for line in found)
    assert {line["task"] for line in found} == set(tasks), "the load balancer asks them in turn"
    assert {(line["service"], line["container"]) for line in found} == {("web", "web")}


def test_which_lines(cloud, project, tasks):
    ask(cloud, project, "/number-of-its-own")
    eventually(lambda: "number-of-its-own" in result(project, "logs", "web")[1], 20)
    code, out, _ = result(project, "logs", "--filter", '"number-of-its-own"', "--timestamps")
    (line,) = out.splitlines()
    moment = line.split()[0]
    assert (code, line.split()[1][:4]) == (0, "web/")
    assert len(result(project, "logs", "web", "-n", "3")[1].splitlines()) == 3
    since = result(project, "logs", "web", "--since", moment)[1]
    assert "number-of-its-own" in since.splitlines()[0]
    own = result(project, "logs", "web", "--task", tasks[1][:6])[1].splitlines()
    assert own
    assert {line.split()[0] for line in own} == {f"web/{tasks[1][:8]}"}
    everybody = {line.partition("/")[0] for line in result(project, "logs", "-n", "1000")[1].splitlines()}
    assert everybody == {"web", "quiet"}
    code, out, err = result(project, "logs", "bare")
    assert (code, out, "bare: nothing was written yet" in err) == (0, "", True)


def test_more_lines_than_a_page_has(cloud, project):
    logs, group = cloud.client("logs"), project.outputs()["services"]["bare"]["log_group"]
    logs.create_log_stream(logGroupName=group, logStreamName="bare/bare/many")
    begin = int(time.time() * 1000) - 600_000
    for first in (0, 6000):
        events = [{"timestamp": begin + first + number, "message": f"line {first + number}"} for number in range(6000)]
        logs.put_log_events(logGroupName=group, logStreamName="bare/bare/many", logEvents=events)
    last = result(project, "logs", "bare", "-n", "2")[1]
    assert last == "bare/many line 11998\nbare/many line 11999\n"
    code, out, _ = result(project, "logs", "bare", "--since", "1h")
    assert (code, len(out.splitlines())) == (0, 12_000)
    ended = result(project, "logs", "bare", "--since", "1h", "--filter", '"line 11999"')[1]
    assert ended == "bare/many line 11999\n"
    for wrong, said in ({"nextToken": "abc"}, "nextToken is invalid"), ({"filterPattern": "{ $.a ="}, "filter pattern"):
        with pytest.raises(logs.exceptions.InvalidParameterException, match=said):
            logs.filter_log_events(logGroupName=group, **wrong)


def test_each_task_has_a_colour_on_a_terminal(project, tasks):
    command = [sys.executable, "-m", "ops", "logs", "web", "--follow"]
    code, shown = on_terminal(command, project.folder, project.shell, until="\x1b[32mweb/")
    assert (code, "\x1b[36mweb/" in shown) == (130, True)
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["logs", "wib"], "stack dev runs no service 'wib': did you mean 'web'?"),
        (["logs", "--job", "nightly"], "stack dev has no job 'nightly': it has none"),
        (["logs", "--since", "soon"], "--since must be a number and s, m, h or d"),
        (["logs", "--lines", "0"], "Invalid value for '--lines' / '-n': Input should be greater than or equal to 1"),
        (["logs", "--filter", "{ $.a ="], "InvalidParameterException"),
        (["exec", "wib"], "stack dev runs no service 'wib': did you mean 'web'?"),
        (["exec", "web", "--task", "no"], "service web runs no task whose id begins with 'no': "),
        (["exec", "web", "--container", "weeb"], "has no container 'weeb': did you mean 'web'?"),
        (["exec", "quiet"], "service quiet allows no sessions: set execute_command: true for it in Pulumi.dev.yaml"),
    ],
)
def test_what_cannot_be_asked(project, arguments, message):
    code, out, err = result(project, *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_a_command_runs_in_the_task_as_its_user(project, tasks):
    code, out, err = result(project, "exec", "web", "--", "sh", "-c", "id -un; echo $AWS_REGION; exit 7")
    assert (code, out.splitlines()[0]) == (7, "www-data")
    assert f"In task {tasks[0][:8]}, the newest of 2; --task takes another: {tasks[1][:8]}" in err
    assert result(project, "exec", "web", "--task", tasks[1], "--", "cat", stdin="piped\n")[:2] == (0, "piped\n")


def test_it_is_the_very_container(project, tasks, containers):
    for task in tasks:
        name = result(project, "exec", "web", "--task", task, "--", "hostname")[1].strip()
        labels = containers.containers.get(name).labels
        assert labels["com.amazonaws.ecs.task-arn"].rpartition("/")[2] == task
        assert labels["com.amazonaws.ecs.container-name"] == "web"


def test_a_shell_in_a_terminal(project):
    terminal = Terminal(project, "exec", "web")
    terminal.until("$ ")
    terminal.type("stty size; echo $((6 * 7))\n")
    terminal.until("42")
    terminal.type("sleep 100\n")
    time.sleep(1)
    terminal.type("\x03")
    terminal.type("echo still $((6 * 8))\n")
    terminal.until("still 48")
    terminal.type("exit 3\n")
    assert terminal.code() == 3


def test_a_container_without_a_shell(project):
    code, _, err = result(project, "exec", "bare")
    assert code in (126, 127)
    assert "container bare has no /bin/sh: name a program that it has, after --" in err
    assert result(project, "exec", "bare", "--", "perl", "-e", "print 6 * 7")[:2] == (0, "42")


def test_a_one_off_task_fails_with_its_exit_code_and_its_log_stays(project):
    code, out, _ = result(project, "run", "web", "--", "sh", "-c", "echo went wrong; exit 5")
    assert (code, out) == (5, "went wrong\n")
    assert "went wrong" in result(project, "logs", "web", "--filter", '"went wrong"')[1]
