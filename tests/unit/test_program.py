import json
import re
import runpy

import pulumi
import pytest
import yaml
from pulumi.runtime import config as runtime

NAT = "aws:ec2/natGateway:NatGateway"
SERVICE = "aws:ecs/service:Service"
STACKS = ("dev", "prod")


@pytest.fixture
def run(deploy, cloud, at_root, flat, monkeypatch):
    """Run the program with a stack file, after a change of its configuration."""
    exports = {}
    monkeypatch.setattr(pulumi, "export", exports.__setitem__)

    def run(stack, *, preview=False, **changes):
        config = yaml.safe_load((at_root / f"Pulumi.{stack}.yaml").read_text())["config"] | {
            f"fargate:{key}": value for key, value in changes.items()
        }

        def program():
            runtime.set_all_config(flat(config), [])
            runpy.run_path("__main__.py")

        deploy(program, stack=stack, preview=preview)
        return exports

    return run


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [False, True])
def test_each_stack_file_deploys_and_previews(run, cloud, stack, preview):
    run(stack, preview=preview)
    assert len(cloud.children()) == {"dev": 41, "prod": 73}[stack]
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


def test_prod_serves_https_behind_a_firewall(run, cloud, deploy):
    exports = run("prod")
    assert deploy.known(exports["url"]) == "https://www.example.com"
    assert cloud.one("aws:lb/loadBalancer:LoadBalancer").inputs["enableDeletionProtection"] is True
    rule = cloud.one("aws:lb/listenerRule:ListenerRule").inputs
    assert rule["listenerArn"] == "arn:Listener:balancer-https"
    assert cloud.one("aws:wafv2/webAclAssociation:WebAclAssociation")


def test_a_boundary_bounds_every_role(run, cloud):
    run("prod", permissions_boundary_arn="arn:aws:iam::123456789012:policy/boundary")
    roles = cloud.all("aws:iam/role:Role")
    assert [one.name for one in roles] == ["network-flow-logs", "web-execution", "web-task"]
    assert {one.inputs["permissionsBoundary"] for one in roles} == {"arn:aws:iam::123456789012:policy/boundary"}


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
