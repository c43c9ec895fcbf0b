import json
import re
import subprocess
import sys
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import config as runtime

import settings
from components import (
    Architecture,
    Authentication,
    Capacity,
    CapacityMix,
    Condition,
    Container,
    ContainerHealthCheck,
    ContainerImageArgs,
    Destination,
    DesyncMitigation,
    Domain,
    ExistingNetworkArgs,
    Firewall,
    HealthCheck,
    Nat,
    NetworkArgs,
    OnUnauthenticatedRequest,
    PreDeploy,
    PullThrough,
    RegistryArgs,
    Route,
    Secret,
    Stickiness,
    Upstream,
)
from configuration.image import ImageSettings
from configuration.load_balancer import LoadBalancerSettings
from configuration.stack import Environment
from policies.exemption import Exemption
from policies.rules import IDS
from settings import ConfigError

GOOD = {
    "aws:region": "ap-northeast-1",
    "fargate:environment": "dev",
    "fargate:services": {"web": {"build": "./app"}},
}


GROUP = "arn:aws:wafv2:ap-northeast-1:123456789012:regional/rulegroup/ours/0a1b"
CERTIFICATE = "arn:aws:acm:{}:123456789012:certificate/0a1b"
DOMAIN = {"zone": "example.com", "names": ["a.example.com"]}
EXISTING = {
    "existing": {
        "vpc_id": "vpc-1",
        "public_subnet_ids": ["subnet-1", "subnet-2"],
        "private_subnet_ids": ["subnet-3", "subnet-4"],
    }
}
SIGN_IN: dict[str, Any] = {
    "issuer": "https://id.example.com",
    "client_id": "shop",
    "client_secret": "shop/oidc",
    "authorization_endpoint": "https://id.example.com/authorize",
    "token_endpoint": "https://id.example.com/token",
    "user_info_endpoint": "https://id.example.com/me",
}
RULE = sorted(IDS)[0]
PROD = {
    "fargate:environment": "prod",
    "fargate:network": {"nat": "per_az"},
    "fargate:load_balancer": {"domain": DOMAIN},
}


@pytest.fixture
def parse(app, flat):
    def parse(changes=(), /, **services):
        config = {**GOOD, **dict(changes)}
        if services:
            config["fargate:services"] = services
        return settings.parse(flat({key: value for key, value in config.items() if value is not None}), "dev")

    return parse


@pytest.fixture
def problems(parse):
    """The problems of a configuration, one an entry."""

    def problems(changes=(), /, **services):
        with pytest.raises(ConfigError) as error:
            parse(changes, **services)
        first, *lines = str(error.value).splitlines()
        assert first == f"Pulumi.dev.yaml has {len(lines)} problem{'s' * (len(lines) > 1)}:"
        return [line.strip() for line in lines]

    return problems


def test_what_is_left_out_has_a_default(parse):
    found = parse()
    assert found.environment is Environment.DEV
    assert found.architecture is Architecture.X86_64
    assert found.network.nat is Nat.SINGLE
    assert found.network.args() == NetworkArgs()
    assert found.load_balancer == LoadBalancerSettings()
    assert not found.deletion_protection
    assert found.flow_log_retention_days is None
    assert (found.customer_key, found.budget, found.exceptions) == (False, None, ())
    assert found.network.zones == 2
    assert found.deletes_contents
    web = found.services["web"]
    assert (web.build.context, web.build.dockerfile) == ("./app", "Dockerfile")
    assert (web.cpu, web.memory, web.listens, web.desired_count) == (256, 512, 8080, 1)
    assert web.capacity is Capacity.FARGATE
    assert web.route == Route(paths=("/*",))
    assert list(found.priorities) == ["web"]


def test_everything_can_be_said(parse, app):
    (app / "app" / "Other").write_text("FROM scratch\n")
    found = parse(
        {
            "fargate:environment": "prod",
            "fargate:architecture": "ARM64",
            "fargate:container_insights": "enhanced",
            "fargate:log_retention_days": "365",
            "fargate:force_delete": "true",
            "fargate:network": {
                "cidr": "10.1.0.0/16",
                "zones": 3,
                "nat": "per_az",
                "public_cidrs": ["10.1.0.0/24", "10.1.1.0/24", "10.1.2.0/24"],
                "private_cidrs": ["10.1.3.0/24", "10.1.4.0/24", "10.1.5.0/24"],
                "endpoints": ["ecr", "sqs"],
                "ipv6": True,
                "flow_logs": True,
            },
            "fargate:load_balancer": {
                "scheme": "internet-facing",
                "domain": {"zone": "example.com", "names": ["a.example.com"]},
                "allowed_cidrs": ["203.0.113.0/24"],
                "allowed_prefix_lists": ["pl-12ab"],
                "access_logs": True,
                "firewall": {"rate_limit": 100, "count_only": True, "managed_rules": [], "rule_groups": [GROUP]},
                "desync_mitigation": "strictest",
                "idle_timeout": 120,
                "http2": False,
                "zonal_shift": True,
                "deletion_protection": False,
            },
            "fargate:customer_key": "true",
            "fargate:permissions_boundary_arn": "arn:aws:iam::123456789012:policy/b",
            "fargate:role_path": "/fargate/prod/",
            "fargate:budget": 87.5,
            "fargate:exceptions": [{"rules": [RULE], "reason": "for now", "until": "2027-06-30", "resource": "web*"}],
        },
        web={
            "build": {"context": "app", "dockerfile": "Other", "target": "final", "args": {"A": "1"}},
            "hosts": ["a.example.com"],
            "paths": ["/a/*"],
            "headers": {"X-Version": ["beta", "2*"]},
            "methods": ["GET"],
            "priority": 3,
            "stickiness": {"seconds": 60, "cookie": "session"},
            "slow_start": 30,
            "authentication": SIGN_IN | {"scope": "openid email", "on_unauthenticated_request": "deny"},
            "port": 9000,
            "cpu": 512,
            "memory": 1024,
            "desired_count": 2,
            "capacity": {"base": 1, "fargate": 1, "fargate_spot": 3},
            "environment": {"LEVEL": "value"},
            "user": "33:33",
            "secrets": {"TOKEN": {"secret": "app", "key": "token"}, "KEY": {"parameter": "/app/key"}},
            "command": ["serve"],
            "entry_point": ["/app"],
            "open_files": 4096,
            "init_process": False,
            "depends_on": {"proxy": "HEALTHY"},
            "container_health_check": {"command": ["/app", "check"]},
            "sidecars": {"proxy": {"image": "envoy:1", "port": 1, "health_check": {"command": ["ok"], "retries": 5}}},
            "ephemeral_storage": 30,
            "zone_rebalancing": False,
            "writable_paths": ["/tmp"],
            "health_check": {"path": "/up", "matcher": "200-299"},
            "deregistration_delay": 5,
            "stop_timeout": 10,
            "start_period": 0,
            "pre_deploy": ["migrate", "now"],
            "timeout_minutes": 5,
        },
    )
    network = found.network.args(kms_key_arn="arn:key")
    assert isinstance(network, NetworkArgs)
    assert (network.public_cidrs[0], network.endpoints, network.ipv6) == ("10.1.0.0/24", ("ecr", "sqs"), True)
    assert network.kms_key_arn == "arn:key"
    assert found.flow_log_retention_days == 365
    edge = found.load_balancer
    assert edge.domain == Domain(names=("a.example.com",), zone="example.com")
    assert edge.firewall == Firewall(rate_limit=100, count_only=True, managed_rules=(), rule_groups=(GROUP,))
    assert edge.desync_mitigation is DesyncMitigation.STRICTEST
    assert not found.deletion_protection, "as it is said, also in prod: the policies object"
    assert found.budget == 87.5
    assert found.exceptions == (Exemption(rules=(RULE,), reason="for now", until="2027-06-30", resource="web*"),)
    assert found.log_retention_days == 365
    assert found.deletes_contents
    assert found.services["web"].route == Route(
        paths=("/a/*",),
        hosts=("a.example.com",),
        headers={"X-Version": ("beta", "2*")},
        methods=("GET",),
        priority=3,
    )
    assert found.services["web"].stickiness == Stickiness(seconds=60, cookie="session")
    assert found.services["web"].slow_start == 30
    assert found.services["web"].authentication == Authentication(
        **SIGN_IN, scope="openid email", on_unauthenticated_request=OnUnauthenticatedRequest.DENY
    )
    assert found.services["web"].health_check == HealthCheck(path="/up", matcher="200-299")
    assert found.services["web"].pre_deploy == PreDeploy(command=("migrate", "now"))
    assert (found.services["web"].writable_paths, found.services["web"].user) == (("/tmp",), "33:33")
    assert found.priorities == {"web": 3}
    web = found.services["web"]
    assert web.sources == {"TOKEN": Secret(secret="app", key="token"), "KEY": Secret(parameter="/app/key")}
    assert web.capacity == CapacityMix(base=1, fargate=1, fargate_spot=3)
    assert web.sidecars["proxy"].container == Container(
        image="envoy:1", port=1, health_check=ContainerHealthCheck(command=("ok",), retries=5)
    )
    assert web.depends_on == {"proxy": Condition.HEALTHY}


def test_a_service_that_scales(parse):
    scaling = {
        "min": 2,
        "max": 9,
        "cpu": 60,
        "schedules": [{"name": "night", "cron": "0 20 * * ? *", "min": 1, "max": 1}],
    }
    found = parse(web={"build": "app", "scaling": scaling}).services["web"].scaling
    assert found
    assert (found.min, found.max, found.cpu, found.schedules[0].name) == (2, 9, 60, "night")


def test_prod_keeps_its_images_and_its_load_balancer(parse):
    found = parse(PROD, web={"build": "app", "desired_count": 2})
    assert not found.deletes_contents
    assert found.deletion_protection


@pytest.mark.parametrize(
    "changes",
    [
        {"fargate:network": {"nat": "none", "endpoints": ["ecr", "logs"]}},
        {"fargate:network": {"nat": "regional"}},
        {"fargate:network": EXISTING},
        {"fargate:load_balancer": {"certificate_arn": CERTIFICATE.format("ap-northeast-1")}},
        {"fargate:load_balancer": {"scheme": "internal"}},
        {"fargate:load_balancer": {"scheme": "internal", "allowed_cidrs": ["10.0.0.0/8"]}},
    ],
)
def test_what_prod_takes(parse, changes):
    assert parse(PROD | changes, web={"build": "app", "desired_count": 2}).environment is Environment.PROD


def test_services_come_after_those_that_they_call(parse):
    found = parse(
        web={"build": "./app", "calls": ["api", "prices"]},
        api={"build": "./app", "kind": "internal", "calls": ["prices"]},
        prices={"build": "./app", "kind": "internal"},
    )
    assert found.callees_first == ["prices", "api", "web"]
    assert found.called == {"api", "prices"}
    assert parse().called == frozenset()


def test_an_existing_vpc(parse):
    args = parse({"fargate:network": EXISTING}).network.args(kms_key_arn="arn:key")
    assert args == ExistingNetworkArgs(
        vpc_id="vpc-1", public_subnet_ids=("subnet-1", "subnet-2"), private_subnet_ids=("subnet-3", "subnet-4")
    )


def test_an_empty_firewall_has_all_defaults(parse):
    assert parse({"fargate:load_balancer": {"firewall": {}}}).load_balancer.firewall == Firewall()


def test_hosts_that_the_certificate_is_for(parse):
    edge = {"domain": {"zone": "example.com", "names": ["example.com", "*.example.com"]}}
    web = {"build": "app", "hosts": ["example.com", "shop.example.com"]}
    assert parse({"fargate:load_balancer": edge}, web=web).services["web"].route.hosts[0] == "example.com"


@pytest.mark.parametrize(
    ("said", "route"),
    [
        ({"hosts": ["a.example.com"]}, Route(hosts=("a.example.com",))),
        ({"headers": {"X-Version": ["beta"]}}, Route(headers={"X-Version": ("beta",)})),
        ({"methods": ["POST"]}, Route(methods=("POST",))),
    ],
)
def test_another_condition_alone_answers_every_path(parse, said, route):
    assert parse(web={"build": "app", **said}).services["web"].route == route


def test_an_empty_stickiness_has_all_defaults(parse):
    assert parse(web={"build": "app", "stickiness": {}}).services["web"].stickiness == Stickiness()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("nginx:1", ImageSettings(uri="nginx:1")),
        ({"repository": "team/app", "tag": "v3"}, ImageSettings(repository="team/app", tag="v3")),
    ],
)
def test_an_address_alone_is_an_image(parse, said, meant):
    assert parse(web={"build": None, "image": said}).services["web"].image == meant


def test_prod_takes_a_tag_that_is_resolved(parse):
    image = {"repository": "team/app", "tag": "latest"}
    assert parse(PROD, web={"build": None, "image": image, "desired_count": 2}).services["web"].image.tag == "latest"


def test_an_image_that_is_there_is_that_of_its_address(parse):
    image = parse(web={"build": None, "image": "nginx:1"}).services["web"].image.existing
    assert (image.uri, image.repository_arn) == ("nginx:1", None)


def test_a_shared_repository_is_its_owner_s(parse):
    build = {"context": "app", "repository": "team/app", "cache_from": ["app:main"]}
    args = (
        parse(web={"build": build})
        .services["web"]
        .build.image(architecture=Architecture.ARM64, force_delete=True, kms_key_arn="arn:key")
    )
    assert args == ContainerImageArgs(
        context="app", repository="team/app", cache_from=("app:main",), architecture=Architecture.ARM64
    )


def test_an_own_repository_is_the_stack_s(parse):
    build = {"context": "app", "pull_accounts": ["222222222222"]}
    args = (
        parse(web={"build": build})
        .services["web"]
        .build.image(architecture=Architecture.X86_64, force_delete=True, kms_key_arn="arn:key")
    )
    assert args == ContainerImageArgs(
        context="app", pull_accounts=("222222222222",), force_delete=True, kms_key_arn="arn:key"
    )


def test_a_registry_s_settings(parse):
    said = {"pull_through": {"quay": {}}, "replicate_to": [{"region": "eu-west-1"}]}
    registry = parse({"fargate:registry": said}).registry
    assert registry.args == RegistryArgs(
        pull_through={Upstream.QUAY: PullThrough()}, replicate_to=(Destination(region="eu-west-1"),)
    )
    assert registry.is_set
    assert not parse().registry.is_set


SERVICE = "fargate:services.web"
PROMOTED = f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'7' * 64}"
BAD = [
    # unknown and misspelt keys
    ({"fargate:enviroment": "dev"}, "fargate:enviroment: unknown key: did you mean 'environment'?"),
    ({"fargat:network": {}}, "fargat:network: unknown namespace 'fargat': did you mean 'fargate'?"),
    (
        {"fargate:network": {"nats": "none"}},
        "fargate:network.nats: unknown key: did you mean 'nat'?",
    ),
    (
        {"fargate:network": {"x": 1}},
        "fargate:network.x: unknown key; known are cidr, zones, nat, public_cidrs, private_cidrs, endpoints, ipv6",
    ),
    ({"web": {"buidl": "x"}}, f"{SERVICE}.buidl: unknown key: did you mean 'build'?"),
    (
        {"web": {"build": {"context": "app", "contxt": "x"}}},
        f"{SERVICE}.build.contxt: unknown key: did you mean 'context'?",
    ),
    (
        {"web": {"health_check": {"pth": "/"}}},
        f"{SERVICE}.health_check.pth: unknown key: did you mean 'path'?",
    ),
    # missing
    ({"fargate:environment": None}, "fargate:environment: is required"),
    ({"fargate:services": None}, "fargate:services: is required"),
    ({"fargate:services": {}}, "fargate:services: must name one service at least, such as web: {build: ./app}, got {}"),
    ({"web": {"build": None}}, f"{SERVICE}: a service needs either build, such as build: ./app, or image: an image"),
    (
        {"web": {"image": "nginx:1"}},
        f"{SERVICE}: a service needs either build, such as build: ./app, or image: an image",
    ),
    ({"web": {"build": 5}}, f"{SERVICE}.build: must be a mapping"),
    ({"web": {"build": None, "image": "My App"}}, f"{SERVICE}.image: image must be an address such as public.ecr.aws"),
    (
        {**PROD, "web": {"build": None, "image": "nginx:latest", "desired_count": 2}},
        f"{SERVICE}.image must say which version is meant, by digest (@sha256:…) or by a tag but latest",
    ),
    (
        {**PROD, "web": {"build": None, "image": {"uri": "nginx"}, "desired_count": 2}},
        f"{SERVICE}.image must say which version is meant, by digest (@sha256:…) or by a tag but latest",
    ),
    *(
        ({"web": {"build": None, "image": image}}, f"{SERVICE}.image: an image is either its address, or a repository")
        for image in ({}, {"uri": "nginx", "promote": PROMOTED}, {"repository": "a/b", "tag": "v1", "uri": "nginx"})
    ),
    ({"web": {"build": None, "image": {"repository": "a/b"}}}, f"{SERVICE}.image: repository and tag go together"),
    (
        {"web": {"build": None, "image": {"repository": "A", "tag": "v1"}}},
        f"{SERVICE}.image: repository must have 2 to 256 lower-case letters",
    ),
    ({"web": {"build": None, "image": {"repository": "a/b", "tag": "-"}}}, f"{SERVICE}.image.tag: must match"),
    (
        {"web": {"build": None, "image": {"repository": "a/b", "tag": "v1", "registry_id": "12"}}},
        f"{SERVICE}.image: registry_id must be an account's id, 12 digits in quotes, got '12'",
    ),
    (
        {"web": {"build": None, "image": {"uri": "nginx", "pull_accounts": ["222222222222"]}}},
        f"{SERVICE}.image: pull_accounts is for a repository of the stack's own: leave it out, or use promote or build",
    ),
    (
        {"web": {"build": None, "image": {"promote": "nginx", "pull_accounts": ["1"]}}},
        f"{SERVICE}.image.pull_accounts: pull_accounts must be an account's id, 12 digits in quotes, got '1'",
    ),
    (
        {"web": {"build": None, "image": {"uri": "nginx", "registry_id": "222222222222"}}},
        f"{SERVICE}.image: registry_id says whose the repository is: name that too",
    ),
    (
        {"web": {"build": None, "image": {"promote": PROMOTED.partition("@")[0]}}},
        f"{SERVICE}.image: promote must name an image of an ECR repository by its digest, such as ",
    ),
    (
        {"web": {"build": None, "image": {"repositry": "x"}}},
        f"{SERVICE}.image.repositry: unknown key: did you mean 'repository'?",
    ),
    ({"web": {"build": None, "image": 5}}, f"{SERVICE}.image: must be a mapping"),
    (
        {"web": {"build": {"context": "app", "cache_from": ["My App"]}}},
        f"{SERVICE}.build.cache_from: cache_from must be an address such as",
    ),
    (
        {"web": {"build": {"context": "app", "repository": "Team"}}},
        f"{SERVICE}.build.repository: repository must have 2 to 256 lower-case letters",
    ),
    (
        {"web": {"build": {"context": "app", "pull_accounts": ["1234"]}}},
        f"{SERVICE}.build.pull_accounts: pull_accounts must be an account's id, 12 digits in quotes, got '1234'",
    ),
    (
        {"web": {"build": {"context": "app", "repository": "team/app", "pull_accounts": ["222222222222"]}}},
        f"{SERVICE}.build: pull_accounts is for a repository of the stack's own: leave it out, or repository",
    ),
    (
        {"fargate:registry": {"pull_through": {"dockerhub": {}}}},
        "fargate:registry.pull_through.dockerhub: must be one of 'ecr-public', 'kubernetes', 'quay', 'azure'",
    ),
    (
        {"fargate:registry": {"pull_through": {"docker-hub": {}}}},
        "fargate:registry: pull_through.docker-hub.credential_arn must be the ARN of a secret whose name begins",
    ),
    (
        {"fargate:registry": {"replicate_to": [{"region": "ap-northeast-1"}]}},
        "fargate:registry.replicate_to: ap-northeast-1 is the stack's own region: name another, or another account",
    ),
    ({"aws:region": None}, "aws:region: is required, such as ap-northeast-1"),
    # wrong types
    ({"fargate:environment": "test"}, "fargate:environment: must be one of 'dev', 'staging' or 'prod', got 'test'"),
    ({"fargate:architecture": "arm64"}, "fargate:architecture: must be one of 'X86_64' or 'ARM64', got 'arm64'"),
    ({"fargate:network": "big"}, "fargate:network: must be a mapping, got 'big'"),
    ({"fargate:network": {"zones": "3"}}, "fargate:network.zones: must be a whole number without quotes, got '3'"),
    ({"fargate:force_delete": "yes"}, "fargate:force_delete: must be true or false, got 'yes'"),
    ({"fargate:services": ["web"]}, "fargate:services: must be a mapping, got ['web']"),
    ({"web": "app"}, f"{SERVICE}: must be a mapping, got 'app'"),
    ({"web": {"writable_paths": ["tmp"]}}, f"{SERVICE}.writable_paths: writable path 'tmp' must be a folder"),
    ({"web": {"user": "Root!"}}, f"{SERVICE}.user: user must be one of the image's such as 10001, 10001:10001"),
    ({"web": {"port": "8080"}}, f"{SERVICE}.port: must be a whole number without quotes, got '8080'"),
    ({"web": {"port": 80.5}}, f"{SERVICE}.port: must be a whole number without quotes, got 80.5"),
    ({"web": {"paths": "/a"}}, f"{SERVICE}.paths: must be a list, got '/a'"),
    (
        {"web": {"environment": {"A": 1}}},
        f"{SERVICE}.environment.A: must be a text (quote it if it looks like a number), got 1",
    ),
    ({"web": {"health_check": "/up"}}, f"{SERVICE}.health_check: must be a mapping, got '/up'"),
    ({"web": {"pre_deploy": "migrate now"}}, f"{SERVICE}.pre_deploy.command: must be a list, got 'migrate now'"),
    ({"web": {"pre_deploy": {"minutes": 5}}}, f"{SERVICE}.pre_deploy.command: is required"),
    # bounds
    ({"web": {"pre_deploy": []}}, f"{SERVICE}.pre_deploy: command must be words, such as [python, manage.py, migrate]"),
    (
        {"web": {"pre_deploy": {"command": ["x"], "minutes": 0}}},
        f"{SERVICE}.pre_deploy: minutes must be from 1 to 120, got 0",
    ),
    ({"web": {"port": 0}}, f"{SERVICE}.port: must be 1 or more, got 0"),
    ({"web": {"port": 65536}}, f"{SERVICE}.port: must be 65535 or less, got 65536"),
    ({"web": {"desired_count": 0}}, f"{SERVICE}.desired_count: must be 1 or more, got 0"),
    ({"web": {"desired_count": 5001}}, f"{SERVICE}.desired_count: must be 5000 or less, got 5001"),
    ({"fargate:log_retention_days": "8"}, "fargate:log_retention_days: must be one of 1, 3, 5"),
    # sizes
    ({"web": {"cpu": 256, "memory": 4096}}, f"{SERVICE}.memory: memory for cpu=256 must be one of [512, 1024, 2048]"),
    ({"web": {"cpu": 300}}, f"{SERVICE}.memory: cpu must be one of [256, 512, 1024, 2048, 4096, 8192, 16384], got 300"),
    # network
    ({"fargate:network": {"zones": 1}}, "fargate:network.zones: must be 2 or more, got 1"),
    ({"fargate:network": {"zones": 5}}, "fargate:network.zones: must be 4 or less, got 5"),
    ({"fargate:network": {"cidr": "10.0.0.0/8"}}, "fargate:network.cidr: cidr 10.0.0.0/8 must be a /16 to /28 range"),
    ({"fargate:network": {"cidr": "10.0.0.0/27"}}, "fargate:network: cidr 10.0.0.0/27 is too small to split"),
    (
        {"fargate:network": {"cidr": "127.0.0.0/16"}},
        "fargate:network.cidr: cidr 127.0.0.0/16 must be a range such as 10.0.0.0/16, AWS takes none of this kind",
    ),
    (
        {"fargate:network": {"public_cidrs": ["10.0.0.0/24", "10.0.0.0/25"], "private_cidrs": ["10.0.1.0/24"]}},
        "fargate:network: public_cidrs: 10.0.0.0/25 overlaps 10.0.0.0/24; "
        "private_cidrs must have one range a zone: 2, got 1",
    ),
    ({"aws:region": "ap-northeast-9"}, "aws:region: no region 'ap-northeast-9': did you mean 'ap-northeast-"),
    (
        {"fargate:network": {"nat": "none", "endpoints": ["logs"]}},
        "fargate:network: nat: none leaves tasks no way to start: add ecr to endpoints, or take another nat",
    ),
    (
        {"fargate:network": {"endpoints": ["ecs-telemetri"]}},
        "fargate:network.endpoints: endpoints: unknown endpoint 'ecs-telemetri': did you mean 'ecs-telemetry'?",
    ),
    (
        {"fargate:network": {**EXISTING, "nat": "single", "zones": 2}},
        "fargate:network: an existing VPC is not changed: leave out nat, zones, or existing",
    ),
    (
        {"fargate:network": {"existing": {**EXISTING["existing"], "vpcid": "x"}}},
        "fargate:network.existing.vpcid: unknown key: did you mean 'vpc_id'?",
    ),
    (
        {"aws:region": "cn-north-1", "fargate:network": {"endpoints": ["ecr"]}},
        "fargate:network.endpoints: China's regions have other names for them: leave them out",
    ),
    # edge
    (
        {"fargate:load_balancer": {"domain": {"zone": "example.com", "names": ["a.example.org"]}}},
        "fargate:load_balancer.domain: name 'a.example.org' is outside the zone 'example.com': it must end with",
    ),
    (
        {"fargate:load_balancer": {"domain": {**DOMAIN, "zon": "x"}}},
        "fargate:load_balancer.domain.zon: unknown key: did you mean 'zone'?",
    ),
    (
        {"fargate:load_balancer": {"domain": DOMAIN, "certificate_arn": CERTIFICATE.format("ap-northeast-1")}},
        "fargate:load_balancer: domain makes a certificate of its own: leave out either domain or certificate_arn",
    ),
    (
        {"fargate:load_balancer": {"certificate_arn": CERTIFICATE.format("us-east-1")}},
        "fargate:load_balancer.certificate_arn: must be in the stack's region ap-northeast-1, got one in us-east-1",
    ),
    (
        {"fargate:load_balancer": {"certificate_arn": "mine"}},
        "fargate:load_balancer.certificate_arn: must be a certificate's ARN such as arn:aws:acm:REGION:ACCOUNT:",
    ),
    (
        {"fargate:load_balancer": {"firewall": {"managed_rules": ["AWSManagedRulesCommonRules"]}}},
        "fargate:load_balancer.firewall: managed_rules: unknown rule group 'AWSManagedRulesCommonRules': did you mean",
    ),
    (
        {"fargate:load_balancer": {"firewall": {"rule_groups": [GROUP.replace("ap-northeast-1", "us-east-1")]}}},
        "fargate:load_balancer.firewall.rule_groups: must be in the stack's region ap-northeast-1",
    ),
    (
        {"fargate:load_balancer": {"allowed_cidrs": ["everyone"]}},
        "fargate:load_balancer.allowed_cidrs: allowed_cidrs: must be ranges such as 203.0.113.0/24, got 'everyone'",
    ),
    ({"fargate:load_balancer": {"idle_timeout": 4001}}, "fargate:load_balancer.idle_timeout: must be 4000 or less"),
    (
        {"fargate:load_balancer": {"idle_timeout": 61}, "web": {"keep_alive_timeout": 61}},
        "fargate:services.web.keep_alive_timeout: must be longer than the load balancer's idle_timeout=61, got 61: a",
    ),
    ({"web": {"keep_alive_timeout": 60}}, "fargate:services.web.keep_alive_timeout: must be longer than the load"),
    ({"web": {"keep_alive_timeout": 0}}, "fargate:services.web.keep_alive_timeout: must be 1 or more"),
    (
        {"web": {"deregistration_delay": 31}},
        "fargate:services.web.stop_timeout: must be at least deregistration_delay=31, got 30: the kill would cut",
    ),
    (
        {"web": {"stop_timeout": 9}},
        "fargate:services.web.stop_timeout: must be at least deregistration_delay=10, got 9",
    ),
    (
        {"web": {"deregistration_delay": 300, "stop_timeout": 120, "timeout_minutes": 5}},
        "fargate:services.web.timeout_minutes: must be longer than deregistration_delay=300 seconds, got 5 minutes",
    ),
    ({"web": {"kind": "worker", "keep_alive_timeout": 61}}, "fargate:services.web: kind: worker gets no requests"),
    ({"fargate:load_balancer": {"scheme": "public"}}, "fargate:load_balancer.scheme: must be one of 'internet-facing'"),
    (
        {"fargate:load_balancer": {"domain": DOMAIN}, "web": {"hosts": ["b.example.com"]}},
        "fargate:services.web.hosts: 'b.example.com' is not among the names of load_balancer.domain, so it would have",
    ),
    # budget
    ({"fargate:budget": 0}, "fargate:budget: must be more than 0, got 0"),
    ({"fargate:budget": -1.5}, "fargate:budget: must be more than 0, got -1.5"),
    ({"fargate:budget": "lots"}, "fargate:budget: must be a number without quotes, got 'lots'"),
    ({"fargate:budget": True}, "fargate:budget: must be a number without quotes, got true"),
    ({"fargate:budget": "Infinity"}, "fargate:budget: must be a number that ends, got inf"),
    # exceptions
    (
        {"fargate:exceptions": [{"rules": [RULE], "until": "2027-06-30"}]},
        "fargate:exceptions.0.reason: is required",
    ),
    (
        {"fargate:exceptions": [{"rules": [RULE], "reason": " ", "until": "2027-06-30"}]},
        "fargate:exceptions.0: reason must say why",
    ),
    (
        {"fargate:exceptions": [{"rules": [RULE + "x"], "reason": "why", "until": "2027-06-30"}]},
        f"fargate:exceptions.0: no rule '{RULE}x': did you mean '{RULE}'?",
    ),
    (
        {"fargate:exceptions": [{"rules": [RULE], "reason": "why", "until": "soon"}]},
        "fargate:exceptions.0: until must be a date such as 2027-06-30, got 'soon'",
    ),
    (
        {"fargate:exceptions": [{"rules": [RULE], "reason": "why", "untill": "2027-06-30", "until": "2027-06-30"}]},
        "fargate:exceptions.0.untill: unknown key: did you mean 'until'?",
    ),
    # containers
    (
        {"web": {"secrets": {"A": {"secret": "s", "parameter": "p"}}}},
        f"{SERVICE}.secrets.A: a secret needs either secret or parameter, such as secret: prod/database",
    ),
    (
        {**PROD, "web": {"sidecars": {"side": {"image": "nginx"}}, "desired_count": 2}},
        f"{SERVICE}.sidecars.side.image must say which version is meant, by digest",
    ),
    (
        {
            "fargate:services": {"mail": {"build": "app", "kind": "worker"}},
            "fargate:load_balancer": {"access_logs": True},
        },
        "fargate:load_balancer: no service is of kind web, so there is none: leave it out",
    ),
    ({"web": {"secrets": {"A": {"secrt": "s", "secret": "s"}}}}, f"{SERVICE}.secrets.A.secrt: unknown key: did you"),
    (
        {"web": {"secrets": {"A": {"secret": "s"}}, "environment": {"A": "1"}}},
        f"{SERVICE}: environment 'A' is both a plain value and a secret: leave out one",
    ),
    ({"web": {"environment": {"A B": "1"}}}, f"{SERVICE}: environment 'A B' must be a name of letters, digits and"),
    (
        {"web": {"sidecars": {"proxy": {"image": "i", "port": 8080}}}},
        f"{SERVICE}: containers \"the service's own\" and 'proxy' both listen on port 8080: they share localhost",
    ),
    (
        {"web": {"depends_on": {"proxy": "START"}}},
        f"{SERVICE}: container \"the service's own\" waits for 'proxy', which is not there",
    ),
    ({"web": {"sidecars": {"proxy": {}}}}, f"{SERVICE}.sidecars.proxy.image: is required"),
    ({"web": {"open_files": 1}}, f"{SERVICE}.open_files: must be 1024 or more, got 1"),
    ({"web": {"ephemeral_storage": 20}}, f"{SERVICE}.ephemeral_storage: must be 21 or more, got 20"),
    (
        {"web": {"scaling": {"min": 1, "max": 3, "cpu": 60}, "desired_count": 2}},
        f"{SERVICE}: scaling decides how many tasks run, from its min to its max: leave out desired_count",
    ),
    ({"web": {"scaling": {"min": 1, "max": 3}}}, f"{SERVICE}.scaling: scaling needs a reason: cpu, memory"),
    (
        {"web": {"scaling": {"min": 1, "max": 3, "queue": {"name": "jobs", "messages_per_task": 10}}}},
        f"{SERVICE}.scaling.queue: is measured by container insights: set container_insights: enabled",
    ),
    (
        {**PROD, "web": {"scaling": {"min": 1, "max": 3, "cpu": 60}}},
        f"{SERVICE}.scaling.min: prod must not lose its only task with one zone: 2 or more, got 1",
    ),
    ({"aws:regin": "x"}, "aws:regin: unknown key: did you mean 'region'?"),
    (
        {"fargate:load_balancer": None, "fargate:customer_key": "1"},
        "fargate:customer_key: must be true or false, got 1",
    ),
    (
        {"fargate:permissions_boundary_arn": "hello"},
        "fargate:permissions_boundary_arn: must match ^arn:aws[a-z-]*:iam::",
    ),
    *(
        ({"fargate:role_path": path}, "fargate:role_path: must match ^/([A-Za-z0-9_+=,.@-]+/)+$, got ")
        for path in ("fargate/dev/", "/fargate/dev", "/", "/a//b/", "/a b/", "/ä/")
    ),
    ({"fargate:role_path": f"/{'a' * 511}/"}, "fargate:role_path: must have 512 characters at most, got "),
    (
        {"fargate:load_balancer": {"scheme": "internal", "allowed_cidrs": 5}},
        "fargate:load_balancer.allowed_cidrs: must be a list, got 5",
    ),
    (
        {"fargate:load_balancer": {"firewall": {"rule_groups": True}}},
        "fargate:load_balancer.firewall.rule_groups: must be a list, got true",
    ),
    # names
    (
        {"fargate:services": {"x" * 25: {"build": "./app"}}},
        f"fargate:services.{'x' * 25}: name '{'x' * 25}' has 25 characters, at most 24 are allowed",
    ),
    ({"fargate:services": {"My_App": {"build": "./app"}}}, "fargate:services.My_App: name 'My_App' must start"),
    # build
    (
        {"web": {"build": "./nowhere"}},
        f"{SERVICE}.build.context: no folder ./nowhere beside __main__.py: make it, or name the folder of your app",
    ),
    ({"web": {"build": "/etc"}}, f"{SERVICE}.build.context: must be relative to the program's folder, got /etc"),
    (
        {"web": {"build": {"context": "app", "dockerfile": "Nope"}}},
        f"{SERVICE}.build.dockerfile: no file Nope in app: add it, or name another with dockerfile",
    ),
    # requests
    (
        {"web": {"health_check": {"path": "up"}}},
        f"{SERVICE}.health_check: path must start with a slash, got 'up'",
    ),
    ({"web": {"paths": ["a"]}}, f"{SERVICE}: path 'a' must match"),
    ({"web": {"hosts": ["A"]}}, f"{SERVICE}: host 'A' must match"),
    ({"web": {"priority": 0}}, f"{SERVICE}: priority must be from 1 to 50000, got 0"),
    ({"web": {"methods": ["get"]}}, f"{SERVICE}: method 'get' must match"),
    ({"web": {"headers": {"X_A": ["1"]}}}, f"{SERVICE}: header 'X_A' must match"),
    ({"web": {"headers": {"X-A": [2]}}}, f"{SERVICE}.headers.X-A.0: must be a text (quote it if it looks like a num"),
    ({"web": {"headers": {"X-A": "1"}}}, f"{SERVICE}.headers.X-A: must be a list, got '1'"),
    ({"web": {"stickiness": {"seconds": 0}}}, f"{SERVICE}.stickiness: seconds must be from 1 to 604800, got 0"),
    ({"web": {"stickiness": {"cooky": "a"}}}, f"{SERVICE}.stickiness.cooky: unknown key: did you mean 'cookie'?"),
    ({"web": {"slow_start": 20}}, f"{SERVICE}.slow_start: slow_start must be 0 or from 30 to 900, got 20"),
    (
        {"web": {"authentication": SIGN_IN}},
        f"{SERVICE}.authentication: people sign in by HTTPS only: set load_balancer.domain, or load_balancer.certifi",
    ),
    (
        {"fargate:load_balancer": {"domain": DOMAIN}, "web": {"authentication": SIGN_IN | {"issuer": "id"}}},
        f"{SERVICE}.authentication: issuer must be a URL such as https://id.example.com/authorize, got 'id'",
    ),
    (
        {
            "fargate:load_balancer": {"domain": DOMAIN},
            "web": {"authentication": SIGN_IN | {"on_unauthenticated_request": "refuse"}},
        },
        f"{SERVICE}.authentication.on_unauthenticated_request: must be one of 'authenticate', 'deny' or 'allow', got",
    ),
    (
        {"fargate:services": {"a": {"build": "app", "paths": ["/x"]}, "b": {"build": "app", "paths": ["/x"]}}},
        "fargate:services: services 'a' and 'b' have the same rule: give one another path, host, header or method",
    ),
    (
        {"fargate:services": {"web": {"build": "app", "calls": ["ap"]}, "api": {"build": "app", "paths": ["/api"]}}},
        f"{SERVICE}.calls: no service 'ap': did you mean 'api'?",
    ),
    (
        {"fargate:services": {"web": {"build": "app", "calls": ["mail"]}, "mail": {"build": "app", "kind": "worker"}}},
        f"{SERVICE}.calls: 'mail' listens on no port: kind: worker there must be internal, or web",
    ),
    (
        {
            "fargate:services": {
                "web": {"build": "app", "calls": ["api"]},
                "api": {"build": "app", "kind": "internal", "calls": ["web"]},
            }
        },
        "fargate:services: web calls api calls web: each must be there before its callers, so leave out one of these",
    ),
    (
        {"web": {"calls": ["web"]}},
        "fargate:services: web calls web: each must be there before its callers, so leave out one of these calls",
    ),
    (
        {"fargate:services": {"web": {"build": "app"}, "api": {"build": "app", "kind": "internal"}}},
        "fargate:services.api.kind: internal, and nobody calls it: name it in the calls of another service",
    ),
    # prod
    (
        {**PROD, "fargate:network": None, "web": {"desired_count": 2}},
        "fargate:network.nat: prod must not lose its way out with one zone: per_az or regional (or none), got single",
    ),
    (
        {**PROD, "fargate:load_balancer": None, "web": {"desired_count": 2}},
        "fargate:load_balancer.domain: prod must speak HTTPS: such as {zone: example.com, names: [www.example.com]}",
    ),
    (
        {
            **PROD,
            "fargate:load_balancer": {"scheme": "internal", "allowed_cidrs": ["0.0.0.0/0"]},
            "web": {"desired_count": 2},
        },
        "fargate:load_balancer.allowed_cidrs: an internal load balancer of prod must not be open to all: name its",
    ),
    (
        PROD,
        f"{SERVICE}.desired_count: prod must not lose its only task with one zone: 2 or more, got 1",
    ),
]


@pytest.mark.parametrize(("changes", "told"), BAD, ids=[told[:60] for _, told in BAD])
def test_bad_input_is_told_by_its_key(problems, changes, told):
    changes = dict(changes)
    web = changes.pop("web", None)
    services = {} if web is None else {"web": {"build": "./app", **web} if isinstance(web, dict) else web}
    found = problems(changes, **services)
    assert any(problem.startswith(told) for problem in found), found
    assert len(found) == 1, found


def test_every_problem_of_a_file_is_told_at_once(problems):
    found = problems(
        {"fargate:environment": "production", "aws:region": "mars-1", "fargate:network": {"zones": 9}, "web:x": "1"},
        web={"build": "./nowhere", "port": 0, "paths": ["x"]},
        api={"build": "./app", "hots": []},
    )
    assert [problem.partition(": ")[0] for problem in found] == [
        "web:x",
        "aws:region",
        "fargate:environment",
        "fargate:network.zones",
        "fargate:services.web.build.context",
        "fargate:services.web.port",
        "fargate:services.api.hots",
        "fargate:services.web",
    ]


def test_no_problem_is_a_traceback():
    assert issubclass(ConfigError, pulumi.RunError)


def test_a_secret_among_the_settings_is_refused(app, flat):
    with pytest.raises(ConfigError, match="fargate:services: must hold no secret"):
        settings.parse(flat(GOOD), "dev", secrets=["fargate:services"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("confg:\n  a: 1\n", "confg: unknown key: did you mean 'config'?"),
        ("config:\n  web:\n    port: 010\n", "port: 010 is read as an octal number: leave out the zeros, or quote it"),
        ("config:\n  - a: 007 # agent\n", "a: 007 is read as an octal number"),
    ],
)
def test_what_the_engine_swallows_is_seen_in_the_file(app, flat, text, told):
    with pytest.raises(ConfigError, match=re.escape(told)):
        settings.parse(flat(GOOD), "dev", text=text)


def test_a_stack_without_a_file(app):
    with pytest.raises(ConfigError, match=r"no configuration for stack qa: create Pulumi\.qa\.yaml, for example by"):
        settings.parse({}, "qa")


def test_load_reads_the_engine_s_configuration_and_the_file(deploy, app, flat):
    (app / "Pulumi.qa.yaml").write_text(yaml.safe_dump({"config": GOOD}))

    def program():
        runtime.set_all_config(flat(GOOD), [])
        return settings.load()

    assert deploy(program, stack="qa").services["web"].build.context == "./app"
    (app / "Pulumi.qa.yaml").write_text("nonsense: 1\n")
    with pytest.raises(ConfigError, match="nonsense: unknown key"):
        deploy(program, stack="qa")
    (app / "Pulumi.qa.yaml").unlink()
    assert deploy(program, stack="qa").services["web"].listens == 8080


def test_the_schema_of_a_stack_file_is_current(at_root):
    checked = subprocess.run([sys.executable, "-m", "settings", "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_a_stale_schema_is_told_and_written_anew(app, capsys):
    (app / "docs").mkdir()
    assert settings.main(["--check"]) == 1
    assert "docs/stack.schema.json is stale: python -m settings" in capsys.readouterr().err
    assert settings.main([]) == 0
    assert settings.main(["--check"]) == 0


def test_every_setting_has_a_description_for_editors(at_root):
    schema = json.loads((at_root / "docs" / "stack.schema.json").read_text())
    models = {**schema["$defs"], "config": schema["properties"]["config"]}
    for name in (
        "config",
        "SecretSettings",
        "SidecarSettings",
        "NetworkSettings",
        "ExistingSettings",
        "LoadBalancerSettings",
        "Build",
        "ServiceSettings",
    ):
        for key, value in models[name]["properties"].items():
            assert "description" in value, f"{name}.{key}"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_each_stack_file_says_only_what_differs(at_root, stack, flat):
    config = yaml.safe_load((at_root / f"Pulumi.{stack}.yaml").read_text())["config"]
    assert config["aws:region"]
    assert settings.parse(flat(config), stack).environment == stack


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_sample_app_keeps_the_times_that_its_stack_files_say(at_root, stack, flat):
    config = yaml.safe_load((at_root / f"Pulumi.{stack}.yaml").read_text())["config"]
    found = settings.parse(flat(config), stack)
    web, httpd = found.services["web"], (at_root / "app" / "httpd.conf").read_text()
    says = {key: int(value) for key, value in re.findall(r"^(\w+Timeout) (\d+)$", httpd, re.MULTILINE)}
    assert says["KeepAliveTimeout"] == web.keep_alive_timeout
    assert says["KeepAliveTimeout"] > found.load_balancer.idle_timeout
    assert web.deregistration_delay <= says["GracefulShutdownTimeout"] < web.stop_timeout


WORKER = {"build": "./app", "kind": "worker"}


def test_a_service_that_takes_sessions_gives_the_cluster_a_log_of_them(parse):
    assert parse().session_log_retention_days is None
    assert parse(web={"build": "./app", "execute_command": True}).session_log_retention_days == 30


def test_prod_lets_a_worker_be_alone_and_asks_no_https_of_it(parse):
    found = parse({"fargate:environment": "prod", "fargate:network": {"nat": "per_az"}}, mail=WORKER)
    assert not found.has_web
    assert found.priorities == {}
    assert parse(PROD, web={"build": "./app", "desired_count": 2}, mail=WORKER).has_web


def test_a_worker_beside_a_web_service_frees_prod_of_nothing(problems):
    found = problems(
        {"fargate:environment": "prod", "fargate:network": {"nat": "per_az"}}, web={"build": "./app"}, mail=WORKER
    )
    assert [line.partition(": ")[0] for line in found] == [
        "fargate:load_balancer.domain",
        "fargate:services.web.desired_count",
    ]


def test_where_there_is_no_way_to_the_internet_sessions_need_an_endpoint(parse, problems):
    asked = {"build": "./app", "execute_command": True}
    closed = {"fargate:network": {"nat": "none", "endpoints": ["ecr", "logs"]}}
    assert problems(closed, web=asked) == [
        "fargate:services.web.execute_command: network.nat: none leaves it no way to AWS: add exec to network.endpoints"
    ]
    parse({"fargate:network": {"nat": "none", "endpoints": ["ecr", "logs", "exec"]}}, web=asked)
    parse(closed, web={"build": "./app"})


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ({"execute_command": "yes"}, "fargate:services.web.execute_command: must be true or false, got 'yes'"),
        ({**WORKER, "port": 80}, "fargate:services.web: kind: worker gets no requests from the load balancer: leave"),
        (
            {**WORKER, "paths": ["/a"], "stickiness": {}},
            "fargate:services.web: kind: worker gets no requests from the load balancer: leave out paths, stickiness,",
        ),
        (
            {**WORKER, "scaling": {"min": 1, "max": 2, "requests_per_target": 9}},
            "fargate:services.web: scaling.requests_per_target: kind: worker gets no requests that are counted",
        ),
        ({"kind": "workers"}, "fargate:services.web.kind: must be one of 'web', 'internal' or 'worker', got 'workers'"),
    ],
)
def test_what_a_service_of_its_kind_does_not_have(problems, service, told):
    (found,) = problems(web={"build": "./app", **service})
    assert found.startswith(told)


@pytest.mark.parametrize("kind", ["worker", "internal"])
def test_a_service_that_no_load_balancer_reaches_may_run_something_first(parse, kind):
    web = {"build": "./app", "calls": ["other"] if kind == "internal" else []}
    found = parse(web=web, other={"build": "./app", "kind": kind, "pre_deploy": ["migrate"]})
    assert found.services["other"].pre_deploy == PreDeploy(command=("migrate",))
