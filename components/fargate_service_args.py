"""The inputs of `FargateService`, and what AWS would say to them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pulumi

from .capacity import Capacity, CapacityMix, is_all_spot
from .checks import out_of_range
from .fargate_task_args import FargateTaskArgs
from .graceful import deployment_problem, stop_problem
from .pre_deploy import PreDeploy
from .scaling import Scaling
from .service_connect import PORT_NAME, Membership
from .strategy import DeploymentConfiguration
from .target import Target


@dataclass(frozen=True, kw_only=True, slots=True)
class FargateServiceArgs(FargateTaskArgs):
    """Inputs of `FargateService`: those of its task, and of how many run and who reaches them."""

    subnet_ids: pulumi.Input[list[str]]
    """Private subnets for the tasks."""
    target: Target | None = None
    """The load balancer's listener that it gets requests from, on its `port`. Default: none, as for a worker."""
    service_connect: Membership | None = None
    """The namespace in which it calls other services, and they call it. Default: none."""
    capacity: Capacity | CapacityMix = Capacity.FARGATE
    """What the tasks run on, or a mix of both. Default: FARGATE."""
    desired_count: int = 1
    """Tasks, 1 to 5000. Default: 1."""
    scaling: Scaling | None = None
    """What changes the number of tasks. With it `desired_count` is left as it is: the first deployment starts as many
    tasks as `scaling.min`, one at least, and no `up` changes their number. Default: nothing."""
    zone_rebalancing: bool = True
    """Whether ECS moves tasks when one zone has more than the others. Default: it does."""
    pre_deploy: PreDeploy | None = None
    """What runs once before a new version serves, such as a migration. Default: nothing."""
    deployment: DeploymentConfiguration = field(default_factory=DeploymentConfiguration)
    """How a new version takes over, and what takes it back. Default: rolling."""
    timeout_minutes: int = 20
    """Minutes after which a deployment that is not steady has failed; those that `deployment` takes come on top.
    Default: 20."""

    def problems(self) -> Iterator[str | None]:
        """What is wrong with them, and with the task."""
        yield from FargateTaskArgs.problems(self)
        yield out_of_range("desired_count", self.desired_count, 1, 5000)
        yield out_of_range("timeout_minutes", self.timeout_minutes, 1, 120)
        if self.target and self.port is None:
            yield "target needs a port, on which the container takes the requests"
        if self.target:
            yield from self._times(self.target.deregistration_delay)
        if self.scaling and self.scaling.requests_per_target is not None and not self.target:
            yield "scaling.requests_per_target needs a target, whose requests are counted"
        conflicts = self.deployment.conflicts(
            is_balanced=self.target is not None,
            signs_in=self.target is not None and self.target.authentication is not None,
            is_sticky=self.target is not None and self.target.stickiness is not None,
            is_all_spot=is_all_spot(self.capacity),
            counts_requests=self.scaling is not None and self.scaling.requests_per_target is not None,
        )
        yield from (f"deployment: {problem}" for problem in conflicts)
        if self.service_connect:
            yield from self.service_connect.problems(self.port)

    def _times(self, delay: int) -> Iterator[str]:
        if problem := stop_problem(self.stop_timeout, delay):
            yield f"stop_timeout {problem}"
        if problem := deployment_problem(self.timeout_minutes, delay):
            yield f"timeout_minutes {problem}"

    @property
    def minutes(self) -> int:
        """Minutes for which a deployment may go on: its limit, and what its strategy takes by itself."""
        return self.timeout_minutes + self.deployment.minutes

    @property
    def port_name(self) -> str | None:
        """Name of the container's port, where other services call it."""
        return PORT_NAME if self.service_connect and self.service_connect.is_called else None
