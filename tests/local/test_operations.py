"""Commands on a stack that runs, as people and scripts use them."""

import json
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest

from tests.local.harness import Cloud, copy_of_program, deployed, eventually, free_port
from tests.local.load import Load
from tests.local.terminal import on_terminal

pytestmark = pytest.mark.local
OPS = [sys.executable, "-m", "ops"]


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """A stack with one service."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("operations") / "project", name="operations")
    with deployed(project):
        yield project


@pytest.fixture(scope="module")
def outputs(project):
    """What the program put out; no test here changes it."""
    return project.outputs()


def run(project, *words, **more):
    """A command with its two outputs apart."""
    kept = {"cwd": project.folder, "env": project.shell, "capture_output": True, "text": True, "timeout": 120}
    return subprocess.run([*OPS, *words], **{**kept, **more})


def shell(project, line):
    """What a shell gets of a pipeline."""
    kept = {"cwd": project.folder, "env": project.shell, "capture_output": True, "text": True, "timeout": 120}
    return subprocess.run(["bash", "-c", line], **kept)


def status(project):
    """What `status --json` says of the one service."""
    return json.loads(run(project, "status", "--json").stdout)["services"][0]


def tasks(project):
    return {one["task"] for one in status(project)["tasks"]}


def count(project):
    """How many tasks should run, by what is deployed."""
    return status(project)["deployments"][0]["desired"]


def test_status_tells_what_runs(cloud, project, outputs):
    ran = run(project, "status", "--json", "--events", "2")
    assert (ran.returncode, ran.stderr) == (0, f"Target: local cloud at {cloud.endpoint}, stack dev\n")
    (web,) = json.loads(ran.stdout)["services"]
    assert web["verdict"]["passed"]
    assert web["url"] == outputs["services"]["web"]["url"]
    assert web["digests"] == [outputs["services"]["web"]["image"].partition("@")[2]]
    assert [one["revision"] for one in web["deployments"]] == ["operations-dev-web:1"]
    (task,) = web["tasks"]
    assert (task["last_status"], task["revision"]) == ("RUNNING", "operations-dev-web:1")
    assert [(one["target"], one["state"]) for one in web["targets"]] == [(f"{task['address']}:8080", "healthy")]
    assert len(web["events"]) == 2

    plain = run(project, "status", "web")
    assert plain.stdout.startswith("web: operations-dev-web:1 serves with 1 of 1 tasks, targets: 1 healthy\n")
    assert f"    {task['task'][:8]}  1         RUNNING" in plain.stdout
    assert "\x1b" not in plain.stdout


def test_its_reader_may_leave_early(project):
    for line in (
        f"{sys.executable} -m ops status --events 50 | head -1",
        f"{sys.executable} -m ops status --watch | head -1",
    ):
        ran = shell(project, f"{line}; exit ${{PIPESTATUS[0]}}")
        assert ran.returncode == 0
        assert ran.stdout.count("\n") == 1
        assert ran.stderr.count("\n") == 1, "its target, and nothing else"


def test_a_terminal_shows_it_in_colours_until_ctrl_c(project):
    code, shown = on_terminal(
        [*OPS, "status", "--watch"], project.folder, project.shell, until="events, newest first", columns=100
    )
    assert code == 130
    assert "\x1b[1;32mweb: operations-dev-web:1 serves" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1, "the cursor is there again"
    assert "Traceback" not in shown


def test_what_is_watched_in_a_pipe_is_told_when_it_changes(project):
    with subprocess.Popen(
        [*OPS, "status", "--watch", "--json"], cwd=project.folder, env=project.shell, stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout
        limit = threading.Timer(120, watching.kill)  # a line may never come
        limit.start()
        try:
            first = json.loads(watching.stdout.readline())["services"][0]
            assert first["verdict"]["desired"] == 1
            assert run(project, "scale", "web", "2", "--no-wait").returncode == 0
            seen = [json.loads(watching.stdout.readline())["services"][0]]
            while seen[-1]["verdict"]["targets"] != {"healthy": 2}:
                seen.append(json.loads(watching.stdout.readline())["services"][0])
            assert all(one != other for one, other in pairwise(seen))
            watching.send_signal(signal.SIGINT)
            assert watching.wait(timeout=20) == 130
        finally:
            limit.cancel()
            watching.kill()
    assert run(project, "scale", "web", "1").returncode == 0


def test_open_prints_where_browsers_find_it_and_calls_one(cloud, project, outputs, tmp_path):
    ran = run(project, "open", env={**project.shell, "DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": ""})
    assert (ran.returncode, ran.stdout) == (0, f"{outputs['url']}\n")
    assert "There is no browser here to open it in." in ran.stderr
    assert cloud.get(ran.stdout.strip()).status_code == 200

    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    ran = run(project, "open", "web", "--json", env={**project.shell, "BROWSER": f"{browser} %s"})
    assert json.loads(ran.stdout) == {"url": outputs["services"]["web"]["url"], "opened": True}
    assert (tmp_path / "opened").read_text().strip() == json.loads(ran.stdout)["url"]


def test_more_tasks_until_the_next_up(cloud, project):
    ran = run(project, "scale", "web", "2")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "web: from 1 to 2 tasks, until the next `up`" in ran.stdout
    assert "web: 2 tasks run, and as many targets are healthy" in ran.stdout
    assert (count(project), len(tasks(project))) == (2, 2)
    assert run(project, "verify").returncode == 0, "the number is no version"

    preview = project.pulumi("preview", "--diff", "--stack", "dev")
    assert preview.changes == {"~": 1, "same": 45}, preview.out
    assert "desiredCount" in preview.out
    assert project.up().changes == {"~": 1, "same": 45}
    assert (count(project), len(tasks(project))) == (1, 1)


def test_no_task_and_one_again(cloud, project, outputs):
    ran = run(project, "scale", "web", "0", "--json")
    assert json.loads(ran.stdout) == {
        "service": "web",
        "revision": "operations-dev-web:1",
        "waited": True,
        "problem": "",
    }
    assert "warning: with no task web answers nothing" in ran.stderr
    assert eventually(lambda: cloud.get(outputs["url"]).status_code == 503)
    ran = run(project, "restart", "web")
    assert (ran.returncode, "web has no tasks to restart: python -m ops scale web 1" in ran.stderr) == (2, True)
    ran = run(project, "verify")
    assert (ran.returncode, "web: no task is to run: somebody scaled it to 0" in ran.stdout) == (1, True)
    assert run(project, "scale", "web", "1").returncode == 0
    assert cloud.get(outputs["url"]).status_code == 200


def test_a_service_that_scales_by_itself_is_left_as_it_is(project):
    stack = (project.folder / "Pulumi.dev.yaml").read_text()
    project.edit(
        "Pulumi.dev.yaml", "      build: ./app\n", "      build: ./app\n      scaling: {min: 1, max: 4, cpu: 60}\n"
    )
    ran = run(project, "scale", "web", "3")
    project.write("Pulumi.dev.yaml", stack)
    assert (ran.returncode, "web scales by itself, from 1 to 4 tasks" in ran.stderr) == (2, True)
    assert count(project) == 1


def test_new_tasks_take_over_and_no_request_is_lost(cloud, project, outputs):
    before, host = tasks(project), outputs["url"].partition("://")[2].partition(":")[0]
    with Load(cloud.port, host, per_second=50, clients=5) as load:
        ran = run(project, "restart", "web")
        time.sleep(2)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "web: new tasks of operations-dev-web:1 serve." in ran.stdout
    assert not load.failures, load.failures[:3]
    assert load.requests > 100
    assert not tasks(project) & before
    assert project.pulumi("preview", "--stack", "dev").changes == {"same": 46}, "it is no change of the stack"
    assert run(project, "verify").returncode == 0


def test_new_tasks_that_do_not_come_to_serve_fail_with_ecs_s_words(cloud, project, outputs):
    ecs = cloud.client("ecs")
    asked = {"cluster": outputs["cluster"], "service": outputs["services"]["web"]["service"]}
    elb = cloud.client("elbv2")
    (group,) = ecs.describe_services(cluster=asked["cluster"], services=[asked["service"]])["services"][0][
        "loadBalancers"
    ]
    elb.modify_target_group(TargetGroupArn=group["targetGroupArn"], HealthCheckPath="/nowhere")
    try:
        ran = run(project, "restart", "web", "--wait", "15")
    finally:
        elb.modify_target_group(TargetGroupArn=group["targetGroupArn"], HealthCheckPath="/health")
    assert ran.returncode == 1, ran.stdout
    assert "ECS said, newest first:" in ran.stdout
    assert run(project, "verify", "--wait", "90").returncode == 0


def test_ctrl_c_stops_a_task_that_was_started(cloud, project, outputs):
    ecs, cluster = cloud.client("ecs"), outputs["cluster"]

    def running():
        arns = ecs.list_tasks(cluster=cluster)["taskArns"]
        found = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        return [one for one in found if one.get("startedBy") == "ops-run" and one["lastStatus"] == "RUNNING"]

    with subprocess.Popen([*OPS, "run", "web", "--", "sleep", "300"], cwd=project.folder, env=project.shell) as asked:
        assert eventually(running)
        asked.send_signal(signal.SIGINT)
        assert asked.wait(timeout=30) == 130
    assert eventually(lambda: not running())


@pytest.mark.parametrize("command", ["status", "scale"])
def test_a_name_with_a_typo_is_told_the_nearest_one(project, command):
    ran = run(project, command, "wbe", *(["1"] if command == "scale" else []))
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[1:] == ["error: stack dev runs no service 'wbe': did you mean 'web'?"]
    assert ran.stdout == ""


@pytest.mark.parametrize(
    ("stack", "said"),
    [("dve", "no stack 'dve': there are dev, prod"), ("prod", "stack prod is not deployed: pulumi up -s prod")],
)
def test_a_stack_that_is_not_there(project, stack, said):
    ran = run(project, "status", "--stack", stack)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"error: {said}\n")


def test_a_shell_of_two_minds_is_refused(project):
    environment = {**project.shell, "AWS_EC2_METADATA_DISABLED": "true"}
    del environment["AWS_ENDPOINT_URL"]
    ran = run(project, "status", env=environment)
    assert ran.returncode == 2
    assert "was deployed to a local cloud, but this shell's AWS credentials lead to AWS" in ran.stderr


def test_a_local_cloud_that_is_stopped_is_told(project):
    endpoint = f"http://127.0.0.1:{free_port()}"
    ran = run(project, "status", env={**project.shell, "AWS_ENDPOINT_URL": endpoint})
    assert ran.returncode == 2
    assert ran.stderr == (
        f"Target: local cloud at {endpoint}, stack dev\n"
        f"error: the local cloud at {endpoint} does not answer: .venv/bin/python -m localcloud start\n"
    )
