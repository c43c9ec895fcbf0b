"""A file system that tasks mount and that outlives them, or one that exists."""

import pulumi
import pulumi_aws as aws

from . import iam
from .efs_volume import EfsVolume
from .file_system_args import ExistingFileSystemArgs, FileSystemArgs
from .look_up import look_up
from .names import check_name, child_of, with_name

_ROOT = "/data"
_PERMISSIONS = "0750"
_CLIENT = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess", "elasticfilesystem:ClientWrite")


class FileSystem(pulumi.ComponentResource):
    """An encrypted EFS file system in private subnets, for tasks whose role may mount it.

    Its own policy lets nobody in without TLS, nobody past its mount targets, and nobody whom IAM does not allow. The
    access point shows the folder `/data`, and every file there is of its user, whoever a container runs as. Who mounts
    it brings the rules that let it through to the mount targets.
    Creates: file system, its policy and backup policy, access point, security group without a rule, a mount target a
    subnet. `FileSystem.existing` creates nothing.
    Costs: what is stored, and with elastic throughput what is read and written, by the GB; backups by the GB. They stay
    for their 35 days after the file system is deleted.
    Source: Amazon EFS User Guide, "Using IAM to control access to file systems", "Working with access points" and
    "Automatic backups".
    """

    id: pulumi.Output[str]
    """Id of the file system."""
    arn: pulumi.Output[str]
    """ARN of the file system."""
    access_point_id: pulumi.Output[str]
    """Id of the access point; known once every zone has its mount target, so that no task starts before it."""
    access_point_arn: pulumi.Output[str]
    """ARN of the access point."""
    security_group_id: pulumi.Output[str]
    """Security group of the mount targets."""

    def __init__(
        self, name: str, args: FileSystemArgs | ExistingFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("fargate:index:FileSystem", check_name(name), {}, opts)
        self._name, self._args = name, args
        if isinstance(args, ExistingFileSystemArgs):
            self._adopt(args)
        else:
            self._make(args)
        self.register_outputs(
            {
                "id": self.id,
                "arn": self.arn,
                "access_point_id": self.access_point_id,
                "access_point_arn": self.access_point_arn,
                "security_group_id": self.security_group_id,
            }
        )

    @classmethod
    def existing(
        cls, name: str, args: ExistingFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> "FileSystem":
        """A file system that others made, with the same outputs: it is looked up, and never changed.

        Raises:
            pulumi.RunError: on preview; AWS does not know its access point.
        """
        return cls(name, args, opts)

    def volume(self, *, read_only: bool = False) -> EfsVolume:
        """The file system as a container mounts it.

        Args:
            read_only: whether the container may only read.
        """
        args = self._args
        # Of two that exist and share a group, the plain ids tell it: AWS takes no rule twice.
        group = args.security_group_id if isinstance(args, ExistingFileSystemArgs) else self.security_group_id
        return EfsVolume(
            name=self._name,
            file_system_id=self.id,
            file_system_arn=self.arn,
            access_point_id=self.access_point_id,
            access_point_arn=self.access_point_arn,
            security_group_id=group,
            read_only=read_only,
        )

    def _adopt(self, args: ExistingFileSystemArgs) -> None:
        opts = pulumi.InvokeOptions(parent=self)
        point = look_up(
            f"the existing access point {args.access_point_id}",
            lambda: aws.efs.get_access_point(access_point_id=args.access_point_id, opts=opts),
        )
        self.id = pulumi.Output.from_input(point.file_system_id)
        self.arn = pulumi.Output.from_input(point.file_system_arn)
        self.access_point_id = pulumi.Output.from_input(args.access_point_id)
        self.access_point_arn = pulumi.Output.from_input(point.arn)
        self.security_group_id = pulumi.Output.from_input(args.security_group_id)

    def _make(self, args: FileSystemArgs) -> None:
        name = self._name
        self._kept = child_of(self, retain=args.retain)
        system = self._file_system(args)
        group = aws.ec2.SecurityGroup(
            name,
            description="Mount targets: in by NFS from those that mount",
            vpc_id=args.vpc_id,
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        policy = aws.efs.FileSystemPolicy(
            name, file_system_id=system.id, policy=system.arn.apply(file_system_policy), opts=self._kept
        )
        aws.efs.BackupPolicy(
            name,
            file_system_id=system.id,
            backup_policy={"status": "ENABLED" if args.backup else "DISABLED"},
            opts=self._kept,
        )
        targets = [
            aws.efs.MountTarget(
                f"{name}-{index + 1}",
                file_system_id=system.id,
                subnet_id=subnet,
                security_groups=[group.id],
                # A zone takes one only: of another subnet there is none before the old one has gone.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
            for index, subnet in enumerate(args.subnet_ids)
        ]
        point = self._access_point(args, system)
        self.id, self.arn, self.access_point_arn = system.id, system.arn, point.arn
        known = pulumi.Output.all(point.id, policy.id, *(target.id for target in targets))
        self.access_point_id = known.apply(lambda ids: ids[0])
        self.security_group_id = group.id

    def _file_system(self, args: FileSystemArgs) -> "aws.efs.FileSystem":
        days = args.infrequent_access_days
        plural = "DAY" if days == 1 else "DAYS"
        return aws.efs.FileSystem(
            self._name,
            encrypted=True,
            kms_key_id=args.kms_key_arn,
            performance_mode="generalPurpose",
            throughput_mode=args.throughput.value,
            lifecycle_policies=[
                {"transition_to_ia": f"AFTER_{days}_{plural}"},
                {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
            ]
            if days
            else None,
            tags=with_name(self._name, args.tags),
            opts=pulumi.ResourceOptions.merge(
                self._kept, pulumi.ResourceOptions(protect=args.deletion_protection or None)
            ),
        )

    def _access_point(self, args: FileSystemArgs, system: "aws.efs.FileSystem") -> "aws.efs.AccessPoint":
        return aws.efs.AccessPoint(
            self._name,
            file_system_id=system.id,
            posix_user={"uid": args.user, "gid": args.group},
            root_directory={
                "path": _ROOT,
                "creation_info": {"owner_uid": args.user, "owner_gid": args.group, "permissions": _PERMISSIONS},
            },
            tags=with_name(self._name, args.tags),
            opts=self._kept,
        )


def file_system_policy(arn: str) -> str:
    """Nothing without TLS, no files but through a mount target, and no Allow.

    Without a policy a file system is open to whoever reaches its mount targets. With one that allows nobody it is open
    to those of this account whose own policies allow it.
    """
    past_mount_targets = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(_CLIENT),
        "Resource": arn,
        "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}},
    }
    return iam.document([iam.without_tls("*", arn), past_mount_targets])
