"""The two sample templates that this project began with, as docs/from-cloudformation.md has them, and their network.

The samples are of aws-cloudformation/aws-cloudformation-templates, read as of its commit d92ae9b.
"""

import importlib.util
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.docs.pages import Page

ROOT = Path(__file__).resolve().parents[1]
CLUSTER = Counter(
    {
        **{"EC2::VPC": 1, "EC2::Subnet": 4, "EC2::InternetGateway": 1, "EC2::VPCGatewayAttachment": 1},
        **{"EC2::RouteTable": 3, "EC2::Route": 3, "EC2::SubnetRouteTableAssociation": 4, "EC2::EIP": 2},
        **{"EC2::NatGateway": 2, "EC2::VPCEndpoint": 1, "EC2::SecurityGroup": 3, "EC2::SecurityGroupIngress": 4},
        **{"ECS::Cluster": 1, "IAM::Role": 2, "ElasticLoadBalancingV2::LoadBalancer": 2},
        **{"ElasticLoadBalancingV2::TargetGroup": 2, "ElasticLoadBalancingV2::Listener": 2},
    }
)
"""Types of the cluster's template, 38 resources."""
SERVICE = Counter(
    {
        **{"ECS::TaskDefinition": 1, "ECS::Service": 1},
        **{"ElasticLoadBalancingV2::TargetGroup": 1, "ElasticLoadBalancingV2::ListenerRule": 1},
    }
)
"""Types of the service's template, 4 resources."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One resource of the samples."""

    logical_id: str
    """Its name in the template."""
    kind: str
    """Its type, without `AWS::`."""
    says: str
    """What counts of it."""
    here: str
    """What stands for it in a stack of this project, or why nothing does."""
    move: str
    """What becomes of it: imported, new or dropped."""


@cache
def page() -> Page:
    """The page that has the table and the stack files."""
    path = "docs/from-cloudformation.md"
    return Page(path, (ROOT / path).read_text(encoding="utf-8"))


@cache
def rows() -> tuple[Row, ...]:
    """The page's table."""
    cells = [one.content for one in page().tokens if one.type == "inline" and one.level == 4]
    names = ("logical_id", "kind", "says", "here", "move")
    lines = (cells[at : at + len(names)] for at in range(len(names), len(cells), len(names)))
    return tuple(Row(**dict(zip(names, line, strict=True))) for line in lines)


def stack_file() -> str:
    """The page's stack file that equals the samples."""
    return next(one.text for one in page().blocks if one.language == "yaml" and one.text.startswith("config:"))


def record_file(zone: str, *names: str) -> dict[str, Any]:
    """The page's file that imports records, of these names in this zone."""
    [block] = [one.text for one in page().blocks if one.language == "json"]
    component, record = json.loads(block)["resources"]
    text = json.dumps(record).replace("Z0123456789ABCDEFGHIJ", zone)
    records = [json.loads(text.replace("www.example.com", name)) for name in names]
    return {"resources": [component, *({**one, "name": f"record{at}"} for at, one in enumerate(records))]}


@cache
def importer() -> Any:
    """The example's `import_file.py`: no import statement takes the name of its folder."""
    spec = importlib.util.spec_from_file_location("import_file", ROOT / "examples/from-cloudformation/import_file.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_network(ec2: Any, region: str) -> dict[str, str]:
    """The sample's network, made by the calls that CloudFormation makes: physical ids by logical ones."""
    zones = sorted(one["ZoneName"] for one in ec2.describe_availability_zones()["AvailabilityZones"])
    ids = {"VPC": ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]}
    in_vpc = {"VpcId": ids["VPC"]}
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(**in_vpc, **{attribute: {"Value": True}})
    for number, name in enumerate(("PublicSubnetOne", "PublicSubnetTwo", "PrivateSubnetOne", "PrivateSubnetTwo")):
        subnet = ec2.create_subnet(**in_vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zones[number % 2])
        ids[name] = subnet["Subnet"]["SubnetId"]
        if name.startswith("Public"):
            ec2.modify_subnet_attribute(SubnetId=ids[name], MapPublicIpOnLaunch={"Value": True})
    ids["InternetGateway"] = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(**in_vpc, InternetGatewayId=ids["InternetGateway"])

    def make_table(name: str, *subnets: str, **to: str) -> None:
        ids[name] = table = ec2.create_route_table(**in_vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **to)
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=ids[subnet])

    make_table("PublicRouteTable", "PublicSubnetOne", "PublicSubnetTwo", GatewayId=ids["InternetGateway"])
    for nth in ("One", "Two"):
        address = ec2.allocate_address(Domain="vpc")
        ids[f"NatGateway{nth}Attachment"] = address["PublicIp"]  # as CloudFormation knows it
        made = ec2.create_nat_gateway(AllocationId=address["AllocationId"], SubnetId=ids[f"PublicSubnet{nth}"])
        ids[f"NatGateway{nth}"] = made["NatGateway"]["NatGatewayId"]
        make_table(f"PrivateRouteTable{nth}", f"PrivateSubnet{nth}", NatGatewayId=ids[f"NatGateway{nth}"])
    tables = [ids["PrivateRouteTableOne"], ids["PrivateRouteTableTwo"]]
    service = f"com.amazonaws.{region}.dynamodb"
    endpoint = ec2.create_vpc_endpoint(**in_vpc, ServiceName=service, RouteTableIds=tables)
    ids["DynamoDBEndpoint"] = endpoint["VpcEndpoint"]["VpcEndpointId"]
    return ids


def stack_resources(ids: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """What CloudFormation says of a stack with these resources, and with those that have no id of use."""
    known = {**{row.logical_id: f"production-{row.logical_id}" for row in rows()}, **ids}
    return {"StackResources": [{"LogicalResourceId": k, "PhysicalResourceId": v} for k, v in known.items()]}
