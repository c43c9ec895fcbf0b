"""A task definition's containers as canonical JSON.

AWS gives the document back with its defaults filled in. With every default written out and every list sorted, what is
sent equals what is read, so that nothing is replaced, and no task restarted, without a change.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

STOP_TIMEOUT_MAX = 120
"""Seconds that Fargate waits at most between a stop signal and the kill (ECS API Reference, "ContainerDefinition")."""


def container_definitions(
    *,
    name: str,
    image: str,
    port: int,
    environment: Mapping[str, str],
    log_group: str,
    region: str,
    stop_timeout: int,
    writable_paths: Sequence[str] = (),
    user: str | None = None,
) -> str:
    """The document of one essential container with a read-only root file system and logs that never block it.

    Args:
        name: the container's.
        image: by digest.
        port: TCP port that it listens on.
        environment: plain values; the order does not count.
        log_group: CloudWatch log group.
        region: of the log group.
        stop_timeout: seconds between the stop signal and the kill.
        writable_paths: folders that are volumes of the task's own.
        user: that the container runs as; the image's own when left out.
    """
    mounts = [
        {"containerPath": path, "readOnly": False, "sourceVolume": volume_name(path)} for path in sorted(writable_paths)
    ]
    container = {
        "cpu": 0,
        "environment": [{"name": key, "value": environment[key]} for key in sorted(environment)],
        "essential": True,
        "image": image,
        "linuxParameters": {"initProcessEnabled": True},
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
        "mountPoints": mounts,
        "name": name,
        "portMappings": [{"containerPort": port, "hostPort": port, "protocol": "tcp"}],
        "readonlyRootFilesystem": True,
        "stopTimeout": stop_timeout,
        "systemControls": [],
        "volumesFrom": [],
    } | ({"user": user} if user else {})
    return json.dumps([container], sort_keys=True, separators=(",", ":"))


def volume_name(path: str) -> str:
    """The name of the volume at a path, in the characters that ECS takes (ECS API Reference, "Volume")."""
    return re.sub("[^A-Za-z0-9_-]", "-", path.strip("/"))


def user_problem(user: str | None) -> str | None:
    """What is wrong with a container's user (ECS API Reference, "ContainerDefinition")."""
    if user is None or re.fullmatch(r"[a-z0-9_][a-z0-9_.-]*(:[a-z0-9_][a-z0-9_.-]*)?", user):
        return None
    return f"user must be one of the image's such as 10001, 10001:10001 or www-data, got {user!r}"


def paths_problems(paths: Sequence[str]) -> Iterator[str]:
    """What is wrong with writable paths."""
    for path in paths:
        if not re.fullmatch("(/[^/]+)+", path):
            yield f"writable path {path!r} must be a folder such as /tmp"
    for name, count in Counter(map(volume_name, paths)).items():
        if count > 1:
            yield f"writable paths must differ by more than punctuation, {count} are named {name!r}"
