import json
import re
import subprocess
import sys

import pulumi
import pytest
import yaml
from pulumi.runtime import config as runtime

import settings
from components import (
    Architecture,
    Capacity,
    CapacityMix,
    Condition,
    Container,
    ContainerHealthCheck,
    DesyncMitigation,
    Domain,
    ExistingNetworkArgs,
    Firewall,
    HealthCheck,
    Nat,
    NetworkArgs,
    Route,
    Secret,
)
from policies.exemption import Exemption
from policies.rules import IDS
from settings import ConfigError, Environment

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
    assert found.load_balancer == settings.LoadBalancerSettings()
    assert not found.deletion_protection
    assert found.flow_log_retention_days is None
    assert (found.customer_key, found.exceptions) == (False, ())
    assert found.network.zones == 2
    assert found.deletes_contents
    web = found.services["web"]
    assert (web.build.context, web.build.dockerfile) == ("./app", "Dockerfile")
    assert (web.cpu, web.memory, web.port, web.desired_count) == (256, 512, 8080, 1)
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
            "fargate:exceptions": [{"rules": [RULE], "reason": "for now", "until": "2027-06-30", "resource": "web*"}],
        },
        web={
            "build": {"context": "app", "dockerfile": "Other", "target": "final", "args": {"A": "1"}},
            "hosts": ["a.example.com"],
            "paths": ["/a/*"],
            "priority": 3,
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
    assert found.exceptions == (Exemption(rules=(RULE,), reason="for now", until="2027-06-30", resource="web*"),)
    assert found.log_retention_days == 365
    assert found.deletes_contents
    assert found.services["web"].route == Route(paths=("/a/*",), hosts=("a.example.com",), priority=3)
    assert found.services["web"].health_check == HealthCheck(path="/up", matcher="200-299")
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


def test_a_host_alone_answers_every_path(parse):
    assert parse(web={"build": "app", "hosts": ["a.example.com"]}).services["web"].route == Route(
        hosts=("a.example.com",)
    )


SERVICE = "fargate:services.web"
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
    # bounds
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
    ({"fargate:load_balancer": {"scheme": "public"}}, "fargate:load_balancer.scheme: must be one of 'internet-facing'"),
    (
        {"fargate:load_balancer": {"domain": DOMAIN}, "web": {"hosts": ["b.example.com"]}},
        "fargate:services.web.hosts: 'b.example.com' is not among the names of load_balancer.domain, so it would have",
    ),
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
    (
        {"fargate:services": {"a": {"build": "app", "paths": ["/x"]}, "b": {"build": "app", "paths": ["/x"]}}},
        "fargate:services: services 'a' and 'b' have the same rule: give one another path or host",
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
    assert deploy(program, stack="qa").services["web"].port == 8080


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
    assert config["aws:region"] == "ap-northeast-1"
    assert settings.parse(flat(config), stack).environment == stack
