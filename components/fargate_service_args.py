"""The inputs of `FargateService`, and what AWS would say to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pulumi

from .architecture import Architecture
from .capacity import Capacity, CapacityMix
from .checks import out_of_range, refuse
from .container import Condition, Container, ContainerHealthCheck, task_problems
from .fargate_sizes import size_problem
from .health_check import HealthCheck
from .log_retention import LogRetentionDays, retention_problem
from .names import name_problem
from .routing import MAX_PRIORITY, Route
from .scaling import Scaling
from .secret import Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class FargateServiceArgs:
    """Inputs of `FargateService`."""

    cluster_arn: pulumi.Input[str]
    """Cluster that the tasks run in."""
    vpc_id: pulumi.Input[str]
    """VPC of the subnets."""
    subnet_ids: pulumi.Input[list[str]]
    """Private subnets for the tasks."""
    listener_arn: pulumi.Input[str]
    """Listener that gets the service's rule."""
    load_balancer_arn: pulumi.Input[str]
    """Load balancer of the listener. A target group belongs to one only, so another load balancer gets another."""
    load_balancer_security_group_id: pulumi.Input[str]
    """Group of the load balancer: let in on `port`, and given the way there."""
    image: pulumi.Input[str]
    """Image that is run, by digest."""
    route: Route
    """Requests that the service answers. Plain: two services' routes are compared before anything deploys."""
    priority: int
    """Priority of the listener rule, 1 to 50000, unlike any other's (see `routing.priorities`)."""
    repository_arn: pulumi.Input[str] | None = None
    """ECR repository of the image, which the tasks may then pull from. Default: the image needs no permission."""
    port: int = 8080
    """TCP port that the container listens on, 1 to 65535. Default: 8080, which needs no root."""
    cpu: int = 256
    """CPU units; 1024 are one vCPU. Plain: the pair with `memory` is checked before anything deploys. Default: 256."""
    memory: int = 512
    """MiB. Default: 512."""
    architecture: Architecture = Architecture.X86_64
    """Processor that the image is for. Default: X86_64."""
    capacity: Capacity | CapacityMix = Capacity.FARGATE
    """What the tasks run on, or a mix of both. Default: FARGATE."""
    desired_count: int = 1
    """Tasks, 1 to 5000. Default: 1."""
    scaling: Scaling | None = None
    """What changes the number of tasks. With it `desired_count` is left as it is: the first deployment starts as many
    tasks as `scaling.min`, one at least, and no `up` changes their number. Default: nothing."""
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
    zone_rebalancing: bool = True
    """Whether ECS moves tasks when one zone has more than the others. Default: it does."""
    user: str | None = None
    """User of the image that the container runs as, such as `10001:10001`. Default: the one its Dockerfile names."""
    writable_paths: tuple[str, ...] = ()
    """Folders that the container may write to, such as `/tmp`: its root file system is read-only. Each is a volume of
    the task's own. A user other than root can write there if the Dockerfile declares the folder, which that user
    owns, as a `VOLUME` (Amazon ECS Developer Guide, "Use bind mounts with Amazon ECS"). Default: none."""
    health_check: HealthCheck = field(default_factory=HealthCheck)
    """How the load balancer asks a task. Default: `GET /` every 5 s."""
    deregistration_delay: int = 10
    """Seconds for which requests in flight may end before a task is told to stop, 0 to 3600; every deploy waits for
    them. Default: 10; AWS's own is 300."""
    stop_timeout: int = 30
    """Seconds between the stop signal and the kill, 2 to 120. Default: 30."""
    start_period: int = 60
    """Seconds after a task's start in which failing health checks do not count. Default: 60."""
    log_retention_days: LogRetentionDays = 30
    """Days that logs are kept, one of those that CloudWatch knows. Default: 30."""
    timeout_minutes: int = 20
    """Minutes after which a deployment that is not steady has failed. Default: 20."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the logs; its policy lets CloudWatch Logs use it. Default: CloudWatch's own."""
    permissions_boundary_arn: pulumi.Input[str] | None = None
    """Boundary of both roles. Default: none."""
    ipv6: bool = False
    """Whether tasks may call out by IPv6 too; their subnets must have IPv6 ranges. Default: IPv4 alone."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child, and to the tasks; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse minutes later.

        Raises:
            ValueError: a value is out of its bounds, or Fargate has no such size.
        """
        refuse(
            (
                size_problem(self.cpu, self.memory),
                *self._container_problems(),
                out_of_range("priority", self.priority, 1, MAX_PRIORITY),
                out_of_range("desired_count", self.desired_count, 1, 5000),
                out_of_range("deregistration_delay", self.deregistration_delay, 0, 3600),
                out_of_range("start_period", self.start_period, 0, 2**31 - 1),
                out_of_range("timeout_minutes", self.timeout_minutes, 1, 120),
                None
                if self.ephemeral_storage is None
                else out_of_range("ephemeral_storage", self.ephemeral_storage, 21, 200),
                retention_problem("log_retention_days", self.log_retention_days),
            )
        )

    def _container_problems(self) -> Iterator[str | None]:
        yield from map(name_problem, self.sidecars)
        try:
            own = self.container
        except ValueError as error:
            yield str(error)
        else:
            yield from task_problems({"the service's own": own, **self.sidecars})

    @property
    def container(self) -> Container:
        """The service's own container, which gets the requests."""
        return Container(
            image=self.image,
            port=self.port,
            command=self.command,
            entry_point=self.entry_point,
            environment=self.environment,
            secrets=self.secrets,
            user=self.user,
            writable_paths=self.writable_paths,
            open_files=self.open_files,
            init_process=self.init_process,
            stop_timeout=self.stop_timeout,
            depends_on=self.depends_on,
            health_check=self.container_health_check,
        )
