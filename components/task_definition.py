"""A task definition's containers as canonical JSON.

AWS gives the document back with its defaults filled in. With every default written out and every list sorted, what is
sent equals what is read, so that nothing is replaced, and no task restarted, without a change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .container import Container, ContainerHealthCheck, volume_name
from .log_router import LOG_ROUTER, LogRouter


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A container with all that was not known when it was described."""

    container: Container
    """As it was described."""
    image: str
    """By digest or tag."""
    environment: Mapping[str, str]
    """Plain values; the order does not count."""
    secrets: Mapping[str, str]
    """Where each secret variable is read from."""
    volume_prefix: str = ""
    """With which the names of its own volumes begin. Default: nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Logging:
    """Where the containers' output goes."""

    log_group: str
    """CloudWatch log group of them all, or with a router of the router alone."""
    region: str
    """Of the log group."""
    router: LogRouter | None = None
    """What sends it to another place. Default: nothing."""
    router_secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where each secret option of the router is read from."""


def container_definitions(containers: Mapping[str, Definition], logging: Logging) -> str:
    """The document of a task's containers, with logs that never block them.

    Args:
        containers: by name, the one that gets requests first.
        logging: where their output goes.
    """
    document = [_container(name, one, logging) for name, one in containers.items()]
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _container(name: str, given: Definition, logging: Logging) -> dict[str, Any]:
    container = given.container
    routed = logging.router is not None and name != LOG_ROUTER
    document: dict[str, Any] = {
        "cpu": 0,
        "environment": [{"name": key, "value": given.environment[key]} for key in sorted(given.environment)],
        "essential": container.essential,
        "image": given.image,
        "linuxParameters": {"initProcessEnabled": container.init_process},
        "logConfiguration": _by_router(logging) if routed else _to_cloudwatch(name, logging),
        "mountPoints": _mounts(given),
        "name": name,
        "portMappings": _ports(container),
        "readonlyRootFilesystem": container.read_only,
        "stopTimeout": container.stop_timeout,
        "systemControls": [],
        "volumesFrom": [],
    }
    if logging.router and name == LOG_ROUTER:
        document["firelensConfiguration"] = {"options": {"enable-ecs-log-metadata": "true"}, "type": "fluentbit"}
    return document | {key: value for key, value in _more(given).items() if value}


def _to_cloudwatch(name: str, logging: Logging) -> dict[str, Any]:
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": logging.log_group,
            "awslogs-region": logging.region,
            "awslogs-stream-prefix": name,
            "max-buffer-size": "25m",
            "mode": "non-blocking",
        },
    }


def _by_router(logging: Logging) -> dict[str, Any]:
    """To Fluent Bit, by a socket; what it cannot take in time is dropped, and the container goes on."""
    assert logging.router  # noqa: S101 - whoever asks has looked
    secrets = [{"name": name, "valueFrom": logging.router_secrets[name]} for name in sorted(logging.router_secrets)]
    by_router: dict[str, Any] = {"logDriver": "awsfirelens", "options": dict(logging.router.options)}
    return by_router | ({"secretOptions": secrets} if secrets else {})


def _mounts(given: Definition) -> list[dict[str, Any]]:
    container = given.container
    found = {path: (volume_name(path, given.volume_prefix), False) for path in container.writable_paths}
    found |= {path: (volume.volume_name, volume.read_only) for path, volume in container.volumes.items()}
    return [
        {"containerPath": path, "readOnly": read_only, "sourceVolume": volume}
        for path, (volume, read_only) in sorted(found.items())
    ]


def _ports(container: Container) -> list[dict[str, Any]]:
    port, name = container.port, container.port_name
    if port is None:
        return []
    named = {"appProtocol": "http", "name": name} if name else {}
    return [{"containerPort": port, "hostPort": port, "protocol": "tcp"} | named]


def _more(given: Definition) -> dict[str, Any]:
    """What is only there where it is asked for."""
    container, files = given.container, given.container.open_files
    return {
        "command": list(container.command),
        "dependsOn": [
            {"condition": container.depends_on[name].value, "containerName": name}
            for name in sorted(container.depends_on)
        ],
        "entryPoint": list(container.entry_point),
        "healthCheck": _health_check(container.health_check),
        "secrets": [{"name": name, "valueFrom": given.secrets[name]} for name in sorted(given.secrets)],
        "ulimits": [{"hardLimit": files, "name": "nofile", "softLimit": files}] if files else None,
        "user": container.user,
    }


def _health_check(check: ContainerHealthCheck | None) -> dict[str, Any] | None:
    if not check:
        return None
    return {
        "command": ["CMD", *check.command],
        "interval": check.interval,
        "retries": check.retries,
        "startPeriod": check.start_period,
        "timeout": check.timeout,
    }
