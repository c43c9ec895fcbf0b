import json

import pulumi
import pytest

from components import Container, FargateService, Secret, Telemetry
from components.telemetry import exporting, port_problems, to_aws

from . import test_settings
from .test_fargate_service import DEFINITION, ROLE, arguments

POLICY = "aws:iam/rolePolicy:RolePolicy"
LOGS = "arn:aws:logs:ap-northeast-1:123456789012:log-group:web"
TOLD = [
    {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://localhost:4318"},
    {"name": "OTEL_EXPORTER_OTLP_PROTOCOL", "value": "http/protobuf"},
    {"name": "OTEL_SERVICE_NAME", "value": "web"},
]

parse, problems = test_settings.parse, test_settings.problems


@pytest.fixture
def containers(deploy, cloud):
    """The containers of a service with these arguments."""

    def containers(**changes):
        deploy(lambda: FargateService("web", arguments(**changes)))
        return json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])

    return containers


def test_a_collector_runs_beside_the_container_and_the_task_survives_its_end(containers):
    own, collector = containers(telemetry=Telemetry())
    assert own["environment"] == TOLD
    assert "dependsOn" not in own, "an app without its collector is better than none"
    assert collector["name"] == "collector"
    assert collector["image"].startswith("public.ecr.aws/aws-observability/aws-otel-collector:v")
    assert (collector["essential"], collector["user"], collector["readonlyRootFilesystem"]) == (
        False,
        "10001:10001",
        True,
    )
    assert collector["portMappings"] == [{"containerPort": 4318, "hostPort": 4318, "protocol": "tcp"}]
    assert collector["environment"] == [
        {"name": "AOT_CONFIG_CONTENT", "value": to_aws("web-1234567", "ap-northeast-1")},
    ]


def test_everything_goes_to_x_ray_and_to_the_task_s_own_log_group():
    assert json.loads(to_aws("web-1", "eu-west-1")) == {
        "receivers": {
            "otlp": {"protocols": {"grpc": {"endpoint": "localhost:4317"}, "http": {"endpoint": "localhost:4318"}}}
        },
        "processors": {"batch": {}, "resourcedetection": {"detectors": ["ecs"]}},
        "exporters": {
            "awsxray": {"region": "eu-west-1"},
            "awsemf": {"log_group_name": "web-1", "log_stream_name": "metrics/{TaskId}", "region": "eu-west-1"},
        },
        "service": {
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["resourcedetection", "batch"],
                    "exporters": ["awsxray"],
                },
                "metrics": {
                    "receivers": ["otlp"],
                    "processors": ["resourcedetection", "batch"],
                    "exporters": ["awsemf"],
                },
            }
        },
    }


def test_the_task_role_may_do_what_that_takes(containers, cloud):
    containers(telemetry=Telemetry())
    assert [one.name for one in cloud.all(ROLE)] == ["web-execution", "web-task"]
    assert cloud.one(DEFINITION).inputs["taskRoleArn"] == "arn:Role:web-task"
    policy = cloud.one(POLICY, "web-telemetry").inputs
    assert policy["role"] == "web-task-1234567"
    assert [one["Resource"] for one in json.loads(policy["policy"])["Statement"]] == ["*", f"{LOGS}:*"]


def test_a_configuration_of_one_s_own_is_taken_as_it_is_and_needs_no_role(containers, cloud):
    config = pulumi.Output.from_input("receivers: {}")
    own, collector = containers(telemetry=Telemetry(image="mine:1", config=config))
    assert (collector["image"], own["environment"]) == ("mine:1", TOLD)
    assert collector["environment"] == [{"name": "AOT_CONFIG_CONTENT", "value": "receivers: {}"}]
    assert [one.name for one in cloud.all(ROLE)] == ["web-execution"]
    assert [one.name for one in cloud.all(POLICY)] == ["web-execution"]


def test_what_the_container_says_itself_stands(containers):
    secret = Secret(secret="arn:aws:secretsmanager:eu-west-1:1:secret:a-1")
    given = {"OTEL_SERVICE_NAME": "shop", "A": "1"}
    own, _ = containers(telemetry=Telemetry(), environment=given, secrets={"OTEL_EXPORTER_OTLP_ENDPOINT": secret})
    assert own["environment"] == [
        {"name": "A", "value": "1"},
        {"name": "OTEL_EXPORTER_OTLP_PROTOCOL", "value": "http/protobuf"},
        {"name": "OTEL_SERVICE_NAME", "value": "shop"},
    ]
    assert [one["name"] for one in own["secrets"]] == ["OTEL_EXPORTER_OTLP_ENDPOINT"]


def test_without_telemetry_there_is_no_word_of_it(containers, cloud):
    (own,) = containers(sidecars={})
    assert own["environment"] == []
    assert not [one for one in cloud.children() if "telemetry" in one.name]


def test_an_sdk_is_told_by_its_own_variables():
    assert [{"name": name, "value": value} for name, value in exporting("web").items()] == TOLD


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"port": 4318}, "containers \"the service's own\" and 'collector' both listen on port 4318"),
        ({"port": 4317}, "containers 'collector' and \"the service's own\" both listen on port 4317: they share"),
        ({"sidecars": {"b": Container(image="i", port=4318)}}, "containers 'b' and 'collector' both listen on port"),
        ({"sidecars": {"b": Container(image="i", port=4317)}}, "containers 'collector' and 'b' both listen on port"),
        (
            {"sidecars": {"collector": Container(image="i")}},
            "sidecar 'collector' must have another name: telemetry or log_router has this one",
        ),
    ],
)
def test_what_the_collector_needs_is_nobody_else_s(changes, told):
    with pytest.raises(ValueError, match=told):
        arguments(telemetry=Telemetry(), **changes)
    arguments(**changes)


def test_only_its_second_port_is_looked_for_here():
    ports = {"a": Container(image="i", port=4318), "b": Container(image="i", port=80), "c": Container(image="i")}
    assert list(port_problems(ports)) == []


def test_no_service_is_named_as_the_collector(deploy, cloud):
    with pytest.raises(ValueError, match="the container of telemetry or log_router 'collector' and the task's own"):
        deploy(lambda: FargateService("collector", arguments(telemetry=Telemetry())))
    assert cloud.resources == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (True, Telemetry()),
        ({}, Telemetry()),
        ({"image": "mine:1", "config": "receivers: {}"}, Telemetry(image="mine:1", config="receivers: {}")),
    ],
)
def test_a_stack_file_asks_for_it_in_a_word_or_in_full(parse, said, meant):
    assert parse(web={"build": "./app", "telemetry": said}).services["web"].telemetry.component == meant


@pytest.mark.parametrize("said", [False, None])
def test_a_stack_file_that_asks_for_none(parse, said):
    assert parse(web={"build": "./app", "telemetry": said}).services["web"].telemetry is None


@pytest.mark.parametrize(
    ("services", "told"),
    [
        ({"web": {"telemetry": "yes"}}, "fargate:services.web.telemetry: must be a mapping, got 'yes'"),
        (
            {"web": {"telemetry": {"imag": "i"}}},
            "fargate:services.web.telemetry.imag: unknown key: did you mean 'image'?",
        ),
        (
            {"web": {"telemetry": {"config": 1}}},
            "fargate:services.web.telemetry.config: must be a text (quote it if it looks like a number), got 1",
        ),
        (
            {"web": {"telemetry": True, "port": 4318}},
            "fargate:services.web: containers \"the service's own\" and 'collector' both listen on port 4318: they "
            "share localhost",
        ),
        (
            {"web": {"telemetry": True, "sidecars": {"b": {"image": "i:1", "port": 4317}}}},
            "fargate:services.web: containers 'collector' and 'b' both listen on port 4317: they share localhost",
        ),
        (
            {"web": {"telemetry": True, "sidecars": {"collector": {"image": "i:1"}}}},
            "fargate:services.web: sidecar 'collector' must have another name: telemetry or log_router has this one",
        ),
        (
            {"collector": {"telemetry": {}}},
            "fargate:services.collector.telemetry: adds a container 'collector', as its own is named: give the task "
            "another name",
        ),
    ],
)
def test_bad_input_is_told_by_its_key(problems, services, told):
    assert problems(**{name: {"build": "./app", **service} for name, service in services.items()}) == [told]


def test_a_service_of_that_name_without_telemetry(parse):
    assert "collector" in parse(collector={"build": "./app", "telemetry": False}).services


NO_NAT = {"fargate:network": {"nat": "none", "endpoints": ["ecr", "logs"]}}
TO_AWS = "fargate:services.web.telemetry: network.nat: none leaves it no way to AWS: add xray to network.endpoints"


def test_where_there_is_no_way_to_the_internet_it_needs_an_endpoint(parse, problems):
    copy = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/collector:v1"
    asked = {"build": "./app", "telemetry": {"image": copy}}
    assert problems(NO_NAT, web=asked) == [TO_AWS]
    parse({"fargate:network": {"nat": "none", "endpoints": ["ecr", "logs", "xray"]}}, web=asked)
    parse(NO_NAT, web={"build": "./app", "telemetry": {"image": copy, "config": "receivers: {}"}})
    parse({**NO_NAT, "fargate:network": {"nat": "single"}}, web=asked)


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"telemetry": {"config": "receivers: {}"}}, "web.telemetry.image"),
        ({"log_router": {"options": {"Name": "http"}}}, "web.log_router.image"),
        ({"sidecars": {"side": {"image": "nginx:1"}}}, "web.sidecars.side.image"),
    ],
)
def test_where_there_is_no_way_to_the_internet_images_come_from_ecr(problems, asked, key):
    (found,) = problems(NO_NAT, web={"build": "./app", **asked})
    assert found.startswith(f"fargate:services.{key}: network.nat: none leaves no way to ")
    assert found.endswith(": name a copy of it in a repository of ECR")
