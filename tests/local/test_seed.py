"""AWS's sample templates, resource by resource: their network is imported, and what stands for each is read back.

One stack equals the samples as nearly as this project lets it, in a network that their calls made; the other is dev.
"""

import json
import sys

import pytest
import yaml

from tests.local.harness import REGION, ROOT, Cloud, Project, copy_of_program, deployed
from tests.local.read_back import CHECKS, Found, state
from tests.seed import importer, make_network, record_file, rows, stack_file, stack_resources

pytestmark = pytest.mark.local
IMPORT = ("import", "--yes", "--protect=false", "--generate-code=false", "--stack", "moved", "--file")


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory) -> Project:
    return copy_of_program(cloud, tmp_path_factory.mktemp("seed") / "project", name="seed")


@pytest.fixture(scope="module")
def ids(cloud: Cloud):
    """The sample's network: physical ids by logical ones."""
    return make_network(cloud.client("ec2"), REGION)


@pytest.fixture(scope="module")
def moved(cloud: Cloud, project: Project, ids):
    """What the import and the `up` after it said: before them the service has run in the network as one that exists."""
    document = yaml.safe_load(stack_file())
    subnets = {
        f"{tier.lower()}_subnet_ids": [ids[f"{tier}SubnetOne"], ids[f"{tier}SubnetTwo"]]
        for tier in ("Public", "Private")
    }
    document["config"]["fargate:network"] = {"existing": {"vpc_id": ids["VPC"], **subnets}}
    project.write("Pulumi.moved.yaml", yaml.safe_dump(document))
    with deployed(project, "moved"):
        before = of_service(project, "moved")
        project.write("Pulumi.moved.yaml", stack_file())
        project.write("stack.json", json.dumps(stack_resources(ids)))
        addresses = cloud.client("ec2").describe_addresses()["Addresses"]
        project.write("addresses.json", json.dumps({"Addresses": addresses}))
        script = ROOT / "examples/from-cloudformation/import_file.py"
        written = cloud.run([sys.executable, str(script), "stack.json", "addresses.json"], project.folder)
        project.write("import.json", written.out)
        imported = project.pulumi(*IMPORT, "import.json")
        yield imported, project.up("moved"), before


@pytest.fixture(scope="module")
def dev(project: Project, moved):
    with deployed(project, "dev"):
        yield


def of_service(project: Project, stack: str) -> set[str]:
    """Ids of the service and what requests reach it by."""
    kinds = {"ecs/service", "lb/loadBalancer", "lb/listener", "lb/listenerRule", "lb/targetGroup", "ec2/securityGroup"}
    return {one["id"] for (kind, _), one in state(project, stack).items() if kind in kinds}


def test_the_network_is_imported_and_nothing_is_replaced(cloud, project, ids, moved):
    imported, up, before = moved
    assert len(importer().IMPORTS) == 21
    assert "= 21 imported" in imported.out
    assert set(up.changes) == {"+", "~", "same"}, "nothing is replaced, nothing deleted"
    assert up.changes["+"] == 2, "S3's endpoint, and the default security group, which is emptied"
    assert before == of_service(project, "moved")
    ec2 = cloud.client("ec2")
    vpc = [{"Name": "vpc-id", "Values": [ids["VPC"]]}]
    assert {one["SubnetId"] for one in ec2.describe_subnets(Filters=vpc)["Subnets"]} == {
        id for name, id in ids.items() if "Subnet" in name
    }
    assert "ecs-test" in cloud.get(project.outputs("moved")["url"]).text
    assert set(project.up("moved").changes) == {"same"}


def test_each_resource_of_the_samples_is_read_back():
    assert set(CHECKS) == {row.logical_id for row in rows()}


@pytest.mark.parametrize("stack", ["moved", "dev"])
def test_what_stands_for_the_samples(project, moved, dev, stack):
    found, wrong = Found(project, stack), {}
    for name, check in CHECKS.items():
        try:
            check(found)
        except (AssertionError, KeyError, ValueError) as error:
            wrong[name] = repr(error)
    assert wrong == {}


def test_names_that_led_elsewhere_lead_here_without_a_moment_in_which_they_are_gone(cloud, project, moved):
    """The page's way, for a record of an address and for an alias: imported, then changed in place."""
    route53 = cloud.client("route53")
    # a zone of its own: another test on this cloud may have one of the name that pages use
    zone = route53.create_hosted_zone(Name="moved.example", CallerReference="seed")["HostedZone"]["Id"].rpartition("/")[
        2
    ]
    elsewhere = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "old.elb.amazonaws.com.", "EvaluateTargetHealth": True}
    were = {
        "www.moved.example": {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]},
        "shop.moved.example": {"AliasTarget": elsewhere},
    }
    changes = [
        {"Action": "CREATE", "ResourceRecordSet": {"Name": f"{name}.", "Type": "A", **one}}
        for name, one in were.items()
    ]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    project.write("record.json", json.dumps(record_file(zone, *were)))
    project.pulumi(*IMPORT, "record.json")
    document = yaml.safe_load(stack_file())
    document["config"]["fargate:load_balancer"]["domain"] = {"zone": "moved.example", "names": list(were)}
    project.write("Pulumi.moved.yaml", yaml.safe_dump(document))

    plan = json.loads(project.ops("plan", "--stack", "moved", "--json").out)
    records = {one["name"]: one["op"] for one in plan["changes"] if one["type"] == "aws:route53/record:Record"}
    assert {records[f"balancer-{name}-a"] for name in were} == {"update"}
    project.up("moved")
    told = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    balancers = {one["AliasTarget"]["DNSName"] for one in told if one["Name"].rstrip(".") in were}
    assert len(balancers) == 1
    assert balancers != {elsewhere["DNSName"]}
