"""What holds data, and what comes by the clock: file systems, schedules and their dead letters.

Names of files are those of terraform-provider-aws, internal/service, which Pulumi's provider is made of.
"""

from .grant import MADE_BY, RUN, Grant, Where, because

_UPDATE = "a change that the runs do not make: "

GRANTS = (
    Grant(
        name="LookAtFiles",
        service="elasticfilesystem",
        actions=because(
            RUN,
            *("DescribeAccessPoints", "DescribeBackupPolicy", "DescribeFileSystemPolicy", "DescribeFileSystems"),
            *("DescribeLifecycleConfiguration", "DescribeMountTargetSecurityGroups", "DescribeMountTargets"),
        )
        | because("efs/tags_gen.go, listTags", "ListTagsForResource"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeFiles",
        service="elasticfilesystem",
        actions=because(RUN, "CreateAccessPoint", "CreateFileSystem"),
        where=Where.NEW,
    ),
    Grant(
        name="TagNewFiles",
        service="elasticfilesystem",
        actions=because(RUN, "TagResource"),
        where=Where.NEW,
        only_if=MADE_BY["elasticfilesystem"],
    ),
    Grant(
        name="PlugInFiles",
        service="ec2",
        actions=because("Amazon EFS API Reference, CreateMountTarget", "CreateNetworkInterface"),
        where=Where.NEW,
    ),
    Grant(
        name="UnplugFiles",
        service="ec2",
        actions=because(
            "Amazon EFS API Reference, DeleteMountTarget, ModifyMountTargetSecurityGroups: EFS asks for its caller",
            *("DeleteNetworkInterface", "ModifyNetworkInterfaceAttribute"),
        ),
        where=Where.NEW,
        only_if={"Bool": {"aws:ViaAWSService": "true"}},
    ),
    Grant(
        name="ChangeFiles",
        service="elasticfilesystem",
        actions=because(
            RUN,
            *("CreateMountTarget", "DeleteAccessPoint", "DeleteFileSystem", "DeleteFileSystemPolicy"),
            *("DeleteMountTarget", "PutBackupPolicy", "PutFileSystemPolicy", "PutLifecycleConfiguration"),
        )
        | because(_UPDATE + "efs/mount_target.go, resourceMountTargetUpdate", "ModifyMountTargetSecurityGroups")
        | because(
            _UPDATE + "efs/file_system.go, resourceFileSystemUpdate",
            *("TagResource", "UntagResource", "UpdateFileSystem", "UpdateFileSystemProtection"),
        ),
        where=Where.OWN,
    ),
    Grant(
        name="LookAtSchedules",
        service="scheduler",
        actions=because(RUN, "GetSchedule"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="KeepSchedules",
        service="scheduler",
        actions=because(RUN, "CreateSchedule", "DeleteSchedule")
        | because(_UPDATE + "scheduler/schedule.go, resourceScheduleUpdate", "UpdateSchedule"),
        where=Where.HERE,
        on=("arn:{partition}:scheduler:{region}:{account}:schedule/default/*",),
    ),
    Grant(
        name="LookAtQueues",
        service="sqs",
        actions=because(RUN, "GetQueueAttributes", "ListQueueTags"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeQueues",
        service="sqs",
        actions=because(RUN, "CreateQueue", "TagQueue"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeQueues",
        service="sqs",
        actions=because(RUN, "DeleteQueue", "SetQueueAttributes")
        | because(_UPDATE + "sqs/tags_gen.go, updateTags", "UntagQueue"),
        where=Where.OWN,
    ),
)
