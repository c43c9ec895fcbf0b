"""Targets as a load balancer sees them: ministack calls every target healthy, and sends it requests at once.

A target is `initial` until its health check has passed once, then `healthy`; after too many failures `unhealthy`, until
it has passed as often as its group asks; once deregistered `draining` for the group's delay (User Guide for Application
Load Balancers, "Health checks for Application Load Balancer target groups"). Requests go to healthy targets only.
AWS is less strict: where no target is healthy, all get requests.
"""

import errno
import http.client
import itertools
import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from localcloud.emulator.stickiness import Stickiness

logger = logging.getLogger("localcloud.health")

EVERY_SECONDS = 0.1
CONTAINERS_EVERY_SECONDS = 1
WORKERS = 32

NOT_REACHED = tuple(f"[Errno {one}]" for one in (errno.ECONNREFUSED, errno.EHOSTUNREACH))
"""Nobody listens there, or nobody has the address any more: nothing was sent, so another target may be asked."""

DEREGISTERING = ("Target.DeregistrationInProgress", "Target deregistration is in progress")

Key = tuple[str, str, int]
"""ARN of the group, address, port."""


@dataclass
class Target:
    """What is known of one registered target."""

    state: str = "initial"
    reason: str = "Elb.RegistrationInProgress"
    description: str = "Target registration is in progress"
    passed: int = 0
    failed: int = 0
    due: float = 0
    served: bool = False
    """It was healthy once, so that requests may be on their way to it."""
    asked: bool = False
    """A check is on its way."""


@dataclass(frozen=True)
class Group:
    """A target group, and whose it is."""

    account: str
    region: str
    settings: dict[str, Any]


class Health:
    """Checks every target of every group, for as long as the emulator runs."""

    def __init__(self, ecs: Any, alb: Any) -> None:
        self._ecs, self._alb = ecs, alb
        self.end: Callable[[dict[str, Any], str, str], bool] = lambda *_: False
        """Ends a running task for a reason, with a stop code."""
        self._targets: dict[Key, Target] = {}
        self._draining: dict[Key, float] = {}
        self._turns: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="localcloud-health")

    def run(self) -> None:
        """Begin."""
        steps = {
            self._look_at_targets: EVERY_SECONDS,
            self._look_at_tasks: CONTAINERS_EVERY_SECONDS,
            self._listen_to_docker: CONTAINERS_EVERY_SECONDS,
        }
        for step, every in steps.items():
            threading.Thread(target=self._repeat, args=(step, every), daemon=True).start()

    def _repeat(self, step: Any, every: float) -> None:
        while True:
            time.sleep(every)
            try:
                step()
            except Exception:  # a step that fails is repeated like any other
                logger.exception("%s failed", step.__name__)

    # What the rest of the emulator asks

    def forward(self, original: Any) -> Any:
        """Send a request to the client's own target, or to the healthy ones in turn; to the next when one is gone."""

        async def forward_to_group(tg_arn: str, *request: Any) -> Any:
            group = self._alb._tgs.get(tg_arn)
            if not group or group["TargetType"] not in ("ip", "instance"):
                return await original(tg_arn, *request)
            method, path, headers, body, query_params, raw_query_string, raw_path = request
            able = [one for one in self._alb._targets.get(tg_arn, []) if self._state(_key(group, one)) == "healthy"]
            if not able:
                message = {"message": "No target of the group is healthy."}
                return 503, {"Content-Type": "application/json"}, json.dumps(message).encode()
            turn = next(self._turns[tg_arn]) % len(able)
            able = [*able[turn:], *able[:turn]]
            sticky = Stickiness.of(self._alb._tg_attrs.get(tg_arn, []))
            if sticky:
                able = sticky.first(able, self._alb._oidc_parse_cookies(headers))
            answer: Any = None
            for target in able:
                begun = time.monotonic()
                answer = await self._alb._proxy_http_target(
                    target, group, method, raw_path or path, headers, body, query_params, raw_query_string
                )
                problem = _no_answer(answer)
                if problem:
                    logger.warning("%s %s: %s", method, path, problem)
                # It took no connection; an answer would be waited for longer.
                unconnected = "timed out" in problem and time.monotonic() - begun < self._alb.TARGET_IDLE_TIMEOUT
                if not (unconnected or any(one in problem for one in NOT_REACHED)):
                    return sticky.keep(answer, target) if sticky else answer
            return answer

        return forward_to_group

    def describe(self, original: Any) -> Any:
        """What AWS tells of each target, those that drain included."""

        def describe_target_health(params: Any) -> Any:
            arn = self._alb._p(params, "TargetGroupArn")
            group = self._alb._tgs.get(arn)
            if not group:
                return original(params)
            asked = {one["Id"] for one in self._alb._parse_targets_param(params)}
            registered = [_key(group, one) for one in self._alb._targets.get(arn, [])]
            draining = [key for key in list(self._draining) if key[0] == arn and key not in registered]
            members = "".join(self._member(key) for key in (*registered, *draining) if not asked or key[1] in asked)
            return self._alb._xml(
                200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
            )

        return describe_target_health

    def _member(self, key: Key) -> str:
        target = self._targets.get(key) or self._as_unregistered(key)
        why = ""
        if target.state != "healthy":
            why = f"<Reason>{target.reason}</Reason><Description>{escape(target.description)}</Description>"
        return (
            f"<member><Target><Id>{key[1]}</Id><Port>{key[2]}</Port></Target><HealthCheckPort>{key[2]}</HealthCheckPort>"
            f"<TargetHealth><State>{target.state}</State>{why}</TargetHealth></member>"
        )

    def _as_unregistered(self, key: Key) -> Target:
        if key in self._draining:
            return Target("draining", *DEREGISTERING)
        return Target()

    def serves(self, service: dict[str, Any], task: dict[str, Any]) -> bool:
        """Whether a service may count on a task: its targets are healthy, and so are its containers."""
        states = [self._state(key) for key in self._keys(service, task)]
        containers = {one["name"]: one.get("healthStatus") for one in task["containers"]}
        checked = [containers[name] for name in task.get("_checked") or ()]
        return all(state == "healthy" for state in states) and all(status == "HEALTHY" for status in checked)

    def waiting(self) -> list[str]:
        """The services of every region that have fewer healthy tasks than they want."""
        from ministack.core.responses import request_scope

        found: list[str] = []
        for (account, region, key), service in self._ecs._services.all_items():
            group = f"service:{service['serviceName']}"
            with request_scope(account, region):
                tasks = [
                    task
                    for task in list(self._ecs._tasks.values())
                    if (task.get("group"), task.get("clusterArn")) == (group, service["clusterArn"])
                    and task["lastStatus"] == "RUNNING"
                    and self.serves(service, task)
                ]
            if service["status"] == "ACTIVE" and len(tasks) < service["desiredCount"]:
                found.append(key)
        return found

    def drain_seconds(self, service: dict[str, Any], task: dict[str, Any]) -> float:
        """How long a task's requests may still run, once no new ones come. One that never got any need not wait."""
        known = ((key[0], self._targets.get(key)) for key in self._keys(service, task))
        return max((self._delay(arn) for arn, target in known if target and target.served), default=0)

    def sync(self, _: Any) -> Any:
        """Register each running task where its own deployment has it: a changed port is the new tasks' only."""
        from ministack.core.concurrency import resource_lock

        def sync_targets(cluster_name: str, svc: dict[str, Any]) -> None:
            wanted: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
            for task in list(self._ecs._tasks.values()) if svc.get("status") == "ACTIVE" else ():
                mine = (task.get("group"), task.get("clusterArn"))
                if mine == (f"service:{svc['serviceName']}", svc["clusterArn"]) and task["lastStatus"] == "RUNNING":
                    task.setdefault("_load_balancers", svc.get("loadBalancers"))
                    for arn, address, port in self._keys(svc, task):
                        wanted[arn] += [(address, port)] if address else []
            published = svc.setdefault("_published_targets", {})
            for arn in {*wanted, *published}:
                with resource_lock("elbv2-targets", arn):
                    self._alb.set_targets_for_group(arn, wanted[arn], published.get(arn, ()))
                published[arn] = [address for address, _ in wanted[arn]]

        return sync_targets

    def _keys(self, service: dict[str, Any], task: dict[str, Any], container: str | None = None) -> list[Key]:
        """Where a task is registered, or will be; only for what reaches one of its containers, if that is named."""
        if not self._ecs._get_docker():
            return []  # tasks are simulated, and have no address
        ip = self._ecs._task_ip(task) or ""
        given = task.get("_load_balancers") or service.get("loadBalancers") or ()
        balancers = [
            one for one in given if one.get("targetGroupArn") and container in (None, one.get("containerName"))
        ]
        return [(one["targetGroupArn"], ip, int(one.get("containerPort") or 80)) for one in balancers]

    def _state(self, key: Key) -> str:
        target = self._targets.get(key)
        return target.state if target else "initial"

    def _delay(self, arn: str) -> float:
        attributes = {one["Key"]: one["Value"] for one in self._alb._tg_attrs.get(arn, [])}
        return float(attributes.get("deregistration_delay.timeout_seconds", 300))

    # Targets

    def _look_at_targets(self) -> None:
        now = time.monotonic()
        registered: dict[Key, Group] = {}
        for (account, region, arn), group in self._alb._tgs.all_items():
            if group["TargetType"] in ("ip", "instance"):
                for one in self._alb._targets.get_scoped(account, region, arn) or ():
                    registered[_key(group, one)] = Group(account, region, group)
        for key in [key for key in self._targets if key not in registered]:
            self._forget(key, now)
        for key in [key for key, until in self._draining.items() if until < now or key in registered]:
            self._draining.pop(key)
        for key, group in registered.items():
            target = self._targets.setdefault(key, Target())
            if now >= target.due and not target.asked:
                target.due, target.asked = now + group.settings["HealthCheckIntervalSeconds"], True
                self._workers.submit(self._check, key, group, target)

    def _forget(self, key: Key, now: float) -> None:
        from ministack.core.arn import parse_arn
        from ministack.core.responses import request_scope

        logger.info("target %s:%s is deregistered", *key[1:])
        if self._targets.pop(key).served:
            arn = parse_arn(key[0])
            with request_scope(arn.account_id, arn.region):
                self._draining[key] = now + self._delay(key[0])

    def _check(self, key: Key, group: Group, target: Target) -> None:
        from ministack.core.responses import request_scope

        try:
            problem = ask(key[1], key[2], group.settings)
            with request_scope(group.account, group.region):
                self._judge(key, group.settings, target, problem)
        except Exception:  # told in the log, and the next check comes
            logger.exception("judging %s failed", key)
        finally:
            target.asked = False

    def _judge(self, key: Key, group: dict[str, Any], target: Target, problem: tuple[str, str] | None) -> None:
        if problem is None:
            target.passed, target.failed = target.passed + 1, 0
            enough = 1 if target.state == "initial" else group["HealthyThresholdCount"]
            if target.state != "healthy" and target.passed >= enough:
                target.state, target.served = "healthy", True
                logger.info("target %s:%s is healthy", *key[1:])
                self._became_healthy(key)
            return
        target.passed, target.failed = 0, target.failed + 1
        target.reason, target.description = problem
        if target.failed >= group["UnhealthyThresholdCount"]:
            target.state = "unhealthy"
            logger.info("target %s:%s is unhealthy: %s", *key[1:], problem[1])
            self._is_unhealthy(key, problem[1])

    def _became_healthy(self, key: Key) -> None:
        for service_key, service, task in self._tasks_at(key):
            tell(self._ecs, service, f"registered 1 targets in (target-group {key[0]})")
            self._decide(service_key, task)

    def _is_unhealthy(self, key: Key, problem: str) -> None:
        for service_key, service, task in self._tasks_at(key):
            self._replace(
                service_key,
                service,
                task,
                f"(port {key[2]}) is unhealthy in (target-group {key[0]}) due to (reason {problem})",
                f"Task failed ELB health checks in (target-group {key[0]})",
            )

    # Tasks

    def _listen_to_docker(self) -> None:
        """Send nothing to a container that has ended by itself.

        Docker takes its address away before it tells those who ask, and a connection to an address that nobody has is
        not refused, but waits. On AWS a task keeps its network until it is deregistered.
        """
        docker = self._ecs._get_docker()
        for event in docker.events(decode=True, filters={"type": "container", "event": "die"}) if docker else ():
            labels = event["Actor"]["Attributes"]
            self._ended(labels.get("com.amazonaws.ecs.task-arn"), labels.get("com.amazonaws.ecs.container-name"))

    def _ended(self, arn: str | None, container: str | None) -> None:
        from ministack.core.responses import request_scope

        for (account, region, _), task in self._ecs._tasks.all_items():
            if task["taskArn"] == arn:
                with request_scope(account, region):
                    _, service = self._service(task)
                    for key in self._keys(service or {}, task, container):
                        logger.info("target %s:%s has ended", *key[1:])
                        if target := self._targets.get(key):
                            target.state = "draining"
                            target.reason, target.description = DEREGISTERING

    def _tasks_at(self, key: Key) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        for task in list(self._ecs._tasks.values()):
            if task.get("lastStatus") == "RUNNING" and self._ecs._task_ip(task) == key[1]:
                service_key, service = self._service(task)
                if service and key in self._keys(service, task):
                    yield service_key, service, task

    def _service(self, task: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
        key = service_key(self._ecs, task)
        return key, self._ecs._services.get(key)

    def _decide(self, service_key: str, task: dict[str, Any]) -> None:
        """Let ministack look again whether the rollout is complete."""
        from ministack.core.responses import get_account_id, get_region

        self._ecs._schedule_service_deployment_completion(
            service_key.partition("/")[0], service_key, get_account_id(), get_region(), healthy_task=task
        )

    def _replace(self, service_key: str, service: dict[str, Any], task: dict[str, Any], event: str, why: str) -> None:
        """Stop a task that is not healthy, unless it is still allowed to start; the service starts another."""
        started = self._ecs._ts_to_epoch(task.get("startedAt") or 0)
        if time.time() - float(started) < (service.get("healthCheckGracePeriodSeconds") or 0):
            return
        tell(self._ecs, service, event)
        if self.end(task, why, "ServiceSchedulerInitiated"):
            self._ecs._record_service_task_failure(task)

    def _look_at_tasks(self) -> None:
        """Health checks of containers, and containers that someone has removed, which ministack takes for running."""
        from ministack.core.responses import request_scope

        docker = self._ecs._get_docker()
        for (account, region, _), task in self._ecs._tasks.all_items() if docker else ():
            if task.get("lastStatus") == "RUNNING" and task.get("_docker_ids"):
                with request_scope(account, region):
                    self._look_at(docker, task)

    def _look_at(self, docker: Any, task: dict[str, Any]) -> None:
        from docker.errors import NotFound

        checked, essential = task.get("_checked") or (), task.get("_container_essentials") or []
        for index, container in enumerate(task["containers"][: len(task["_docker_ids"])]):
            try:
                state = docker.api.inspect_container(task["_docker_ids"][index])["State"]
            except NotFound:
                if essential[index : index + 1] != [False]:
                    self._ecs._mark_task_stopped(
                        task["taskArn"], task, "Essential container exited", "EssentialContainerExited", 137
                    )
                    self._ecs._cleanup_task_resources(task, None)
                    return
                continue
            if state["Status"] == "running" and state.get("Health"):
                found = {"healthy": "HEALTHY", "unhealthy": "UNHEALTHY"}.get(state["Health"]["Status"], "UNKNOWN")
                before, container["healthStatus"] = container.get("healthStatus"), found
                if container["name"] in checked and (found != before or found == "UNHEALTHY"):
                    self._took_health(task, container["name"], found)

    def _took_health(self, task: dict[str, Any], name: str, found: str) -> None:
        """An essential container's health has changed: it is the task's, and what its service decides by."""
        known = {one["healthStatus"] for one in task["containers"] if one["name"] in task["_checked"]}
        task["healthStatus"] = next((state for state in ("UNHEALTHY", "UNKNOWN") if state in known), "HEALTHY")
        service_key, service = self._service(task)
        if service and found == "HEALTHY":
            self._decide(service_key, task)
        if service and found == "UNHEALTHY":
            why = f"Task failed container health checks (container {name})"
            self._replace(service_key, service, task, f"(task {task['taskArn']}) failed container health checks", why)


def ask(address: str, port: int, group: dict[str, Any]) -> tuple[str, str] | None:
    """Make one health check; AWS's reason code and description of a failure, None for a success."""
    where = group.get("HealthCheckPort") or "traffic-port"
    connection = http.client.HTTPConnection(
        address, port if where == "traffic-port" else int(where), timeout=group["HealthCheckTimeoutSeconds"]
    )
    try:
        connection.request(
            "GET", group["HealthCheckPath"], headers={"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"}
        )
        status = connection.getresponse().status
    except TimeoutError:
        return "Target.Timeout", "Request timed out"
    except (OSError, http.client.HTTPException):
        return "Target.FailedHealthChecks", "Health checks failed"
    finally:
        connection.close()
    if in_matcher(status, group["Matcher"]["HttpCode"]):
        return None
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"


def service_key(ecs: Any, task: dict[str, Any]) -> str:
    """Of a task's service; of none that exists when the task runs by itself."""
    return f"{ecs._cluster_name_from_arn(task['clusterArn'])}/{task.get('group', '').removeprefix('service:')}"


def in_matcher(status: int, matcher: str) -> bool:
    """Whether a status is one of `200`, `200,302` or `200-299` (ELB API Reference, "Matcher")."""
    bounds = [part.partition("-") for part in matcher.split(",")]
    return any(int(low) <= status <= int(high or low) for low, _, high in bounds)


def _no_answer(answer: tuple[int, Any, Any]) -> str:
    """Why a target gave no answer, which ministack tells in words; empty when it gave one."""
    return str(json.loads(answer[2])["message"]) if answer[0] == 502 and isinstance(answer[2], bytes) else ""


def _key(group: dict[str, Any], target: dict[str, Any]) -> Key:
    return group["TargetGroupArn"], target["Id"], int(target.get("Port") or group.get("Port") or 80)


def tell(ecs: Any, service: dict[str, Any], message: str) -> None:
    """An event of a service, as ECS words them; of the same again and again the last one is kept."""
    text = f"(service {service['serviceName']}) {message}"
    if service["events"] and service["events"][0]["message"] == text:
        del service["events"][0]
    service["events"].insert(0, {"id": ecs.new_uuid(), "createdAt": ecs._iso(), "message": text})
