import json

import pytest

from components import ExistingFileSystemArgs, FileSystemArgs, ThroughputMode

from . import test_program, test_settings

SYSTEM, TARGET = "aws:efs/fileSystem:FileSystem", "aws:efs/mountTarget:MountTarget"
POINT, DEFINITION = "aws:efs/accessPoint:AccessPoint", "aws:ecs/taskDefinition:TaskDefinition"
EXISTING = {"access_point_id": "fsap-1", "security_group_id": "sg-1"}
WEB = {"build": "./app", "user": "33:33"}

parse, problems, run = test_settings.parse, test_settings.problems, test_program.run


def with_files(system, **service):
    """A stack with one file system, and what its service says of it."""
    return {"fargate:file_systems": {"uploads": system}, "fargate:services": {"web": {"build": "./app", **service}}}


def made(parse, **system):
    return parse(with_files(system)).file_systems["uploads"].args(vpc_id="vpc-1", subnet_ids=["subnet-1"])


def test_a_file_system_has_defaults(parse):
    assert parse().file_systems == {}
    assert made(parse) == FileSystemArgs(vpc_id="vpc-1", subnet_ids=["subnet-1"])


def test_all_of_a_file_system_can_be_said(parse):
    said = {"user": 33, "group": 34, "throughput": "bursting", "infrequent_access_days": None, "backup": False}
    assert made(parse, **said) == FileSystemArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-1"],
        user=33,
        group=34,
        throughput=ThroughputMode.BURSTING,
        infrequent_access_days=None,
        backup=False,
    )


def test_one_that_exists(parse):
    assert made(parse, existing=EXISTING) == ExistingFileSystemArgs(access_point_id="fsap-1", security_group_id="sg-1")


def test_a_volume_is_a_name_or_says_that_it_is_read_only(parse):
    sidecar = {"image": "i:1", "volumes": {"/files": {"file_system": "uploads", "read_only": True}}}
    found = parse(with_files({}, volumes={"/data": "uploads"}, sidecars={"proxy": sidecar})).services["web"]
    assert (found.volumes["/data"].file_system, found.volumes["/data"].read_only) == ("uploads", False)
    assert found.sidecars["proxy"].volumes["/files"].read_only


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            with_files({}, volumes={"/data": "upload"}),
            "fargate:services.web.volumes./data: no file system 'upload': did you mean 'uploads'?",
        ),
        (
            with_files({}, sidecars={"proxy": {"image": "i:1", "volumes": {"/data": {"file_system": "x"}}}}),
            "fargate:services.web.sidecars.proxy.volumes./data: no file system 'x'; known are uploads",
        ),
        (
            {"fargate:services": {"web": {"build": "./app", "volumes": {"/data": "uploads"}}}},
            "fargate:services.web.volumes./data: no file system 'uploads': file_systems names none",
        ),
        (
            with_files({}, volumes={"data": "uploads"}),
            "fargate:services.web: volume path 'data' must be a folder such as /data",
        ),
        (
            with_files({}, volumes={"/tmp": "uploads"}, writable_paths=["/tmp"]),
            "fargate:services.web: '/tmp' is both a writable path and a volume: leave out one",
        ),
        (with_files({}, volumes={"/data": 1}), "fargate:services.web.volumes./data: must be a mapping, got 1"),
        (
            with_files({}, volumes={"/data": {"file_system": "uploads", "readonly": True}}),
            "fargate:services.web.volumes./data.readonly: unknown key: did you mean 'read_only'?",
        ),
        (
            with_files({"existing": EXISTING, "backup": True}),
            "fargate:file_systems.uploads: an existing file system is not changed: leave out backup, or existing",
        ),
        (
            with_files({"existing": {**EXISTING, "access_point_id": "fs-1"}}),
            r"fargate:file_systems.uploads.existing.access_point_id: must match ^fsap-\w+$, got 'fs-1'",
        ),
        (with_files({"user": 0}), "fargate:file_systems.uploads.user: must be 1 or more, got 0"),
        (
            with_files({"infrequent_access_days": 31}),
            "fargate:file_systems.uploads.infrequent_access_days: must be one of 1, 7, 14, 30, 60, 90, 180, 270 or "
            "365, got 31",
        ),
        (
            with_files({"throughput": "fast"}),
            "fargate:file_systems.uploads.throughput: must be one of 'elastic' or 'bursting', got 'fast'",
        ),
    ],
)
def test_bad_input_is_told_by_its_key(problems, changes, told):
    assert problems(changes) == [told]


def test_the_program_mounts_what_its_stack_file_says(run, cloud):
    sidecar = {"image": "i:1", "volumes": {"/files": {"file_system": "uploads", "read_only": True}}}
    web = {**WEB, "volumes": {"/data": "uploads"}, "sidecars": {"proxy": sidecar}}
    run("dev", file_systems={"uploads": {"user": 33}}, services={"web": web})
    assert [one.inputs["subnetId"] for one in cloud.all(TARGET)] == [
        "Subnet-network-private-1",
        "Subnet-network-private-2",
    ]
    assert cloud.one(POINT, "uploads").inputs["posixUser"] == {"uid": 33, "gid": 1000}
    assert not cloud.one(SYSTEM).protect, "outside prod it goes with its stack"
    document = json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])
    assert [one["mountPoints"] for one in document] == [
        [{"containerPath": "/data", "readOnly": False, "sourceVolume": "efs_uploads"}],
        [{"containerPath": "/files", "readOnly": True, "sourceVolume": "efs_uploads"}],
    ]


def test_prod_keeps_its_files_and_encrypts_them_with_its_key(run, cloud):
    run("prod", file_systems={"uploads": {}})
    assert cloud.one(SYSTEM).protect
    assert cloud.one(SYSTEM).inputs["kmsKeyId"] == "arn:Key:key"


def test_prod_may_be_told_to_let_go(run, cloud):
    edge = {"domain": {"zone": "example.com", "names": ["www.example.com"]}, "deletion_protection": False}
    run("prod", file_systems={"uploads": {}}, load_balancer=edge)
    assert (cloud.one(SYSTEM).protect, cloud.one(SYSTEM).retain) == (False, True), "it stays behind"
    cloud.resources.clear()
    run("prod", file_systems={"uploads": {}}, load_balancer=edge, force_delete=True)
    assert (cloud.one(SYSTEM).protect, cloud.one(SYSTEM).retain) == (False, False)
