"""What may go wrong between a build and a registry, and that the next `up` makes good."""

import uuid

import pytest
import yaml

from tests.local.harness import copy_of_program, deployed, eventually

pytestmark = [pytest.mark.local, pytest.mark.alone]
SHARED = "team/faults"
UNLIKE = f"LABEL run={uuid.uuid4()}\nRUN date +%N > /usr/local/apache2/stamp\nUSER 33:33"
"""Two builds of the same content are two images, also where Docker still has those of a run before."""


@pytest.fixture(scope="module")
def project(cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("faults") / "project", name="faults")
    project.edit("app/Dockerfile", "USER 33:33", UNLIKE)
    with deployed(project):
        yield project


def page(cloud, project):
    return cloud.get(project.outputs()["url"]).text


def repository_of(project):
    return project.outputs()["services"]["web"]["repository"].partition("/")[2]


def tagged(cloud, repository):
    """Tags by digest."""
    details = cloud.client("ecr").describe_images(repositoryName=repository)["imageDetails"]
    return {one["imageDigest"]: one.get("imageTags", []) for one in details}


def killed_after_its_push(cloud, project, containers, repository):
    """What it pushed: then every image of it is removed from this machine, with the layers it was built of."""
    before = set(tagged(cloud, repository))
    assert project.killed_up("Successfully tagged").code == -9
    ((digest, (tag,)),) = eventually(
        lambda: [(one, tags) for one, tags in tagged(cloud, repository).items() if one not in before], 60
    )
    containers.images.remove(f"localhost:{cloud.port}/{repository}:{tag}", force=True)
    return digest, tag


def test_an_immutable_tag_that_a_killed_up_had_taken_does_not_stand_in_the_way(cloud, project, containers):
    repository = repository_of(project)
    project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>second edition</p>")
    first, tag = killed_after_its_push(cloud, project, containers, repository)
    ran = project.up()
    assert f"the tag {tag} of the ECR repository {repository} is taken by another build" in ran.out
    tags = tagged(cloud, repository)
    assert tags[first] == [f"kept-{first.removeprefix('sha256:')[:12]}"], "who runs it by digest still finds it"
    serving = project.outputs()["services"]["web"]["image"].partition("@")[2]
    assert serving != first
    assert tags[serving] == [tag]
    assert "second edition" in page(cloud, project)
    assert set(project.up().changes) == {"same"}


def test_a_registry_that_refuses_is_named_with_its_reason(cloud, project):
    """The repository is deleted by somebody while the image is built."""
    ecr, repository = cloud.client("ecr"), repository_of(project)
    project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>third edition</p>")
    ran = project.during_up(
        "docker:index:Image web updating", lambda: ecr.delete_repository(repositoryName=repository, force=True)
    )
    assert ran.code != 0
    assert f"docker push localhost:{cloud.port}/{repository}:" in ran.out
    assert f"failed: name unknown: repository name not known to registry: {repository}" in ran.out
    assert "Traceback" not in ran.out
    assert "third edition" not in page(cloud, project), "the old version serves"
    project.up()
    assert "third edition" in page(cloud, project)
    assert set(project.up().changes) == {"same"}


def test_in_a_repository_of_others_too(cloud, project, containers):
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName=SHARED, imageTagMutability="IMMUTABLE")
    try:
        document = yaml.safe_load((project.folder / "Pulumi.dev.yaml").read_text())
        document["config"]["fargate:services"]["web"]["build"] = {"context": "./app", "repository": SHARED}
        project.write("Pulumi.dev.yaml", yaml.safe_dump(document))
        project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>in a shared one</p>")
        first, tag = killed_after_its_push(cloud, project, containers, SHARED)
        assert tag.startswith("dev-web-")
        project.up()
        assert tagged(cloud, SHARED)[first] == [f"kept-{first.removeprefix('sha256:')[:12]}"]
        assert set(project.up().changes) == {"same"}
    finally:
        project.destroy()
        ecr.delete_repository(repositoryName=SHARED, force=True)
