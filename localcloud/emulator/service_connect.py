"""Service Connect: the names by which the tasks of a namespace find each other.

On AWS a proxy beside each task knows them. Here Docker's own DNS does: a namespace is one of its networks, which tasks
join beside its bridge, and a task that serves bears its names there.
"""

import contextlib
import threading
from contextvars import ContextVar
from typing import Any

from requests import RequestException

from localcloud.emulator.health import service_key

ASKED, NAMESPACE = "serviceConnectConfiguration", "_namespace"
"""What a deployment was asked with, and its namespace's id, which ministack keeps to itself."""
LABEL = "localcloud.namespace"
_MAKING = threading.Lock()


class ServiceConnect:
    """Keeps what services say of their namespace, and gives each namespace a network."""

    def __init__(self, ecs: Any, cloud_map: Any) -> None:
        self._ecs, self._cloud_map = ecs, cloud_map
        self._asked: ContextVar[dict[str, Any]] = ContextVar(ASKED)

    def write(self, original: Any) -> Any:
        """A change makes a new deployment; an update that says nothing of it leaves it as it is."""

        def write_service(data: dict[str, Any]) -> Any:
            before = self._before(data) if "service" in data else {}
            asked = _enabled(data.get(ASKED, before))
            if asked and not self._namespace(asked):
                what = f"Namespace {asked.get('namespace')} was not found."
                return self._ecs.error_response_json("NamespaceNotFoundException", what, 400)
            token = self._asked.set(asked)
            try:
                return original(data if asked == before else data | {"forceNewDeployment": True})
            finally:
                self._asked.reset(token)

        return write_service

    def _before(self, data: dict[str, Any]) -> dict[str, Any]:
        cluster = self._ecs._resolve_cluster_name(data.get("cluster", "default"))
        service = self._ecs._services.get(f"{cluster}/{data['service'].rpartition('/')[2]}") or {}
        return (self._ecs._primary_deployment(service) or {}).get(ASKED) or {} if service else {}

    def _namespace(self, asked: dict[str, Any]) -> str:
        known = self._cloud_map._namespaces.values()
        return next((one["Id"] for one in known if asked.get("namespace") in (one["Arn"], one["Name"])), "")

    def deployment(self, make: Any) -> Any:
        """A deployment keeps what it was asked with: one that is rolled back to serves as it did."""

        def make_deployment(task_definition: str, desired_count: int, status: str = "PRIMARY") -> dict[str, Any]:
            asked = self._asked.get({})
            made = make(task_definition, desired_count, status)
            return made | {ASKED: asked or None, NAMESPACE: self._namespace(asked)}

        return make_deployment

    def deployment_of(self, task: dict[str, Any]) -> dict[str, Any]:
        """The deployment of a task that is in a namespace; nothing for any other."""
        service = self._ecs._services.get(service_key(self._ecs, task))
        deployment = (self._ecs._deployment_for_task(service, task) if service else None) or {}
        return deployment if deployment.get(NAMESPACE) else {}

    def delete(self, original: Any) -> Any:
        """A namespace takes its network with it, once nobody serves there."""

        def delete_namespace(data: dict[str, Any]) -> Any:
            active = [one for one in self._ecs._services.values() if one["status"] == "ACTIVE"]
            if any((self._ecs._primary_deployment(one) or {}).get(NAMESPACE) == data.get("Id") for one in active):
                return self._ecs.error_response_json("ResourceInUse", "Namespace has associated services", 400)
            answer, docker = original(data), self._ecs._get_docker()
            if answer[0] == 200 and docker:
                remove_networks(docker, f"{LABEL}={data['Id']}")
            return answer

        return delete_namespace


def _enabled(asked: dict[str, Any] | None) -> dict[str, Any]:
    return asked if asked and asked.get("enabled") else {}


def join(deployment: dict[str, Any], container: Any, docker: Any) -> None:
    """Connect a container that has not started yet to the network of its deployment's namespace, by its names there."""
    namespace = deployment[NAMESPACE]
    names = [alias["dnsName"] for one in deployment[ASKED].get("services") or () for alias in one["clientAliases"]]
    with _MAKING:  # Docker would make two of one name
        found = docker.networks.list(filters={"label": f"{LABEL}={namespace}"})
        network = found[0] if found else _make_network(docker, namespace)
    network.connect(container, aliases=names)


def _make_network(docker: Any, namespace: str) -> Any:
    """A network without a way out: tasks have that by Docker's bridge."""
    from ministack.core import container_reaper

    labels = container_reaper.own_labels("ecs") | {LABEL: namespace}
    return docker.networks.create(f"ministack-{namespace}", internal=True, labels=labels)


def remove_networks(docker: Any, label: str) -> None:
    """Remove networks, whatever is still connected to them."""
    for network in docker.networks.list(filters={"label": label}):
        with contextlib.suppress(RequestException):  # what was connected has just ended: the next sweep finds it
            network.reload()
            for container in network.containers:
                network.disconnect(container, force=True)
            network.remove()
