"""Task definitions as Docker takes them: ministack uses the image, the command and the environment, and little else."""

import contextlib
import os
import resource
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docker.models import containers as docker_containers
from docker.types import Healthcheck, Ulimit
from requests import RequestException

from localcloud.emulator import roles
from localcloud.emulator.definitions import AWSLOGS, FIRELENS
from localcloud.emulator.files import Files
from localcloud.emulator.pause import pause_image
from localcloud.emulator.service_connect import ServiceConnect, join, remove_networks

STOP_SECONDS = 30
"""Between the stop signal and the kill, when the definition does not say (ECS API Reference, "ContainerDefinition")."""
START_SECONDS = 180
"""For which a container waits for another, when that does not say (there too, `startTimeout`)."""
OPEN_FILES = 65535
"""Soft and hard limit on Fargate (Amazon ECS Developer Guide, "Fargate task definition parameters")."""
LOG_SECONDS = 5
_NANOS = 1_000_000_000
_MIB = 1 << 20

# docker-py's `run` knows every argument of Docker's but this one, which its `create_container` takes.
docker_containers.RUN_CREATE_KWARGS.append("stop_timeout")


class CannotStart(Exception):
    """A container's dependencies will not be met; ministack makes it the reason why the task stopped."""


def by_awslogs(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The definitions, with what FireLens would send elsewhere in the log group of its own container."""
    router = next((one for one in definitions if one.get("firelensConfiguration")), {})
    options = (router.get("logConfiguration") or {}).get("options") or {}

    def visible(definition: dict[str, Any]) -> dict[str, Any]:
        if (definition.get("logConfiguration") or {}).get("logDriver") != FIRELENS or not options:
            return definition
        logged = {"logDriver": AWSLOGS, "options": {**options, "awslogs-stream-prefix": definition["name"]}}
        return {**definition, "logConfiguration": logged}

    return [visible(one) for one in definitions]


def arguments(definition: dict[str, Any], task: dict[str, Any]) -> dict[str, Any]:
    """A container definition, and what of its task definition limits it, as arguments of docker-py's `run`."""
    linux = definition.get("linuxParameters") or {}
    memory = definition.get("memory") or task.get("memory")
    given: dict[str, Any] = {
        "user": definition.get("user"),
        "entrypoint": definition.get("entryPoint"),
        "working_dir": definition.get("workingDirectory"),
        "read_only": definition.get("readonlyRootFilesystem"),
        "init": linux.get("initProcessEnabled"),
        "cap_drop": (linux.get("capabilities") or {}).get("drop"),
        "tty": definition.get("pseudoTerminal"),
        "stdin_open": definition.get("interactive"),
        "cpu_shares": definition.get("cpu"),
        "nano_cpus": _cpus(task),
        "mem_limit": int(memory) * _MIB if memory else None,
        "memswap_limit": int(memory) * _MIB if memory else None,  # Fargate has no swap
        "mem_reservation": (definition.get("memoryReservation") or 0) * _MIB,
        "healthcheck": _health_check(definition.get("healthCheck")),
    }
    limits = {"nofile": (OPEN_FILES, OPEN_FILES)} | {
        one["name"]: (one["softLimit"], one["hardLimit"]) for one in definition.get("ulimits") or ()
    }
    return {name: value for name, value in given.items() if value} | {
        "stop_timeout": definition.get("stopTimeout") or STOP_SECONDS,
        "ulimits": [_limit(name, soft, hard) for name, (soft, hard) in limits.items()],
    }


def _limit(name: str, soft: int, hard: int) -> Ulimit:
    """Docker starts no container with more than its machine allows; this process's own limit is taken for that."""
    known = getattr(resource, f"RLIMIT_{name.upper()}", None)
    most = resource.RLIM_INFINITY if known is None else resource.getrlimit(known)[1]
    within = [value if most == resource.RLIM_INFINITY else min(value, most) for value in (soft, hard)]
    return Ulimit(name=name, soft=within[0], hard=within[1])


def _cpus(task: dict[str, Any]) -> int | None:
    """Docker refuses more processors than the machine has."""
    units = int(task.get("cpu") or 0)
    return min(units * _NANOS // 1024, (os.cpu_count() or 1) * _NANOS)


def _health_check(check: dict[str, Any] | None) -> Healthcheck | None:
    if not check:
        return None
    return Healthcheck(
        test=check["command"],
        interval=(check.get("interval") or 30) * _NANOS,
        timeout=(check.get("timeout") or 5) * _NANOS,
        retries=check.get("retries") or 3,
        start_period=(check.get("startPeriod") or 0) * _NANOS,
    )


def in_start_order(definitions: list[dict[str, Any]]) -> list[int]:
    """Places of the definitions, each after those that it depends on; AWS refuses a circle, and so does this.

    Raises:
        CannotStart: containers depend on each other in a circle.
    """
    left = {one["name"]: index for index, one in enumerate(definitions)}
    order: list[int] = []
    while left:
        ready = [
            name
            for name, index in left.items()
            if not any(need["containerName"] in left for need in definitions[index].get("dependsOn") or ())
        ]
        if not ready:
            raise CannotStart(f"containers depend on each other in a circle: {', '.join(sorted(left))}")
        order += [left.pop(name) for name in ready]
    return order


class Containers:
    """Starts and ends the containers of tasks."""

    def __init__(self, ecs: Any, service_connect: ServiceConnect, files: Files) -> None:
        self._ecs = ecs
        self._service_connect = service_connect
        self._files = files

    def start(self, original: Any) -> Any:
        """Containers in the order of their dependencies, and in one network, as they meet on localhost on Fargate."""

        def start_task(task: dict[str, Any], td: dict[str, Any], container_overrides: Any, docker_client: Any) -> None:
            roles.check_secrets(self._ecs, td)
            definitions = td["containerDefinitions"]
            order = in_start_order(definitions)
            for key in ("containers", "_container_essentials"):
                task[key] = [task[key][index] for index in order]
            checked = [one for one in definitions if one.get("healthCheck") and one.get("essential", True)]
            task["_checked"] = [one["name"] for one in checked]
            deployment = self._service_connect.deployment_of(task)
            if td.get("networkMode") == "awsvpc" and (len(definitions) > 1 or deployment):
                self._hold_network(task, deployment, docker_client)
            ordered = {
                **td,
                "containerDefinitions": by_awslogs([definitions[index] for index in order]),
            }  # others start from td too
            original(task, ordered, container_overrides, docker_client)
            if not self._ecs._task_is_active(task["taskArn"], task):
                self._remove_own(task, docker_client)  # stopped before it had anything that its end would find

        return start_task

    def _hold_network(self, task: dict[str, Any], deployment: dict[str, Any], docker: Any) -> None:
        """A container that does nothing but keep the task's network, whichever of the others starts and ends first."""
        arn = task["taskArn"]
        holder = docker.containers.create(
            pause_image(docker),
            name=f"ministack-ecs-{_short(arn)}-network",
            stop_signal="SIGKILL",  # it knows no other
            labels=self._labels(arn) | {"com.amazonaws.ecs.cluster": task["clusterArn"]},
            extra_hosts={"host.docker.internal": "host-gateway"},
        )
        task["_network"] = holder.id
        if deployment:
            join(deployment, holder, docker)
        holder.start()
        self._ecs._record_task_ip(task, holder, None)

    def run_arguments(self, original: Any) -> Any:
        """What a container is run with; asked for when it is about to start, so that is when it waits for others."""

        def build(cdef: Any, td: Any, env: Any, *place: Any) -> dict[str, Any]:
            *_, task_id, task_arn, _, _ = place
            task = self._ecs._tasks.get(task_arn) or {}
            self._await(cdef.get("dependsOn") or (), td, task)
            for name in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"):
                env.pop(name, None)
            for name, value in roles.task_environment(td.get("taskRoleArn") or "", task_id).items():
                env.setdefault(name, value)
            given = original(cdef, td, env, *place)
            given.pop("platform", None)  # images are built, and run, for this machine's own processor
            given |= arguments(cdef, td)
            published = given.pop("ports", None) or {}
            given["ports"] = {port: ("127.0.0.1", host) for port, host in published.items()}
            given["labels"] |= cdef.get("dockerLabels") or {}
            given["volumes"] = [*(given.get("volumes") or ()), *self._mounts(cdef, td, task_arn)]
            if holder := task.get("_network"):
                for name in ("network", "extra_hosts", "ports"):
                    given.pop(name, None)
                given["network_mode"] = f"container:{holder}"
            return given

        return build

    def _await(self, needs: Iterable[dict[str, str]], td: dict[str, Any], task: dict[str, Any]) -> None:
        definitions = {one["name"]: one for one in td["containerDefinitions"]}
        places = {one["name"]: index for index, one in enumerate(td["containerDefinitions"])}
        for need in needs:
            name, condition = need["containerName"], need["condition"]
            limit = definitions[name].get("startTimeout") or START_SECONDS
            deadline = time.monotonic() + limit
            while not self._met(task["_docker_ids"][places[name]], name, condition):
                if time.monotonic() > deadline:
                    raise CannotStart(f"dependency container {name} was not {condition} after {limit} s")
                time.sleep(0.1)

    def _met(self, container_id: str, name: str, condition: str) -> bool:
        state = self._ecs._get_docker().api.inspect_container(container_id)["State"]
        ended, code = state["Status"] == "exited", state["ExitCode"]
        healthy = (state.get("Health") or {}).get("Status")
        if condition == "SUCCESS" and ended and code:
            raise CannotStart(f"dependency container {name} exited with {code}")
        if condition == "HEALTHY" and (ended or healthy == "unhealthy"):
            raise CannotStart(f"dependency container {name} is {'gone' if ended else 'unhealthy'}")
        return {"START": True, "COMPLETE": ended, "SUCCESS": ended, "HEALTHY": healthy == "healthy"}[condition]

    def _mounts(self, definition: dict[str, Any], td: dict[str, Any], arn: str) -> list[str]:
        """Volumes of the task's own, gone with it, and file systems, which stay."""
        volumes = {one["name"]: one for one in td.get("volumes") or () if not (one.get("host") or {}).get("sourcePath")}
        found: list[str] = []
        for point in definition.get("mountPoints") or ():
            if volume := volumes.get(point["sourceVolume"]):
                source, writable = self._source(volume, td, arn)
                mode = "rw" if writable and not point.get("readOnly") else "ro"
                found.append(f"{source}:{point['containerPath']}:{mode}")
        return found

    def _source(self, volume: dict[str, Any], td: dict[str, Any], arn: str) -> tuple[str | Path, bool]:
        """What Docker mounts for a volume, and whether it may be written to."""
        if efs := volume.get("efsVolumeConfiguration"):
            return self._files.mount(efs, td.get("taskRoleArn") or "")
        return self._volume(volume["name"], arn), True

    def _volume(self, name: str, arn: str) -> str:
        volume = f"ministack-ecs-{_short(arn)}-{name}"
        self._ecs._get_docker().volumes.create(volume, labels=self._labels(arn))
        return volume

    def _labels(self, arn: str) -> dict[str, str]:
        from ministack.core import container_reaper

        return container_reaper.own_labels("ecs") | {"com.amazonaws.ecs.task-arn": arn}

    def remove(self, _: Any) -> Any:
        """A container gets its stop signal, and as long as its definition says before it is killed."""

        def remove_container(docker_client: Any, container_or_id: Any) -> None:
            if not docker_client or container_or_id is None:
                return
            known = container_or_id if isinstance(container_or_id, str) else container_or_id.id
            with contextlib.suppress(RequestException):  # gone already, or Docker is
                container = docker_client.containers.get(known)
                with contextlib.suppress(RequestException):
                    stop(container)
                _await_logs(container.labels)
                container.remove(v=True, force=True)

        return remove_container

    def clean_up(self, original: Any) -> Any:
        """The containers in reverse order, then what the task had of its own; away from whoever asks only how it is."""

        def clean(task: dict[str, Any], docker_client: Any, extra_container: Any = None) -> None:
            from ministack.core.concurrency import spawn_background

            docker = docker_client or self._ecs._get_docker()
            if docker and not docker_client:
                spawn_background(lambda: clean(task, docker, extra_container), thread_name="localcloud-clean-up")
                return
            task["_docker_ids"] = list(reversed(task.get("_docker_ids") or []))
            original(task, docker, extra_container)
            self._remove_own(task, docker)

        return clean

    def _remove_own(self, task: dict[str, Any], docker: Any) -> None:
        if docker is None:
            return
        if holder := task.pop("_network", None):
            self._ecs._remove_docker_container(docker, holder)
        _remove_volumes(docker, f"com.amazonaws.ecs.task-arn={task['taskArn']}")

    def sweep(self, original: Any) -> Any:
        """At the emulator's start and end all that is its own goes, and nothing of anybody else's."""
        from ministack import app
        from ministack.core import container_reaper

        def stop_all(include_unlabelled: bool = False) -> None:
            for _, task in self._ecs._tasks.all_items():
                task["_ecs_resetting"] = True  # what ends now is not to be replaced
            original(include_unlabelled=False)
            if docker := app._reaper_docker_client():
                with contextlib.suppress(RequestException):
                    own = f"{container_reaper.INSTANCE_LABEL}={container_reaper.instance_id()}"
                    _remove_volumes(docker, own)
                    remove_networks(docker, own)

        return stop_all


def _remove_volumes(docker: Any, label: str) -> None:
    for volume in docker.volumes.list(filters={"label": label}):
        with contextlib.suppress(RequestException):  # in use: whoever ends last removes it
            volume.remove(force=True)


def stop(container: Any) -> None:
    """Stop a container with its own signal and patience."""
    container.stop(timeout=container.attrs["Config"].get("StopTimeout") or STOP_SECONDS)


def _await_logs(labels: dict[str, str]) -> None:
    """The last lines of a container are on their way to its log group when it has ended; they go with it."""
    task, name = labels.get("com.amazonaws.ecs.task-arn", ""), labels.get("com.amazonaws.ecs.container-name", "")
    for thread in threading.enumerate():
        if thread.name == f"ministack-ecs-awslogs-{_short(task)}-{name}":
            thread.join(LOG_SECONDS)


def _short(arn: str) -> str:
    return arn.rpartition("/")[2][:8]
