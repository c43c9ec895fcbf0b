"""Back to an older version without the engine, and forward again with it."""

import pytest

from tests.local.harness import Cloud, copy_of_program, deployed

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """Two versions: the first page, then the second, which serves."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("back") / "project", name="back")
    with deployed(project):
        project.edit("app/htdocs/index.html", "<h1>ecs-test</h1>", "<h1>second</h1>")
        project.up()
        yield project


@pytest.fixture(scope="module")
def digests(cloud, project):
    """Digest of each revision's image, by its number."""
    ecs = cloud.client("ecs")
    arns = ecs.list_task_definitions(familyPrefix="back-dev-web", status="ACTIVE")["taskDefinitionArns"]
    found = {arn: ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns}
    images = {one["revision"]: one["containerDefinitions"][0]["image"] for one in found.values()}
    return {number: image.partition("@")[2] for number, image in images.items()}


def page(cloud, project):
    return cloud.get(project.outputs()["url"]).text


def test_an_old_revision_stays_registered(digests):
    assert len(digests) == 2


def test_back_to_the_revision_before_and_forward_by_an_up(cloud, project):
    assert project.ops("verify").code == 0
    ran = project.ops("rollback", "web")
    assert ran.code == 0, ran.out
    assert "back-dev-web:1 serves, until the next `up`" in ran.out
    assert "<h1>ecs-test</h1>" in page(cloud, project)

    verdict = project.ops("verify", "web")
    assert verdict.code == 1
    assert "back-dev-web:2 was deployed, but back-dev-web:1 serves" in verdict.out
    preview = project.pulumi("preview", "--diff", "--stack", "dev")
    assert preview.changes == {"~": 1, "same": 45}, preview.out
    assert "taskDefinition" in preview.out
    plan = project.ops("plan")
    assert "changed  ecs/service web (taskDefinition)" in plan.out
    assert "dev: 1 changed, 45 unchanged" in plan.out

    assert project.up().changes == {"~": 1, "same": 45}
    assert "<h1>second</h1>" in page(cloud, project)
    assert project.ops("verify").code == 0


def test_back_to_a_digest(cloud, project, digests):
    ran = project.ops("rollback", "web", "--to", digests[1][:20])
    assert ran.code == 0, ran.out
    assert "<h1>ecs-test</h1>" in page(cloud, project)
    again = project.ops("rollback", "web", "--to", digests[1])
    assert (again.code, "back-dev-web:1 serves already: nothing to do." in again.out) == (0, True)
    assert project.ops("rollback", "web", "--to", "2").code == 0
    assert "<h1>second</h1>" in page(cloud, project)


@pytest.mark.parametrize("to", ["9", "sha256:0123456789", "elsewhere:1"])
def test_what_was_never_deployed_here_is_refused_with_what_was(project, digests, to):
    ran = project.ops("rollback", "web", "--to", to)
    assert ran.code == 2
    assert f"back-dev-web:2  {digests[2][:19]}" in ran.out
    assert f"back-dev-web:1  {digests[1][:19]}" in ran.out
    assert "Traceback" not in ran.out
    assert project.ops("verify").code == 0, "nothing has changed"


def test_a_version_that_does_not_come_to_serve_fails_with_its_reason(cloud, project):
    ecs, outputs = cloud.client("ecs"), project.outputs()["services"]["web"]
    good = ecs.describe_task_definition(taskDefinition=outputs["task_definition"])["taskDefinition"]
    (container,) = good["containerDefinitions"]
    kept = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn", "runtimePlatform")
    broken = {**container, "entryPoint": ["sh", "-c"], "command": ["echo what went wrong; exit 7"]}
    bad = ecs.register_task_definition(containerDefinitions=[broken], **{name: good[name] for name in kept})
    ran = project.ops("rollback", "web", "--to", str(bad["taskDefinition"]["revision"]))
    assert ran.code == 1, ran.out
    assert "ECS rolled back: back-dev-web:2 serves" in ran.out
    assert "web exited with 7" in ran.out
    assert "web: what went wrong" in ran.out
    assert "<h1>second</h1>" in page(cloud, project)
    ecs.deregister_task_definition(taskDefinition=bad["taskDefinition"]["taskDefinitionArn"])
    assert project.ops("verify", "--wait", "60").code == 0
    deregistered = project.ops("rollback", "web", "--to", str(bad["taskDefinition"]["revision"]))
    assert (deregistered.code, "or is deregistered" in deregistered.out) == (2, True)


def test_a_version_whose_image_is_gone_is_refused(cloud, project, digests):
    repository = project.outputs()["services"]["web"]["repository"].partition("/")[2]
    cloud.client("ecr").batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": digests[1]}])
    ran = project.ops("rollback", "web", "--to", "1")
    assert ran.code == 2
    assert "back-dev-web:1 cannot start" in ran.out
    assert "is not in ECR any more" in ran.out
    assert project.ops("verify").code == 0
    assert "<h1>second</h1>" in page(cloud, project)


def test_a_plan_names_what_interrupts_service(project):
    program, stack = (project.folder / "__main__.py").read_text(), (project.folder / "Pulumi.dev.yaml").read_text()
    project.edit("__main__.py", '    "cluster",\n', '    "tasks",\n')
    project.edit(
        "Pulumi.dev.yaml",
        "fargate:environment: dev",
        "fargate:environment: dev\n  fargate:load_balancer: {scheme: internal}",
    )
    ran = project.ops("plan", "--fail-on-interruption")
    assert ran.code == 1, ran.out
    assert "warning: lb/loadBalancer balancer would be replaced: it gets a new address" in ran.out
    assert "warning: ecs/cluster cluster would be deleted: its services go with it" in ran.out
    project.edit(
        "Pulumi.dev.yaml",
        "fargate:environment: dev",
        "fargate:environment: dev\n  fargate:network: {cidr: 10.8.0.0/16}",
    )
    assert "warning: ec2/vpc network would be replaced: everything in it is made anew" in project.ops("plan").out
    project.write("__main__.py", program)
    project.write("Pulumi.dev.yaml", stack)
    assert project.ops("plan", "--fail-on-interruption").out.splitlines()[-1] == "dev: nothing to do, 46 unchanged"
