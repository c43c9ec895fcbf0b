"""A service: a task that is kept running, and the requests that it answers."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Self, cast

from pydantic import BeforeValidator, Field, field_validator, model_validator

from components import (
    Authentication,
    Capacity,
    CapacityMix,
    HealthCheck,
    Listener,
    PreDeploy,
    Route,
    Scaling,
    Stickiness,
    Target,
)
from components.checks import refuse
from components.strategy import DeploymentConfiguration, DeploymentStrategy
from components.target import slow_start_problem

from .deployment import short_deployment
from .model import Model
from .task import TaskSettings
from .values import lists_as_tuples, mapping

DEFAULT_PORT = 8080


def short_command(value: object) -> object:
    """Words alone, as the mapping that they stand for."""
    if isinstance(value, list | tuple):
        return {"command": tuple(cast(Iterable[Any], value))}
    if isinstance(value, str):
        return {"command": value}  # which the model refuses: words are a list
    return lists_as_tuples(keys) if (keys := mapping(value)) else value


class Kind(StrEnum):
    """Who reaches a service."""

    WEB = "web"
    """The load balancer's clients."""
    INTERNAL = "internal"
    """The stack's other services."""
    WORKER = "worker"
    """Nobody."""


class Requests(Model):
    """The requests that a service answers."""

    paths: tuple[str, ...] = ()
    """Path patterns that the service answers; every path when left out."""
    hosts: tuple[str, ...] = ()
    """Host names that the service answers; every host when left out."""
    headers: dict[str, tuple[str, ...]] = {}
    """Header values, or patterns of them, that a request must have, by the header's name."""
    methods: tuple[str, ...] = ()
    """HTTP methods that the service answers, such as `GET`; every method when left out."""
    priority: int | None = None
    """Place of the service's rule, 1 to 50000, lower first; from the rule itself when left out."""

    @property
    def route(self) -> Route:
        """The component's input.

        Raises:
            ValueError: a listener would refuse it.
        """
        every = () if self.hosts or self.headers or self.methods else ("/*",)
        return Route(
            paths=self.paths or every,
            hosts=self.hosts,
            headers=self.headers,
            methods=self.methods,
            priority=self.priority,
        )


class Answers(Requests):
    """What only a service that the load balancer reaches may say."""

    health_check: HealthCheck = HealthCheck()
    """What the load balancer asks each task."""
    deregistration_delay: int = Field(default=10, ge=0, le=3600)
    """Seconds for which requests in flight may end before a task is told to stop; every deploy waits for them."""
    keep_alive_timeout: int | None = Field(default=None, ge=1)
    """Seconds for which the app keeps an idle connection open, as its own configuration says; it must be longer than
    `load_balancer.idle_timeout`, which is not looked at when left out."""
    start_period: int = Field(default=60, ge=0, le=2_147_483_647)
    """Seconds after a task's start in which failing health checks do not count."""
    stickiness: Stickiness | None = None
    """Whether a client stays with one task, and for how long; `{}` takes all defaults."""
    slow_start: int = 0
    """Seconds in which a new task's share of the requests grows to a full one, 30 to 900; 0 is at once."""
    authentication: Authentication | None = None
    """Identity provider that people sign in with before they get through."""

    @field_validator("slow_start")
    @classmethod
    def _slow_start(cls, seconds: int) -> int:
        refuse((slow_start_problem(seconds),))
        return seconds


class ServiceSettings(Answers, TaskSettings):
    """One service: an image, its size, and the requests that it answers."""

    kind: Kind = Kind.WEB
    """`web`: reached through the load balancer; `internal`: by the stack's other services only; `worker`: by nobody."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """TCP port that the container listens on, 8080 when left out; one below 1024 needs root. A worker has none."""
    calls: tuple[str, ...] = ()
    """Other services that it calls, each at `http://NAME:PORT`; it is deployed after them."""
    desired_count: int = Field(default=1, ge=1, le=5000)
    """Tasks that run."""
    scaling: Scaling | None = None
    """What changes the number of tasks, instead of `desired_count`."""
    capacity: Capacity | CapacityMix = Capacity.FARGATE
    """`FARGATE`, `FARGATE_SPOT`: cheaper, but AWS may take a task back with two minutes' notice, or a mix of both."""
    execute_command: bool = False
    """Whether sessions can be opened in running containers, by ECS Exec; each is logged."""
    pre_deploy: Annotated[
        PreDeploy | None, BeforeValidator(short_command, json_schema_input_type=tuple[str, ...] | PreDeploy | None)
    ] = None
    """Command that runs once before a new version serves, such as `[python, manage.py, migrate]`, or a mapping with
    `command` and `minutes`."""
    deployment: Annotated[
        DeploymentConfiguration,
        BeforeValidator(short_deployment, json_schema_input_type=DeploymentStrategy | DeploymentConfiguration),
    ] = DeploymentConfiguration()
    """How a new version takes over: `rolling`, `blue_green`, `canary`, `linear`, or a mapping that says more."""
    timeout_minutes: int = Field(default=20, ge=1, le=120)
    """Minutes after which a deployment that is not steady has failed; those that `deployment` takes come on top."""
    zone_rebalancing: bool = True
    """Whether ECS moves tasks when one zone has more than the others."""

    @property
    def listens(self) -> int | None:
        """TCP port of the service's own container."""
        return None if self.kind is Kind.WORKER else self.port or DEFAULT_PORT

    def target(self, listener: Listener, priority: int) -> Target:
        """How it gets its requests.

        Args:
            listener: the load balancer's.
            priority: of its rule there.
        """
        return Target(
            listener=listener,
            route=self.route,
            priority=priority,
            health_check=self.health_check,
            deregistration_delay=self.deregistration_delay,
            keep_alive_timeout=self.keep_alive_timeout,
            start_period=self.start_period,
            stickiness=self.stickiness,
            slow_start=self.slow_start,
            authentication=self.authentication,
        )

    @model_validator(mode="after")
    def _one_image(self) -> Self:
        if (self.build is None) == (self.image is None):
            raise ValueError("a service needs either build, such as build: ./app, or image: an image that is there")
        return self

    @model_validator(mode="after")
    def _kind(self) -> Self:
        if self.kind is Kind.WEB:
            return self
        only_web = [name for name in Answers.model_fields if name in self.model_fields_set]
        if self.kind is Kind.WORKER and self.port is not None:
            only_web.append("port")
        asks = self.scaling is not None and self.scaling.requests_per_target is not None
        refuse(
            (
                f"kind: {self.kind} gets no requests from the load balancer: leave out {', '.join(only_web)}, or kind"
                if only_web
                else None,
                f"scaling.requests_per_target: kind: {self.kind} gets no requests that are counted" if asks else None,
            )
        )
        return self

    @model_validator(mode="after")
    def _count(self) -> Self:
        if self.scaling and "desired_count" in self.model_fields_set:
            raise ValueError("scaling decides how many tasks run, from its min to its max: leave out desired_count")
        return self
