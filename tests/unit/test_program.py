import json
import re
import runpy

import pulumi
import pytest
import yaml
from pulumi.runtime import config as runtime

from components import image_copy

NAT = "aws:ec2/natGateway:NatGateway"
SERVICE = "aws:ecs/service:Service"
STACKS = ("dev", "prod")
SEND = {"actions": ["sqs:SendMessage"], "resources": ["arn:aws:sqs:ap-northeast-1:123456789012:letters"]}
WEB = {"build": "./app", "desired_count": 2}


@pytest.fixture
def run(deploy, cloud, at_root, flat, monkeypatch):
    """Run the program with a stack file, after a change of its configuration; None takes a key away."""
    exports = {}
    monkeypatch.setattr(pulumi, "export", exports.__setitem__)

    def run(stack, *, preview=False, **changes):
        config = yaml.safe_load((at_root / f"Pulumi.{stack}.yaml").read_text())["config"] | {
            "aws:region": "ap-northeast-1",
            **{f"fargate:{key}": value for key, value in changes.items()},
        }

        def program():
            runtime.set_all_config(flat({key: value for key, value in config.items() if value is not None}), [])
            runpy.run_path("__main__.py")

        deploy(program, stack=stack, preview=preview)
        return exports

    return run


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [False, True])
def test_each_stack_file_deploys_and_previews(run, cloud, stack, preview):
    run(stack, preview=preview)
    assert len(cloud.children()) == {"dev": 40, "prod": 87}[stack]
    assert [one.name for one in cloud.resources if one.type == SERVICE] == ["web"]


def test_dev_is_cheap(run, cloud):
    run("dev")
    assert len(cloud.all(NAT)) == 1
    service = cloud.one(SERVICE).inputs
    assert service["desiredCount"] == 1
    assert service["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    definition = cloud.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    assert (definition["cpu"], definition["memory"]) == ("256", "512")
    assert cloud.one("aws:ecr/repository:Repository").inputs["forceDelete"] is True


def test_prod_survives_a_zone_and_keeps_its_images(run, cloud):
    run("prod")
    assert len(cloud.all(NAT)) == 2
    service = cloud.one(SERVICE).inputs
    assert service["desiredCount"] == 2
    assert service["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE", "weight": 1}]
    assert cloud.one("aws:ecr/repository:Repository").inputs["forceDelete"] is False


@pytest.mark.parametrize("stack", STACKS)
def test_no_stack_names_a_zone_by_letter(at_root, stack):
    assert not re.search(r"[a-z]+-[a-z]+-\d[a-z]", (at_root / f"Pulumi.{stack}.yaml").read_text())


@pytest.mark.parametrize("stack", STACKS)
def test_the_listeners_ports_are_the_only_ones_open_to_the_world(run, cloud, stack):
    run(stack)
    rules = cloud.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    ports = {"dev": [80], "prod": [80, 443]}[stack]
    assert [one.inputs["fromPort"] for one in rules if one.inputs.get("cidrIpv4") == "0.0.0.0/0"] == ports


def test_prod_encrypts_with_one_key_of_its_own(run, cloud):
    run("prod")
    key = "arn:Key:key"
    assert len(cloud.all("aws:kms/key:Key")) == 1
    groups = {one.name: one.inputs["kmsKeyId"] for one in cloud.all("aws:cloudwatch/logGroup:LogGroup")}
    assert groups == dict.fromkeys(("aws-waf-logs-balancer", "network-flow-logs", "web"), key)
    repository = cloud.one("aws:ecr/repository:Repository").inputs
    assert repository["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": key}]


GUARD = "fargate:index:DeletionProtection"
ALL_KINDS = {
    "registry": {"replicate_to": [{"region": "us-east-1"}]},
    "file_systems": {"files": {}},
    "services": {
        "web": {"build": "./app", "desired_count": 2, "volumes": {"/data": "files"}, "calls": ["api"]},
        "api": {"build": "./app", "desired_count": 2, "kind": "internal", "execute_command": True},
        "shop": {"image": "public.ecr.aws/nginx/nginx:1.29", "paths": ["/shop"], "desired_count": 2},
    },
    "jobs": {
        "report": {"build": "./app", "schedule": "rate(1 day)"},
        "tidy": {"service": "web", "schedule": "rate(1 day)"},
    },
}


def test_of_prod_a_destroy_begins_at_the_guard_and_ends_there(run, cloud):
    run("prod", **ALL_KINDS)
    guard = cloud.one(GUARD)
    assert guard.name == "first-up-with-load_balancer.deletion_protection-false"
    assert guard.protect
    assert {one.urn for one in cloud.children()} - set(guard.dependencies) == set(), "nothing is deleted before it"


def test_the_guard_of_a_stack_that_gets_a_load_balancer_is_the_same_one(run, cloud):
    """A protected resource of another name would be one that is left out, and `up` refuse."""
    run("prod", load_balancer={}, services={"work": {"build": "./app", "kind": "worker", "desired_count": 2}})
    without = cloud.one(GUARD)
    assert without.name == "first-up-with-force_delete-true"
    assert without.aliases == ["first-up-with-load_balancer.deletion_protection-false"]
    cloud.resources.clear()
    run("prod", **ALL_KINDS)
    assert cloud.one(GUARD).aliases == [without.name]


def test_the_guard_is_turned_off_before_it_is_left_out(run, cloud):
    edge = {"domain": {"zone": "example.com", "names": ["www.example.com"]}, "deletion_protection": False}
    run("prod", load_balancer=edge, **ALL_KINDS)
    assert not cloud.one(GUARD).protect
    assert not [one.name for one in cloud.resources if one.protect]


@pytest.mark.parametrize(
    ("stack", "changes", "protects"),
    [
        ("dev", {}, None),
        ("dev", {"force_delete": False}, None),
        ("dev", {"load_balancer": {"deletion_protection": True}}, True),
        ("dev", {"load_balancer": {"deletion_protection": False}}, False),
    ],
)
def test_a_guard_is_where_protection_is_spoken_of(run, cloud, stack, changes, protects):
    run(stack, **changes)
    assert [one.protect for one in cloud.all(GUARD)] == ([] if protects is None else [protects])


@pytest.mark.parametrize(("force_delete", "protects"), [(None, True), (False, True), (True, False)])
def test_without_a_load_balancer_the_guard_goes_by_what_is_deleted(run, cloud, force_delete, protects):
    changes = {} if force_delete is None else {"force_delete": force_delete}
    worker = {"mail": {"build": "./app", "kind": "worker", "desired_count": 2, "volumes": {"/data": "files"}}}
    run("prod", services=worker, load_balancer={}, file_systems={"files": {}}, **changes)
    assert (cloud.one(GUARD).name, cloud.one(GUARD).protect) == ("first-up-with-force_delete-true", protects)
    assert cloud.one("aws:efs/fileSystem:FileSystem").protect == protects


KEPT = {
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:ecr/repository:Repository",
    "aws:efs/fileSystem:FileSystem",
    "aws:kms/key:Key",
    "aws:s3/bucket:Bucket",
}


@pytest.mark.parametrize(("stack", "changes", "kept"), [("prod", {}, True), ("prod", {"force_delete": True}, False)])
def test_what_holds_data_stays_behind_with_the_key_to_it(run, cloud, stack, changes, kept):
    run(stack, **ALL_KINDS, **changes)
    holding = [one for one in cloud.resources if one.type in KEPT]
    assert {one.type for one in holding} == KEPT
    assert {one.retain for one in holding} == {kept}, [(one.type, one.name) for one in holding if one.retain != kept]
    assert not cloud.one("aws:kms/alias:Alias").retain, "its name is free for the stack's next key"


def test_dev_leaves_nothing_behind_but_revisions(run, cloud):
    run("dev")
    assert not [one.name for one in cloud.resources if one.retain or one.protect]
    assert cloud.one("aws:ecs/taskDefinition:TaskDefinition").inputs["skipDestroy"] is True


def test_prod_serves_https_behind_a_firewall(run, cloud, deploy):
    exports = run(
        "prod", load_balancer={"domain": {"zone": "example.com", "names": ["www.example.com"]}, "firewall": {}}
    )
    assert deploy.known(exports["url"]) == "https://www.example.com"
    assert cloud.one("aws:lb/loadBalancer:LoadBalancer").inputs["enableDeletionProtection"] is True
    rule = cloud.one("aws:lb/listenerRule:ListenerRule").inputs
    assert rule["listenerArn"] == "arn:Listener:balancer-https"
    assert cloud.one("aws:wafv2/webAclAssociation:WebAclAssociation")


def test_a_boundary_bounds_every_role(run, cloud):
    run("prod", permissions_boundary_arn="arn:aws:iam::123456789012:policy/boundary", role_path=None)
    roles = cloud.all("aws:iam/role:Role")
    assert [one.name for one in roles] == ["network-flow-logs", "web-execution"]
    assert {one.inputs["permissionsBoundary"] for one in roles} == {"arn:aws:iam::123456789012:policy/boundary"}
    assert not any("path" in one.inputs for one in roles)


def test_every_role_has_the_path_of_the_stack(run, cloud):
    night = {"image": f"example.com/night@sha256:{'7' * 64}", "schedule": "rate(1 day)", "permissions": [SEND]}
    run("prod", role_path="/fargate/prod/", jobs={"night": night}, services={"web": WEB | {"deployment": "blue_green"}})
    roles = cloud.all("aws:iam/role:Role")
    assert [one.name for one in roles] == [
        *("network-flow-logs", "night", "night-execution", "night-task"),
        *("web-execution", "web-shift"),
    ]
    assert {one.inputs["path"] for one in roles} == {"/fargate/prod/"}


def test_the_twentieth_service_adds_sixteen_resources_and_moves_none(run, cloud):
    services = {f"s{number}": {"build": "./app", "paths": [f"/s{number}/*"]} for number in range(20)}
    run("dev", services=dict(list(services.items())[:19]))
    before = {one.urn: one.inputs for one in cloud.resources}
    cloud.resources.clear()
    run("dev", services=services)
    after = {one.urn: one.inputs for one in cloud.resources}
    new = after.keys() - before.keys()
    assert len(new) == 16
    assert {one.rpartition("::")[2].partition("-")[0] for one in new} == {"s19"}
    assert {urn: after[urn] for urn in before} == before


def test_an_image_that_is_there_needs_no_docker(run, cloud, deploy):
    image = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/app:v1"
    exports = run("dev", services={"web": {"image": image}})
    assert not cloud.all("docker:index/image:Image")
    assert not cloud.all("aws:ecr/repository:Repository")
    definition = cloud.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    assert json.loads(definition["containerDefinitions"])[0]["image"] == image
    policy = cloud.one("aws:iam/rolePolicy:RolePolicy", "web-execution").inputs["policy"]
    assert "arn:aws:ecr:ap-northeast-1:123456789012:repository/app" in policy
    assert deploy.known(exports["services"]["web"])["repository"] == image


def test_a_tag_is_run_by_its_digest(run, cloud, deploy):
    exports = run("dev", services={"web": {"image": {"repository": "team/app", "tag": "v3"}}})
    uri = f"registry.example/team/app@sha256:{'0' * 64}"
    assert deploy.known(exports["services"]["web"])["image"] == uri
    definition = cloud.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    assert json.loads(definition["containerDefinitions"])[0]["image"] == uri
    policy = cloud.one("aws:iam/rolePolicy:RolePolicy", "web-execution").inputs["policy"]
    assert "arn:aws:ecr:ap-northeast-1:123456789012:repository/team/app" in policy
    assert not cloud.all("aws:ecr/repository:Repository")


@pytest.mark.parametrize(("stack", "deletes"), [("dev", True), ("prod", False)])
def test_a_promoted_image_is_in_a_repository_of_the_stack_s_own(run, cloud, deploy, monkeypatch, stack, deletes):
    monkeypatch.setattr(image_copy, "copy_image", lambda *_: None)
    source = f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'7' * 64}"
    exports = run(stack, services={"web": {"image": {"promote": source}, "desired_count": 2}})
    assert deploy.known(exports["services"]["web"])["image"] == f"registry.example/web@sha256:{'7' * 64}"
    assert cloud.one("aws:ecr/repository:Repository").inputs["forceDelete"] is deletes
    assert not cloud.all("docker:index/image:Image")


def test_stacks_share_a_repository(run, cloud):
    run("prod", services={"web": {"build": {"context": "./app", "repository": "team/app"}, "desired_count": 2}})
    assert not cloud.all("aws:ecr/repository:Repository")
    assert cloud.one("docker:index/image:Image").inputs["imageName"].startswith("registry.example/team/app:prod-web-")


def test_an_image_under_a_prefix_may_be_taken_from_its_registry(run, cloud):
    image = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/quay/prometheus/prometheus:v3.7.3"
    services = {"web": {"image": image}, "api": {"build": "./app", "paths": ["/api/*"]}}
    run("dev", services=services, registry={"pull_through": {"quay": {}}})
    assert cloud.one("aws:ecr/pullThroughCacheRule:PullThroughCacheRule", "registry-quay")
    policies = cloud.all("aws:iam/rolePolicy:RolePolicy")
    assert [one.name for one in policies if "BatchImportUpstreamImage" in one.inputs["policy"]] == ["web-execution"]


def test_without_settings_the_registry_is_left_alone(run, cloud):
    run("dev")
    assert not [one for one in cloud.resources if one.type == "fargate:index:Registry"]


def test_an_internal_load_balancer_is_in_private_subnets(run, cloud):
    run("dev", load_balancer={"scheme": "internal"})
    assert all("private" in one for one in cloud.one("aws:lb/loadBalancer:LoadBalancer").inputs["subnets"])


def test_ipv6_reaches_load_balancer_and_tasks(run, cloud):
    run("dev", network={"ipv6": True})
    assert cloud.one("aws:lb/loadBalancer:LoadBalancer").inputs["ipAddressType"] == "dualstack"
    assert cloud.one("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "web-out-ipv6")


def test_a_service_s_own_host_is_https_too(run, cloud, deploy):
    edge = {"domain": {"zone": "example.com", "names": ["*.example.com"]}}
    exports = run("dev", load_balancer=edge, services={"web": {"build": "./app", "hosts": ["shop.example.com"]}})
    assert deploy.known(exports["services"]["web"])["url"] == "https://shop.example.com/"


def test_one_architecture_drives_image_and_task(run, cloud):
    run("dev", architecture="ARM64")
    assert cloud.one("docker:index/image:Image").inputs["build"]["platform"] == "linux/arm64"
    definition = cloud.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    assert definition["runtimePlatform"]["cpuArchitecture"] == "ARM64"


def test_services_share_one_load_balancer(run, cloud):
    services = {"web": {"build": "./app"}, "api": {"build": "./app", "paths": ["/api/*"]}}
    run("dev", services=services)
    rules = cloud.all("aws:lb/listenerRule:ListenerRule")
    assert len({one.inputs["listenerArn"] for one in rules}) == 1
    priorities = {one.name: one.inputs["priority"] for one in rules}
    assert priorities["api"] < priorities["web"]


def test_where_people_sign_in_the_load_balancer_has_a_way_to_their_provider(run, cloud):
    sign_in = {
        "issuer": "https://id.example.com",
        "client_id": "shop",
        "client_secret": "shop/oidc",
        "authorization_endpoint": "https://id.example.com/authorize",
        "token_endpoint": "https://id.example.com/token",
        "user_info_endpoint": "https://id.example.com/me",
    }
    edge = {"domain": {"zone": "example.com", "names": ["example.com"]}}
    services = {
        "web": {"build": "./app", "authentication": sign_in},
        "api": {"build": "./app", "paths": ["/api/*"], "authentication": sign_in, "stickiness": {}, "slow_start": 60},
    }
    run("dev", load_balancer=edge, services=services)
    ways = [one.name for one in cloud.all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")]
    assert ways.count("balancer-oidc") == 1, "AWS takes no rule twice"
    assert all(len(one.inputs["actions"]) == 2 for one in cloud.all("aws:lb/listenerRule:ListenerRule"))
    targets = cloud.one("aws:lb/targetGroup:TargetGroup", "api").inputs
    assert (targets["stickiness"]["enabled"], targets["slowStart"]) == (True, 60)


def test_services_that_call_each_other_share_a_namespace_and_come_in_order(run, cloud):
    services = {
        "web": {"build": "./app", "calls": ["api"]},
        "api": {"build": "./app", "kind": "internal", "port": 9000, "calls": ["prices"]},
        "prices": {"build": "./app", "kind": "internal"},
        "mail": {"build": "./app", "kind": "worker", "calls": ["api", "prices"]},
        "alone": {"build": "./app", "paths": ["/alone"]},
    }
    run("dev", services=services)
    assert cloud.one("aws:servicediscovery/httpNamespace:HttpNamespace").name == "connect"
    made = {one.name: one.inputs for one in cloud.all(SERVICE)}
    connected = {name: one.get("serviceConnectConfiguration") for name, one in made.items()}
    named = {name: one["services"][0]["clientAlias"] for name, one in connected.items() if one and "services" in one}
    assert named == {"api": [{"dnsName": "api", "port": 9000}], "prices": [{"dnsName": "prices", "port": 8080}]}
    assert {one["namespace"] for one in connected.values() if one} == {"arn:HttpNamespace:connect"}
    assert connected["alone"] is None
    assert {name: one["triggers"] for name, one in made.items() if "triggers" in one} == {
        "web": {"api": "api-1234567:9000"},
        "api": {"prices": "prices-1234567:8080"},
        "mail": {"api": "api-1234567:9000", "prices": "prices-1234567:8080"},
    }
    assert [one.name for one in cloud.all("aws:lb/targetGroup:TargetGroup")] == ["alone", "web"]


def test_a_stack_whose_services_call_nobody_has_no_namespace(run, cloud):
    run("dev")
    assert cloud.all("aws:servicediscovery/httpNamespace:HttpNamespace") == []


def test_a_service_adds_at_most_16_resources(run, cloud):
    run("dev")
    before = len(cloud.children())
    cloud.resources.clear()
    run("dev", services={"web": {"build": "./app"}, "api": {"build": "./app", "paths": ["/api/*"]}})
    assert len(cloud.children()) - before <= 16


def test_the_outputs(run, cloud, deploy):
    exports = run("dev", services={"web": {"build": "./app"}, "api": {"build": "./app", "paths": ["/api/*"]}})
    url = "http://balancer.alb.localhost:4566"
    assert deploy.known(exports["url"]) == url
    assert deploy.known(exports["cluster"]) == "cluster-1234567"
    assert set(exports["services"]) == {"web", "api"}
    assert deploy.known(exports["services"]["api"]) == {
        "url": f"{url}/api/",
        "image": cloud.uri("api"),
        "repository": "registry.example/api",
        "service": "api-1234567",
        "task_definition": "arn:TaskDefinition:api",
        "log_group": "api-1234567",
    }


def test_bad_settings_create_nothing(run, cloud):
    with pytest.raises(pulumi.RunError, match="fargate:network.zones: must be 2 or more, got 1"):
        run("dev", network={"zones": 1})
    assert cloud.resources == []


def test_a_stack_of_workers_has_no_load_balancer_and_no_address(run, cloud, deploy):
    exports = run("dev", services={"mail": {"build": "./app", "kind": "worker"}})
    assert exports["url"] is None
    assert deploy.known(exports["services"]["mail"])["url"] is None
    for kind in ("aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener", "aws:lb/targetGroup:TargetGroup"):
        assert not cloud.all(kind)
    assert not cloud.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"), "nobody gets in"
    (container,) = json.loads(cloud.one("aws:ecs/taskDefinition:TaskDefinition").inputs["containerDefinitions"])
    assert container["portMappings"] == []


def test_sessions_are_logged_where_a_service_takes_some(run, cloud):
    services = {"web": {"build": "./app", "execute_command": True}, "api": {"build": "./app", "paths": ["/api/*"]}}
    run("dev", services=services, log_retention_days=7)
    logs = cloud.one("aws:cloudwatch/logGroup:LogGroup", "cluster-sessions").inputs
    assert logs["retentionInDays"] == 7
    taken = {one.name: one.inputs.get("enableExecuteCommand") for one in cloud.all(SERVICE)}
    assert taken == {"web": True, "api": None}
    policies = {one.name for one in cloud.all("aws:iam/rolePolicy:RolePolicy")}
    assert policies >= {"web-exec"}
    assert "api-exec" not in policies


def test_where_no_service_takes_sessions_there_is_no_log_of_them(run, cloud):
    run("prod")
    assert "configuration" not in cloud.one("aws:ecs/cluster:Cluster").inputs
    assert not [one for one in cloud.all("aws:cloudwatch/logGroup:LogGroup") if "sessions" in one.name]


def test_prod_encrypts_sessions_with_its_key(run, cloud):
    run("prod", services={"web": {"build": "./app", "desired_count": 2, "execute_command": True}})
    sessions = cloud.one("aws:ecs/cluster:Cluster").inputs["configuration"]["executeCommandConfiguration"]
    assert sessions["kmsKeyId"] == "arn:Key:key"
    assert "arn:Key:key" in cloud.one("aws:iam/rolePolicy:RolePolicy", "web-exec").inputs["policy"]
