"""What Docker, the load balancer and ECS say about the moment in which a request was lost."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import docker

from tests.local.harness import Cloud
from tests.local.load import Failure

AROUND_SECONDS = 3
EVENTS = ["start", "kill", "die"]
_CUT = re.compile("reset by peer|closed connection|Broken pipe")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+(?=:\d)")


class Witness:
    """Listens to Docker's events about a cloud's containers while it is entered."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._docker = docker.from_env()
        self._events: list[tuple[float, str]] = []

    def __enter__(self) -> "Witness":
        self._stream = self._docker.events(decode=True, filters={"type": "container", "event": EVENTS})
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def _listen(self) -> None:
        for event in self._stream:
            about = event["Actor"]["Attributes"]
            if about.get("ministack.instance", "").endswith(f":{self._cloud.port}"):
                how = " ".join(f"{key} {about[key]}" for key in ("signal", "exitCode") if key in about)
                task = about.get("com.amazonaws.ecs.task-arn", "").rpartition("/")[2]
                container = about.get("com.amazonaws.ecs.container-name", "of the task's network")
                said = f"Docker: {event['Action']} {how}".strip()
                self._events.append((event["timeNano"] / 1e9, f"{said}, container {container}, task {task}"))

    def explain(self, failures: list[Failure], most: int = 20) -> str:
        """The lost requests, those of one moment together, with all that was said around it; empty without any.

        Args:
            failures: the lost requests.
            most: moments that are told one by one; of the others their number.
        """
        moments: list[list[Failure]] = []
        for failure in sorted(failures, key=lambda failure: failure.at):
            if moments and failure.at - moments[-1][-1].at < 1:
                moments[-1].append(failure)
            else:
                moments.append([failure])
        told = [line for moment in moments[:most] for line in self._moment(moment)]
        more = [f"and at {len(moments) - most} moments more"] if len(moments) > most else []
        return "\n".join([*told, *more])

    def in_flight(self, failure: Failure) -> bool:
        """Whether a request was on its way to a container that ended: the load balancer answers 502, as AWS's does."""
        ended = any(text.startswith("Docker: die") and abs(at - failure.at) < 1 for at, text in self._events)
        return ended and failure.problem.startswith("502 ") and _CUT.search(failure.problem) is not None

    def _moment(self, failures: list[Failure]) -> Iterator[str]:
        for one in failures:
            why = "on its way to a container that ended" if self.in_flight(one) else "UNEXPLAINED"
            yield f"{_clock(one.at)} lost after {one.seconds:.3f} s, {why}: {one.problem}"
        begun = min(one.at - one.seconds for one in failures) - AROUND_SECONDS
        end = failures[-1].at + AROUND_SECONDS
        said = Counter(one for one in (*self._events, *self._log()) if begun <= one[0] <= end)
        for (at, text), times in sorted(said.items()):
            yield f"    {_clock(at)} {text}" + (f" ({times} times)" if times > 1 else "")
        for address in sorted({address for one in failures for address in _ADDRESS.findall(one.problem)}):
            yield f"    ECS: {address} was {self._task_at(address, failures[0].at)}"

    def _log(self) -> Iterator[tuple[float, str]]:
        """What the load balancer says in the emulator's log."""
        for line in (self._cloud.home / "logs" / "emulator.log").read_text(errors="replace").splitlines():
            if "[localcloud.health]" in line:
                at = datetime.fromisoformat(line[:19]).timestamp()
                yield at, "load balancer: " + line.partition("[localcloud.health] ")[2]

    def _task_at(self, address: str, at: float) -> str:
        """The task that had an address then: it is used again and again."""
        had = [
            one
            for one in self._all_tasks()
            if f"'{address}'" in str(one) and "startedAt" in one and one["startedAt"].timestamp() < at
        ]
        if not had:
            return "nobody's"
        task = max(had, key=lambda task: task["startedAt"])
        codes = ", ".join(f"{one['name']} exit code {one.get('exitCode')}" for one in task["containers"])
        return f"task {task['taskArn'].rpartition('/')[2]}: {task['lastStatus']}, {task.get('stoppedReason')} ({codes})"

    def _all_tasks(self) -> Iterator[Any]:
        ecs = self._cloud.client("ecs")
        for cluster in ecs.list_clusters()["clusterArns"]:
            for status in ("RUNNING", "STOPPED"):
                arns = ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
                yield from ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else ()


def _clock(at: float) -> str:
    """A time of day; the emulator's log has whole seconds."""
    return time.strftime("%H:%M:%S", time.localtime(at)) + f"{at % 1:.3f}"[1:].removesuffix(".000")
