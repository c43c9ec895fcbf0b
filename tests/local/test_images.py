"""Where images come from: built, promoted from another stack, meant by a tag, shared."""

import json

import pytest
import yaml

from components.image_copy import RegistryRepository, copy_image
from tests.local.harness import Cloud, copy_of_program, eventually

pytestmark = [pytest.mark.local, pytest.mark.alone]
TEAM = {"team/app", "team/shared"}
"""The repositories of others, which outlive the stacks."""


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """dev, which builds, and next, whose image each test says."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("images") / "project", name="images")
    say(project, "next", build=None)
    others = repositories(cloud)
    try:
        yield project
    finally:
        for stack in ("next", "dev"):
            project.destroy(stack)
        left = repositories(cloud) - others
        for name in left & TEAM:
            cloud.client("ecr").delete_repository(repositoryName=name, force=True)
    assert left <= TEAM, "those of the stacks are gone with them"


def repositories(cloud):
    return {one["repositoryName"] for one in cloud.client("ecr").describe_repositories()["repositories"]}


def say(project, stack, **web):
    """Write a stack's file: that of dev, with other words about its service."""
    document = yaml.safe_load((project.folder / "Pulumi.dev.yaml").read_text())
    service = document["config"]["fargate:services"]["web"]
    service.update(web)
    document["config"]["fargate:services"]["web"] = {key: one for key, one in service.items() if one is not None}
    project.write(f"Pulumi.{stack}.yaml", yaml.safe_dump(document))


def image(project, stack):
    return project.outputs(stack)["services"]["web"]["image"]


def page(cloud, project, stack):
    return cloud.get(project.outputs(stack)["url"]).text


def tasks(cloud, containers, uri):
    """The containers that run an image of its repository."""
    repository = uri.partition("@")[0]
    return [one for one in cloud.containers(containers) if one.attrs["Config"]["Image"].partition("@")[0] == repository]


@pytest.fixture(scope="module")
def built(project):
    project.up("dev")
    return image(project, "dev")


@pytest.fixture(scope="module")
def promoted(project, built):
    """What is typed to promote."""
    project.pulumi("stack", "init", "next")
    project.pulumi("config", "set", "--path", "fargate:services.web.image.promote", built, "--stack", "next")
    return project.up("next")


def test_a_promoted_image_is_the_same_in_a_repository_of_the_stack_s_own(cloud, project, built, promoted):
    uri = image(project, "next")
    assert uri.partition("@")[2] == built.partition("@")[2]
    assert uri.partition("@")[0] != built.partition("@")[0]
    assert "ecs-test" in page(cloud, project, "next")
    assert "docker:" not in promoted.out
    name = uri.partition("/")[2].partition("@")[0]
    (found,) = cloud.client("ecr").describe_images(repositoryName=name)["imageDetails"]
    assert found["imageTags"] == [f"promoted-{uri.partition('sha256:')[2][:24]}"]


def test_a_promotion_that_is_done_changes_nothing(project, promoted):
    assert set(project.pulumi("preview", "--stack", "next").changes) == {"same"}
    assert set(project.up("next").changes) == {"same"}


def test_it_outlives_the_stack_that_built_it(cloud, project, promoted, containers, built):
    project.destroy("dev")
    uri = image(project, "next")
    (before,) = tasks(cloud, containers, uri)
    before.remove(force=True)
    for one in (built, uri):
        containers.images.remove(one, force=True)  # so that it has to come from the registry
    eventually(lambda: [one for one in tasks(cloud, containers, uri) if one.id != before.id], 60)
    eventually(lambda: "ecs-test" in page(cloud, project, "next"), 60)
    assert set(project.up("next").changes) == {"same"}


def test_an_image_that_is_gone_is_told_without_a_traceback(project, promoted, built):
    gone = f"{built.partition('@')[0]}@sha256:{'7' * 64}"
    before = (project.folder / "Pulumi.next.yaml").read_text()
    project.edit("Pulumi.next.yaml", built, gone)
    ran = project.up("next", ok=False)
    assert ran.code
    assert f"answers 404 to GET manifests/sha256:{'7' * 64} of " in ran.out
    assert "promote an image that is" in ran.out
    assert "Traceback" not in ran.out
    project.write("Pulumi.next.yaml", before)


def test_a_tag_that_is_moved_is_deployed(cloud, project, promoted):
    """Also by a stack that had an image promoted before."""
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="team/app")
    push(cloud, image(project, "next"), "v3")
    say(project, "next", build=None, image={"repository": "team/app", "tag": "v3"})
    project.up("next")
    first = image(project, "next")
    assert first.startswith(f"localhost:{cloud.port}/team/app@sha256:")

    project.edit("app/htdocs/index.html", "ecs-test", "ecs-test moved")
    project.up("dev")
    push(cloud, image(project, "dev"), "v3")
    plan = project.replaced("next")
    assert plan == {"ecs/taskDefinition web"}
    project.up("next")
    assert image(project, "next") != first
    assert "ecs-test moved" in page(cloud, project, "next")


def push(cloud, uri, tag):
    source, _, digest = uri.partition("@")
    theirs = RegistryRepository(source, "AWS", "local")
    copy_image(theirs, RegistryRepository(f"localhost:{cloud.port}/team/app", "AWS", "local"), digest, digest)
    kind = {"Content-Type": "application/vnd.docker.distribution.manifest.v2+json"}
    manifest = theirs.must("GET", f"manifests/{digest}", headers={"Accept": kind["Content-Type"]}).data
    team = RegistryRepository(f"localhost:{cloud.port}/team/app", "AWS", "local")
    team.must("PUT", f"manifests/{tag}", body=manifest, headers=kind)


def test_a_tag_that_is_not_there_is_told_at_preview(project, promoted):
    say(project, "next", build=None, image={"repository": "team/app", "tag": "v4"})
    ran = project.pulumi("preview", "--stack", "next", ok=False)
    assert ran.code
    assert "the tag v4 of the ECR repository team/app could not be looked up: " in ran.out
    assert "ImageNotFoundException: the repository has no image of this tag or digest" in ran.out
    assert "Traceback" not in ran.out
    say(project, "next", build=None, image={"repository": "nobody/app", "tag": "v4"})
    assert "RepositoryNotFoundException" in project.pulumi("preview", "--stack", "next", ok=False).out


def test_a_repository_is_shared_and_others_may_pull(cloud, project, built):
    """And layers are taken from a cache, where it is there."""
    shared = {"context": "./app", "repository": "team/shared", "cache_from": [f"localhost:{cloud.port}/nobody/app:v1"]}
    say(project, "next", build=shared, image=None)
    ran = project.up("next")
    assert "repository team/shared made for the rehearsal" in ran.out
    assert "nothing is taken from it, as it cannot be had" in ran.out
    assert image(project, "next").startswith(f"localhost:{cloud.port}/team/shared@sha256:")
    (pushed,) = cloud.client("ecr").describe_images(repositoryName="team/shared")["imageDetails"]
    assert pushed["imageTags"][0].startswith("next-web-")

    say(project, "dev", build={"context": "./app", "pull_accounts": ["222222222222"]})
    project.up("dev")
    name = project.outputs("dev")["services"]["web"]["repository"].partition("/")[2]
    policy = json.loads(cloud.client("ecr").get_repository_policy(repositoryName=name)["policyText"])
    assert policy["Statement"][0]["Principal"] == {"AWS": ["arn:aws:iam::222222222222:root"]}
    project.destroy("dev")
    assert "team/shared" in repositories(cloud), "it is its owner's"
