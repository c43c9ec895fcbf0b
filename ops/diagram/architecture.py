"""What a picture of a stack shows, in plain values: made by `ops.diagram.survey`, drawn by the other modules here."""

from dataclasses import dataclass

INTERNET, CLIENTS, GATEWAY, ENDPOINTS, TASKS = "internet", "clients", "gateway", "endpoints", "tasks"
"""Ends of ways that are no single resource: `TASKS` stands for all of them together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subnet:
    """One subnet."""

    name: str
    """Logical name, or the id of one that others made."""
    ranges: tuple[str, ...]
    """Its addresses; none where only AWS knows them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Zone:
    """An availability zone of the network."""

    name: str
    """AWS's name, such as `eu-west-1a`."""
    public: tuple[Subnet, ...] = ()
    """Subnets with a route to an internet gateway."""
    private: tuple[Subnet, ...] = ()
    """All others."""
    nats: tuple[str, ...] = ()
    """NAT gateways in it, by the names under which ways lead to them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """The VPC that the tasks run in."""

    name: str
    """Logical name, or the id of one that others made."""
    elsewhere: bool
    """Whether others made it, so that its zones and its ways out are not in this stack."""
    ranges: tuple[str, ...]
    """Its addresses."""
    zones: tuple[Zone, ...]
    """By name. One without a name stands for the subnets of a VPC that others made."""
    gateways: tuple[str, ...]
    """Its ways to the internet, such as `internet gateway`."""
    regional_nats: tuple[str, ...]
    """NAT gateways that AWS spreads over the zones, by the names under which ways lead to them."""
    interfaces: tuple[str, ...]
    """Services, such as `ecr.api`, that tasks reach through endpoints in their subnets."""
    by_route: tuple[str, ...]
    """Services, such as `s3`, that route tables lead to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Balancer:
    """A load balancer."""

    id: str
    """Under which ways lead to and from it."""
    name: str
    """Logical name."""
    public: bool
    """Whether the internet reaches it."""
    details: tuple[str, ...]
    """Its listeners, names, certificate and firewall, a line each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tasks:
    """A service, or a job: tasks of one definition."""

    id: str
    """Under which ways lead to and from it."""
    name: str
    """Logical name."""
    job: bool
    """Whether a clock starts them; else ECS keeps them running."""
    details: tuple[str, ...]
    """How many, how large, for which requests, by which clock, a line each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSystem:
    """A file system that tasks mount."""

    id: str
    """Under which ways lead to it."""
    name: str
    """Logical name, or the id of one that others made."""
    details: tuple[str, ...]
    """What is known of it, a line each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """What stands beside the network: images, logs, keys."""

    name: str
    """What it is, with AWS's name of the service."""
    details: tuple[str, ...]
    """A line each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """That packets may go from one end to another: an arrow."""

    source: str
    """`id` of what sends, or a name from above."""
    target: str
    """`id` of what is asked, a NAT gateway's name, or a name from above."""
    label: str
    """Protocol and port, such as `HTTPS 443`; empty where every port may pass."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """Everything of a stack that a picture shows."""

    project: str
    """Name of the project."""
    stack: str
    """Name of the stack."""
    region: str
    """Where it is deployed to."""
    network: Network | None
    """None in a stack whose tasks, if it has any, say nothing of a VPC."""
    balancers: tuple[Balancer, ...]
    """By name."""
    tasks: tuple[Tasks, ...]
    """Services by name, then jobs by name."""
    file_systems: tuple[FileSystem, ...]
    """By name."""
    asides: tuple[Aside, ...]
    """In an order of their own."""
    clients: tuple[str, ...]
    """Ranges that may ask the load balancers, where that is not the whole internet."""
    ways: tuple[Way, ...]
    """Every arrow."""

    @property
    def title(self) -> str:
        """What the picture is of."""
        return f"{self.project}, stack {self.stack}"
