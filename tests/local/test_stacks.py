"""Several stacks and services on one local cloud: side by side, and none in another's way."""

import json
import platform

import pytest

from tests.local.harness import Cloud, copy_of_program, eventually

pytestmark = pytest.mark.local

SERVICES = """\
  fargate:services:
    web:
      build: ./app
      desired_count: 2
      health_check: {path: /health}
    docs:
      build: ./docs
      desired_count: 2
      paths: [/docs, /docs/*]
      health_check: {path: /health}
"""


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """dev as it is, prod with a second service by path."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("stacks") / "project", name="several")
    docs = project.folder / "docs"
    docs.mkdir()
    for name in ("Dockerfile", "httpd.conf", "health"):
        if (project.folder / "app" / name).is_file():
            (docs / name).write_bytes((project.folder / "app" / name).read_bytes())
    project.write("docs/htdocs/docs/index.html", "<p>the handbook</p>")
    project.write("docs/htdocs/health", (project.folder / "app/htdocs/health").read_text())
    prod = (project.folder / "Pulumi.prod.yaml").read_text()
    project.write("Pulumi.prod.yaml", prod[: prod.index("  fargate:services:")] + SERVICES)
    yield project
    try:
        project.edit("Pulumi.prod.yaml", "fargate:environment", "fargate:force_delete: true\n  fargate:environment")
        project.edit("Pulumi.prod.yaml", "zonal_shift: true", "deletion_protection: false")
        assert project.up("prod").changes["~"] == 4, "the two repositories, the load balancer and its bucket"
    finally:
        for stack in ("dev", "prod"):
            project.destroy(stack)
    assert cloud.client("ecr").describe_repositories()["repositories"] == []


def test_dev_and_prod_deploy_side_by_side(cloud, project):
    project.up("dev")
    project.up("prod")
    dev, prod = project.outputs("dev"), project.outputs("prod")
    assert dev["url"] != prod["url"]
    assert "ecs-test" in cloud.get(dev["url"]).text
    assert "ecs-test" in cloud.get(prod["url"]).text
    assert set(project.up("dev").changes) == {"same"}, "prod changed nothing of dev"


def test_services_share_a_load_balancer_by_path(cloud, project):
    outputs = project.outputs("prod")
    assert outputs["services"]["docs"]["url"].startswith(outputs["url"])
    assert "the handbook" in cloud.get(outputs["url"] + "/docs/").text
    assert "ecs-test" in cloud.get(outputs["url"] + "/").text
    balancers = cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert len(balancers) == 2


def test_a_request_that_no_rule_matches_is_a_404(cloud, project):
    text = (project.folder / "Pulumi.dev.yaml").read_text()
    project.edit("Pulumi.dev.yaml", "build: ./app", "build: ./app\n      paths: [/health]")
    project.up("dev")
    reply = cloud.get(project.outputs("dev")["url"] + "/elsewhere")
    assert (reply.status_code, reply.text) == (404, "No service answers here.")
    project.write("Pulumi.dev.yaml", text)
    project.up("dev")


def test_a_stack_for_another_processor_runs_on_this_one_and_up_says_so(cloud, project):
    text = (project.folder / "Pulumi.dev.yaml").read_text()
    other = "ARM64" if platform.machine() == "x86_64" else "X86_64"
    project.edit("Pulumi.dev.yaml", "  fargate:env", f"  fargate:architecture: {other}\n  fargate:env")
    ran = project.up("dev")
    assert "this machine's own, instead of linux/" in ran.out
    assert "ecs-test" in cloud.get(project.outputs("dev")["url"]).text
    project.write("Pulumi.dev.yaml", text)
    project.up("dev")


def test_prod_runs_two_tasks(cloud, project):
    outputs = project.outputs("prod")
    where = {"cluster": outputs["cluster"], "services": [outputs["services"]["web"]["service"]]}
    assert cloud.client("ecs").describe_services(**where)["services"][0]["runningCount"] == 2


def test_another_program_s_stack_of_the_same_name_does_not_collide(cloud, project, tmp_path):
    other = copy_of_program(cloud, tmp_path / "project", name="another")
    other.up("dev")
    try:
        assert other.outputs("dev")["url"] != project.outputs("dev")["url"]
        assert "ecs-test" in cloud.get(other.outputs("dev")["url"]).text
        assert set(project.up("dev").changes) == {"same"}
    finally:
        other.destroy("dev")
    eventually(lambda: "ecs-test" in cloud.get(project.outputs("dev")["url"]).text, 30)


def test_what_a_service_s_tasks_wrote_can_be_read(cloud, project):
    cloud.get(project.outputs("dev")["url"] + "/asked-for-in-vain")
    eventually(lambda: "GET /asked-for-in-vain" in project.ops("logs", "web", "--stack", "dev").out, 20)
    assert "/asked-for-in-vain" not in project.ops("logs", "--stack", "prod").out


def test_a_stack_without_a_file_is_told_which_there_are(project):
    ran = project.up("qa", ok=False)
    assert ran.code == 1
    assert "stack 'qa' has no file Pulumi.qa.yaml; there are dev, prod: copy one" in ran.out


def test_status_knows_every_stack(cloud, project):
    state = json.loads(cloud.localcloud("status", "--json").out)
    assert state["running"]
    assert state["stacks"]["several/dev"] > 40
    assert state["stacks"]["several/prod"] > 40
