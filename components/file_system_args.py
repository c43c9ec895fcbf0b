"""The inputs of `FileSystem`: for one of its own, or for one that exists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, get_args

import pulumi

from .checks import not_one_of, out_of_range, refuse

InfrequentAccessDays = Literal[1, 7, 14, 30, 60, 90, 180, 270, 365]
"""After which EFS can move a file (Amazon EFS API Reference, "LifecyclePolicy")."""
ID_MAX = 2**32 - 1
"""The highest id of a user or group (Amazon EFS API Reference, "PosixUser")."""


class ThroughputMode(StrEnum):
    """How fast a file system is, and what that costs (Amazon EFS User Guide, "Throughput modes")."""

    ELASTIC = "elastic"
    """As fast as it is asked to be; billed by the GB read and written."""
    BURSTING = "bursting"
    """As fast as much is stored: 50 KiB/s a GiB, and faster for a while; nothing beyond the storage is billed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSystemArgs:
    """Inputs of `FileSystem`. Of a running one, a change of `kms_key_arn` replaces it, and its files are lost."""

    vpc_id: pulumi.Input[str]
    """VPC of the subnets."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets for the mount targets, one a zone. A plain sequence: it decides how many there are."""
    user: int = 1000
    """User whose all files are, whoever a container runs as, 1 to 4294967295. Later, a change leaves the files that are
    there with the old user, and the new one without them. Default: 1000."""
    group: int = 1000
    """Group of the files, likewise. Default: 1000."""
    throughput: ThroughputMode = ThroughputMode.ELASTIC
    """How fast it is. Default: as fast as it is asked to be."""
    infrequent_access_days: InfrequentAccessDays | None = 30
    """Days without a reader after which a file moves to storage that is cheaper to keep and dearer to read: 1, 7, 14,
    30, 60, 90, 180, 270 or 365; it comes back when it is read. None: never. Default: 30."""
    backup: bool = True
    """Whether AWS Backup keeps each day's state for 35 days. Default: it does."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts it. Default: AWS's own for EFS."""
    deletion_protection: bool = True
    """Whether the engine refuses to delete or replace it. Default: it does."""
    retain: bool = False
    """Whether it stays behind, with its files, access point and backups, when it is no longer wanted. Default: it is
    deleted."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what EFS would refuse.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse((None if self.subnet_ids else "subnet_ids must name one subnet at least", *owner_problems(self)))


def owner_problems(args: FileSystemArgs) -> Iterator[str | None]:
    """What is wrong with whose the files are, and where they move."""
    yield out_of_range("user", args.user, 1, ID_MAX)  # 0 would take elasticfilesystem:ClientRootAccess
    yield out_of_range("group", args.group, 1, ID_MAX)
    if args.infrequent_access_days is not None:
        yield not_one_of("infrequent_access_days", args.infrequent_access_days, get_args(InfrequentAccessDays))


@dataclass(frozen=True, kw_only=True, slots=True)
class ExistingFileSystemArgs:
    """Inputs of `FileSystem.existing`."""

    access_point_id: str
    """Access point of the file system, which has a mount target in each zone that tasks run in. Plain: both are looked
    up before anything deploys."""
    security_group_id: str
    """Security group of its mount targets, which gets a rule for each service."""
