import json

from components.task_definition import container_definitions


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
