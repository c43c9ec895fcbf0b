"""The parts of the emulator's extension that need no emulator."""

import asyncio
import errno
import io
import json
import os
import platform
import subprocess
import tarfile
from types import SimpleNamespace

import pytest
from docker.types import Ulimit

from localcloud.emulator import extension, front, health, more_actions, pause, roles
from localcloud.emulator.containers import CannotStart, arguments, by_awslogs, in_start_order
from localcloud.emulator.definitions import unknown_fields
from localcloud.emulator.stickiness import Stickiness
from localcloud.home import Home

TASK = {"cpu": "512", "memory": "1024"}


def test_a_definition_that_says_nothing_gets_what_fargate_gives():
    given = arguments({"name": "app", "image": "x"}, TASK)
    limits = given.pop("ulimits")
    assert given == {
        "stop_timeout": 30,
        "nano_cpus": 500_000_000,
        "mem_limit": 1 << 30,
        "memswap_limit": 1 << 30,
    }
    assert [(limit.name, limit.soft == limit.hard) for limit in limits] == [("nofile", True)]


def test_a_task_gets_no_more_processors_than_there_are():
    assert arguments({}, {"cpu": "16384"})["nano_cpus"] == (os.cpu_count() or 1) * 10**9


def test_a_limit_of_its_own_replaces_the_usual_one():
    one = {"ulimits": [{"name": "nofile", "softLimit": 10, "hardLimit": 20}]}
    assert arguments(one, TASK)["ulimits"] == [Ulimit(name="nofile", soft=10, hard=20)]


def test_what_no_task_obeys_is_named():
    assert unknown_fields({"name": "app", "image": "x", "cpu": 0, "volumesFrom": [], "systemControls": []}) == []
    odd = {"name": "app", "firelensConfiguration": {"type": "fluentbit"}, "linuxParameters": {"tmpfs": [{}]}}
    assert unknown_fields(odd) == ["firelensConfiguration", "linuxParameters.tmpfs"]
    assert unknown_fields({"name": "app", **ROUTED}) == ["logDriver awsfirelens"]
    assert unknown_fields(ROUTER) == ["firelensConfiguration"]


ROUTED = {"logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "http"}}}
ROUTER = {
    "name": "log-router",
    "firelensConfiguration": {"type": "fluentbit"},
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "web-1", "awslogs-stream-prefix": "log-router"},
    },
}


def test_what_firelens_would_send_elsewhere_is_seen_beside_what_it_says_itself():
    app, plain, router = by_awslogs([{"name": "app", **ROUTED}, {"name": "plain"}, ROUTER])
    assert app["logConfiguration"] == {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "web-1", "awslogs-stream-prefix": "app"},
    }
    assert (plain, router) == ({"name": "plain"}, ROUTER)


@pytest.mark.parametrize("router", [[], [{"name": "log-router", "firelensConfiguration": {"type": "fluentbit"}}]])
def test_without_a_router_that_logs_there_is_nowhere_to_see_it(router):
    assert by_awslogs([{"name": "app", **ROUTED}, *router])[0] == {"name": "app", **ROUTED}


def needs(name, *others):
    return {"name": name, "dependsOn": [{"containerName": other, "condition": "START"} for other in others]}


@pytest.mark.parametrize(
    ("definitions", "order"),
    [
        ([needs("a"), needs("b")], [0, 1]),
        ([needs("a", "b"), needs("b")], [1, 0]),
        ([needs("a", "b", "c"), needs("b", "c"), needs("c")], [2, 1, 0]),
    ],
)
def test_containers_start_after_those_that_they_depend_on(definitions, order):
    assert in_start_order(definitions) == order


def test_a_circle_never_starts():
    with pytest.raises(CannotStart, match="in a circle: a, b"):
        in_start_order([needs("a", "b"), needs("b", "a")])


@pytest.mark.parametrize(
    ("matcher", "status", "healthy"),
    [
        ("200", 200, True),
        ("200", 204, False),
        ("200-299", 204, True),
        ("200,302", 302, True),
        ("200,302-310", 311, False),
    ],
)
def test_a_matcher_is_read_as_aws_reads_it(matcher, status, healthy):
    assert health.in_matcher(status, matcher) is healthy


CLUSTER = "arn:aws:ecs:ap-northeast-1:000000000000:cluster/c"
RUNS = {"taskArn": "arn:task/1", "clusterArn": CLUSTER, "group": "service:web"}
BALANCERS = [{"targetGroupArn": "arn:group", "containerName": "web", "containerPort": 8080}]


@pytest.mark.parametrize(
    ("task", "container", "state"),
    [("arn:task/1", "web", "draining"), ("arn:task/1", "proxy", "healthy"), ("arn:task/2", "web", "healthy")],
)
def test_a_container_that_has_ended_gets_no_request_any_more(task, container, state):
    items = [(("000000000000", "ap-northeast-1", RUNS["taskArn"]), RUNS)]
    ecs = SimpleNamespace(
        _tasks=SimpleNamespace(all_items=lambda: items),
        _services={"c/web": {"loadBalancers": BALANCERS}},
        _get_docker=lambda: True,
        _task_ip=lambda task: "172.17.0.9",
        _cluster_name_from_arn=lambda arn: arn.rpartition("/")[2],
    )
    checks = health.Health(ecs, None)
    key = ("arn:group", "172.17.0.9", 8080)
    checks._targets[key] = health.Target("healthy")
    checks._ended(task, container)
    assert checks._targets[key].state == state


@pytest.mark.parametrize(
    ("problem", "idle", "asked"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), 0, ["172.17.0.8", "172.17.0.9"]),
        (OSError(errno.EHOSTUNREACH, "No route to host"), 0, ["172.17.0.8", "172.17.0.9"]),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), 60, ["172.17.0.8"]),
        (TimeoutError("timed out"), 60, ["172.17.0.8", "172.17.0.9"]),
        (TimeoutError("timed out"), 0, ["172.17.0.8"]),
    ],
    ids=["refused", "no way", "cut", "no connection", "connected, and no answer"],
)
def test_another_target_is_asked_only_where_nothing_was_sent_to_the_first(problem, idle, asked):
    targets, tried = [{"Id": "172.17.0.8"}, {"Id": "172.17.0.9"}], []

    async def proxy(target, *_):
        tried.append(target["Id"])
        if len(tried) > 1:
            return 200, {}, b"ok"
        return 502, {}, json.dumps({"message": f"Target {target['Id']}:80 connect error: {problem}"}).encode()

    group = {"TargetGroupArn": "arn:group", "TargetType": "ip"}
    alb = SimpleNamespace(_tgs={"arn:group": group}, _targets={"arn:group": targets}, _tg_attrs={})
    alb._proxy_http_target, alb.TARGET_IDLE_TIMEOUT = proxy, idle
    checks = health.Health(None, alb)
    checks._targets = {("arn:group", one["Id"], 80): health.Target("healthy") for one in targets}
    status, *_ = asyncio.run(checks.forward(None)("arn:group", "GET", "/", {}, b"", {}, "", "/"))
    assert (status, tried) == (200 if len(asked) > 1 else 502, asked)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((502, {}, b'{"message": "Target a:1 connect error: reset"}'), "Target a:1 connect error: reset"),
        ((502, {}, "the app's own, as it comes"), ""),
        ((200, {}, b"ok"), ""),
    ],
)
def test_an_app_s_own_502_is_an_answer(answer, problem):
    assert health._no_answer(answer) == problem


@pytest.mark.parametrize(
    ("host", "aws"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("host.docker.internal", True),
        ("s3.ap-northeast-1.amazonaws.com", True),
        ("shop.example.com", False),
        ("shop.example.com.localhost", False),
    ],
)
def test_aws_s_own_hosts_are_never_a_load_balancer_s(host, aws):
    assert front._is_aws(host) is aws


@pytest.mark.skipif(platform.machine() != "x86_64" or platform.system() != "Linux", reason="runs what it has made")
def test_the_container_that_holds_a_network_waits(tmp_path):
    with tarfile.open(fileobj=io.BytesIO(pause.archive())) as tar:
        tar.extractall(tmp_path, filter="data")
    with subprocess.Popen([tmp_path / "pause"]) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.kill()


@pytest.mark.parametrize("machine", [pause.X86_64, pause.AARCH64])
def test_it_is_a_program_for_each_machine(machine):
    file = pause.executable(machine)
    assert file[:4] == b"\x7fELF"
    assert int.from_bytes(file[18:20], "little") == machine
    assert len(file) < 200


def test_another_version_of_the_emulator_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(extension, "version", lambda name: "1.6.0")
    with pytest.raises(extension.WrongEmulator, match=r"ministack 1\.5\.33 is needed, 1\.6\.0 is installed: run"):
        extension.install(Home(root=tmp_path, port=4566, project=tmp_path))


def test_a_function_of_another_signature_is_refused():
    module = SimpleNamespace(__name__="ministack.it", go=lambda one, two: None)
    with pytest.raises(extension.WrongEmulator, match=r"ministack\.it\.go takes \['one', 'two'\], expected \['one'\]"):
        extension._wrap(module, "go", "one", lambda function: function)


def test_a_wrapped_function_is_wrapped_where_the_api_names_it_too():
    def go(one):
        return one

    module = SimpleNamespace(__name__="it", go=go, _ACTION_MAP={"Go": go, "Stay": len})
    extension._wrap(module, "go", "one", lambda function: lambda one: function(one) + 1)
    assert module.go(1) == module._ACTION_MAP["Go"](1) == 2
    assert module._ACTION_MAP["Stay"] is len


ON = [{"Key": "stickiness.enabled", "Value": "true"}]
BY_US = [*ON, {"Key": "stickiness.type", "Value": "lb_cookie"}]
BY_APP = [
    *ON,
    {"Key": "stickiness.type", "Value": "app_cookie"},
    {"Key": "stickiness.app_cookie.cookie_name", "Value": "session"},
    {"Key": "stickiness.app_cookie.duration_seconds", "Value": "60"},
]
ONE, OTHER = {"Id": "10.0.0.1", "Port": 80}, {"Id": "10.0.0.2", "Port": 80}


def test_a_client_comes_back_to_its_target_as_long_as_that_is_able():
    sticky = Stickiness.of(BY_US)
    assert sticky
    _, headers, _ = sticky.keep((200, {}, b""), OTHER)
    assert headers == {"set-cookie": ["AWSALB=10.0.0.2:80; Max-Age=86400; Path=/"]}
    assert sticky.first([ONE, OTHER], {"AWSALB": "10.0.0.2:80"}) == [OTHER, ONE]
    assert sticky.first([ONE], {"AWSALB": "10.0.0.2:80"}) == [ONE]
    assert sticky.first([OTHER, ONE], {}) == [OTHER, ONE]


def test_the_app_s_own_cookie_begins_a_session():
    sticky = Stickiness.of(BY_APP)
    assert sticky
    plain = (200, {"set-cookie": "other=1"}, b"")
    assert sticky.keep(plain, ONE) == plain
    _, headers, _ = sticky.keep((200, {"set-cookie": ["a=1", "session=x"]}, b""), ONE)
    assert headers["set-cookie"] == ["a=1", "session=x", "AWSALBAPP-0=10.0.0.1:80; Max-Age=60; Path=/"]
    assert sticky.first([OTHER, ONE], {"AWSALBAPP-0": "10.0.0.1:80"}) == [ONE, OTHER]


def test_a_group_keeps_nobody_unless_it_is_told_to():
    assert Stickiness.of([{"Key": "stickiness.enabled", "Value": "false"}]) is None
    assert Stickiness.of([]) is None


def test_a_task_starts_only_if_its_execution_role_may_read_its_secrets_and_those_of_its_logs(monkeypatch):
    asked = []

    def allows(role, action, resource, context):
        assert context == {}
        asked.append((role, action, resource))
        return "key" not in resource

    monkeypatch.setattr(roles, "allows", allows)
    secret = "arn:aws:secretsmanager:eu-west-1:1:secret:{}-AbCdEf"
    ecs = SimpleNamespace(_SecretResolutionError=RuntimeError)
    app = {"name": "app", "secrets": [{"name": "A", "valueFrom": secret.format("a")}]}
    roles.check_secrets(ecs, {"executionRoleArn": "arn:role", "containerDefinitions": [app, {"name": "plain"}]})
    assert asked == [("arn:role", "secretsmanager:GetSecretValue", secret.format("a"))]
    logs = {"logDriver": "awsfirelens", "secretOptions": [{"name": "apikey", "valueFrom": secret.format("key")}]}
    definition = {
        "executionRoleArn": "arn:role",
        "containerDefinitions": [app, {"name": "b", "logConfiguration": logs}],
    }
    with pytest.raises(RuntimeError, match=r"AccessDeniedException: arn:role is not .*secretsmanager:GetSecretValue"):
        roles.check_secrets(ecs, definition)


def test_a_new_target_needs_one_success_and_one_that_failed_as_many_as_its_group_asks():
    group, target = {"HealthyThresholdCount": 3, "UnhealthyThresholdCount": 2}, health.Target()
    checks, states = health.Health(SimpleNamespace(_tasks={}), None), []
    for problem in (None, *[("Target.Timeout", "Request timed out")] * 2, *[None] * 3):
        checks._judge(("arn", "127.0.0.1", 80), group, target, problem)
        states.append(target.state)
    assert states == ["healthy", "healthy", "unhealthy", "unhealthy", "unhealthy", "healthy"]


REBALANCING = "availabilityZoneRebalancing"


@pytest.mark.parametrize(
    ("kept", "data", "told"),
    [
        ({}, {"services": ["web"]}, "ENABLED"),
        ({REBALANCING: "DISABLED"}, {"services": ["web"]}, "DISABLED"),
        ({}, {"service": "arn:service/c/web", REBALANCING: "DISABLED"}, "DISABLED"),
        ({REBALANCING: "DISABLED"}, {"service": "web"}, "DISABLED"),
        ({}, {"serviceName": "web", REBALANCING: "DISABLED"}, "DISABLED"),
    ],
)
def test_tasks_are_spread_anew_unless_their_service_says_otherwise(kept, data, told):
    """Services that a home has from before this was kept say nothing of it."""
    service = {"serviceName": "web", **kept}
    ecs = SimpleNamespace(_services={"c/web": service}, _resolve_cluster_name=lambda cluster: cluster)
    seen = more_actions.rebalancing(ecs, lambda data: dict(service))({"cluster": "c", **data})
    assert service[REBALANCING] == told
    assert REBALANCING in seen
