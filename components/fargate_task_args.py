"""The inputs of a task, whatever runs it, and what AWS would say to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pulumi

from .architecture import Architecture
from .checks import out_of_range, refuse
from .container import Condition, Container, ContainerHealthCheck, task_problems
from .efs_volume import EfsVolume
from .execute_command import AGENT_PATHS, ExecuteCommand
from .fargate_sizes import size_problem
from .log_retention import LogRetentionDays, retention_problem
from .log_router import LOG_ROUTER, LogRouter
from .names import name_problem, role_path_problem
from .secret import Secret
from .telemetry import COLLECTOR, Telemetry, port_problems


def helpers(telemetry: Telemetry | None, log_router: LogRouter | None) -> dict[str, Container]:
    """The sidecars that a task is given by a word, by name."""
    made = {COLLECTOR: telemetry, LOG_ROUTER: log_router}
    return {name: one.container for name, one in made.items() if one}


def together_problems(
    own: Container, sidecars: Mapping[str, Container], given: Mapping[str, Container]
) -> Iterator[str]:
    """What is wrong with the containers of a task together.

    Args:
        own: the task's own.
        sidecars: by name.
        given: what `helpers` makes.
    """
    containers = {"the service's own": own, **sidecars, **given}
    yield from task_problems(containers)
    if COLLECTOR in given:
        yield from port_problems(containers)


def taken_names(sidecars: Mapping[str, Container], given: Mapping[str, Container]) -> Iterator[str]:
    """Sidecars with the name of one that the task is given by a word."""
    for name in sorted(set(sidecars) & set(given)):
        yield f"sidecar {name!r} must have another name: telemetry or log_router has this one"


@dataclass(frozen=True, kw_only=True, slots=True)
class FargateTaskArgs:
    """One container with its sidecars, their size, and what they may do."""

    cluster_arn: pulumi.Input[str]
    """Cluster that the tasks run in."""
    vpc_id: pulumi.Input[str]
    """VPC of the subnets that it runs in."""
    image: pulumi.Input[str]
    """Image that is run, by digest."""
    repository_arn: pulumi.Input[str] | None = None
    """ECR repository of the image, which the tasks may then pull from; those of sidecars follow from their addresses.
    Default: the image needs no permission."""
    pull_through: bool = False
    """Whether ECR takes the task's images from another registry when they are first pulled. Plain: it decides what the
    execution role may do. Default: they are in their repositories."""
    port: int | None = None
    """TCP port that the container listens on, 1 to 65535. Default: none, as for a worker."""
    cpu: int = 256
    """CPU units; 1024 are one vCPU. Plain: the pair with `memory` is checked before anything deploys. Default: 256."""
    memory: int = 512
    """MiB. Default: 512."""
    architecture: Architecture = Architecture.X86_64
    """Processor that the image is for. Default: X86_64."""
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Environment of the container: plain values, which anyone who may read the task definition sees. Default: none."""
    secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    """Environment from Secrets Manager and Parameter Store, read when a task starts; the execution role may read just
    these. A changed value reaches tasks with the next deployment. Default: none."""
    command: tuple[str, ...] = ()
    """Arguments of the entry point. Default: the image's."""
    entry_point: tuple[str, ...] = ()
    """What the container runs. Default: the image's."""
    open_files: int | None = None
    """Files and sockets that the container may have open, 1024 to 1048576. Default: Fargate's 65535."""
    init_process: bool = True
    """Whether a process in front of the container's passes signals on and reaps children. Default: one does."""
    container_health_check: ContainerHealthCheck | None = None
    """How the container finds out whether it is well, beside the load balancer's asking. Default: it does not."""
    depends_on: Mapping[str, Condition] = field(default_factory=dict[str, Condition])
    """Sidecars that the container waits for, by name. Default: none."""
    sidecars: Mapping[str, Container] = field(default_factory=dict[str, Container])
    """Further containers of each task, by name; they share `localhost` with it. Default: none."""
    ephemeral_storage: int | None = None
    """GiB of disk of a task, 21 to 200; billed beyond 20. Default: Fargate's 20."""
    task_policy: pulumi.Input[str] | None = None
    """Policy document of what the app itself may do in AWS. Default: nothing."""
    user: str | None = None
    """User of the image that the container runs as, such as `10001:10001`. Default: the one its Dockerfile names."""
    writable_paths: tuple[str, ...] = ()
    """Folders that the container may write to, such as `/tmp`: its root file system is read-only. Each is a volume of
    the task's own. A user other than root can write there if the Dockerfile declares the folder, which that user
    owns, as a `VOLUME` (Amazon ECS Developer Guide, "Use bind mounts with Amazon ECS"). Default: none."""
    volumes: Mapping[str, EfsVolume] = field(default_factory=dict[str, EfsVolume])
    """File systems by the folder where the container mounts them, such as `/data`; the task role gets what that takes.
    Default: none."""
    telemetry: Telemetry | None = None
    """OpenTelemetry collector beside the container, which is told where it is; the task role may do what it takes.
    Default: none."""
    log_router: LogRouter | None = None
    """Where logs go instead of CloudWatch. Default: to CloudWatch."""
    execute_command: ExecuteCommand | None = None
    """Sessions in the running container, by ECS Exec: three more folders are writable, and the task role may do what
    the agent does. Default: none."""
    stop_timeout: int = 30
    """Seconds between the stop signal and the kill, 2 to 120. Default: 30."""
    retain_logs: bool = False
    """Whether the log group stays behind, with its logs, when it is no longer wanted. Default: it is deleted."""
    log_retention_days: LogRetentionDays = 30
    """Days that logs are kept, one of those that CloudWatch knows. Default: 30."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the logs; its policy lets CloudWatch Logs use it. Default: CloudWatch's own."""
    permissions_boundary_arn: pulumi.Input[str] | None = None
    """Boundary of both roles. Default: none."""
    role_path: str | None = None
    """Path of all roles' names, such as `/shop/dev/`, by which policies tell roles apart. A change replaces them, and
    the service rolls. Default: `/`."""
    ipv6: bool = False
    """Whether tasks may call out by IPv6 too; their subnets must have IPv6 ranges. Default: IPv4 alone."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child, and to the tasks; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse minutes later.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(self.problems())

    def problems(self) -> Iterator[str | None]:
        """What is wrong with them."""
        yield size_problem(self.cpu, self.memory)
        yield from self._container_problems()
        if self.ephemeral_storage is not None:
            yield out_of_range("ephemeral_storage", self.ephemeral_storage, 21, 200)
        yield retention_problem("log_retention_days", self.log_retention_days)
        yield role_path_problem(self.role_path)

    def _container_problems(self) -> Iterator[str | None]:
        yield from map(name_problem, self.sidecars)
        try:
            own = self.container
        except ValueError as error:
            yield str(error)
        else:
            yield from together_problems(own, self.sidecars, self._helpers)
        yield from taken_names(self.sidecars, self._helpers)

    @property
    def beside(self) -> dict[str, Container]:
        """Every container but the task's own, by name."""
        return {**self.sidecars, **self._helpers}

    @property
    def _helpers(self) -> dict[str, Container]:
        return helpers(self.telemetry, self.log_router)

    @property
    def _session_paths(self) -> list[str]:
        """What sessions write to, and the container does not anyway."""
        return [path for path in AGENT_PATHS if self.execute_command and path not in self.writable_paths]

    @property
    def port_name(self) -> str | None:
        """Name of the container's port, where it needs one."""
        return None

    @property
    def container(self) -> Container:
        """The task's own container, beside its sidecars."""
        return Container(
            image=self.image,
            port=self.port,
            port_name=self.port_name,
            command=self.command,
            entry_point=self.entry_point,
            environment=self.environment,
            secrets=self.secrets,
            user=self.user,
            writable_paths=(*self.writable_paths, *self._session_paths),
            volumes=self.volumes,
            open_files=self.open_files,
            init_process=self.init_process,
            stop_timeout=self.stop_timeout,
            depends_on=self.depends_on,
            health_check=self.container_health_check,
        )
