"""Tasks that end as on AWS: out of the load balancer first, then the group's delay, then the stop signal.

ministack marks a task as stopped and kills its containers in one step, with requests still on their way.
"""

import time
from collections.abc import Callable
from typing import Any

from requests import RequestException

from localcloud.emulator.containers import stop
from localcloud.emulator.health import Health, service_key, tell

SCHEDULER = frozenset(
    {
        "Deployment completed",
        "Service scaling down",
        "Task definition updated",
        "Deployment capacity limit",
        "Service deleted",
    }
)
"""The reasons for which ministack's service scheduler stops a task; any other is somebody's who calls StopTask."""


class Draining:
    """The end of tasks, and how their service looks meanwhile."""

    def __init__(self, ecs: Any, health: Health, changed: Callable[[str], None]) -> None:
        self._ecs, self._health, self._changed = ecs, health, changed

    def stop(self, original: Any) -> Any:
        """Begin to stop a task; what takes time goes on behind. Its service starts another, if it wants one."""

        def stop_task(data: dict[str, Any]) -> Any:
            ecs = self._ecs
            cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
            task = ecs._resolve_task(data.get("task", ""), cluster) if cluster else None
            if not task or not ecs._get_docker():
                return original(data)
            reason = data.get("reason", "Task stopped by user")
            code = "ServiceSchedulerInitiated" if reason in SCHEDULER else "UserInitiated"
            if not self.end(task, reason, code) and task["lastStatus"] != "DEACTIVATING":
                original(data)
            service = service_key(ecs, task)
            if reason not in SCHEDULER and service in ecs._services:
                ecs._reconcile_service_tasks(cluster, service)
            return ecs.json_response({"task": ecs._sanitize(task)})

        return stop_task

    def end(self, task: dict[str, Any], reason: str, code: str) -> bool:
        """Begin to end a task that runs; False for any other."""
        from ministack.core.concurrency import resource_lock, spawn_background
        from ministack.core.responses import get_account_id, get_region, request_scope

        ecs, account, region = self._ecs, get_account_id(), get_region()
        service = ecs._services.get(service_key(ecs, task)) or {}
        seconds = self._health.drain_seconds(service, task)
        with resource_lock("ecs-task", task["taskArn"]):
            if task["lastStatus"] != "RUNNING":
                return False
            task["_drains_from"] = ecs._deployment_for_task(service, task) if service else None
            task |= {"lastStatus": "DEACTIVATING", "desiredStatus": "STOPPED", "stoppingAt": ecs._iso()}
            task |= {"stoppedReason": reason, "stopCode": code}
            ecs._bump_task_version(task)
        ecs._refresh_service_state(ecs._cluster_name_from_arn(task["clusterArn"]), task.get("group", ""))

        def finish() -> None:
            time.sleep(seconds)
            with request_scope(account, region):
                self._finish(task, reason, code)

        spawn_background(finish, thread_name="localcloud-drain")
        return True

    def _finish(self, task: dict[str, Any], reason: str, code: str) -> None:
        ecs, docker = self._ecs, self._ecs._get_docker()
        for place, container_id in reversed(list(enumerate(task.get("_docker_ids") or []))):
            task["containers"][place]["exitCode"] = _stopped(docker, container_id)
        task["desiredStatus"] = "RUNNING"  # ministack marks a task as stopped only while it is wanted
        ecs._mark_task_stopped(task["taskArn"], task, reason, code)
        ecs._cleanup_task_resources(task, docker)
        ecs._refresh_service_state(ecs._cluster_name_from_arn(task["clusterArn"]), task.get("group", ""))

    def refresh(self, original: Any) -> Any:
        """A deployment stays in its service's list until its last task has ended: AWS's waiters look for that.

        One that failed goes when a later one is complete, which an event then tells.
        """

        def refresh_service(cluster_name: str, group: str) -> None:
            original(cluster_name, group)
            service = self._ecs._services.get(f"{cluster_name}/{(group or '').removeprefix('service:')}")
            if not service:
                return
            primary = self._ecs._primary_deployment(service) or {}
            if primary.get("rolloutState") == "COMPLETED":
                if not any(primary["id"] in event["message"] for event in service["events"]):
                    tell(self._ecs, service, f"(deployment {primary['id']}) deployment completed.")
                service["deployments"] = [
                    one
                    for one in service["deployments"]
                    if one["rolloutState"] != "FAILED" or one["createdAt"] > primary["createdAt"]
                ]
            for task in list(self._ecs._tasks.values()):
                deployment = task.get("_drains_from")
                ending = task.get("lastStatus") == "DEACTIVATING" and task.get("group") == group
                if not ending or not deployment or deployment["status"] == "PRIMARY":
                    continue
                if not any(one["id"] == deployment["id"] for one in service["deployments"]):
                    service["deployments"].append(deployment)
                deployment["runningCount"] += 1
            self._changed("ecs")

        return refresh_service


def _stopped(docker: Any, container_id: str) -> int | None:
    """Stop one container; how it ended, as far as Docker can tell."""
    try:
        container = docker.containers.get(container_id)
        stop(container)
        container.reload()
        return int(container.attrs["State"]["ExitCode"])
    except RequestException:
        return None
