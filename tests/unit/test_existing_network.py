import pulumi
import pytest

from components import ExistingNetworkArgs, Network

NAT, INTERNET = {"natGatewayId": "nat-1"}, {"gatewayId": "igw-1"}
EMPTY = dict.fromkeys(
    (
        *("cidrBlock", "gatewayId", "natGatewayId", "transitGatewayId", "networkInterfaceId", "vpcEndpointId"),
        *("instanceId", "vpcPeeringConnectionId", "coreNetworkArn", "carrierGatewayId", "localGatewayId"),
    ),
    "",
)


@pytest.fixture
def vpc(cloud):
    """A VPC with two public and two private subnets, as the others of a company might have made it."""
    for tier in ("public", "private"):
        for zone in ("a", "c"):
            cloud.subnets[f"{tier}-{zone}"] = {"vpcId": "vpc-1", "availabilityZone": f"z-{zone}"}
            cloud.tables[f"{tier}-{zone}"] = tier
    local = {**EMPTY, "cidrBlock": "172.16.0.0/16", "gatewayId": "local"}
    cloud.routes["public"] = [local, {**EMPTY, "cidrBlock": "0.0.0.0/0", **INTERNET}]
    cloud.routes["private"] = [local, {**EMPTY, "cidrBlock": "0.0.0.0/0", **NAT}]
    cloud.tables["main"] = "main"
    cloud.routes["main"] = [local]
    return cloud


def existing(public=("public-a", "public-c"), private=("private-a", "private-c")):
    return lambda: Network.existing(
        "net", ExistingNetworkArgs(vpc_id="vpc-1", public_subnet_ids=public, private_subnet_ids=private)
    )


def test_it_has_the_outputs_of_one_that_is_made_and_makes_nothing(deploy, vpc):
    found = deploy(existing())
    assert deploy.known(found.vpc_id) == "vpc-1"
    assert deploy.known(found.vpc_cidr) == "172.16.0.0/16"
    assert deploy.known(found.public_subnet_ids) == ["public-a", "public-c"]
    assert deploy.known(found.private_subnet_ids) == ["private-a", "private-c"]
    assert vpc.children() == []
    assert [one.type for one in vpc.resources] == ["fargate:index:Network"]


def test_any_way_out_will_do(deploy, vpc):
    vpc.routes["private"] = [{**EMPTY, "cidrBlock": "0.0.0.0/0", "transitGatewayId": "tgw-1"}]
    assert deploy.known(deploy(existing()).private_subnet_ids) == ["private-a", "private-c"]


def test_a_subnet_of_no_table_has_the_main_one(deploy, vpc):
    del vpc.tables["private-a"]
    vpc.routes["main"] = vpc.routes["private"]
    assert deploy.known(deploy(existing()).private_subnet_ids) == ["private-a", "private-c"]


def test_a_zone_s_first_private_subnet_stands_for_the_zone(deploy, vpc):
    vpc.subnets["private-b"] = vpc.subnets["private-a"]
    vpc.tables["private-b"] = "private"
    found = deploy(existing(private=("private-a", "private-b", "private-c")))
    assert [deploy.known(one) for one in found.zonal_subnet_ids] == ["private-a", "private-c"]


def told(deploy, build):
    with pytest.raises(pulumi.RunError) as error:
        deploy(lambda: pulumi.Output.all(build().private_subnet_ids).apply(lambda ids: ids))
    return str(error.value)


def test_one_zone_will_not_do(deploy, vpc):
    message = told(deploy, existing(private=("private-a",)))
    assert "the existing network vpc-1 would not do:" in message
    assert "private subnets must be in 2 zones or more, got z-a" in message


def test_a_private_subnet_without_a_way_out_will_not_do(deploy, vpc):
    del vpc.tables["private-c"]
    assert "private subnet private-c has no route out: it needs one to a NAT gateway" in told(deploy, existing())


def test_a_private_subnet_that_is_public_will_not_do(deploy, vpc):
    vpc.tables["private-c"] = "public"
    assert "private subnet private-c is public: its traffic goes to igw-1" in told(deploy, existing())


def test_a_public_subnet_that_is_private_will_not_do(deploy, vpc):
    vpc.tables["public-a"] = "private"
    assert "public subnet public-a needs a route to an internet gateway, got nat-1" in told(deploy, existing())


def test_a_public_subnet_that_leads_nowhere_will_not_do(deploy, vpc):
    del vpc.tables["public-a"]
    assert "public subnet public-a needs a route to an internet gateway, got none" in told(deploy, existing())


def test_another_vpc_s_subnet_will_not_do_and_every_problem_is_told(deploy, vpc):
    vpc.subnets["public-a"]["vpcId"] = "vpc-2"
    vpc.subnets["private-c"]["availabilityZone"] = "z-a"
    message = told(deploy, existing())
    assert "public subnet public-a is in vpc-2" in message
    assert "private subnets must be in 2 zones or more, got z-a" in message


def test_no_subnets_at_all_will_not_do(deploy, vpc):
    assert "public subnets must be in 2 zones or more, got none" in told(deploy, existing(public=()))
