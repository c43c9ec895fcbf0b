"""A container of a task, in the words of ECS."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import pulumi

from .checks import out_of_range, refuse
from .efs_volume import EfsVolume
from .secret import Secret

STOP_TIMEOUT_MAX = 120
"""Seconds that Fargate waits at most between a stop signal and the kill (ECS API Reference, "ContainerDefinition")."""
_FOLDER = re.compile("(/[^/]+)+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Condition(StrEnum):
    """What a container waits for before it starts (ECS API Reference, "ContainerDependency")."""

    START = "START"
    """The other has started."""
    HEALTHY = "HEALTHY"
    """The other's own health check passes."""
    COMPLETE = "COMPLETE"
    """The other has ended."""
    SUCCESS = "SUCCESS"
    """The other has ended with exit code 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerHealthCheck:
    """A command that a container runs in itself, to say whether it is well."""

    command: tuple[str, ...]
    """The program and its arguments, which the image must have; exit code 0 is healthy."""
    interval: int = 10
    """Seconds between two checks, 5 to 300. Default: 10; ECS's own is 30."""
    timeout: int = 5
    """Seconds to wait for an answer, 2 to 60. Default: 5."""
    retries: int = 3
    """Failures before it is unhealthy, 1 to 10. Default: 3."""
    start_period: int = 0
    """Seconds after the start in which failures do not count, 0 to 300. Default: 0."""

    def __post_init__(self) -> None:
        """Refuse what ECS would refuse (ECS API Reference, "HealthCheck").

        Raises:
            ValueError: no command, or a number that is out of its bounds.
        """
        refuse(
            (
                None if self.command else "command must name a program of the image",
                out_of_range("interval", self.interval, 5, 300),
                out_of_range("timeout", self.timeout, 2, 60),
                out_of_range("retries", self.retries, 1, 10),
                out_of_range("start_period", self.start_period, 0, 300),
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """One container. Those of one task share `localhost` and end together when an essential one ends."""

    image: pulumi.Input[str]
    """Image that is run, by digest or tag."""
    port: int | None = None
    """TCP port that it listens on, 1 to 65535, unlike any other's in the task. Default: none."""
    port_name: str | None = None
    """Name by which Service Connect finds the port, which speaks HTTP. Default: none, and it does not."""
    command: tuple[str, ...] = ()
    """Arguments of the entry point. Default: the image's."""
    entry_point: tuple[str, ...] = ()
    """What is run. Default: the image's."""
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Plain values, which anyone who may read the task definition sees. Default: none."""
    secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    """Environment from Secrets Manager and Parameter Store, read when a task starts. Default: none."""
    user: str | None = None
    """User of the image that it runs as, such as `10001:10001`. Default: the one its Dockerfile names."""
    writable_paths: tuple[str, ...] = ()
    """Folders that it may write to: its root file system is read-only. Default: none."""
    read_only: bool = True
    """Whether its root file system cannot be written to. Default: it cannot; for images that write everywhere."""
    volumes: Mapping[str, EfsVolume] = field(default_factory=dict[str, EfsVolume])
    """File systems by the folder where it mounts them, such as `/data`. Default: none."""
    open_files: int | None = None
    """Files and sockets that it may have open, 1024 to 1048576. Default: Fargate's 65535."""
    init_process: bool = True
    """Whether a process in front of it passes signals on and reaps children. Default: one does."""
    stop_timeout: int = 30
    """Seconds between the stop signal and the kill, 2 to 120. Default: 30."""
    essential: bool = True
    """Whether the task ends when it ends. Default: it does."""
    depends_on: Mapping[str, Condition] = field(default_factory=dict[str, Condition])
    """Containers that it waits for, by name. Default: none."""
    health_check: ContainerHealthCheck | None = None
    """How it finds out whether it is well. Default: it does not."""

    def __post_init__(self) -> None:
        """Refuse what ECS would refuse.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(container_problems(self))


def container_problems(container: Container) -> Iterator[str | None]:
    """What is wrong with a container taken by itself."""
    if container.port is not None:
        yield out_of_range("port", container.port, 1, 65535)
    if container.open_files is not None:
        yield out_of_range("open_files", container.open_files, 1024, 1_048_576)
    yield out_of_range("stop_timeout", container.stop_timeout, 2, STOP_TIMEOUT_MAX)
    yield user_problem(container.user)
    yield from paths_problems(container.writable_paths)
    yield from mounts_problems(container.volumes, container.writable_paths)
    yield from variables_problems(container.environment, container.secrets)


def variables_problems(environment: Mapping[str, object], secrets: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the names of an environment, of plain values and secrets together."""
    for name in (*environment, *secrets):
        if not _VARIABLE.fullmatch(name):
            yield f"environment {name!r} must be a name of letters, digits and underscores, not beginning with a digit"
    for name in sorted(set(environment) & set(secrets)):
        yield f"environment {name!r} is both a plain value and a secret: leave out one"


def task_problems(containers: Mapping[str, Container]) -> Iterator[str]:
    """What is wrong with the containers of a task together, the main one among them."""
    ports: dict[int, str] = {}
    for name, container in containers.items():
        first = ports.setdefault(container.port, name) if container.port is not None else name
        if first != name:
            yield f"containers {first!r} and {name!r} both listen on port {container.port}: they share localhost"
        yield from _dependency_problems(name, container, containers)
    if not any(container.essential for container in containers.values()):
        yield "one container at least must be essential"
    yield from _circle(containers)
    yield from _volume_problems(containers.values())


def _dependency_problems(name: str, container: Container, containers: Mapping[str, Container]) -> Iterator[str]:
    for other, condition in container.depends_on.items():
        if other not in containers:
            yield f"container {name!r} waits for {other!r}, which is not there; there are {', '.join(containers)}"
        elif condition is Condition.HEALTHY and not containers[other].health_check:
            yield f"container {name!r} waits until {other!r} is healthy, which has no health_check"
        elif condition in (Condition.COMPLETE, Condition.SUCCESS) and containers[other].essential:
            yield f"container {name!r} waits until {other!r} has ended, which ends the task: essential: false there"


def _volume_problems(containers: Iterable[Container]) -> Iterator[str]:
    """Two file systems under one name."""
    known: dict[str, EfsVolume] = {}
    for volume in (one for container in containers for one in container.volumes.values()):
        same = replace(volume, read_only=False)
        if known.setdefault(volume.name, same) != same:
            yield f"volumes named {volume.name!r} are of different file systems: give each its own name"


def _circle(containers: Mapping[str, Container]) -> Iterator[str]:
    """Containers that wait for one another."""
    waiting = {name: set(one.depends_on) & set(containers) for name, one in containers.items()}
    while ready := {name for name, others in waiting.items() if not others & set(waiting)}:
        waiting = {name: others for name, others in waiting.items() if name not in ready}
    if waiting:
        yield f"containers wait for one another in a circle: {', '.join(sorted(waiting))}"


def volume_name(path: str, prefix: str = "") -> str:
    """The name of the volume at a path, in the characters that ECS takes (ECS API Reference, "Volume").

    Args:
        path: where it is mounted.
        prefix: of a container's own volumes, where several containers may write to one path.
    """
    return prefix + re.sub("[^A-Za-z0-9_-]", "-", path.strip("/"))


def mounts_problems(paths: Iterable[str], writable_paths: Sequence[str]) -> Iterator[str]:
    """What is wrong with the paths of volumes."""
    for path in paths:
        if not _FOLDER.fullmatch(path):
            yield f"volume path {path!r} must be a folder such as /data"
        if path in writable_paths:
            yield f"{path!r} is both a writable path and a volume: leave out one"


def user_problem(user: str | None) -> str | None:
    """What is wrong with a container's user (ECS API Reference, "ContainerDefinition")."""
    if user is None or re.fullmatch(r"[a-z0-9_][a-z0-9_.-]*(:[a-z0-9_][a-z0-9_.-]*)?", user):
        return None
    return f"user must be one of the image's such as 10001, 10001:10001 or www-data, got {user!r}"


def paths_problems(paths: Sequence[str]) -> Iterator[str]:
    """What is wrong with writable paths."""
    for path in paths:
        if not _FOLDER.fullmatch(path):
            yield f"writable path {path!r} must be a folder such as /tmp"
    for name, count in Counter(map(volume_name, paths)).items():
        if count > 1:
            yield f"writable paths must differ by more than punctuation, {count} are named {name!r}"
