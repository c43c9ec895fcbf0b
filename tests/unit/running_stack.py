"""A stack that runs, for the commands around it: ECS, ECR and the load balancer answer what a test says."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from components.checks import hint
from ops.error import OpsError
from ops.stack_file import StackFile

ARN = "arn:aws:ecs:eu-west-1:123456789012:"
CLUSTER = f"{ARN}cluster/c-1"
GROUP = "arn:targets"
DAY = datetime(2026, 11, 26, 10, 51, tzinfo=UTC)


def revision(number: int, family="shop-dev-web") -> str:
    return f"{ARN}task-definition/{family}:{number}"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def deployment(number: int, *, running=1, desired=1, status="PRIMARY", rollout: str | None = "COMPLETED"):
    found = {"id": f"ecs-svc/{number}", "status": status, "taskDefinition": revision(number)}
    found |= {"runningCount": running, "desiredCount": desired, "createdAt": DAY}
    return found | ({"rolloutState": rollout} if rollout else {})


class NotThere(Exception):
    """ECR's word for a repository that is gone."""


class Running:
    """As much of `ops.deployed.Deployed` as the commands ask for."""

    def __init__(self, serves: int = 3, revisions: tuple[int, ...] = (3, 2, 1)) -> None:
        self.stack, self.region, self.cluster = "dev", "eu-west-1", "c-1"
        self.profile = ""
        self.endpoint, self.is_local, self.url = "https://sts.eu-west-1.amazonaws.com", False, ""
        self.account = self.caller = "123456789012"
        self.file = StackFile(project="fargate", config={}, secrets=())
        self.tasks: list[dict[str, Any]] = []
        self.scalable: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.active = {revision(number): [self.image(number)] for number in revisions}
        self.others = [revision(9, "shop-dev-web-two")]
        self.services_now: list[dict[str, Any]] = [self.service_with(deployment(serves))]
        self.updated = self.service_with(deployment(serves, running=0, rollout="IN_PROGRESS") | {"id": "ecs-svc/new"})
        self.succeeded: list[int] = []
        self.gone: set[str] = set()
        self.targets = {GROUP: ["healthy"]}
        self.outputs: dict[str, dict[str, str]] = {}
        self.outputs["web"] = {"service": "web-1", "task_definition": revision(serves), "log_group": "logs-1"}
        self.scheduled: dict[str, dict[str, str]] = {}
        self.exceptions = SimpleNamespace(RepositoryNotFoundException=NotThere)

    @staticmethod
    def image(number: int) -> str:
        return f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/web@{digest(number)}"

    @staticmethod
    def service_with(*deployments: dict[str, Any], groups: tuple[str, ...] = (GROUP,), **more: Any) -> dict[str, Any]:
        return {
            "clusterArn": CLUSTER,
            "serviceName": "web-1",
            "status": "ACTIVE",
            "deployments": list(deployments),
            "loadBalancers": [{"targetGroupArn": group} for group in groups],
        } | more

    @property
    def services(self) -> list[str]:
        return list(self.outputs)

    def service(self, name: str) -> dict[str, str]:
        if name not in self.outputs:
            raise OpsError(f"stack dev runs no service {name!r}: {hint(name, self.outputs)}")
        return self.outputs[name]

    def job(self, name: str) -> dict[str, str]:
        if name not in self.scheduled:
            raise OpsError(f"stack dev has no job {name!r}: it has none")
        return self.scheduled[name]

    def client(self, service: str, region: str | None = None) -> "Running":
        self.asked.append(("client", {"service": service, "region": region}))
        return self

    def get_caller_identity(self):
        return {"Account": self.caller}

    def describe_services(self, **asked):
        """Each answer once, the last one again and again."""
        self.asked.append(("describe_services", asked))
        now = self.services_now.pop(0) if len(self.services_now) > 1 else self.services_now[0]
        return {"services": [now] if now else []}

    def get_paginator(self, call: str):
        pages = {
            "list_task_definitions": self._pages,
            "list_tasks": self._pages_of_tasks,
            "describe_scalable_targets": self._pages_of_scalable,
        }
        return SimpleNamespace(paginate=pages[call])

    def _pages_of_tasks(self, **asked):
        """Of 100, as ECS gives them."""
        self.asked.append(("list_tasks", asked))
        wanted = [one["taskArn"] for one in self.tasks if one["desiredStatus"] == asked["desiredStatus"]]
        yield from ({"taskArns": wanted[first : first + 100]} for first in range(0, len(wanted) or 1, 100))

    def describe_tasks(self, cluster: str, tasks: list[str]):
        self.asked.append(("describe_tasks", {"cluster": cluster, "tasks": tasks}))
        assert 0 < len(tasks) <= 100
        return {"tasks": [one for one in self.tasks if one["taskArn"] in tasks]}

    def _pages_of_scalable(self, **asked):
        self.asked.append(("describe_scalable_targets", asked))
        yield {"ScalableTargets": []}
        yield {"ScalableTargets": [one for one in self.scalable if one["ResourceId"] in asked["ResourceIds"]]}

    def _pages(self, **asked):
        assert asked == {"familyPrefix": "shop-dev-web", "status": "ACTIVE", "sort": "DESC"}
        arns = [*self.others, *self.active]
        return [{"taskDefinitionArns": arns[:2]}, {"taskDefinitionArns": arns[2:]}]

    def describe_task_definition(self, taskDefinition: str):  # noqa: N803 - AWS's name
        self.asked.append(("describe_task_definition", {"taskDefinition": taskDefinition}))
        containers = [{"name": "proxy", "image": "proxy:1"}]
        containers += [{"name": "web", "image": image} for image in self.active[taskDefinition]]
        return {"taskDefinition": {"containerDefinitions": containers, "registeredAt": DAY}}

    def list_service_deployments(self, **asked):
        assert asked == {"cluster": CLUSTER, "service": "web-1", "status": ["SUCCESSFUL"]}
        return {"serviceDeployments": [{"targetServiceRevisionArn": f"rev/{number}"} for number in self.succeeded]}

    def describe_service_revisions(self, serviceRevisionArns: list[str]):  # noqa: N803 - AWS's name
        numbers = [int(arn.rpartition("/")[2]) for arn in serviceRevisionArns]
        return {"serviceRevisions": [{"taskDefinition": revision(number)} for number in numbers]}

    def batch_get_image(self, **asked):
        self.asked.append(("batch_get_image", asked))
        if asked["repositoryName"] in self.gone:
            raise NotThere
        return {"images": [one for one in asked["imageIds"] if one["imageDigest"] not in self.gone]}

    def update_service(self, **asked):
        self.asked.append(("update_service", asked))
        return {"service": self.updated}

    def describe_target_health(self, TargetGroupArn: str):  # noqa: N803 - AWS's name
        states = self.targets.get(TargetGroupArn, [])
        described = [{"Target": {"Id": "10.0.0.7", "Port": 80}, "TargetHealth": {"State": state}} for state in states]
        return {"TargetHealthDescriptions": described}

    def calls(self, name: str) -> list[dict[str, Any]]:
        return [asked for one, asked in self.asked if one == name]
