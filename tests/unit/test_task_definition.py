import json

import pytest

from components.container import (
    Condition,
    Container,
    ContainerHealthCheck,
    paths_problems,
    task_problems,
    user_problem,
    volume_name,
)
from components.log_router import LogRouter
from components.secret import Secret
from components.task_definition import Definition, Logging, container_definitions


def document(environment=None, secrets=None, prefix="", **changes):
    given = Container(image="registry/web@sha256:1", **{"port": 8080, **changes})
    definition = Definition(
        container=given,
        image="registry/web@sha256:1",
        environment={"B": "2", "A": "1"} if environment is None else environment,
        secrets=secrets or {},
        volume_prefix=prefix,
    )
    return container_definitions({"web": definition}, Logging(log_group="web-1", region="eu-west-1"))


def container(**changes):
    (found,) = json.loads(document(**changes))
    return found


def test_the_container():
    assert container() == {
        "cpu": 0,
        "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "essential": True,
        "image": "registry/web@sha256:1",
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "web-1",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "web",
                "max-buffer-size": "25m",
                "mode": "non-blocking",
            },
        },
        "mountPoints": [],
        "name": "web",
        "portMappings": [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
        "readonlyRootFilesystem": True,
        "stopTimeout": 30,
        "systemControls": [],
        "volumesFrom": [],
    }


def test_a_root_file_system_that_must_be_written_to():
    assert container(read_only=False)["readonlyRootFilesystem"] is False


def test_a_router_sends_what_the_others_say():
    def definition(**changes):
        given = {"environment": {}, "secrets": {}, "image": "i"}
        return Definition(container=Container(image="i", **changes), **given)

    router = LogRouter(
        options={"b": "2", "Name": "http"}, secrets={"z": Secret(parameter="/z"), "y": Secret(parameter="/y")}
    )
    logging = Logging(log_group="web-1", region="eu-west-1", router=router, router_secrets={"z": "arn:z", "y": "arn:y"})
    found = container_definitions({"web": definition(), "log-router": definition(user="0")}, logging)
    own, itself = json.loads(found)
    assert own["logConfiguration"] == {
        "logDriver": "awsfirelens",
        "options": {"Name": "http", "b": "2"},
        "secretOptions": [{"name": "y", "valueFrom": "arn:y"}, {"name": "z", "valueFrom": "arn:z"}],
    }
    assert itself["logConfiguration"]["options"]["awslogs-group"] == "web-1"
    assert itself["firelensConfiguration"] == {"options": {"enable-ecs-log-metadata": "true"}, "type": "fluentbit"}
    assert found == json.dumps(json.loads(found), sort_keys=True, separators=(",", ":")), "canonical"


def test_a_sidecar_of_that_name_is_no_router_by_itself():
    given = Definition(container=Container(image="i"), image="i", environment={}, secrets={})
    (found,) = json.loads(container_definitions({"log-router": given}, Logging(log_group="l", region="r")))
    assert "firelensConfiguration" not in found
    assert found["logConfiguration"]["logDriver"] == "awslogs"


def test_everything_that_can_be_asked():
    found = container(
        command=("serve", "--fast"),
        entry_point=("/app",),
        secrets={"TOKEN": "arn:b", "KEY": "arn:a"},
        user="33:33",
        open_files=4096,
        init_process=False,
        stop_timeout=5,
        essential=False,
        depends_on={"b": Condition.HEALTHY, "a": Condition.SUCCESS},
        health_check=ContainerHealthCheck(command=("/app", "check")),
    )
    assert (found["command"], found["entryPoint"]) == (["serve", "--fast"], ["/app"])
    assert found["secrets"] == [{"name": "KEY", "valueFrom": "arn:a"}, {"name": "TOKEN", "valueFrom": "arn:b"}]
    assert found["user"] == "33:33"
    assert found["ulimits"] == [{"name": "nofile", "softLimit": 4096, "hardLimit": 4096}]
    assert found["linuxParameters"] == {"initProcessEnabled": False}
    assert (found["stopTimeout"], found["essential"]) == (5, False)
    assert found["dependsOn"] == [
        {"containerName": "a", "condition": "SUCCESS"},
        {"containerName": "b", "condition": "HEALTHY"},
    ]
    assert found["healthCheck"] == {
        "command": ["CMD", "/app", "check"],
        "interval": 10,
        "timeout": 5,
        "retries": 3,
        "startPeriod": 0,
    }


def test_a_container_without_a_port_has_no_mapping():
    assert container(port=None)["portMappings"] == []


def test_the_order_of_the_environment_does_not_count():
    assert document(environment={"A": "1", "B": "2"}) == document(environment={"B": "2", "A": "1"})


def test_the_text_is_canonical():
    assert document() == json.dumps(json.loads(document()), sort_keys=True, separators=(",", ":"))


def test_a_writable_path_is_a_volume():
    mounts = container(writable_paths=("/tmp", "/run/app"))["mountPoints"]
    assert mounts == [
        {"containerPath": "/run/app", "readOnly": False, "sourceVolume": "run-app"},
        {"containerPath": "/tmp", "readOnly": False, "sourceVolume": "tmp"},
    ]
    assert container(writable_paths=("/tmp",), prefix="proxy-")["mountPoints"][0]["sourceVolume"] == "proxy-tmp"


@pytest.mark.parametrize("user", ["10001", "10001:10001", "www-data", "_apt:nogroup"])
def test_users(user):
    assert user_problem(user) is None


@pytest.mark.parametrize("user", ["", "Root", "a b", "1:2:3", ":1"])
def test_what_is_no_user(user):
    assert f"got {user!r}" in (user_problem(user) or "")


def test_a_volume_s_name_has_the_characters_that_ecs_takes():
    assert volume_name("/var/lib/my app.d") == "var-lib-my-app-d"


@pytest.mark.parametrize(
    ("paths", "problems"),
    [
        (("/tmp", "/var/run"), []),
        (("tmp",), ["writable path 'tmp' must be a folder such as /tmp"]),
        (("/",), ["writable path '/' must be a folder such as /tmp"]),
        (("/a/b", "/a-b"), ["writable paths must differ by more than punctuation, 2 are named 'a-b'"]),
    ],
)
def test_writable_paths_are_folders_of_different_names(paths, problems):
    assert list(paths_problems(paths)) == problems


SECRET = Secret(secret="arn:aws:secretsmanager:eu-west-1:1:secret:a-1")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"port": 0}, "port must be from 1 to 65535, got 0"),
        ({"open_files": 1023}, "open_files must be from 1024 to 1048576, got 1023"),
        ({"stop_timeout": 121}, "stop_timeout must be from 2 to 120, got 121"),
        ({"user": "Root"}, "user must be one of the image's"),
        ({"environment": {"A=B": "1"}}, "environment 'A=B' must be a name of letters, digits and underscores"),
        ({"environment": {"A": "1"}, "secrets": {"A": SECRET}}, "environment 'A' is both a plain value and a secret"),
    ],
)
def test_what_ecs_would_refuse_of_a_container(changes, message):
    with pytest.raises(ValueError, match=message):
        Container(image="i", **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"command": ()}, "command must name a program of the image"),
        ({"interval": 4}, "interval must be from 5 to 300, got 4"),
        ({"timeout": 61}, "timeout must be from 2 to 60, got 61"),
        ({"retries": 0}, "retries must be from 1 to 10, got 0"),
        ({"start_period": 301}, "start_period must be from 0 to 300, got 301"),
    ],
)
def test_what_ecs_would_refuse_of_a_health_check(changes, message):
    with pytest.raises(ValueError, match=message):
        ContainerHealthCheck(**{"command": ("ok",), **changes})


OK = ContainerHealthCheck(command=("ok",))


@pytest.mark.parametrize(
    ("containers", "problems"),
    [
        (
            {"a": Container(image="i", port=1), "b": Container(image="i", depends_on={"a": Condition.START})},
            [],
        ),
        (
            {"a": Container(image="i", port=1), "b": Container(image="i", port=1)},
            ["containers 'a' and 'b' both listen on port 1: they share localhost"],
        ),
        (
            {"a": Container(image="i", depends_on={"c": Condition.START})},
            ["container 'a' waits for 'c', which is not there; there are a"],
        ),
        (
            {"a": Container(image="i", depends_on={"b": Condition.HEALTHY}), "b": Container(image="i")},
            ["container 'a' waits until 'b' is healthy, which has no health_check"],
        ),
        (
            {
                "a": Container(image="i", depends_on={"b": Condition.HEALTHY}),
                "b": Container(image="i", health_check=OK),
            },
            [],
        ),
        (
            {"a": Container(image="i", depends_on={"b": Condition.SUCCESS}), "b": Container(image="i")},
            ["container 'a' waits until 'b' has ended, which ends the task: essential: false there"],
        ),
        (
            {"a": Container(image="i", essential=False)},
            ["one container at least must be essential"],
        ),
        (
            {
                "a": Container(image="i", depends_on={"b": Condition.START}),
                "b": Container(image="i", depends_on={"a": Condition.START}),
                "c": Container(image="i"),
            },
            ["containers wait for one another in a circle: a, b"],
        ),
    ],
)
def test_what_ecs_would_refuse_of_a_task(containers, problems):
    assert list(task_problems(containers)) == problems
