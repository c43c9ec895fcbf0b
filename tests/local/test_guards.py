"""What a destroy of prod meets: a guard before everything else, and a way that works to its end."""

import json

import pytest

from tests.local.harness import Cloud, copy_of_program

pytestmark = pytest.mark.local

GUARD = "first-up-with-load_balancer.deletion_protection-false"
OFF = ("zonal_shift: true", "zonal_shift: true\n    deletion_protection: false")


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("guards") / "project", name="guarded")
    project.edit(
        "Pulumi.prod.yaml", "  fargate:services:\n", "  fargate:file_systems: {files: {}}\n  fargate:services:\n"
    )
    try:
        project.up("prod")
        yield project
    finally:
        _remove_what_stands(project)
        _remove_what_stayed(cloud)


def resources(project):
    exported = project.cloud.run(["pulumi", "stack", "export", "--stack", "prod"], project.folder)
    return {one["urn"] for one in json.loads(exported.out)["deployment"].get("resources", [])}


def stayed(cloud):
    """What holds data, by its kind."""
    return {
        "logs": [one["logGroupName"] for one in cloud.client("logs").describe_log_groups()["logGroups"]],
        "images": [one["repositoryName"] for one in cloud.client("ecr").describe_repositories()["repositories"]],
        "files": [one["FileSystemId"] for one in cloud.client("efs").describe_file_systems()["FileSystems"]],
        "buckets": [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]],
    }


def _remove_what_stands(project):
    """The stack itself, where a test has failed before it was destroyed."""
    if resources(project):
        if OFF[1] not in (project.folder / "Pulumi.prod.yaml").read_text():
            project.edit("Pulumi.prod.yaml", *OFF)
        project.up("prod", ok=False)
        project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod", ok=False)


def _remove_what_stayed(cloud):
    left = stayed(cloud)
    for name in left["logs"]:
        cloud.client("logs").delete_log_group(logGroupName=name)
    for name in left["images"]:
        cloud.client("ecr").delete_repository(repositoryName=name, force=True)
    efs = cloud.client("efs")
    for id in left["files"]:
        for point in efs.describe_access_points(FileSystemId=id)["AccessPoints"]:
            efs.delete_access_point(AccessPointId=point["AccessPointId"])
        efs.delete_file_system(FileSystemId=id)
    for name in left["buckets"]:
        cloud.client("s3").delete_bucket(Bucket=name)


@pytest.mark.parametrize("how", [("--skip-preview",), ()], ids=["at once", "after a preview"])
def test_a_destroy_of_prod_deletes_nothing_and_names_the_way(cloud, project, how):
    before = resources(project)
    ran = project.pulumi("destroy", "--yes", *how, "--stack", "prod", ok=False)
    assert ran.code != 0
    assert f"DeletionProtection::{GUARD}" in ran.out
    assert "deleted" not in ran.out.replace("cannot be deleted", ""), "nothing else was touched"
    assert resources(project) == before
    assert "ecs-test" in cloud.get(project.outputs("prod")["url"]).text
    assert set(project.up("prod").changes) == {"same"}


def test_a_destroy_of_what_is_not_protected_or_of_one_service_deletes_nothing_either(project):
    before = resources(project)
    (service,) = (urn for urn in before if "aws:ecs/service:Service" in urn)
    unprotected = project.pulumi("destroy", "--yes", "--skip-preview", "--exclude-protected", "--stack", "prod")
    assert "no unprotected resources to destroy" in unprotected.out
    for more in ([], ["--target-dependents"]):
        command = ["destroy", "--yes", "--skip-preview", "--target", service, *more]
        ran = project.pulumi(*command, "--stack", "prod", ok=False)
        assert (ran.code != 0, GUARD in ran.out) == (True, True)
    assert resources(project) == before


def test_a_guard_that_is_left_out_refuses_too(project):
    project.edit("Pulumi.prod.yaml", "fargate:environment: prod", "fargate:environment: staging")
    ran = project.up("prod", ok=False)
    project.edit("Pulumi.prod.yaml", "fargate:environment: staging", "fargate:environment: prod")
    assert ran.code != 0
    assert GUARD in ran.out
    assert project.ops("verify", "--stack", "prod").code == 0


def test_the_way_that_it_names_works_to_its_end(cloud, project):
    before = stayed(cloud)
    project.edit("Pulumi.prod.yaml", *OFF)
    assert set(project.up("prod").changes) <= {"same", "~"}
    project.destroy("prod")
    assert resources(project) == set()
    assert stayed(cloud) == before, "images, files and logs stay"
    kms = cloud.client("kms")
    keys = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
    mine = [one["KeyState"] for one in keys if one["Description"].startswith("guarded prod")]
    assert mine == ["Enabled"], "with the key that they are read by"
