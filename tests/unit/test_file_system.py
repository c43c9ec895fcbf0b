import json

import pulumi
import pulumi_aws as aws
import pytest

from components import ExistingFileSystemArgs, FileSystem, FileSystemArgs, ThroughputMode

SYSTEM, TARGET, POINT = (
    "aws:efs/fileSystem:FileSystem",
    "aws:efs/mountTarget:MountTarget",
    "aws:efs/accessPoint:AccessPoint",
)
GROUP, POLICY = "aws:ec2/securityGroup:SecurityGroup", "aws:efs/fileSystemPolicy:FileSystemPolicy"
BACKUP = "aws:efs/backupPolicy:BackupPolicy"


def arguments(**changes):
    given = {"vpc_id": "vpc-1", "subnet_ids": ["subnet-1", "subnet-2"], "tags": {"team": "a"}}
    return FileSystemArgs(**{**given, **changes})


def files(**changes):
    return lambda: FileSystem("uploads", arguments(**changes))


def existing():
    return FileSystem.existing(
        "uploads", ExistingFileSystemArgs(access_point_id="fsap-1", security_group_id="sg-theirs")
    )


def test_the_file_system_is_encrypted_and_moves_what_nobody_reads(deploy, cloud):
    made = deploy(files())
    assert cloud.one(SYSTEM).inputs == {
        "encrypted": True,
        "performanceMode": "generalPurpose",
        "throughputMode": "elastic",
        "lifecyclePolicies": [
            {"transitionToIa": "AFTER_30_DAYS"},
            {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
        ],
        "tags": {"Name": "uploads", "team": "a"},
    }
    assert cloud.one(SYSTEM, "uploads").protect
    assert deploy.known(made.id) == "FileSystem-uploads"
    assert deploy.known(made.arn) == "arn:FileSystem:uploads"
    assert deploy.known(made.access_point_id) == "AccessPoint-uploads"
    assert deploy.known(made.access_point_arn) == "arn:AccessPoint:uploads"
    assert deploy.known(made.security_group_id) == "SecurityGroup-uploads"


def test_what_may_be_chosen_of_it(deploy, cloud):
    deploy(
        files(
            throughput=ThroughputMode.BURSTING,
            infrequent_access_days=1,
            kms_key_arn="arn:key",
            deletion_protection=False,
            backup=False,
        )
    )
    inputs = cloud.one(SYSTEM).inputs
    assert (inputs["throughputMode"], inputs["kmsKeyId"]) == ("bursting", "arn:key")
    assert inputs["lifecyclePolicies"][0] == {"transitionToIa": "AFTER_1_DAY"}
    assert not cloud.one(SYSTEM).protect
    assert not [one.name for one in cloud.resources if one.retain]
    assert cloud.one(BACKUP).inputs["backupPolicy"] == {"status": "DISABLED"}


def test_files_may_stay_where_they_are(deploy, cloud):
    deploy(files(infrequent_access_days=None))
    assert "lifecyclePolicies" not in cloud.one(SYSTEM).inputs


def test_it_is_backed_up(deploy, cloud):
    deploy(files())
    assert cloud.one(BACKUP, "uploads").inputs == {
        "fileSystemId": "FileSystem-uploads",
        "backupPolicy": {"status": "ENABLED"},
    }


def test_each_subnet_has_a_mount_target_in_a_group_without_rules(deploy, cloud):
    deploy(files())
    assert {one.name: one.inputs for one in cloud.all(TARGET)} == {
        f"uploads-{number}": {
            "fileSystemId": "FileSystem-uploads",
            "subnetId": f"subnet-{number}",
            "securityGroups": ["SecurityGroup-uploads"],
        }
        for number in (1, 2)
    }
    assert cloud.one(GROUP, "uploads").inputs == {
        "description": "Mount targets: in by NFS from those that mount",
        "vpcId": "vpc-1",
        "tags": {"Name": "uploads", "team": "a"},
    }
    assert not [one for one in cloud.children() if "Rule" in one.type]


def test_the_access_point_shows_a_folder_and_writes_as_one_user(deploy, cloud):
    deploy(files(user=33, group=34))
    assert cloud.one(POINT, "uploads").inputs == {
        "fileSystemId": "FileSystem-uploads",
        "posixUser": {"uid": 33, "gid": 34},
        "rootDirectory": {
            "path": "/data",
            "creationInfo": {"ownerUid": 33, "ownerGid": 34, "permissions": "0750"},
        },
        "tags": {"Name": "uploads", "team": "a"},
    }


def test_its_policy_lets_nobody_in_by_itself(deploy, cloud):
    deploy(files())
    inputs = cloud.one(POLICY, "uploads").inputs
    assert inputs["fileSystemId"] == "FileSystem-uploads"
    assert json.loads(inputs["policy"])["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "*",
            "Resource": "arn:FileSystem:uploads",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": [
                "elasticfilesystem:ClientMount",
                "elasticfilesystem:ClientRootAccess",
                "elasticfilesystem:ClientWrite",
            ],
            "Resource": "arn:FileSystem:uploads",
            "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}},
        },
    ]


def test_who_names_the_access_point_waits_until_it_can_be_mounted(deploy, cloud):
    def build():
        point = FileSystem("uploads", arguments()).access_point_id
        aws.ssm.Parameter("point", type="String", value=point)

    deploy(build)
    waits = cloud.one("aws:ssm/parameter:Parameter").dependencies
    assert {one.urn for one in (*cloud.all(TARGET), cloud.one(POLICY))} <= set(waits)


def test_a_volume_is_what_a_container_mounts(deploy):
    made = deploy(files())
    volume = made.volume(read_only=True)
    assert (volume.name, volume.read_only, made.volume().read_only) == ("uploads", True, False)
    assert (volume.file_system_id, volume.file_system_arn) == (made.id, made.arn)
    assert (volume.access_point_id, volume.access_point_arn) == (made.access_point_id, made.access_point_arn)
    assert volume.security_group_id is made.security_group_id


def test_one_that_exists_is_looked_up_and_nothing_is_made(deploy, cloud):
    made = deploy(existing)
    assert cloud.children() == []
    assert deploy.known(made.id) == "fs-theirs"
    assert deploy.known(made.arn) == "arn of fs-theirs"
    assert deploy.known(made.access_point_id) == "fsap-1"
    assert deploy.known(made.access_point_arn) == "arn of fsap-1"
    assert deploy.known(made.security_group_id) == "sg-theirs"
    assert made.volume().security_group_id == "sg-theirs"


def test_one_that_does_not_exist_is_named(deploy, monkeypatch):
    def unknown(**_):
        raise Exception("invoke of aws:efs/getAccessPoint:getAccessPoint failed: no such thing")

    monkeypatch.setattr(aws.efs, "get_access_point", unknown)
    with pytest.raises(pulumi.RunError, match="access point fsap-1 could not be looked up: no such thing"):
        deploy(existing)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"subnet_ids": []}, "subnet_ids must name one subnet at least"),
        ({"user": 0}, "user must be from 1 to 4294967295, got 0"),
        ({"group": 2**32}, "group must be from 1 to 4294967295, got 4294967296"),
        (
            {"infrequent_access_days": 31},
            r"infrequent_access_days must be one of \[1, 7, 14, 30, 60, 90, 180, 270, 365\], got 31",
        ),
        ({"infrequent_access_days": 0}, "infrequent_access_days must be one of"),
        ({"user": 0, "group": 0}, "user must be .*; group must be "),
    ],
)
def test_what_efs_would_refuse(changes, told):
    with pytest.raises(ValueError, match=told):
        arguments(**changes)


def test_one_that_stays_behind_stays_closed_backed_up_and_to_be_found(deploy, cloud):
    deploy(files(retain=True))
    assert {one.type for one in cloud.resources if one.retain} == {SYSTEM, POINT, POLICY, BACKUP}
