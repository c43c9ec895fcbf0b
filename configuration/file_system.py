"""File systems that outlive tasks, and where containers mount them."""

from typing import Any, Self

from pydantic import Field, model_validator

from components import ExistingFileSystemArgs, FileSystemArgs, InfrequentAccessDays, ThroughputMode
from components.file_system_args import ID_MAX

from .model import Model


class ExistingFileSystem(Model):
    """A file system that others made."""

    access_point_id: str = Field(pattern=r"^fsap-\w+$")
    """Access point of the file system, which has a mount target in each zone of the private subnets."""
    security_group_id: str = Field(pattern=r"^sg-\w+$")
    """Security group of its mount targets, which gets a rule for each service."""


class FileSystemSettings(Model):
    """A file system for containers to mount; `{}` takes all defaults."""

    user: int = Field(default=1000, ge=1, le=ID_MAX)
    """User whose all files are, whoever a container runs as; files that are there stay the old one's."""
    group: int = Field(default=1000, ge=1, le=ID_MAX)
    """Group of the files, likewise."""
    throughput: ThroughputMode = ThroughputMode.ELASTIC
    """`elastic`: as fast as asked, billed by the GB read and written; or `bursting`: as fast as much is stored."""
    infrequent_access_days: InfrequentAccessDays | None = 30
    """Days without a reader after which a file moves to cheaper storage; `null` is never."""
    backup: bool = True
    """Whether AWS Backup keeps each day's state for 35 days."""
    existing: ExistingFileSystem | None = None
    """A file system to use instead of one of the stack's own; nothing else can be said then."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        others = sorted(self.model_fields_set - {"existing"})
        if self.existing and others:
            raise ValueError(f"an existing file system is not changed: leave out {', '.join(others)}, or existing")
        return self

    def args(self, **more: Any) -> FileSystemArgs | ExistingFileSystemArgs:  # noqa: ANN401 - the component's own inputs
        """The component's inputs; `more` are those that a stack file does not say."""
        if self.existing:
            return ExistingFileSystemArgs(**self.existing.model_dump())
        return FileSystemArgs(
            user=self.user,
            group=self.group,
            throughput=self.throughput,
            infrequent_access_days=self.infrequent_access_days,
            backup=self.backup,
            **more,
        )


class VolumeSettings(Model):
    """A file system in a container."""

    file_system: str
    """Its name under `file_systems`."""
    read_only: bool = False
    """Whether the container may only read."""


def short_volume(value: object) -> object:
    """A file system's name alone, as the mapping that it stands for."""
    return {"file_system": value} if isinstance(value, str) else value
