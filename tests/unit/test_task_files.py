import json

import pytest

from components import Container, EfsVolume, ExistingFileSystemArgs, FargateService, FileSystem, FileSystemArgs

from .test_fargate_service import DEFINITION, EGRESS, INGRESS, ROLE, SERVICE, arguments

POLICY = "aws:iam/rolePolicy:RolePolicy"


def files(name="uploads"):
    return FileSystem(name, FileSystemArgs(vpc_id="vpc-1", subnet_ids=["subnet-1"]))


def existing(name, point="fsap-1"):
    return FileSystem.existing(name, ExistingFileSystemArgs(access_point_id=point, security_group_id="sg-theirs"))


def given(**changes):
    """A volume of ids alone."""
    ids = {
        "name": "uploads",
        "file_system_id": "fs-1",
        "file_system_arn": "arn:fs-1",
        "access_point_id": "fsap-1",
        "access_point_arn": "arn:fsap-1",
        "security_group_id": "sg-1",
    }
    return EfsVolume(**{**ids, **changes})


def statements(cloud):
    return json.loads(cloud.one(POLICY, "web-files").inputs["policy"])["Statement"]


def test_the_definition_mounts_it_encrypted_and_as_the_task_role(deploy, cloud):
    deploy(lambda: FargateService("web", arguments(volumes={"/data": files().volume()}, writable_paths=("/tmp",))))
    inputs = cloud.one(DEFINITION).inputs
    assert inputs["volumes"] == [
        {"name": "tmp"},
        {
            "name": "efs_uploads",
            "efsVolumeConfiguration": {
                "fileSystemId": "FileSystem-uploads",
                "transitEncryption": "ENABLED",
                "authorizationConfig": {"accessPointId": "AccessPoint-uploads", "iam": "ENABLED"},
            },
        },
    ]
    assert json.loads(inputs["containerDefinitions"])[0]["mountPoints"] == [
        {"containerPath": "/data", "readOnly": False, "sourceVolume": "efs_uploads"},
        {"containerPath": "/tmp", "readOnly": False, "sourceVolume": "tmp"},
    ]
    assert inputs["taskRoleArn"] == "arn:Role:web-task"


def test_the_task_role_may_mount_through_the_access_point_and_nothing_else(deploy, cloud):
    deploy(lambda: FargateService("web", arguments(volumes={"/data": files().volume()})))
    assert cloud.one(POLICY, "web-files").inputs["role"] == "web-task-1234567"
    assert statements(cloud) == [
        {
            "Effect": "Allow",
            "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            "Resource": "arn:FileSystem:uploads",
            "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": "arn:AccessPoint:uploads"}},
        }
    ]


def test_who_only_reads_may_not_write(deploy, cloud):
    deploy(lambda: FargateService("web", arguments(volumes={"/data": files().volume(read_only=True)})))
    assert statements(cloud)[0]["Action"] == ["elasticfilesystem:ClientMount"]
    document = json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])
    assert document[0]["mountPoints"] == [{"containerPath": "/data", "readOnly": True, "sourceVolume": "efs_uploads"}]


@pytest.mark.parametrize("own_reads", [True, False])
def test_containers_of_a_task_share_a_volume_and_the_role_has_what_one_of_them_needs(deploy, cloud, own_reads):
    def build():
        system = files()
        own, other = system.volume(read_only=own_reads), system.volume(read_only=not own_reads)
        sidecar = Container(image="i", volumes={"/files": other})
        return FargateService("web", arguments(volumes={"/data": own}, sidecars={"proxy": sidecar}))

    deploy(build)
    inputs = cloud.one(DEFINITION).inputs
    assert [one["name"] for one in inputs["volumes"]] == ["efs_uploads"]
    points = [one["mountPoints"][0]["readOnly"] for one in json.loads(inputs["containerDefinitions"])]
    assert points == [own_reads, not own_reads]
    assert [len(one["Action"]) for one in statements(cloud)] == [2]


def test_the_way_to_the_mount_targets_is_nfs_seen_from_both_groups(deploy, cloud):
    deploy(lambda: FargateService("web", arguments(volumes={"/data": files().volume()})))
    nfs = {"ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049, "tags": {"Name": "web-files-uploads", "team": "a"}}
    assert cloud.one(EGRESS, "web-files-uploads").inputs == {
        "securityGroupId": "SecurityGroup-web",
        "referencedSecurityGroupId": "SecurityGroup-uploads",
        "description": "NFS to uploads",
        **nfs,
    }
    assert cloud.one(INGRESS, "web-files-uploads").inputs == {
        "securityGroupId": "SecurityGroup-uploads",
        "referencedSecurityGroupId": "SecurityGroup-web",
        "description": "NFS from web",
        **nfs,
    }
    waits = cloud.one(SERVICE).dependencies
    for kind, name in ((EGRESS, "web-files-uploads"), (INGRESS, "web-files-uploads"), (POLICY, "web-files")):
        assert cloud.one(kind, name).urn in waits


def test_one_more_file_system_renames_nothing(deploy, cloud):
    def build():
        volumes = {"/data": files().volume(), "/assets": files("assets").volume()}
        return FargateService("web", arguments(volumes=volumes))

    deploy(build)
    assert [one["name"] for one in cloud.one(DEFINITION).inputs["volumes"]] == ["efs_assets", "efs_uploads"]
    for kind in (EGRESS, INGRESS):
        assert {one.name for one in cloud.all(kind)} >= {"web-files-assets", "web-files-uploads"}
    assert [one["Resource"] for one in statements(cloud)] == ["arn:FileSystem:assets", "arn:FileSystem:uploads"]


def test_two_that_exist_and_share_a_group_have_one_rule(deploy, cloud):
    def build():
        volumes = {"/data": existing("uploads").volume(), "/assets": existing("assets", "fsap-2").volume()}
        return FargateService("web", arguments(volumes=volumes))

    deploy(build)
    for kind in (EGRESS, INGRESS):
        assert [one.name for one in cloud.all(kind) if "files" in one.name] == ["web-files-sg-theirs"]
    arns = [one["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"] for one in statements(cloud)]
    assert arns == ["arn of fsap-2", "arn of fsap-1"]


def test_without_volumes_there_is_no_word_of_files(deploy, cloud):
    deploy(lambda: FargateService("web", arguments()))
    assert [one.name for one in cloud.children() if "files" in one.name] == []
    assert cloud.all(ROLE) == [cloud.one(ROLE, "web-execution")]
    assert "volumes" not in cloud.one(DEFINITION).inputs


def test_mounts_are_sorted_by_path(deploy, cloud):
    deploy(lambda: FargateService("web", arguments(writable_paths=("/z", "/a"), volumes={"/m": given()})))
    (document,) = json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])
    assert [one["containerPath"] for one in document["mountPoints"]] == ["/a", "/m", "/z"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"volumes": {"data": given()}}, "volume path 'data' must be a folder such as /data"),
        ({"volumes": {"/": given()}}, "volume path '/' must be a folder"),
        (
            {"volumes": {"/data": given()}, "writable_paths": ("/data",)},
            "'/data' is both a writable path and a volume: leave out one",
        ),
    ],
)
def test_paths_that_ecs_would_not_mount(changes, told):
    with pytest.raises(ValueError, match=told):
        Container(image="i", **changes)
    with pytest.raises(ValueError, match=told):
        arguments(**changes)


def test_one_name_is_one_file_system():
    arguments(volumes={"/a": given(), "/b": given(read_only=True)})
    with pytest.raises(ValueError, match="volumes named 'uploads' are of different file systems: give each its own"):
        arguments(volumes={"/a": given(), "/b": given(file_system_id="fs-2")})


def test_a_volume_is_named_as_components_are():
    with pytest.raises(ValueError, match="name 'Uploads' must start with a letter"):
        given(name="Uploads")
