"""A whole stack."""

from enum import StrEnum
from graphlib import TopologicalSorter
from typing import Annotated

from pydantic import AfterValidator, Field

from components import Architecture, ContainerInsights, LogRetentionDays
from components.names import LONGEST_ROLE_PATH, ROLE_PATH, check_name
from components.routing import priorities
from policies.exemption import Exemption

from .file_system import FileSystemSettings
from .job import JobSettings
from .load_balancer import LoadBalancerSettings
from .model import Model
from .network import NetworkSettings
from .observability import ObservabilitySettings
from .registry import RegistrySettings
from .service import Kind, ServiceSettings

BEFORE_DESTROY = ("first-up-with-load_balancer.deletion_protection-false", "first-up-with-force_delete-true")
"""Names of the guard that refuses a destroy: of a stack with a load balancer, and of one without."""


class Environment(StrEnum):
    """What a stack is for. `prod` has rules of its own."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Settings(Model):
    """Everything that a stack file may say about this program."""

    environment: Environment
    """`dev`, `staging` or `prod`: `prod` has rules of its own."""
    architecture: Architecture = Architecture.X86_64
    """Processor of images and tasks alike: `X86_64` or `ARM64`."""
    network: NetworkSettings = NetworkSettings()
    """Range, zones and ways out of the stack's VPC."""
    load_balancer: LoadBalancerSettings = LoadBalancerSettings()
    """Names, certificate, firewall and logs of the stack's load balancer."""
    file_systems: dict[Annotated[str, AfterValidator(check_name)], FileSystemSettings] = {}
    """File systems by name, for containers to mount; they outlive tasks."""
    customer_key: bool = False
    """Whether logs, images and files are encrypted with a key of the account's own; a change replaces repositories and
    file systems, with what is in them."""
    registry: RegistrySettings = RegistrySettings()
    """What the account's image registry does by itself; of all stacks of the region one at most says so."""
    permissions_boundary_arn: str | None = Field(default=None, pattern=r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+$")
    """Policy that bounds every role of the stack."""
    role_path: str | None = Field(default=None, max_length=LONGEST_ROLE_PATH, pattern=ROLE_PATH)
    """Path of the names of the stack's roles, such as `/fargate/dev/`, by which a policy may tell them from others; `/`
    when left out. A change replaces the roles, and services roll."""
    container_insights: ContainerInsights = ContainerInsights.DISABLED
    """Metrics beyond CPU and memory of each service."""
    observability: ObservabilitySettings | None = None
    """Alarms, notices of failed deployments, a dashboard, and who is told; nothing when left out."""
    log_retention_days: LogRetentionDays = 30
    """Days that logs are kept."""
    force_delete: bool | None = None
    """Delete images, files, logs and the key that encrypts them when they are no longer wanted, as on destroy; outside
    prod when left out. Otherwise they stay behind."""
    budget: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """USD that the stack may cost a month, by `python -m ops cost`; more is a violation of the policy `within-budget`.
    No limit when left out."""
    exceptions: tuple[Exemption, ...] = ()
    """Findings of policies that are accepted for a time, each with its reason."""
    services: dict[Annotated[str, AfterValidator(check_name)], ServiceSettings] = Field(min_length=1)
    """Services by name. Those that the load balancer reaches share one."""
    jobs: dict[Annotated[str, AfterValidator(check_name)], JobSettings] = {}
    """Jobs by name, unlike any service's: tasks that run by the clock."""

    @property
    def deletes_contents(self) -> bool:
        """Whether destroying the stack deletes its images, files and logs."""
        return self.environment is not Environment.PROD if self.force_delete is None else self.force_delete

    @property
    def deletion_protection(self) -> bool:
        """Whether load balancer and file systems are protected from being deleted, and with them all else."""
        given = self._given_protection
        return self.environment is Environment.PROD if given is None else given

    @property
    def has_guard(self) -> bool:
        """Whether there is a guard to refuse a destroy, or to be turned off: it cannot be left out while it refuses."""
        return self.environment is Environment.PROD or self._given_protection is not None

    @property
    def before_destroy(self) -> str:
        """What comes before a destroy of a protected stack, as the guard's name says it."""
        return BEFORE_DESTROY[not self.has_web]

    @property
    def _given_protection(self) -> bool | None:
        """What the file says of it; where there is no load balancer, by what becomes of the stack's contents."""
        if self.has_web:
            return self.load_balancer.deletion_protection
        return None if self.force_delete is None else not self.force_delete

    @property
    def flow_log_retention_days(self) -> LogRetentionDays | None:
        """Days that the VPC's flow logs are kept; None when there are none."""
        return self.log_retention_days if self.network.flow_logs else None

    @property
    def session_log_retention_days(self) -> LogRetentionDays | None:
        """Days that the log of sessions is kept; None when no service takes any."""
        return self.log_retention_days if any(one.execute_command for one in self.services.values()) else None

    @property
    def has_budget_of_its_topic(self) -> bool:
        """Whether a budget of AWS's bill tells the stack's own topic, which the stack's key encrypts."""
        told = self.observability
        return told is not None and told.monthly_budget is not None and told.topic_arn is None

    @property
    def has_web(self) -> bool:
        """Whether a load balancer is needed at all."""
        return any(one.kind is Kind.WEB for one in self.services.values())

    @property
    def called(self) -> frozenset[str]:
        """Services that others call."""
        return frozenset(callee for service in self.services.values() for callee in service.calls)

    @property
    def callees_first(self) -> list[str]:
        """The services' names, each after those that it calls."""
        return list(TopologicalSorter({name: one.calls for name, one in self.services.items()}).static_order())

    @property
    def priorities(self) -> dict[str, int]:
        """The place among the listener's rules of each service that the load balancer reaches."""
        balanced = {name: one for name, one in self.services.items() if one.kind is Kind.WEB}
        shifting = [name for name, one in balanced.items() if one.deployment.two_groups]
        return priorities({name: one.route for name, one in balanced.items()}, shifting)
