"""The whole architecture around one service, in one component."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from .architecture import Architecture
from .capacity import Capacity, CapacityMix
from .checks import refuse
from .cluster import Cluster, ClusterArgs
from .container_image import ContainerImage, ContainerImageArgs
from .domain import Domain
from .fargate_service import FargateService
from .fargate_service_args import FargateServiceArgs
from .health_check import HealthCheck
from .image_uri import image_problem, repository_arn
from .load_balancer import LoadBalancer
from .load_balancer_args import LoadBalancerArgs
from .names import MAX_LENGTH, check_name
from .network import Network
from .network_args import Nat, NetworkArgs
from .pre_deploy import PreDeploy
from .routing import Route
from .scaling import Scaling
from .secret import Secret
from .strategy import DeploymentConfiguration
from .target import Listener, Target

_LONGEST_SUFFIX = "-balancer"


@dataclass(frozen=True, kw_only=True, slots=True)
class WebServiceArgs:
    """Inputs of `WebService`. What else the parts can do, they do where they are joined by hand."""

    build: str | None = None
    """Folder with a Dockerfile, relative to the program's. Default: `image` says."""
    image: str | None = None
    """Image that is there, by digest or tag. Default: `build` says."""
    port: int = 8080
    """TCP port that the container listens on. Default: 8080, which needs no root."""
    cpu: int = 256
    """CPU units; 1024 are one vCPU. Default: 256."""
    memory: int = 512
    """MiB. Default: 512."""
    architecture: Architecture = Architecture.X86_64
    """Processor of the image and the tasks. Default: X86_64."""
    capacity: Capacity | CapacityMix = Capacity.FARGATE
    """What the tasks run on. Default: FARGATE."""
    desired_count: int = 1
    """Tasks. Default: 1."""
    scaling: Scaling | None = None
    """What changes their number. Default: nothing."""
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Plain environment of the container. Default: none."""
    secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    """Environment from Secrets Manager and Parameter Store. Default: none."""
    user: str | None = None
    """User that the container runs as. Default: the one its Dockerfile names."""
    writable_paths: tuple[str, ...] = ()
    """Folders that the container may write to. Default: none."""
    health_check: HealthCheck = field(default_factory=HealthCheck)
    """How the load balancer asks a task. Default: `GET /` every 5 s."""
    pre_deploy: PreDeploy | None = None
    """What runs once before a new version serves, such as a migration. Default: nothing."""
    deployment: DeploymentConfiguration = field(default_factory=DeploymentConfiguration)
    """How a new version takes over, and what takes it back. Default: rolling."""
    domain: Domain | None = None
    """Host names, which get a certificate. Default: HTTP, by the load balancer's own name."""
    nat: Nat = Nat.SINGLE
    """How tasks reach the internet. Default: by one NAT gateway."""
    force_delete: bool = False
    """Delete the repository with its images on destroy. Default: it stays behind."""
    deletion_protection: bool = False
    """Whether the load balancer is protected from being deleted. Default: it is not."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what has no image, or two, and what the service would refuse once the network is there.

        Raises:
            ValueError: every problem, in one message.
        """
        one = "a service needs either build, such as ./app, or image: an image that is there"
        refuse(
            (
                one if (self.build is None) == (self.image is None) else None,
                image_problem(self.image) if self.image is not None else None,
                self._service_problem(),
            )
        )

    def _service_problem(self) -> str | None:
        nowhere = Listener(arn="", load_balancer_arn="", security_group_id="")
        try:
            self.service(cluster_arn="", vpc_id="", subnet_ids=[], listener=nowhere, image="", repository_arn=None)
        except ValueError as error:
            return str(error)
        return None

    def service(
        self,
        *,
        cluster_arn: pulumi.Input[str],
        vpc_id: pulumi.Input[str],
        subnet_ids: pulumi.Input[list[str]],
        listener: Listener,
        image: pulumi.Input[str],
        repository_arn: pulumi.Input[str] | None,
    ) -> FargateServiceArgs:
        """The inputs of its service, where its other parts are."""
        return FargateServiceArgs(
            cluster_arn=cluster_arn,
            vpc_id=vpc_id,
            subnet_ids=subnet_ids,
            target=Target(listener=listener, route=Route(paths=("/*",)), priority=1, health_check=self.health_check),
            image=image,
            repository_arn=repository_arn,
            port=self.port,
            cpu=self.cpu,
            memory=self.memory,
            architecture=self.architecture,
            capacity=self.capacity,
            desired_count=self.desired_count,
            scaling=self.scaling,
            environment=self.environment,
            secrets=self.secrets,
            user=self.user,
            writable_paths=self.writable_paths,
            pre_deploy=self.pre_deploy,
            deployment=self.deployment,
            tags=self.tags,
        )


class WebService(pulumi.ComponentResource):
    """A folder with a Dockerfile, or an image, as a service that the internet reaches; each part is at hand.

    In Python its parts are `network`, `load_balancer`, `cluster`, `image`, which is None where none is built, and
    `service`. Instead of `args` it takes the folder that is built, and all else by default, as in
    `WebService("web", build="./app")`.
    Creates: a `Network`, a `LoadBalancer`, a `Cluster`, a `ContainerImage` where one is built, a `FargateService`.
    Costs: what its parts cost; the network's NAT gateway and the load balancer by the hour, whoever comes.
    Source: Amazon ECS Developer Guide, "Connect Amazon ECS applications to the internet".
    """

    url: pulumi.Output[str]
    """Where the service answers."""

    def __init__(
        self,
        name: str,
        args: WebServiceArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        build: str | None = None,
    ) -> None:
        """Make all of it.

        Args:
            name: at most 15 characters.
            args: what it is.
            opts: as of any component.
            build: instead of `args`, the folder that is built; everything else by default.

        Raises:
            ValueError: a bad name, or both of `args` and `build`.
        """
        refuse(("args and build both say what is built: leave out one" if args and build else None,))
        args = args or WebServiceArgs(build=build)
        longest = MAX_LENGTH - len(_LONGEST_SUFFIX)
        super().__init__("fargate:index:WebService", check_name(name, longest), {}, opts)
        self._name, self._args = name, args
        child = pulumi.ResourceOptions(parent=self)
        self.network = Network(f"{name}-network", NetworkArgs(nat=args.nat, tags=args.tags), child)
        self.load_balancer = self._load_balancer(child)
        self.cluster = Cluster(name, ClusterArgs(tags=args.tags), child)
        self.image = self._image(child)
        self.service = self._service(child)
        self.url = self.load_balancer.url
        self.register_outputs({"url": self.url})

    def _load_balancer(self, child: pulumi.ResourceOptions) -> LoadBalancer:
        args = self._args
        return LoadBalancer(
            f"{self._name}{_LONGEST_SUFFIX}",
            LoadBalancerArgs(
                vpc_id=self.network.vpc_id,
                subnet_ids=self.network.public_subnet_ids,
                domain=args.domain,
                deletion_protection=args.deletion_protection,
                tags=args.tags,
            ),
            child,
        )

    def _image(self, child: pulumi.ResourceOptions) -> ContainerImage | None:
        args = self._args
        if args.build is None:
            return None
        built = ContainerImageArgs(
            context=args.build, architecture=args.architecture, force_delete=args.force_delete, tags=args.tags
        )
        return ContainerImage(self._name, built, child)

    def _service(self, child: pulumi.ResourceOptions) -> FargateService:
        uri = str(self._args.image)
        args = self._args.service(
            cluster_arn=self.cluster.arn,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.private_subnet_ids,
            listener=self.load_balancer.listener,
            image=self.image.uri if self.image else uri,
            repository_arn=self.image.repository_arn if self.image else repository_arn(uri),
        )
        return FargateService(self._name, args, child)
