"""What a stack runs, as its file says it: services, jobs, file systems, and what is around them."""

from typing import TYPE_CHECKING, Any

from ops.report.setting_rows import Effective, as_values, groups, rows

if TYPE_CHECKING:  # pydantic's models take time to load, and the program that is told of has loaded them
    from pydantic import BaseModel

    from configuration.job import JobSettings
    from configuration.service import ServiceSettings
    from configuration.stack import Settings
    from configuration.task import TaskSettings

_TOLD_ELSEWHERE = (
    "environment",
    "services",
    "jobs",
    "file_systems",
    "network",
    "load_balancer",
    "budget",
    "exceptions",
)
_OF_A_SERVICE = ("schedule", "service", "command", "capacity", "enabled")
"""What a job may say that runs a service's task as it is."""


def described(stack: "Settings") -> dict[str, Any]:
    """Everything that a stack's file says, and the defaults of what it does not say."""
    edge = {"deletion_protection": stack.deletion_protection}
    whole = [name for name in type(stack).model_fields if name not in _TOLD_ELSEWHERE]
    return {
        "services": [_service(name, one, stack) for name, one in stack.services.items()],
        "jobs": [_job(name, one) for name, one in stack.jobs.items()],
        "file_systems": [{"name": name, "settings": _all(one)} for name, one in stack.file_systems.items()],
        "network": _all(stack.network),
        "load_balancer": _all(stack.load_balancer, edge) if stack.has_web else [],
        "whole_stack": as_values(rows(stack, whole, {"force_delete": stack.deletes_contents})),
    }


def _all(model: "BaseModel", effective: Effective | None = None) -> list[dict[str, Any]]:
    """All settings of a part; of one that takes what others made, that alone."""
    only = ["existing"] if getattr(model, "existing", None) else [*type(model).model_fields]
    return as_values(rows(model, only, effective))


def _service(name: str, service: "ServiceSettings", stack: "Settings") -> dict[str, Any]:
    return {
        "name": name,
        "kind": service.kind.value,
        "image": _image(service),
        "port": service.listens,
        "requests": _requests(name, service, stack),
        "tasks": _tasks(service),
        "size": _size(service),
        "capacity": _capacity(service.capacity),
        "deployment": service.deployment.strategy.value,
        "groups": groups(service, [*type(service).model_fields], {"port": service.listens}),
    }


def _job(name: str, job: "JobSettings") -> dict[str, Any]:
    return {
        "name": name,
        "schedule": f"{job.schedule.expression} in {job.schedule.time_zone}",
        "runs": f"the task of service {job.service}" if job.service else _image(job),
        "size": "the service's" if job.service else _size(job),
        "capacity": _capacity(job.capacity),
        "enabled": job.enabled,
        "groups": groups(job, _OF_A_SERVICE if job.service else [*type(job).model_fields], {}),
    }


def _image(task: "TaskSettings") -> str:
    if task.build:
        return f"built from {task.build.context}"
    image = task.image
    if not image or image.uri:
        return image.uri or "" if image else ""
    return f"promoted from {image.promote}" if image.promote else f"{image.repository}:{image.tag}"


def _requests(name: str, service: "ServiceSettings", stack: "Settings") -> str:
    """Who reaches a service, and by what."""
    if service.kind == "worker":
        return "nobody's"
    callers = [caller for caller, one in stack.services.items() if name in one.calls]
    called = f"those of {', '.join(callers)}" if callers else "those of the stack's other services"
    if service.kind == "internal":
        return called
    route = service.route
    asked = [*route.hosts, *route.paths, *route.methods, *(f"header {header}" for header in route.headers)]
    return "; ".join([", ".join(asked).replace("/*", "every path", asked == ["/*"]), *([called] if callers else [])])


def _tasks(service: "ServiceSettings") -> str:
    scaling = service.scaling
    return f"{scaling.min} to {scaling.max}" if scaling else str(service.desired_count)


def _size(task: "TaskSettings") -> str:
    return f"{task.cpu / 1024:g} vCPU, {task.memory / 1024:g} GB"


def _capacity(capacity: object) -> str:
    """What tasks run on, in words."""
    if isinstance(capacity, str):
        return {"FARGATE": "Fargate", "FARGATE_SPOT": "Spot"}[capacity]
    base, fargate, spot = (getattr(capacity, name) for name in ("base", "fargate", "fargate_spot"))
    return f"{f'{base} on Fargate, then ' if base else ''}{fargate} : {spot} of Fargate and Spot"
