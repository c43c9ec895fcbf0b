"""File systems, what they are mounted through, and who may."""

from typing import Any

from localcloud.providers.declare import (
    Const,
    Describe,
    Field,
    Function,
    Operations,
    Prop,
    Resource,
    Tagging,
    Values,
    call,
    tag_list,
)

TAGS = Tagging(
    add=call("tag_resource", ResourceId="id", Tags=Prop("tags", write=tag_list())),
    remove=call("untag_resource", ResourceId="id", TagKeys="keys"),
)
TRANSITIONS = {
    "TransitionToIA": "transitionToIa",
    "TransitionToArchive": "transitionToArchive",
    "TransitionToPrimaryStorageClass": "transitionToPrimaryStorageClass",
}


def _lifecycle(live: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{TRANSITIONS[name]: value for name, value in one.items()} for one in live]


def two_transitions(operation: Operations) -> str | None:
    """Two moves of a file in one policy of its life."""
    several = any(len(one) > 1 for one in operation.values.get("lifecyclePolicies") or ())
    return "BadRequest: each LifecyclePolicy object can have only a single transition" if several else None


def _domain(operation: Operations) -> str:
    return f"efs.{operation.values['region']}.amazonaws.com"


def _available(operation: Operations) -> None:
    """What is used before it is available is refused; AWS's provider waits likewise."""
    operation.until(lambda: operation.describe()["LifeCycleState"] == "available", f"{operation.id} available")


PROVISIONED = Prop("provisionedThroughputInMibps")
FILE_SYSTEM = Resource(
    token="aws:efs/fileSystem:FileSystem",
    refuse_write=(two_transitions,),
    service="efs",
    create=call(
        "create_file_system",
        CreationToken="creationToken",
        PerformanceMode="performanceMode",
        Encrypted="encrypted",
        KmsKeyId="kmsKeyId",
        ThroughputMode=Prop("throughputMode", default="bursting"),
        ProvisionedThroughputInMibps=PROVISIONED,
        AvailabilityZoneName="availabilityZoneName",
    ),
    id="FileSystemId",
    read=Describe(call("describe_file_systems", FileSystemId="id"), "FileSystems[0]"),
    more=(Describe(call("describe_lifecycle_configuration", FileSystemId="id"), "@"),),
    updates=(
        call(
            "update_file_system",
            FileSystemId="id",
            ThroughputMode=Prop("throughputMode", default="bursting"),
            ProvisionedThroughputInMibps=PROVISIONED,
        ),
        call(
            "put_lifecycle_configuration",
            FileSystemId="id",
            LifecyclePolicies=Prop("lifecyclePolicies", read=_lifecycle, default=[]),
        ),
        call(
            "update_file_system_protection",
            FileSystemId="id",
            ReplicationOverwriteProtection=Field("protection", "replicationOverwrite"),
        ),
    ),
    kept=frozenset({"creationToken", "encrypted", "performanceMode", "protection"}),
    dropped=frozenset({"provisionedThroughputInMibps"}),
    unobeyed=dict.fromkeys(
        ("encrypted", "performanceMode", "throughputMode"), "its files are in a folder of this machine"
    ),
    delete=call("delete_file_system", FileSystemId="id"),
    reads=(
        Prop(
            "protection",
            at="FileSystemProtection.{replicationOverwrite: ReplicationOverwriteProtection}",
        ),
    ),
    outputs={"arn": "FileSystemArn", "ownerId": "OwnerId"},
    computed=lambda operation, _: {"dnsName": f"{operation.id}.{_domain(operation)}"},
    after_create=_available,
    tags=TAGS,
)


def _addresses(operation: Operations, description: dict[str, Any]) -> dict[str, Any]:
    system, zone = description["FileSystemId"], description["AvailabilityZoneName"]
    known = operation.client().describe_file_systems(FileSystemId=system)["FileSystems"]
    return {
        "fileSystemArn": known[0]["FileSystemArn"],
        "dnsName": f"{system}.{_domain(operation)}",
        "mountTargetDnsName": f"{zone}.{system}.{_domain(operation)}",
    }


MOUNT_TARGET = Resource(
    token="aws:efs/mountTarget:MountTarget",
    service="efs",
    create=call(
        "create_mount_target",
        FileSystemId="fileSystemId",
        SubnetId="subnetId",
        IpAddress="ipAddress",
        Ipv6Address="ipv6Address",
        IpAddressType=Prop("ipAddressType", at=""),
        SecurityGroups="securityGroups",
    ),
    id="MountTargetId",
    read=Describe(call("describe_mount_targets", MountTargetId="id"), "MountTargets[0]"),
    more=(
        Describe(call("describe_mount_target_security_groups", MountTargetId="id"), "{SecurityGroups: SecurityGroups}"),
    ),
    updates=(call("modify_mount_target_security_groups", MountTargetId="id", SecurityGroups="securityGroups"),),
    kept=frozenset({"ipAddress", "securityGroups"}),
    delete=call("delete_mount_target", MountTargetId="id"),
    outputs={
        "ipAddress": "IpAddress",
        "networkInterfaceId": "NetworkInterfaceId",
        "availabilityZoneName": "AvailabilityZoneName",
        "availabilityZoneId": "AvailabilityZoneId",
        "ownerId": "OwnerId",
    },
    computed=_addresses,
    after_create=_available,
)

ACCESS_POINT = Resource(
    token="aws:efs/accessPoint:AccessPoint",
    service="efs",
    create=call(
        "create_access_point", FileSystemId="fileSystemId", PosixUser="posixUser", RootDirectory="rootDirectory"
    ),
    id="AccessPointId",
    read=Describe(call("describe_access_points", AccessPointId="id"), "AccessPoints[0]"),
    kept=frozenset({"rootDirectory"}),
    delete=call("delete_access_point", AccessPointId="id"),
    outputs={"arn": "AccessPointArn", "ownerId": "OwnerId"},
    computed=lambda operation, found: {"fileSystemArn": _file_system_arn(found)},
    after_create=_available,
    tags=TAGS,
)


def _file_system_arn(point: dict[str, Any]) -> str:
    """Of the file system of an access point, which is in its account and region."""
    return f"{point['AccessPointArn'].rpartition(':')[0]}:file-system/{point['FileSystemId']}"


BACKUP_POLICY = Resource(
    token="aws:efs/backupPolicy:BackupPolicy",
    service="efs",
    create=call("put_backup_policy", FileSystemId=Prop("fileSystemId", at=""), BackupPolicy="backupPolicy"),
    id=lambda values, _: values["fileSystemId"],
    import_id="{fileSystemId}",
    read=Describe(call("describe_backup_policy", FileSystemId="id"), "@"),
    updates=(call("put_backup_policy", FileSystemId="id", BackupPolicy="backupPolicy"),),
    replace_on=frozenset({"fileSystemId"}),
    notes=lambda values: ["no backup is made"] if values["backupPolicy"]["status"] == "ENABLED" else [],
    delete=call("put_backup_policy", {"BackupPolicy.Status": Const("DISABLED")}, FileSystemId="id"),
)

FILE_SYSTEM_POLICY = Resource(
    token="aws:efs/fileSystemPolicy:FileSystemPolicy",
    idle="nobody is asked for it",
    service="efs",
    create=call(
        "put_file_system_policy",
        FileSystemId="fileSystemId",
        Policy="policy",
        BypassPolicyLockoutSafetyCheck=Prop("bypassPolicyLockoutSafetyCheck", at=""),
    ),
    id=lambda values, _: values["fileSystemId"],
    read=Describe(call("describe_file_system_policy", FileSystemId="id"), "@"),
    updates=(
        call(
            "put_file_system_policy",
            FileSystemId="id",
            Policy="policy",
            BypassPolicyLockoutSafetyCheck=Prop("bypassPolicyLockoutSafetyCheck", at="", default=False),
        ),
    ),
    replace_on=frozenset({"fileSystemId"}),
    delete=call("delete_file_system_policy", FileSystemId="id"),
)


def _of_file_system(result: dict[str, Any], _: Values) -> dict[str, Any]:
    point = {"AccessPointArn": result["arn"], "FileSystemId": result["fileSystemId"]}
    return {**result, "fileSystemArn": _file_system_arn(point)}


GET_ACCESS_POINT = Function(
    token="aws:efs/getAccessPoint:getAccessPoint",
    service="efs",
    call=call("describe_access_points", AccessPointId="accessPointId"),
    returns={
        "arn": "AccessPoints[0].AccessPointArn",
        "fileSystemId": "AccessPoints[0].FileSystemId",
        "ownerId": "AccessPoints[0].OwnerId",
    },
    missing="AccessPointNotFound: Access point does not exist",
    finish=_of_file_system,
)

RESOURCES = (FILE_SYSTEM, MOUNT_TARGET, ACCESS_POINT, BACKUP_POLICY, FILE_SYSTEM_POLICY)
FUNCTIONS = (GET_ACCESS_POINT,)
