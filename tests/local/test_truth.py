"""`up` succeeds only when the version asked for serves, and says why when it does not; the old one serves meanwhile."""

import os
import platform
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
import requests

from localcloud.emulator import pause
from tests.local.harness import copy_of_program, deployed, eventually
from tests.local.load import Load

pytestmark = pytest.mark.local

DEV = """\
config:
  aws:region: ap-northeast-1
  fargate:environment: dev
  fargate:services:
    web:
      {image}
      health_check: {{path: /health}}
      start_period: 5
      deregistration_delay: 2
      timeout_minutes: 3
{more}"""
WITHIN = 180
"""Seconds: the service's `timeout_minutes`."""


def stack_file(more="", image="build: ./app"):
    return DEV.format(image=image, more=more)


@pytest.fixture(scope="module")
def project(cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("truth") / "project", name="truth")
    project.write("Pulumi.dev.yaml", stack_file())
    with deployed(project):
        yield project


@pytest.fixture
def good(project):
    """The program's files as they were, once the test has spoilt them."""
    names = ("app/httpd.conf", "app/htdocs/index.html")
    kept = {name: (project.folder / name).read_text() for name in names}
    yield
    for name, text in kept.items():
        project.write(name, text)
    project.write("Pulumi.dev.yaml", stack_file())
    project.up()
    project.pulumi("preview", "--stack", "dev", "--expect-no-changes")
    assert project.cloud.get(project.outputs()["url"]).status_code == 200


def crash(project):
    project.write("app/httpd.conf", "NoSuchDirective\n")


def answer_500(project):
    project.edit("app/httpd.conf", "LoadModule mime", "LoadModule alias_module modules/mod_alias.so\nLoadModule mime")
    project.edit("app/httpd.conf", "DocumentRoot", "RedirectMatch 500 ^/health$\nDocumentRoot")


def listen_elsewhere(project):
    project.write("Pulumi.dev.yaml", stack_file("      port: 9090\n"))  # and back: the old port's rules are still there


def other_processor(project):
    here = platform.machine() in ("aarch64", "arm64")
    program = pause.executable(pause.X86_64 if here else pause.AARCH64)
    (project.folder / "other").mkdir()
    (project.folder / "other" / "pause").write_bytes(program)
    (project.folder / "other" / "pause").chmod(0o755)
    project.write("other/Dockerfile", 'FROM scratch\nCOPY pause /pause\nCMD ["/pause"]\n')
    project.write("Pulumi.dev.yaml", stack_file(image="build: ./other"))


def no_image(project):
    repository = project.outputs()["services"]["web"]["image"].partition("@")[0]
    project.write("Pulumi.dev.yaml", stack_file(image=f"image: {repository}@sha256:{'0' * 64}"))


def no_secret(project):
    arn = "arn:aws:ssm:ap-northeast-1:000000000000:parameter/not/there"
    project.write("Pulumi.dev.yaml", stack_file(f"      secrets: {{TOKEN: {{parameter: '{arn}'}}}}\n"))


def migration_fails(project):
    project.write("Pulumi.dev.yaml", stack_file('      pre_deploy: [sh, -c, "echo table is locked; exit 4"]\n'))


def no_migration(project):
    project.write("Pulumi.dev.yaml", stack_file("      pre_deploy: [migrate-db, now]\n"))


@contextmanager
def pages(cloud, url):
    """What the page is, all the time."""
    seen, done = set(), threading.Event()

    def look():
        while not done.wait(0.05):
            try:
                seen.add(cloud.get(url).text)
            except requests.RequestException as error:
                seen.add(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


ROLLED_BACK = "was asked for, but ECS rolled back"
FAULTS = {
    crash: (ROLLED_BACK, "web exited with 1", "web: AH00"),
    answer_500: (ROLLED_BACK, "codes: [500]"),
    listen_elsewhere: (ROLLED_BACK, "Health checks failed"),
    other_processor: (ROLLED_BACK, "web exited with 127", "is for another processor"),
    no_image: (ROLLED_BACK, "CannotPullContainerError", "web did not run"),
    no_secret: (ROLLED_BACK, "ResourceInitializationError", "parameter/not/there"),
    migration_fails: ("pre_deploy `sh -c", "failed with exit code 4", "table is locked", "The service stays as it is"),
    no_migration: ("pre_deploy `migrate-db now` failed", "not in the image"),
}


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__)
def test_a_version_that_does_not_come_to_serve_fails_up_which_says_why(cloud, project, good, spoil):
    before = _service(cloud, project)["taskDefinition"]
    url = project.outputs()["url"]
    project.edit("app/htdocs/index.html", "ecs-test", "ecs-test never")
    spoil(project)
    begun = time.monotonic()
    load = Load(cloud.port, url.removeprefix("http://"), per_second=20, clients=2, most_seconds=WITHIN)
    with load, pages(cloud, url) as seen:
        ran = project.up(ok=False, timeout=WITHIN + 60)
    print(f"{spoil.__name__}: {time.monotonic() - begun:.0f} s\n{ran.out}")
    assert ran.code != 0
    assert [told for told in FAULTS[spoil] if told not in ran.out] == [], ran.out
    assert "Traceback" not in ran.out
    assert load.failures == [], "the old version serves throughout"
    assert len(seen) == 1, f"and no request reaches the other: {seen}"
    assert "ecs-test never" not in seen.pop()
    assert _service(cloud, project)["taskDefinition"] == before


def test_a_first_deployment_that_never_serves_fails_up_which_says_why(project, good):
    worker = "    late:\n      build: ./app\n      kind: worker\n      timeout_minutes: 2\n"
    project.write("Pulumi.dev.yaml", stack_file(worker + '      command: [sh, -c, "echo no queue; exit 5"]\n'))
    ran = project.up(ok=False, timeout=180)
    print(ran.out)
    assert ran.code != 0
    for told in ("circuit breaker", "late exited with 5", "late: no queue", "does not serve"):
        assert told in ran.out, ran.out
    assert "Traceback" not in ran.out
    project.write("Pulumi.dev.yaml", stack_file(worker))
    project.up()
    project.pulumi("preview", "--stack", "dev", "--expect-no-changes")


@pytest.mark.parametrize("before", ["", "      command: [sleep, infinity]\n"], ids=["the first", "an update"])
def test_a_worker_that_ends_some_seconds_after_its_start_fails_up(project, good, before):
    """ECS calls its task well once it runs, and starts another one whenever it ends."""
    worker = "    brief:\n      build: ./app\n      kind: worker\n      timeout_minutes: 3\n"
    if before:
        project.write("Pulumi.dev.yaml", stack_file(worker + before))
        project.up()
    project.write("Pulumi.dev.yaml", stack_file(worker + '      command: [sh, -c, "sleep 3; echo no queue; exit 5"]\n'))
    ran = project.up(ok=False)
    assert ran.code != 0
    assert "service brief: tasks of truth-dev-brief:" in ran.out or "of 1 tasks" in ran.out, ran.out
    assert "brief exited with 5" in ran.out
    assert "brief: no queue" in ran.out


def test_that_ecs_goes_back_to_a_deployment_of_the_same_revision_fails_up(cloud, project, good):
    ssm = cloud.client("ssm")
    ssm.put_parameter(Name="/truth/token", Value="known", Type="String")
    arn = ssm.get_parameter(Name="/truth/token")["Parameter"]["ARN"]
    secret = f"      secrets: {{TOKEN: {{parameter: '{arn}'}}}}\n"
    project.write("Pulumi.dev.yaml", stack_file(secret))
    project.up()
    before = _service(cloud, project)["taskDefinition"]
    ssm.delete_parameter(Name="/truth/token")
    project.write("Pulumi.dev.yaml", stack_file(secret).replace("start_period: 5", "start_period: 6"))
    ran = project.up(ok=False)
    assert ran.code != 0
    assert "was deployed anew, but ECS rolled back to its deployment before" in ran.out
    assert "ResourceInitializationError" in ran.out
    assert _service(cloud, project)["taskDefinition"] == before


def test_a_health_check_that_no_task_passes_fails_up_and_the_next_one(project, good):
    project.write("Pulumi.dev.yaml", stack_file().replace("/health", "/nope"))
    for number in (1, 2):
        ran = project.up(ok=False)
        print(number, ran.out)
        assert ran.code != 0
        assert "no task passes its health check, /nope: " in ran.out
        assert "Health checks failed with these codes: [404]" in ran.out
        assert "Traceback" not in ran.out


def test_a_migration_runs_once_before_the_version_whose_image_it_has(cloud, project):
    before = _migrations(cloud, project)
    project.edit("app/htdocs/index.html", "ecs-test", "ecs-test migrated")
    command = '      pre_deploy: [sh, -c, "echo to the second edition; sleep 2"]\n'
    project.write("Pulumi.dev.yaml", stack_file(command))
    told = project.up().out
    assert "ended well, as task" in told, told
    (task,) = _migrations(cloud, project, but=before)
    service = _service(cloud, project)
    assert task["taskDefinitionArn"] == service["taskDefinition"]
    assert task["containers"][0]["image"] == project.outputs()["services"]["web"]["image"]
    assert task["stoppedAt"] <= service["deployments"][0]["createdAt"]
    project.write("Pulumi.dev.yaml", stack_file(command + "      desired_count: 2\n"))
    ran = project.up()
    assert ran.changes["~"] == 1
    assert "ran for this image before" in ran.out
    assert len(_migrations(cloud, project, but=before)) == 1, "an update for another reason runs nothing"


def test_an_up_that_is_killed_meanwhile_is_followed_by_one_that_waits_for_the_same_task(cloud, project, good):
    before = _migrations(cloud, project)
    project.write("Pulumi.dev.yaml", stack_file('      pre_deploy: [sh, -c, "echo third; sleep 20"]\n'))
    project.edit("app/htdocs/index.html", "</h1>", "</h1>third")

    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive", "--color", "never"]
    with subprocess.Popen(
        command,
        cwd=project.folder,
        env=cloud.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as up:
        eventually(lambda: [one for one in _migrations(cloud, project, but=before) if one["lastStatus"] == "RUNNING"])
        os.killpg(up.pid, signal.SIGKILL)
    project.pulumi("cancel", "--yes", "--stack", "dev", ok=False)  # where nothing else has removed the lock
    project.up()
    assert "third" in cloud.get(project.outputs()["url"]).text
    (task,) = _migrations(cloud, project, but=before)
    assert task["containers"][0]["exitCode"] == 0


def _service(cloud, project):
    outputs = project.outputs()
    ecs = cloud.client("ecs")
    found = ecs.describe_services(cluster=outputs["cluster"], services=[outputs["services"]["web"]["service"]])
    return found["services"][0]


def _migrations(cloud, project, but=()):
    """The tasks that ran before a version served, or run."""
    ecs, cluster = cloud.client("ecs"), project.outputs()["cluster"]
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=cluster, family="truth-dev-web", desiredStatus=status)["taskArns"]
        if arn not in {task["taskArn"] for task in but}
    ]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return [task for task in tasks if task["startedBy"].startswith("pre-deploy-")]
