"""Tasks that end as on AWS: out of the load balancer first, then the group's delay, then the stop signal.

ministack marks a task as stopped and kills its containers in one step, with requests still on their way.
"""

import time
from typing import Any

from localcloud.emulator.containers import stop
from localcloud.emulator.health import Health


class Draining:
    """The end of tasks, and how their service looks meanwhile."""

    def __init__(self, ecs: Any, health: Health) -> None:
        self._ecs, self._health = ecs, health

    def stop(self, original: Any) -> Any:
        """Begin to stop a running task; what takes time goes on behind."""

        def stop_task(data: dict[str, Any]) -> Any:
            ecs = self._ecs
            cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
            task = ecs._resolve_task(data.get("task", ""), cluster) if cluster else None
            if not task or not ecs._get_docker() or task["lastStatus"] not in ("RUNNING", "DEACTIVATING"):
                return original(data)
            if task["lastStatus"] == "RUNNING":
                self._begin(cluster, task, data.get("reason", "Task stopped by user"))
            return ecs.json_response({"task": ecs._sanitize(task)})

        return stop_task

    def _begin(self, cluster: str, task: dict[str, Any], reason: str) -> None:
        from ministack.core.concurrency import spawn_background
        from ministack.core.responses import get_account_id, get_region, request_scope

        ecs, account, region = self._ecs, get_account_id(), get_region()
        service = ecs._services.get(f"{cluster}/{task.get('group', '').removeprefix('service:')}") or {}
        seconds = self._health.drain_seconds(service, task)
        deployment = ecs._deployment_for_task(service, task) if service else None
        task |= {"lastStatus": "DEACTIVATING", "desiredStatus": "STOPPED", "stoppingAt": ecs._iso()}
        task |= {"stoppedReason": reason, "_drains_from": deployment}
        ecs._bump_task_version(task)
        ecs._refresh_service_state(cluster, task.get("group", ""))

        def finish() -> None:
            time.sleep(seconds)
            with request_scope(account, region):
                self._finish(cluster, task, reason)

        spawn_background(finish, thread_name="localcloud-drain")

    def _finish(self, cluster: str, task: dict[str, Any], reason: str) -> None:
        ecs, docker = self._ecs, self._ecs._get_docker()
        for place, container_id in reversed(list(enumerate(task.get("_docker_ids") or []))):
            task["containers"][place]["exitCode"] = _stopped(docker, container_id)
        # ministack marks a task as stopped only while it is wanted.
        task["desiredStatus"] = "RUNNING"
        by_service = task.get("group", "").startswith("service:") and reason != "Task stopped by user"
        code = "ServiceSchedulerInitiated" if by_service else "UserInitiated"
        ecs._mark_task_stopped(task["taskArn"], task, reason, code)
        ecs._cleanup_task_resources(task, docker)
        ecs._refresh_service_state(cluster, task.get("group", ""))

    def refresh(self, original: Any) -> Any:
        """A deployment stays in its service's list until its last task has ended: AWS's waiters look for that.

        One that failed goes when a later one is complete.
        """

        def refresh_service(cluster_name: str, group: str) -> None:
            original(cluster_name, group)
            service = self._ecs._services.get(f"{cluster_name}/{(group or '').removeprefix('service:')}")
            if not service:
                return
            primary = self._ecs._primary_deployment(service) or {}
            if primary.get("rolloutState") == "COMPLETED":
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

        return refresh_service


def _stopped(docker: Any, container_id: str) -> int | None:
    """Stop one container; how it ended."""
    from docker.errors import APIError

    try:
        container = docker.containers.get(container_id)
        stop(container)
        container.reload()
        return int(container.attrs["State"]["ExitCode"])
    except APIError:
        return None
