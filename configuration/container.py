"""The containers of a task."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from components import Condition, Container, ContainerHealthCheck, EfsVolume, FileSystem, Secret
from components.checks import refuse
from components.container import mounts_problems, paths_problems, user_problem, variables_problems

from .file_system import VolumeSettings, short_volume
from .model import Model


class SecretSettings(Model):
    """A value of Secrets Manager or of Parameter Store that exists; never the value itself."""

    secret: str | None = None
    """Name or ARN of a secret."""
    parameter: str | None = None
    """Name or ARN of a parameter."""
    key: str | None = None
    """Key in the secret's JSON; the whole secret when left out."""
    version: str | None = None
    """Stage or id of the secret's version; the current one when left out."""
    kms_key_arn: str | None = None
    """Customer key that encrypts it; a secret's is known when it is named."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        _ = self.component
        return self

    @property
    def component(self) -> Secret:
        """The component's input."""
        return Secret(**self.model_dump())


class ContainerSettings(Model):
    """What a service's own container and its sidecars have in common."""

    command: tuple[str, ...] = ()
    """Arguments of the entry point; the image's when left out."""
    entry_point: tuple[str, ...] = ()
    """What is run; the image's when left out."""
    environment: dict[str, str] = {}
    """Environment of the container; never a secret."""
    secrets: dict[str, SecretSettings] = {}
    """Environment from Secrets Manager or Parameter Store, by variable."""
    user: str | None = None
    """User of the image that the container runs as, such as `10001:10001`; its Dockerfile's when left out."""
    writable_paths: tuple[str, ...] = ()
    """Folders that the container may write to, such as `/tmp`: its root file system is read-only."""
    volumes: dict[
        str, Annotated[VolumeSettings, BeforeValidator(short_volume, json_schema_input_type=str | VolumeSettings)]
    ] = {}
    """File systems by the folder where it mounts them: a name under `file_systems`, or a mapping with `file_system` and
    `read_only`."""
    open_files: int | None = Field(default=None, ge=1024, le=1_048_576)
    """Files and sockets that it may have open; 65535 when left out."""
    init_process: bool = True
    """Whether a process in front of it passes signals on and reaps children."""
    stop_timeout: int = Field(default=30, ge=2, le=120)
    """Seconds between the stop signal and the kill."""
    depends_on: dict[str, Condition] = {}
    """Sidecars that it waits for, each until `START`, `HEALTHY`, `COMPLETE` or `SUCCESS`."""

    @field_validator("user")
    @classmethod
    def _user(cls, user: str | None) -> str | None:
        refuse((user_problem(user),))
        return user

    @field_validator("writable_paths")
    @classmethod
    def _paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        refuse(paths_problems(paths))
        return paths

    @model_validator(mode="after")
    def _mounts(self) -> Self:
        refuse(mounts_problems(self.volumes, self.writable_paths))
        return self

    @model_validator(mode="after")
    def _variables(self) -> Self:
        refuse(variables_problems(self.environment, self.secrets))
        return self

    def mounted(self, systems: Mapping[str, FileSystem]) -> dict[str, EfsVolume]:
        """The file systems that it mounts, by folder.

        Args:
            systems: the stack's, by name.
        """
        return {
            folder: systems[volume.file_system].volume(read_only=volume.read_only)
            for folder, volume in self.volumes.items()
        }

    @property
    def sources(self) -> dict[str, Secret]:
        """The secrets as the component takes them."""
        return {name: secret.component for name, secret in self.secrets.items()}


class SidecarSettings(ContainerSettings):
    """A further container of each task, which shares `localhost` with the service's own."""

    image: str
    """Image of any registry, by digest or tag."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """TCP port that it listens on, if it does."""
    essential: bool = True
    """Whether the task ends when it ends."""
    health_check: ContainerHealthCheck | None = None
    """Command by which it finds out whether it is well."""

    @property
    def container(self) -> Container:
        """The component's input."""
        return Container(
            image=self.image,
            port=self.port,
            command=self.command,
            entry_point=self.entry_point,
            environment=dict(self.environment),
            secrets=self.sources,
            user=self.user,
            writable_paths=self.writable_paths,
            open_files=self.open_files,
            init_process=self.init_process,
            stop_timeout=self.stop_timeout,
            essential=self.essential,
            depends_on=self.depends_on,
            health_check=self.health_check,
        )
