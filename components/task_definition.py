"""A task definition's containers as canonical JSON.

AWS gives the document back with its defaults filled in. With every default written out and every list sorted, what is
sent equals what is read, so that nothing is replaced, and no task restarted, without a change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .container import Container, ContainerHealthCheck, volume_name


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


def container_definitions(containers: Mapping[str, Definition], *, log_group: str, region: str) -> str:
    """The document of a task's containers, each with a read-only root file system and logs that never block it.

    Args:
        containers: by name, the one that gets requests first.
        log_group: CloudWatch log group of them all.
        region: of the log group.
    """
    document = [_container(name, one, log_group, region) for name, one in containers.items()]
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _container(name: str, given: Definition, log_group: str, region: str) -> dict[str, Any]:
    container = given.container
    document: dict[str, Any] = {
        "cpu": 0,
        "environment": [{"name": key, "value": given.environment[key]} for key in sorted(given.environment)],
        "essential": container.essential,
        "image": given.image,
        "linuxParameters": {"initProcessEnabled": container.init_process},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": name,
                "max-buffer-size": "25m",
                "mode": "non-blocking",
            },
        },
        "mountPoints": [
            {"containerPath": path, "readOnly": False, "sourceVolume": volume_name(path, given.volume_prefix)}
            for path in sorted(container.writable_paths)
        ],
        "name": name,
        "portMappings": _ports(container.port),
        "readonlyRootFilesystem": True,
        "stopTimeout": container.stop_timeout,
        "systemControls": [],
        "volumesFrom": [],
    }
    return document | {key: value for key, value in _more(given).items() if value}


def _ports(port: int | None) -> list[dict[str, Any]]:
    return [] if port is None else [{"containerPort": port, "hostPort": port, "protocol": "tcp"}]


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
