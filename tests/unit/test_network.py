import re

import pulumi
import pytest

from components import Nat, Network, NetworkArgs, iam

EIP = "aws:ec2/eip:Eip"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
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


def test_without_nat_tasks_reach_aws_by_endpoints_alone(deploy, cloud):
    deploy(network(nat=Nat.NONE, endpoints=("logs", "ecr")))
    assert not cloud.all(NAT)
    assert not [one for one in cloud.all(ROUTE) if "private" in one.name]
    assert {one.name for one in cloud.all(ENDPOINT)} == {"net-s3", "net-ecr-api", "net-ecr-dkr", "net-logs"}


def test_another_vpc_gets_an_internet_gateway_of_its_own(deploy, cloud):
    deploy(network())
    assert cloud.one("aws:ec2/internetGateway:InternetGateway").replace_on_changes == ["vpcId"]


def test_a_regional_nat_gateway_is_the_vpc_s(deploy, cloud):
    deploy(network(nat=Nat.REGIONAL))
    assert not cloud.all(EIP)
    gateway = cloud.one(NAT)
    assert (gateway.name, gateway.inputs) == (
        "net-nat",
        {"availabilityMode": "regional", "vpcId": "Vpc-net", "tags": {"Name": "net-nat"}},
    )
    assert cloud.one("aws:ec2/internetGateway:InternetGateway").urn in gateway.dependencies
    private = [one.inputs["natGatewayId"] for one in cloud.all(ROUTE) if "private" in one.name]
    assert private == ["NatGateway-net-nat"] * 2


def test_the_default_security_group_is_emptied(deploy, cloud):
    deploy(network())
    assert cloud.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs == {
        "vpcId": "Vpc-net",
        "tags": {"Name": "net-default"},
    }


def test_ipv6_gets_in_nowhere_but_out(deploy, cloud):
    deploy(network(ipv6=True))
    assert cloud.one("aws:ec2/vpc:Vpc").inputs["assignGeneratedIpv6CidrBlock"] is True
    blocks = {one.name: one.inputs["ipv6CidrBlock"] for one in cloud.all(SUBNET)}
    assert blocks == {
        "net-private-1": "2001:db8:0:ff00::/64",
        "net-private-2": "2001:db8:0:ff01::/64",
        "net-public-1": "2001:db8:0:ff04::/64",
        "net-public-2": "2001:db8:0:ff05::/64",
    }
    assert all(one.inputs["assignIpv6AddressOnCreation"] for one in cloud.all(SUBNET))
    everywhere = [one.inputs for one in cloud.all(ROUTE) if one.inputs.get("destinationIpv6CidrBlock") == "::/0"]
    assert [one.get("egressOnlyGatewayId") or one["gatewayId"] for one in everywhere] == [
        "EgressOnlyInternetGateway-net-eigw",
        "EgressOnlyInternetGateway-net-eigw",
        "InternetGateway-net-igw",
    ]


def test_without_ipv6_nothing_speaks_of_it(deploy, cloud):
    deploy(network())
    assert not [one for one in cloud.resources if "pv6" in str(one.inputs) or "Ipv6" in str(one.inputs)]


def test_interface_endpoints_share_a_group_that_lets_the_vpc_in(deploy, cloud):
    deploy(network(endpoints=("secrets", "exec", "sqs"), tags={"team": "a"}))
    made = {one.name: one.inputs for one in cloud.all(ENDPOINT) if one.inputs["vpcEndpointType"] == "Interface"}
    assert set(made) == {"net-secretsmanager", "net-ssm", "net-ssmmessages", "net-sqs"}
    assert made["net-ssm"] == {
        "vpcId": "Vpc-net",
        "serviceName": "com.amazonaws.ap-northeast-1.ssm",
        "vpcEndpointType": "Interface",
        "privateDnsEnabled": True,
        "subnetIds": ["Subnet-net-private-1", "Subnet-net-private-2"],
        "securityGroupIds": ["SecurityGroup-net-endpoints"],
        "tags": {"Name": "net-ssm", "team": "a"},
    }
    rule = dict(cloud.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs)
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) == ("10.0.0.0/16", 443, 443)
    asked = [args for token, args in cloud.calls if token.endswith("getVpcEndpointService")]
    assert asked == [{"service": "sqs", "serviceType": "Interface"}], "only what a region may lack"


def test_dynamodb_s_endpoint_is_a_gateway(deploy, cloud):
    deploy(network(endpoints=("dynamodb",)))
    assert cloud.one(ENDPOINT, "net-dynamodb").inputs["vpcEndpointType"] == "Gateway"


def test_private_subnets_are_known_once_their_ways_out_exist(deploy, cloud):
    deploy(
        lambda: pulumi.Output.from_input(
            Network("net", NetworkArgs(endpoints=("logs",), ipv6=True)).private_subnet_ids
        ).apply(lambda ids: cloud.calls.append(("known", {"resources": {one.name for one in cloud.resources}})))
    )
    (known,) = [args["resources"] for token, args in cloud.calls if token == "known"]
    assert {"net-logs", "net-s3", "net-private-1-ipv6", "net-private-2", "net-endpoints"} <= known


def test_each_zone_has_one_private_subnet(deploy):
    made = deploy(lambda: Network("net", NetworkArgs(zones=3)))
    ids = [deploy.known(one) for one in made.zonal_subnet_ids]
    assert ids == ["Subnet-net-private-1", "Subnet-net-private-2", "Subnet-net-private-3"]


def test_flow_logs_go_to_a_log_group_of_their_own(deploy, cloud):
    deploy(
        network(
            flow_log_retention_days=365, kms_key_arn="arn:key", permissions_boundary_arn="arn:b", tags={"team": "a"}
        )
    )
    tags = {"Name": "net-flow-logs", "team": "a"}
    assert cloud.one("aws:cloudwatch/logGroup:LogGroup").inputs == {
        "retentionInDays": 365,
        "kmsKeyId": "arn:key",
        "tags": tags,
    }
    logs = "arn:aws:logs:ap-northeast-1:123456789012:log-group:net-flow-logs"
    flow_log = cloud.one("aws:ec2/flowLog:FlowLog")
    assert flow_log.inputs == {
        "vpcId": "Vpc-net",
        "trafficType": "ALL",
        "logDestinationType": "cloud-watch-logs",
        "logDestination": logs,
        "iamRoleArn": "arn:Role:net-flow-logs",
        "maxAggregationInterval": 600,
        "tags": tags,
    }
    policy = cloud.one("aws:iam/rolePolicy:RolePolicy")
    assert policy.urn in flow_log.dependencies
    assert policy.inputs["policy"] == iam.write_flow_logs(logs)
    role = cloud.one("aws:iam/role:Role").inputs
    assert role["assumeRolePolicy"] == iam.flow_logs_trust(logs)
    assert role["permissionsBoundary"] == "arn:b"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nat": Nat.NONE}, "nat: none leaves tasks no way to start: add ecr, logs to endpoints, or take another nat"),
        ({"nat": Nat.NONE, "endpoints": ("ecr.api", "logs")}, "no way to start: add ecr to endpoints"),
        ({"endpoints": ("ecrr",)}, "endpoints: unknown endpoint 'ecrr': did you mean 'ecr'?"),
        ({"endpoints": ("quantum",)}, "endpoints: unknown endpoint 'quantum': known are ecr, logs, secrets, exec,"),
        ({"endpoints": ("s3",)}, "endpoints: s3 is always there, and free: leave it out"),
        ({"flow_log_retention_days": 2}, "flow_log_retention_days must be one of"),
        ({"role_path": "dev"}, "role_path must be a path such as /fargate/dev/, of 512 characters at most, got 'dev'"),
    ],
)
def test_what_tasks_could_not_live_in(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        NetworkArgs(**arguments)


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
