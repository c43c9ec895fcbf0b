import json

import pulumi
import pytest

from components import (
    Architecture,
    Capacity,
    DeploymentConfiguration,
    DeploymentStrategy,
    Domain,
    HealthCheck,
    Nat,
    PreDeploy,
    Scaling,
    Secret,
    WebService,
    WebServiceArgs,
)

from .test_fargate_service import DEFINITION, SERVICE, TARGETS

pytestmark = pytest.mark.usefixtures("app")
BALANCER, IMAGE = "aws:lb/loadBalancer:LoadBalancer", "docker:index/image:Image"
ECR = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/team/app:v1"


def container(cloud):
    (found,) = json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])
    return found


def test_a_folder_is_enough(deploy, cloud):
    made = deploy(lambda: WebService("shop", build="app"))
    assert deploy.known(made.url) == "http://shop-balancer.alb.localhost:4566"
    assert container(cloud)["image"] == cloud.uri("shop")
    assert cloud.one(IMAGE).inputs["build"]["platform"] == "linux/amd64"
    service = cloud.one(SERVICE).inputs
    assert (service["desiredCount"], service["capacityProviderStrategies"][0]["capacityProvider"]) == (1, "FARGATE")
    assert all("private" in one for one in service["networkConfiguration"]["subnets"])
    assert all("public" in one for one in cloud.one(BALANCER).inputs["subnets"])
    assert len(cloud.all("aws:ec2/natGateway:NatGateway")) == 1
    rule = cloud.one("aws:lb/listenerRule:ListenerRule").inputs
    assert (rule["priority"], rule["conditions"]) == (1, [{"pathPattern": {"values": ["/*"]}}])
    assert rule["listenerArn"] == "arn:Listener:shop-balancer-http"
    assert cloud.one(BALANCER).inputs["enableDeletionProtection"] is False
    assert cloud.one("aws:ecr/repository:Repository").inputs["forceDelete"] is False


def test_two_of_one_name_stand_below_two_components(deploy, cloud):
    """Their URNs differ by their parents' types; the engine takes each hook's name once."""

    def two():
        args = WebServiceArgs(build="app", pre_deploy=PreDeploy(command=("migrate",)))
        for kind in ("Shop", "Office"):
            parent = pulumi.ComponentResource(f"test:index:{kind}", kind.lower())
            WebService("web", args, pulumi.ResourceOptions(parent=parent))

    deploy(two)
    hooks = sorted(one.hooks["before_create"] for one in cloud.all(SERVICE))
    assert hooks == [["web-pre-deploy"], ["web-pre-deploy-2"]], "in whatever order the two are registered"


def test_its_parts_are_at_hand(deploy, cloud):
    made = deploy(lambda: WebService("shop", build="app"))
    assert deploy.known(made.service.service_name) == "shop-1234567"
    assert deploy.known(made.cluster.name) == "shop-1234567"
    assert deploy.known(made.network.vpc_id) == "Vpc-shop-network"
    assert deploy.known(made.load_balancer.url) == deploy.known(made.url)
    assert deploy.known(made.image.uri) == cloud.uri("shop")
    assert {one.parent.rpartition("::")[2] for one in cloud.resources if one.type.startswith("fargate:")} == {
        "fargate-dev",
        "shop",
    }


@pytest.mark.parametrize(("image", "pulls"), [(ECR, True), ("registry.example/app:v1", False)])
def test_an_image_that_is_there_is_not_built(deploy, cloud, image, pulls):
    made = deploy(lambda: WebService("shop", WebServiceArgs(image=image)))
    assert made.image is None
    assert not cloud.all(IMAGE)
    assert not cloud.all("aws:ecr/repository:Repository")
    assert container(cloud)["image"] == image
    policy = cloud.one("aws:iam/rolePolicy:RolePolicy", "shop-execution").inputs["policy"]
    assert ("arn:aws:ecr:ap-northeast-1:123456789012:repository/team/app" in policy) is pulls


def test_everything_reaches_the_part_that_it_is_for(deploy, cloud):
    args = WebServiceArgs(
        build="app",
        port=9000,
        cpu=512,
        memory=1024,
        architecture=Architecture.ARM64,
        capacity=Capacity.FARGATE_SPOT,
        scaling=Scaling(min=2, max=4, cpu=60),
        environment={"A": "1"},
        secrets={"TOKEN": Secret(secret="app/token")},
        user="33:33",
        writable_paths=("/tmp",),
        health_check=HealthCheck(path="/up"),
        domain=Domain(names=("shop.example.com",), zone="example.com"),
        nat=Nat.PER_AZ,
        force_delete=True,
        deletion_protection=True,
        tags={"team": "a"},
    )
    made = deploy(lambda: WebService("shop", args))
    assert deploy.known(made.url) == "https://shop.example.com"
    assert cloud.one(IMAGE).inputs["build"]["platform"] == "linux/arm64"
    assert cloud.one("aws:ecr/repository:Repository").inputs["forceDelete"] is True
    found = container(cloud)
    assert found["environment"] == [{"name": "A", "value": "1"}]
    assert [one["name"] for one in found["secrets"]] == ["TOKEN"]
    assert (found["user"], found["portMappings"][0]["containerPort"]) == ("33:33", 9000)
    assert [one["containerPath"] for one in found["mountPoints"]] == ["/tmp"]
    definition = cloud.one(DEFINITION).inputs
    assert (definition["cpu"], definition["memory"]) == ("512", "1024")
    assert definition["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    service = cloud.one(SERVICE).inputs
    assert (service["desiredCount"], service["capacityProviderStrategies"][0]["capacityProvider"]) == (
        2,
        "FARGATE_SPOT",
    )
    assert service["loadBalancers"][0]["containerPort"] == 9000
    assert cloud.one(TARGETS).inputs["healthCheck"]["path"] == "/up"
    assert cloud.one("aws:lb/listenerRule:ListenerRule").inputs["listenerArn"] == "arn:Listener:shop-balancer-https"
    assert cloud.one(BALANCER).inputs["enableDeletionProtection"] is True
    assert len(cloud.all("aws:ec2/natGateway:NatGateway")) == 2


def test_a_new_version_comes_as_its_service_s_would(deploy, cloud):
    args = WebServiceArgs(
        build="app",
        pre_deploy=PreDeploy(command=("migrate",)),
        deployment=DeploymentConfiguration(strategy=DeploymentStrategy.BLUE_GREEN),
    )
    deploy(lambda: WebService("fifteen-letters", args))
    found = cloud.one(SERVICE)
    assert found.hooks["before_create"] == ["fifteen-letters-pre-deploy"]
    assert found.inputs["deploymentConfiguration"]["strategy"] == "BLUE_GREEN"
    assert len(cloud.all(TARGETS)) == 2


def test_what_does_not_go_with_a_deployment_is_refused(deploy):
    canary = DeploymentConfiguration(strategy=DeploymentStrategy.CANARY)
    with pytest.raises(ValueError, match="deployment: canary needs both versions to run through"):
        WebServiceArgs(build="app", capacity=Capacity.FARGATE_SPOT, deployment=canary)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "a service needs either build, such as ./app, or image: an image that is there"),
        ({"build": "app", "image": ECR}, "a service needs either build"),
        ({"image": "An image"}, "image .*got 'An image'"),
    ],
)
def test_one_image_and_a_good_one(changes, told):
    with pytest.raises(ValueError, match=told):
        WebServiceArgs(**changes)


def test_the_build_is_said_once(deploy, cloud):
    with pytest.raises(ValueError, match="args and build both say what is built: leave out one"):
        deploy(lambda: WebService("shop", WebServiceArgs(image=ECR), build="app"))
    with pytest.raises(ValueError, match="a service needs either build"):
        deploy(lambda: WebService("shop"))
    assert cloud.resources == []


@pytest.mark.parametrize("changes", [{"port": 0}, {"cpu": 300}, {"desired_count": 0}])
def test_what_aws_would_refuse_is_told_before_anything_is_made(changes):
    with pytest.raises(ValueError, match="must be"):
        WebServiceArgs(build="app", **changes)


def test_its_name_leaves_room_for_the_load_balancer_s(deploy, cloud):
    with pytest.raises(ValueError, match="15"):
        deploy(lambda: WebService("a-much-too-long", build="app") and WebService("sixteen-is-a-lot", build="app"))
