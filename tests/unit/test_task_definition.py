import json

import pytest

from components.task_definition import container_definitions, paths_problems, user_problem, volume_name


def document(**changes):
    given = {
        "name": "web",
        "image": "registry/web@sha256:1",
        "port": 8080,
        "environment": {"B": "2", "A": "1"},
        "log_group": "web-1",
        "region": "eu-west-1",
        "stop_timeout": 30,
    }
    return container_definitions(**{**given, **changes})


def test_the_container():
    assert json.loads(document()) == [
        {
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
    ]


def test_the_order_of_the_environment_does_not_count():
    assert document(environment={"A": "1", "B": "2"}) == document(environment={"B": "2", "A": "1"})


def test_the_text_is_canonical():
    assert document() == json.dumps(json.loads(document()), sort_keys=True, separators=(",", ":"))


def test_a_writable_path_is_a_volume():
    (container,) = json.loads(document(writable_paths=("/tmp", "/run/app")))
    assert container["mountPoints"] == [
        {"containerPath": "/run/app", "readOnly": False, "sourceVolume": "run-app"},
        {"containerPath": "/tmp", "readOnly": False, "sourceVolume": "tmp"},
    ]


def test_a_container_runs_as_the_user_that_is_named():
    assert json.loads(document(user="33:33"))[0]["user"] == "33:33"
    assert "user" not in json.loads(document())[0]


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
        (("/tmp", "/run/app"), []),
        (("tmp",), ["writable path 'tmp' must be a folder such as /tmp"]),
        (("/",), ["writable path '/' must be a folder such as /tmp"]),
        (("/a/b", "/a-b"), ["writable paths must differ by more than punctuation, 2 are named 'a-b'"]),
    ],
)
def test_writable_paths_are_folders_of_different_names(paths, problems):
    assert list(paths_problems(paths)) == problems
