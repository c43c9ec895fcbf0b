"""Each switch of a stack, turned on while it serves: what an `up` then replaces, and that the page stays.

docs/network-and-edge.md says the same to people; a test compares the two.
"""

import re
from pathlib import Path

import pytest
import yaml

from tests.local.harness import ROOT, Cloud, copy_of_program, deployed

pytestmark = pytest.mark.local

BOUNDARY = "arn:aws:iam::000000000000:policy/boundary"
DOMAIN = {"zone": "example.com", "names": ["shop.example.com", "*.shop.example.com"]}
NEW_REPOSITORY = {"ecr/repository web", "ecr/lifecyclePolicy web", "ecs/taskDefinition web"}
NEW_ROLES = {
    *(f"iam/{kind} {name}" for kind in ("role", "rolePolicy") for name in ("network-flow-logs", "web-execution")),
    *("ec2/flowLog network-flow-logs", "ecs/taskDefinition web"),
}
NEW_BALANCER = {
    "lb/loadBalancer balancer",
    "lb/listener balancer-http",
    "lb/listener balancer-https",
    "lb/listenerRule web",
    "lb/targetGroup web",
    "wafv2/webAclAssociation balancer",
}
SWITCHES: list[tuple[str, object, set[str]]] = [
    ("network.nat: per_az", "per_az", set()),
    ("network.nat: regional", "regional", set()),
    ("network.endpoints", ["ecr", "logs"], set()),
    ("network.nat: none", "none", set()),
    ("network.ipv6", True, set()),
    ("network.flow_logs", True, set()),
    ("load_balancer.access_logs", True, set()),
    ("load_balancer.firewall", {"count_only": True}, set()),
    ("load_balancer.firewall.count_only", False, set()),
    ("load_balancer.desync_mitigation", "strictest", set()),
    ("load_balancer.idle_timeout", 45, set()),
    ("load_balancer.http2", False, set()),
    ("load_balancer.zonal_shift", True, set()),
    ("load_balancer.deletion_protection", True, set()),
    ("load_balancer.allowed_cidrs", ["127.0.0.0/8"], set()),
    ("load_balancer.domain", DOMAIN, {"lb/listenerRule web"}),
    ("permissions_boundary_arn", BOUNDARY, set()),
    ("role_path", "/switches/dev/", NEW_ROLES),
    ("container_insights", "enabled", set()),
    ("log_retention_days", 365, set()),
    ("customer_key", True, NEW_REPOSITORY),
    ("load_balancer.deletion_protection: false", False, set()),
    ("load_balancer.scheme", "internal", NEW_BALANCER),
]
"""In this order, each on top of those before it: name, value, what is replaced."""


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("switches") / "project", name="switches")
    with deployed(project):
        yield project


def turn(project, name: str, value: object) -> None:
    """Set one value of the stack file."""
    file = project.folder / "Pulumi.dev.yaml"
    document = yaml.safe_load(file.read_text())
    first, *rest = name.partition(":")[0].split(".")
    keys = [f"fargate:{first}", *rest]
    here = document["config"]
    for key in keys[:-1]:
        here = here.setdefault(key, {})
    here[keys[-1]] = value
    file.write_text(yaml.safe_dump(document))


@pytest.mark.parametrize(("name", "value", "replaced"), SWITCHES, ids=[name for name, *_ in SWITCHES])
def test_a_switch(cloud, project, name, value, replaced):
    turn(project, name, value)
    assert project.replaced() == replaced
    project.up()
    assert "ecs-test" in cloud.get(project.outputs()["url"]).text


def test_with_all_of_them_nothing_is_left_to_do(project):
    assert set(project.up().changes) == {"same"}


def test_all_switches_off_again(cloud, project):
    project.write("Pulumi.dev.yaml", (ROOT / "Pulumi.dev.yaml").read_text())
    turn(project, "network.ipv6", True)  # which stays on
    project.up()
    assert "ecs-test" in cloud.get(project.outputs()["url"]).text
    assert set(project.up().changes) == {"same"}


def test_the_documented_replacements_are_these():
    text = Path(ROOT, "docs/network-and-edge.md").read_text()
    told = dict(re.findall(r"^\| `([a-z_.:0-9 ]+)` \| ([^|]+) \|", text, re.MULTILINE))
    found = {name: "nothing" if not replaced else told.get(name) for name, _, replaced in SWITCHES}
    assert {name: told.get(name) for name in found} == found
    for name, _, replaced in SWITCHES:
        for one in replaced:
            assert f"`{one.split(' ')[0]}`" in told[name], f"{name}: {one} is not told"
