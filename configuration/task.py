"""A task: an image, its size, and its containers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from components import Container, ContainerHealthCheck, FileSystem
from components.checks import refuse
from components.fargate_sizes import size_problem
from components.fargate_task_args import helpers, taken_names, together_problems
from components.names import check_name

from .container import ContainerSettings, SidecarSettings
from .helpers import LogRouterSettings, TelemetrySettings, short_telemetry
from .image import Build, ImageSettings, short_build, short_image
from .permission import Permission, policy


class TaskSettings(ContainerSettings):
    """What services and jobs have in common: an image of their own, and what runs beside it."""

    build: Annotated[Build | None, BeforeValidator(short_build, json_schema_input_type=str | Build | None)] = None
    """Folder of the app, or a mapping with `context`, `dockerfile`, `target`, `args`, and where it is pushed."""
    image: Annotated[
        ImageSettings | None, BeforeValidator(short_image, json_schema_input_type=str | ImageSettings | None)
    ] = None
    """Image instead, by digest or tag, or a mapping with `repository` and `tag`, or `promote`; nothing is built then,
    and no Docker needed."""
    cpu: int = 256
    """CPU units; 1024 are one vCPU."""
    memory: int = Field(default=512, validate_default=True)
    """MiB; Fargate knows certain pairs with `cpu`."""
    ephemeral_storage: int | None = Field(default=None, ge=21, le=200)
    """GiB of disk of each task; 20 when left out, which are free."""
    sidecars: dict[Annotated[str, AfterValidator(check_name)], SidecarSettings] = {}
    """Further containers of each task, by name."""
    container_health_check: ContainerHealthCheck | None = None
    """Command by which the container finds out whether it is well, beside the load balancer's asking."""
    permissions: tuple[Permission, ...] = ()
    """What the app may do in AWS; nothing when left out."""
    telemetry: Annotated[
        TelemetrySettings | None,
        BeforeValidator(short_telemetry, json_schema_input_type=bool | TelemetrySettings | None),
    ] = None
    """An OpenTelemetry collector beside the container: `true`, or a mapping with `image` and `config`."""
    log_router: LogRouterSettings | None = None
    """Where logs go instead of CloudWatch, by Fluent Bit."""

    @field_validator("memory")
    @classmethod
    def _size(cls, memory: int, info: ValidationInfo) -> int:
        if "cpu" in info.data and (problem := size_problem(info.data["cpu"], memory)):
            raise ValueError(problem)
        return memory

    @property
    def addresses(self) -> list[str]:
        """Every image that is named by its address."""
        own = [self.image.uri] if self.image and self.image.uri else []
        given = (str(one.image) for one in self._helpers.values())
        return [*own, *(sidecar.image for sidecar in self.sidecars.values()), *given]

    @property
    def listens(self) -> int | None:
        """TCP port of the task's own container, if it has one."""
        return None

    def inputs(self, systems: Mapping[str, FileSystem]) -> dict[str, Any]:
        """The component's inputs that are said here.

        Args:
            systems: the stack's file systems, by name.
        """
        return {
            "cpu": self.cpu,
            "memory": self.memory,
            "port": self.listens,
            "environment": dict(self.environment),
            "secrets": self.sources,
            "command": self.command,
            "entry_point": self.entry_point,
            "user": self.user,
            "writable_paths": self.writable_paths,
            "volumes": self.mounted(systems),
            "open_files": self.open_files,
            "init_process": self.init_process,
            "container_health_check": self.container_health_check,
            "depends_on": self.depends_on,
            "sidecars": {
                name: replace(sidecar.container, volumes=sidecar.mounted(systems))
                for name, sidecar in self.sidecars.items()
            },
            "ephemeral_storage": self.ephemeral_storage,
            "stop_timeout": self.stop_timeout,
            "task_policy": policy(self.permissions),
            "telemetry": self.telemetry.component if self.telemetry else None,
            "log_router": self.log_router.component if self.log_router else None,
        }

    @model_validator(mode="after")
    def _containers(self) -> Self:
        own = Container(
            image="", port=self.listens, depends_on=self.depends_on, health_check=self.container_health_check
        )
        sidecars = {name: sidecar.container for name, sidecar in self.sidecars.items()}
        given = self._helpers
        refuse([*taken_names(sidecars, given), *together_problems(own, sidecars, given)])
        return self

    @property
    def _helpers(self) -> dict[str, Container]:
        """The sidecars that it is given by a word, by name."""
        telemetry = self.telemetry.component if self.telemetry else None
        return helpers(telemetry, self.log_router.component if self.log_router else None)
