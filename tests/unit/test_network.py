import pulumi
import pytest

from components import Nat, Network, NetworkArgs

EIP = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"
ROUTE = "aws:ec2/route:Route"
SUBNET = "aws:ec2/subnet:Subnet"
TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"


def network(**arguments):
    return lambda: Network("net", NetworkArgs(**arguments))


def test_the_vpc(deploy, cloud):
    made = deploy(network(tags={"team": "a"}))
    vpc = cloud.one("aws:ec2/vpc:Vpc")
    assert vpc.name == "net"
    assert vpc.inputs == {
        "cidrBlock": "10.0.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"Name": "net", "team": "a"},
    }
    assert deploy.known(made.vpc_id) == "Vpc-net"
    assert deploy.known(made.vpc_cidr) == "10.0.0.0/16"


@pytest.mark.parametrize("zones", [2, 3, 4])
def test_a_public_and_a_private_subnet_a_zone(deploy, cloud, zones):
    cloud.zones = ["z-a", "z-c", "z-d", "z-e"]
    made = deploy(network(zones=zones))
    subnets = {one.name: one for one in cloud.all(SUBNET)}
    assert len(subnets) == 2 * zones
    for index in range(zones):
        for tier, first in (("public", 128), ("private", 0)):
            subnet = subnets[f"net-{tier}-{index + 1}"]
            assert subnet.inputs == {
                "vpcId": "Vpc-net",
                "cidrBlock": f"10.0.{first + 32 * index}.0/19",
                "availabilityZone": cloud.zones[index],
                "mapPublicIpOnLaunch": False,
                "tags": {"Name": subnet.name, "tier": tier},
            }
            assert subnet.ignore_changes == ["availabilityZone"]
    assert deploy.known(made.public_subnet_ids) == [f"Subnet-net-public-{n + 1}" for n in range(zones)]
    assert deploy.known(made.private_subnet_ids) == [f"Subnet-net-private-{n + 1}" for n in range(zones)]


def test_zones_are_asked_for_and_never_named(deploy, cloud):
    deploy(network())
    assert (
        "aws:index/getAvailabilityZones:getAvailabilityZones",
        {"state": "available", "filters": [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]},
    ) in cloud.calls


def test_a_region_with_too_few_zones_is_refused(deploy, cloud):
    cloud.zones = ["z-a", "z-b"]
    with pytest.raises(pulumi.RunError, match="zones must be at most 2, as many as the region opens"):
        deploy(network(zones=3))


@pytest.mark.parametrize(
    ("nat", "gateways", "routes"),
    [
        (Nat.NONE, 0, {}),
        (Nat.SINGLE, 1, {1: 1, 2: 1, 3: 1}),
        (Nat.PER_AZ, 3, {1: 1, 2: 2, 3: 3}),
    ],
)
def test_the_way_out(deploy, cloud, nat, gateways, routes):
    deploy(network(zones=3, nat=nat))
    assert len(cloud.all(NAT)) == len(cloud.all(EIP)) == gateways
    for index, gateway in enumerate(cloud.all(NAT), start=1):
        assert gateway.inputs == {
            "allocationId": f"Eip-net-nat-{index}",
            "subnetId": f"Subnet-net-public-{index}",
            "tags": {"Name": f"net-nat-{index}"},
        }
    assert [one.inputs["domain"] for one in cloud.all(EIP)] == ["vpc"] * gateways
    private = {one.name: one.inputs for one in cloud.all(ROUTE) if "private" in one.name}
    assert private == {
        f"net-private-{zone}": {
            "routeTableId": f"RouteTable-net-private-{zone}",
            "destinationCidrBlock": "0.0.0.0/0",
            "natGatewayId": f"NatGateway-net-nat-{gateway}",
        }
        for zone, gateway in routes.items()
    }


def test_public_subnets_share_a_table_and_private_ones_have_their_own(deploy, cloud):
    deploy(network())
    assert [one.name for one in cloud.all(TABLE)] == ["net-private-1", "net-private-2", "net-public"]
    assert {one.name: one.inputs["routeTableId"] for one in cloud.all(ASSOCIATION)} == {
        "net-public-1": "RouteTable-net-public",
        "net-public-2": "RouteTable-net-public",
        "net-private-1": "RouteTable-net-private-1",
        "net-private-2": "RouteTable-net-private-2",
    }
    assert cloud.one(ROUTE, "net-public").inputs == {
        "routeTableId": "RouteTable-net-public",
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": "InternetGateway-net-igw",
    }


def test_image_layers_come_past_nat(deploy, cloud):
    deploy(network())
    assert cloud.one("aws:ec2/vpcEndpoint:VpcEndpoint").inputs == {
        "vpcId": "Vpc-net",
        "serviceName": "com.amazonaws.ap-northeast-1.s3",
        "vpcEndpointType": "Gateway",
        "routeTableIds": ["RouteTable-net-private-1", "RouteTable-net-private-2"],
        "tags": {"Name": "net-s3"},
    }


def test_given_ranges_are_taken(deploy, cloud):
    deploy(network(public_cidrs=("10.0.0.0/24", "10.0.1.0/24"), private_cidrs=("10.0.2.0/24", "10.0.3.0/24")))
    assert [one.inputs["cidrBlock"] for one in cloud.all(SUBNET)] == [f"10.0.{n}.0/24" for n in (2, 3, 0, 1)]


def test_an_address_waits_for_the_internet_gateway(deploy, cloud):
    deploy(network())
    gateway = cloud.one("aws:ec2/internetGateway:InternetGateway")
    assert gateway.urn in cloud.one(EIP).dependencies
    assert gateway.urn in cloud.one(NAT).dependencies
