import json

import pytest

from components import Container, FargateService, LogRouter, Secret, Telemetry

from . import test_settings
from .test_fargate_service import DEFINITION, ROLE, arguments

POLICY = "aws:iam/rolePolicy:RolePolicy"
KEY = "arn:aws:secretsmanager:eu-west-1:1:secret:logs/key-AbCdEf"
ROUTER = LogRouter(options={"Name": "http", "Host": "logs.example.com"}, secrets={"apikey": Secret(secret=KEY)})
SENT = {
    "logDriver": "awsfirelens",
    "options": {"Name": "http", "Host": "logs.example.com"},
    "secretOptions": [{"name": "apikey", "valueFrom": KEY}],
}

parse, problems = test_settings.parse, test_settings.problems


@pytest.fixture
def containers(deploy, cloud):
    """The containers of a service with these arguments, by name."""

    def containers(**changes):
        deploy(lambda: FargateService("web", arguments(**changes)))
        return {one["name"]: one for one in json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])}

    return containers


def test_every_other_container_logs_by_it_and_it_itself_to_cloudwatch(containers):
    found = containers(log_router=ROUTER, telemetry=Telemetry(), sidecars={"proxy": Container(image="i")})
    assert list(found) == ["web", "proxy", "collector", "log-router"]
    router = found.pop("log-router")
    assert [one["logConfiguration"] for one in found.values()] == [SENT] * 3
    assert not [one for one in found.values() if "firelensConfiguration" in one]
    assert router["logConfiguration"]["logDriver"] == "awslogs"
    assert router["logConfiguration"]["options"]["awslogs-group"] == "web-1234567"
    assert router["logConfiguration"]["options"]["awslogs-stream-prefix"] == "log-router"


def test_the_router_is_what_ecs_wants_it_to_be(containers):
    router = containers(log_router=ROUTER)["log-router"]
    assert router["firelensConfiguration"] == {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}}
    assert (router["user"], router["readonlyRootFilesystem"], router["essential"]) == ("0", False, True)
    assert router["image"].startswith("public.ecr.aws/aws-observability/aws-for-fluent-bit:")
    assert router["portMappings"] == router["mountPoints"] == router["environment"] == []


def test_the_execution_role_may_read_its_secrets_and_no_task_role_is_made(containers, cloud):
    containers(log_router=ROUTER)
    assert [one.name for one in cloud.all(ROLE)] == ["web-execution"]
    policy = cloud.one(POLICY, "web-secrets").inputs
    assert policy["role"] == "web-execution-1234567"
    assert json.loads(policy["policy"])["Statement"] == [
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": KEY}
    ]


def test_a_router_without_secrets(containers, cloud):
    found = containers(log_router=LogRouter(options={"Name": "null"}, image="mine:1"))
    assert found["web"]["logConfiguration"] == {"logDriver": "awsfirelens", "options": {"Name": "null"}}
    assert found["log-router"]["image"] == "mine:1"
    assert [one.name for one in cloud.all(POLICY)] == ["web-execution"]


def test_without_a_router_logs_go_to_cloudwatch(containers):
    assert containers()["web"]["logConfiguration"]["logDriver"] == "awslogs"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "options need a Name, the output of Fluent Bit, such as http"),
        ({"name": "http"}, "options need a Name"),
        ({"Name": "http", "apikey": "1"}, "option 'apikey' is both a plain value and a secret: leave out one"),
        ({"apikey": "1"}, "options need a Name.*; option 'apikey'"),
    ],
)
def test_a_router_that_sends_nowhere(options, told):
    with pytest.raises(ValueError, match=told):
        LogRouter(options=options, secrets={"apikey": Secret(secret=KEY)})


def test_its_name_is_nobody_else_s(deploy, cloud):
    with pytest.raises(ValueError, match="sidecar 'log-router' must have another name: telemetry or log_router has"):
        arguments(log_router=ROUTER, sidecars={"log-router": Container(image="i")})
    arguments(sidecars={"log-router": Container(image="i")})
    with pytest.raises(ValueError, match="the container of telemetry or log_router 'log-router' and the task's own"):
        deploy(lambda: FargateService("log-router", arguments(log_router=ROUTER)))
    assert cloud.resources == []


def test_a_stack_file_names_the_output_and_its_secrets(parse):
    said = {"options": {"Name": "http"}, "secrets": {"apikey": {"secret": "logs/key"}}, "image": "mine:1"}
    found = parse(web={"build": "./app", "log_router": said}).services["web"].log_router
    assert found.component == LogRouter(
        options={"Name": "http"}, secrets={"apikey": Secret(secret="logs/key")}, image="mine:1"
    )
    assert parse(web={"build": "./app", "log_router": None}).services["web"].log_router is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "fargate:services.web.log_router.options: is required"),
        (True, "fargate:services.web.log_router: must be a mapping, got true"),
        (
            {"options": {"host": "x"}},
            "fargate:services.web.log_router: options need a Name, the output of Fluent Bit, such as http",
        ),
        (
            {"options": {"Name": "http"}, "option": {}},
            "fargate:services.web.log_router.option: unknown key: did you mean 'options'?",
        ),
        (
            {"options": {"Name": "http", "Port": 443}},
            "fargate:services.web.log_router.options.Port: must be a text (quote it if it looks like a number), got "
            "443",
        ),
        (
            {"options": {"Name": "http", "apikey": "x"}, "secrets": {"apikey": {"secret": "a"}}},
            "fargate:services.web.log_router: option 'apikey' is both a plain value and a secret: leave out one",
        ),
        (
            {"options": {"Name": "http"}, "secrets": {"apikey": {}}},
            "fargate:services.web.log_router.secrets.apikey: a secret needs either secret or parameter, such as "
            "secret: prod/database, or parameter: /app/token",
        ),
    ],
)
def test_bad_input_is_told_by_its_key(problems, said, told):
    assert problems(web={"build": "./app", "log_router": said}) == [told]


def test_a_stack_file_with_that_name_twice(problems):
    said = {"build": "./app", "log_router": {"options": {"Name": "null"}}}
    assert problems(web={**said, "sidecars": {"log-router": {"image": "i:1"}}}) == [
        "fargate:services.web: sidecar 'log-router' must have another name: telemetry or log_router has this one"
    ]
    assert problems(**{"log-router": said}) == [
        "fargate:services.log-router.log_router: adds a container 'log-router', as its own is named: give the task "
        "another name"
    ]
    assert problems(web={"build": "./app", "sidecars": {"web": {"image": "i:1"}}}) == [
        "fargate:services.web.sidecars: 'web' is the name of its own container: give the sidecar another"
    ]
