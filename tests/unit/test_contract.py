"""What people's stacks depend on: tokens, children's names and parents, outputs. A change here replaces what runs."""

import inspect

import pulumi
import pytest

import components
from components import (
    Cluster,
    ClusterArgs,
    ContainerImage,
    ContainerImageArgs,
    FargateService,
    LoadBalancer,
    LoadBalancerArgs,
    Network,
    NetworkArgs,
)

from .test_fargate_service import arguments

EXPORTED = [
    one for one in vars(components).values() if inspect.isclass(one) and issubclass(one, pulumi.ComponentResource)
]
MAKE = {
    Cluster: lambda opts: Cluster("it", ClusterArgs(tags={"team": "a"}), opts),
    ContainerImage: lambda opts: ContainerImage("it", ContainerImageArgs(context="app", tags={"team": "a"}), opts),
    FargateService: lambda opts: FargateService("it", arguments(), opts),
    LoadBalancer: lambda opts: LoadBalancer(
        "it", LoadBalancerArgs(vpc_id="vpc-1", subnet_ids=["a", "b"], tags={"team": "a"}), opts
    ),
    Network: lambda opts: Network("it", NetworkArgs(tags={"team": "a"}), opts),
}
WITHOUT_TAGS = {
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:iam/rolePolicy:RolePolicy",
    "docker:index/image:Image",
}
CHILDREN = {
    Cluster: ["ecs/cluster it", "ecs/clusterCapacityProviders it"],
    ContainerImage: ["ecr/lifecyclePolicy it", "ecr/repository it", "index/image it"],
    FargateService: [
        "cloudwatch/logGroup it",
        "ec2/securityGroup it",
        "ecs/service it",
        "ecs/taskDefinition it",
        "iam/role it-execution",
        "iam/role it-task",
        "iam/rolePolicy it-execution",
        "lb/listenerRule it",
        "lb/targetGroup it",
        "vpc/securityGroupEgressRule it-balancer",
        "vpc/securityGroupEgressRule it-out",
        "vpc/securityGroupIngressRule it-in",
    ],
    LoadBalancer: [
        "ec2/securityGroup it",
        "lb/listener it-http",
        "lb/loadBalancer it",
        "vpc/securityGroupIngressRule it-http",
    ],
    Network: [
        "ec2/eip it-nat-1",
        "ec2/internetGateway it-igw",
        "ec2/natGateway it-nat-1",
        "ec2/route it-private-1",
        "ec2/route it-private-2",
        "ec2/route it-public",
        "ec2/routeTable it-private-1",
        "ec2/routeTable it-private-2",
        "ec2/routeTable it-public",
        "ec2/routeTableAssociation it-private-1",
        "ec2/routeTableAssociation it-private-2",
        "ec2/routeTableAssociation it-public-1",
        "ec2/routeTableAssociation it-public-2",
        "ec2/subnet it-private-1",
        "ec2/subnet it-private-2",
        "ec2/subnet it-public-1",
        "ec2/subnet it-public-2",
        "ec2/vpc it",
        "ec2/vpcEndpoint it-s3",
    ],
}

pytestmark = pytest.mark.usefixtures("app")


def test_every_exported_component_has_its_contract():
    assert set(EXPORTED) == set(MAKE) == set(CHILDREN)
    assert set(components.__all__) == {one for one in vars(components) if one in components.__all__}


@pytest.fixture(params=EXPORTED, ids=lambda one: one.__name__)
def component(request):
    return request.param


def test_its_token_and_its_children_s_names(deploy, cloud, component):
    deploy(lambda: MAKE[component](None))
    itself, *_ = [one for one in cloud.resources if one.type.startswith("fargate:")]
    assert (itself.type, itself.name) == (f"fargate:index:{component.__name__}", "it")
    found = sorted(f"{one.type.split(':')[1]} {one.name}" for one in cloud.children())
    assert found == CHILDREN[component]
    assert {one.parent for one in cloud.children()} == {itself.urn}


def test_its_outputs_are_its_annotations(deploy, cloud, component):
    made = deploy(lambda: MAKE[component](None))
    assert set(inspect.get_annotations(component)) == set(cloud.registered_outputs["it"])
    assert all(isinstance(getattr(made, name), pulumi.Output) for name in inspect.get_annotations(component))


def test_its_tags_reach_every_child_that_takes_tags(deploy, cloud, component):
    deploy(lambda: MAKE[component](None))
    for child in cloud.children():
        if child.type in WITHOUT_TAGS:
            assert "tags" not in child.inputs
        else:
            assert child.inputs["tags"]["team"] == "a", child.name
            assert child.inputs["tags"]["Name"] == child.name


def test_options_reach_it(deploy, cloud, component):
    deploy(lambda: MAKE[component](pulumi.ResourceOptions(protect=True)))
    itself, *_ = [one for one in cloud.resources if one.type.startswith("fargate:")]
    assert itself.protect


def test_a_bad_name_is_refused_before_anything_is_registered(deploy, cloud, component, monkeypatch):
    def bad(name, *rest):
        return component("It", *rest)

    monkeypatch.setitem(globals(), component.__name__, bad)
    with pytest.raises(ValueError, match="name 'It' must start with a letter"):
        deploy(lambda: MAKE[component](None))
    assert cloud.resources == []


def test_it_says_what_it_creates_costs_and_by_which_source(component):
    for word in ("Creates: ", "Costs: ", "Source: "):
        assert word in component.__doc__


def test_every_input_and_output_has_a_line_of_its_own(component):
    args = getattr(components, f"{component.__name__}Args")
    for one in (args, component):
        source = inspect.getsource(one)
        for name in inspect.get_annotations(one):
            after = source.split(f"\n    {name}: ", 1)[1].split("\n")
            assert after[1].strip().startswith('"""'), f"{one.__name__}.{name}"
