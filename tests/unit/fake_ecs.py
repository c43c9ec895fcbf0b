"""ECS and CloudWatch Logs that answer what a test says, and remember what they were asked."""

from types import SimpleNamespace
from typing import Any

CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/c-1"
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-dev-web:7"
OLD = DEFINITION[:-1] + "6"


class NotThere(Exception):
    """Logs' ResourceNotFoundException."""


def task(name="t1", code: int | None = 1, *, of=DEFINITION, status="STOPPED", at=1, **more) -> dict[str, Any]:
    """A task of the service, as DescribeTasks tells it."""
    container = {"name": "web"} | ({} if code is None else {"exitCode": code})
    return {
        "taskArn": f"arn:aws:ecs:eu-west-1:123456789012:task/c-1/{name}",
        "taskDefinitionArn": of,
        "lastStatus": status,
        "createdAt": at,
        "stoppedReason": "Essential container exited",
        "stopCode": "EssentialContainerExited",
        "containers": [container],
    } | more


def logged(name, driver="awslogs"):
    """A container of the task definition, with its logs."""
    options = {"awslogs-group": "logs-1", "awslogs-stream-prefix": name} if driver == "awslogs" else {}
    return {
        "name": name,
        "image": f"registry/{name}@sha256:{'a' * 64}",
        "logConfiguration": {"logDriver": driver, "options": options},
    }


class There(Exception):
    """Logs' ResourceAlreadyExistsException."""


class Refused(Exception):
    """ClientError."""


class FakeAws:
    """Both services; a call that is in `refuses` raises what is there."""

    def __init__(self) -> None:
        self.services: list[Any] = [{"events": [{"message": f"event {number}"} for number in range(7)]}]
        self.tasks: list[dict[str, Any]] = []
        self.running: list[dict[str, Any]] = []
        self.containers = [logged("web")]
        self.lines: dict[str, list[str]] = {}
        self.streams: list[str] = []
        self.refuses: dict[str, Exception] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.exceptions = SimpleNamespace(
            ResourceNotFoundException=NotThere, ResourceAlreadyExistsException=There, ClientError=Refused
        )
        self.ends: list[dict[str, Any]] = []
        self.failures: list[dict[str, str]] = []

    def client(self, service: str, region: str) -> "FakeAws":
        assert service in ("ecs", "logs")
        assert region == "eu-west-1"
        return self

    def __getattr__(self, name: str) -> Any:
        answer = getattr(type(self), f"on_{name}")

        def call(**asked: Any) -> Any:
            self.asked.append((name, asked))
            if name in self.refuses:
                raise self.refuses[name]
            return answer(self, asked)

        return call

    def calls(self, name: str) -> list[dict[str, Any]]:
        """What a call was asked with, each time."""
        return [asked for one, asked in self.asked if one == name]

    def on_describe_services(self, _):
        """Each answer once, the last one again and again."""
        return {"services": self.services.pop(0) if isinstance(self.services[0], list) else self.services}

    def get_paginator(self, name: str) -> Any:
        """Its answers, each with as many as ECS gives in one."""
        assert name == "list_tasks"

        def paginate(**asked: Any) -> Any:
            self.asked.append((name, asked))
            arns = self.on_list_tasks(asked)["taskArns"]
            yield from ({"taskArns": arns[first : first + 100]} for first in range(0, len(arns) or 1, 100))

        return SimpleNamespace(paginate=paginate)

    def on_list_tasks(self, asked):
        stopped = asked.get("desiredStatus") == "STOPPED"
        return {"taskArns": [one["taskArn"] for one in (self.tasks if stopped else self.running)]}

    def on_describe_tasks(self, asked):
        if self.ends and asked["tasks"] == [self.ends[0]["taskArn"]]:
            return {"tasks": [self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]]}
        return {"tasks": [one for one in (*self.tasks, *self.running) if one["taskArn"] in asked["tasks"]]}

    def on_describe_task_definition(self, _):
        return {"taskDefinition": {"containerDefinitions": self.containers}}

    def on_get_log_events(self, asked):
        if asked["logStreamName"] not in self.lines:
            raise NotThere
        lines = [] if "nextToken" in asked else self.lines[asked["logStreamName"]]
        return {"events": [{"message": line} for line in lines], "nextForwardToken": "n"}

    def on_describe_log_streams(self, asked):
        prefix = asked["logStreamNamePrefix"]
        return {"logStreams": [{"logStreamName": one} for one in self.streams if one.startswith(prefix)]}

    def on_create_log_stream(self, asked):
        if asked["logStreamName"] in self.streams:
            raise There
        self.streams.append(asked["logStreamName"])

    def on_put_log_events(self, _):
        return {}

    def on_run_task(self, _):
        return {"failures": self.failures, "tasks": [] if self.failures else [self.ends[0]]}

    def on_stop_task(self, _):
        return {}
