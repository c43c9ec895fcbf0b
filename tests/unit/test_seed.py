"""AWS's sample templates: their table on its page, their stack file, and the file that imports their network."""

import json
from collections import Counter

import pytest
import yaml

import settings
from tests.seed import CLUSTER, SERVICE, importer, rows, stack_file, stack_resources

IDS = {row.logical_id: f"id-{row.logical_id}" for row in rows()}
ADDRESSES = {
    "Addresses": [
        {"PublicIp": f"id-NatGateway{nth}Attachment", "AllocationId": f"eipalloc-{nth}"} for nth in ("One", "Two")
    ]
}


def test_the_page_has_every_resource_of_both_templates():
    assert (CLUSTER.total(), SERVICE.total()) == (38, 4)
    assert Counter(row.kind for row in rows()) == CLUSTER + SERVICE
    assert len({row.logical_id for row in rows()}) == len(rows())


def test_each_is_imported_or_has_a_reason_why_not():
    moves = {row.logical_id: row.move for row in rows()}
    assert {name for name, move in moves.items() if move == "imported"} == set(importer().IMPORTS)
    assert moves["GatewayAttachement"] == "imported with the gateway"
    assert {move.partition(":")[0] for move in moves.values()} == {
        *("imported", "imported with the gateway", "new", "dropped")
    }
    assert all(row.here.startswith("none: ") == (row.move == "dropped") for row in rows())


def test_what_is_imported_bears_the_name_that_the_table_says():
    here = {row.logical_id: row.here for row in rows()}
    for logical_id, (_, name, _) in importer().IMPORTS.items():
        assert here[logical_id].startswith(f"`{name}`")


def test_the_stack_file_equals_the_samples():
    document = yaml.safe_load(stack_file())["config"]
    config = {key: json.dumps(value) if not isinstance(value, str) else value for key, value in document.items()}
    stack = settings.parse(config, "moved", text=stack_file())
    web = stack.services["web"]
    assert (web.cpu, web.memory, web.desired_count) == (256, 512, 2)
    assert (web.health_check.path, web.health_check.interval, web.health_check.timeout) == ("/", 6, 5)
    assert (stack.network.nat, stack.network.zones, stack.network.endpoints) == ("per_az", 2, ("dynamodb",))
    assert stack.network.public_cidrs == ("10.0.0.0/24", "10.0.1.0/24")
    assert stack.network.private_cidrs == ("10.0.2.0/24", "10.0.3.0/24")


def test_ids_have_the_form_that_an_import_wants():
    written = json.loads(importer().import_file(stack_resources(IDS), ADDRESSES))["resources"]
    assert written[0] == {"type": "fargate:index:Network", "name": "network", "component": True}
    ids = {one["name"]: one["id"] for one in written[1:]}
    assert len(ids) == 21
    assert ids["VPC"] == "id-VPC"
    assert ids["PublicRoute"] == "id-PublicRouteTable_0.0.0.0/0"
    assert ids["PublicSubnetTwoRouteTableAssociation"] == "id-PublicSubnetTwo/id-PublicRouteTable"
    assert ids["PrivateRouteTableOneAssociation"] == "id-PrivateSubnetOne/id-PrivateRouteTableOne"
    assert ids["NatGatewayTwoAttachment"] == "eipalloc-Two", "CloudFormation knows an address by itself"
    assert {one["parent"] for one in written[1:]} == {"network"}


def test_a_stack_that_is_not_the_sample_s_is_told_with_all_that_it_lacks():
    less = {name: id for name, id in IDS.items() if name not in ("DynamoDBEndpoint", "NatGatewayTwo")}
    stack = {"StackResources": [{"LogicalResourceId": k, "PhysicalResourceId": v} for k, v in less.items()]}
    with pytest.raises(SystemExit, match="the stack lacks DynamoDBEndpoint, NatGatewayTwo: it is not the sample's"):
        importer().import_file(stack, ADDRESSES)
