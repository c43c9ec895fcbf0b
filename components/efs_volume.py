"""A file system as a container mounts it."""

from dataclasses import dataclass

import pulumi

from .names import check_name


@dataclass(frozen=True, kw_only=True, slots=True)
class EfsVolume:
    """A file system of EFS, through one of its access points. `FileSystem.volume` makes it."""

    name: str
    """The file system's: names the volume in the task definition, and the rules that lead to it. At most 24
    characters."""
    file_system_id: pulumi.Input[str]
    """Id of the file system, such as `fs-0123456789abcdef0`."""
    file_system_arn: pulumi.Input[str]
    """ARN of the file system, of which the task role gets its permissions."""
    access_point_id: pulumi.Input[str]
    """Access point that it is mounted through."""
    access_point_arn: pulumi.Input[str]
    """ARN of the access point: through no other may the task mount."""
    security_group_id: pulumi.Input[str]
    """Security group of the mount targets, which lets the tasks in by NFS."""
    read_only: bool = False
    """Whether the container may only read. Default: it may write."""

    def __post_init__(self) -> None:
        """Refuse what names no volume.

        Raises:
            ValueError: a bad name.
        """
        check_name(self.name)

    @property
    def volume_name(self) -> str:
        """What the task definition calls it; an underscore keeps it apart from the volumes of sidecars' folders."""
        return f"efs_{self.name}"
