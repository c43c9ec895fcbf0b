"""A stack in a VPC that others made, on the local cloud."""

import pytest
import yaml

from tests.local.harness import Cloud, copy_of_program, deployed
from tests.local.inventory import in_state

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """The VPC's own stack is dev; `adopting` lives in its VPC."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("existing") / "project", name="existing")
    with deployed(project):
        yield project


@pytest.fixture(scope="module")
def found(cloud, project):
    """The ids of the VPC and of its subnets by tier, each in the order of their zones."""
    own = [id for kind, id in in_state(project) if kind == "aws:ec2/subnet:Subnet"]
    described = cloud.client("ec2").describe_subnets(SubnetIds=own)["Subnets"]
    subnets = sorted(described, key=lambda one: one["AvailabilityZone"])
    tags = {one["SubnetId"]: {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])} for one in subnets}
    tiers = {tier: [id for id, has in tags.items() if has.get("tier") == tier] for tier in ("public", "private")}
    return {
        "vpc_id": subnets[0]["VpcId"],
        "public_subnet_ids": tiers["public"],
        "private_subnet_ids": tiers["private"],
    }


def adopting(project, existing):
    document = yaml.safe_load((project.folder / "Pulumi.dev.yaml").read_text())
    document["config"]["fargate:network"] = {"existing": existing}
    project.write("Pulumi.adopting.yaml", yaml.safe_dump(document))


def test_it_serves_from_there_and_leaves_the_vpc_as_it_is(cloud, project, found):
    adopting(project, found)
    with deployed(project, "adopting") as (ran,):
        assert "aws:ec2:Vpc" not in ran.out
        assert "ecs-test" in cloud.get(project.outputs("adopting")["url"]).text
        assert set(project.up("adopting").changes) == {"same"}
    assert set(project.up().changes) == {"same"}, "the VPC's own stack has noticed nothing"


@pytest.mark.parametrize(
    ("existing", "told"),
    [
        (
            lambda found: {**found, "public_subnet_ids": found["public_subnet_ids"][:1]},
            "public subnets must be in 2 zones or more, got ap-northeast-1a",
        ),
        (
            lambda found: {**found, "private_subnet_ids": found["public_subnet_ids"]},
            "is public: its traffic goes to igw-",
        ),
        (
            lambda found: {**found, "public_subnet_ids": found["private_subnet_ids"]},
            "needs a route to an internet gateway, got nat-",
        ),
        (lambda found: {**found, "vpc_id": "vpc-00000000000000000"}, "vpc-00000000000000000"),
    ],
)
def test_what_would_not_do_is_refused_at_preview(project, found, existing, told):
    adopting(project, existing(found))
    ran = project.pulumi("preview", "--stack", "adopting", ok=False)
    assert ran.code != 0
    assert told in ran.out
    assert "Traceback" not in ran.out
