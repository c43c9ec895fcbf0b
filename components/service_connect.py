"""The names by which services call each other, without a load balancer between them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from . import iam
from .checks import out_of_range, refuse
from .names import check_name, child_of, with_name
from .way import End, make_way

PORT_NAME = "http"
"""Of a container's port, by which ECS finds it in the task definition."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceConnectArgs:
    """Inputs of `ServiceConnect`."""

    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""


class ServiceConnect(pulumi.ComponentResource):
    """A namespace, in which services find each other by ECS Service Connect.

    Each task of its members runs a proxy, which balances requests between the tasks of the service that is called,
    tries again what failed, and avoids tasks that fail. Between proxies HTTP is not encrypted: TLS there takes an AWS
    Private CA, which is not offered here.
    Creates: namespace of Cloud Map.
    Costs: nothing itself. The proxy lives on its task's CPU and memory; AWS recommends 256 CPU units and 64 MiB more.
    Source: Amazon ECS Developer Guide, "Use Service Connect to connect Amazon ECS services with short names".
    """

    namespace_arn: pulumi.Output[str]
    """ARN of the namespace."""

    def __init__(self, name: str, args: ServiceConnectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:ServiceConnect", check_name(name), {}, opts)
        namespace: aws.servicediscovery.HttpNamespace = aws.servicediscovery.HttpNamespace(
            name, tags=with_name(name, args.tags), opts=child_of(self)
        )
        self.namespace_arn = namespace.arn
        self.register_outputs({"namespace_arn": self.namespace_arn})


@dataclass(frozen=True, kw_only=True, slots=True)
class Callee:
    """A service that another calls."""

    service_name: pulumi.Input[str]
    """Name that ECS knows it by. Known once it serves, so that its callers are deployed after it."""
    security_group_id: pulumi.Input[str]
    """Security group of its tasks, which lets its callers in."""
    port: int
    """TCP port that it listens on, 1 to 65535."""

    def __post_init__(self) -> None:
        """Refuse what no security group takes.

        Raises:
            ValueError: the port is out of its bounds.
        """
        refuse((out_of_range("port", self.port, 1, 65535),))


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """What a service is in a namespace: called, a caller, or both."""

    namespace_arn: pulumi.Input[str]
    """Namespace, as `ServiceConnect` gives it."""
    is_called: bool = False
    """Whether others call it, at `http://NAME:PORT`: its own name, and its own port. Default: they do not."""
    calls: Mapping[str, Callee] = field(default_factory=dict[str, Callee])
    """Services that it calls, by name. Tasks know only names that were there when their deployment began (Amazon ECS
    Developer Guide, "Amazon ECS Service Connect components"), so one more, or another port, deploys. Default: none."""

    def problems(self, port: int | None) -> Iterator[str]:
        """What is wrong with it, for a service that listens on a port or on none."""
        if not self.is_called and not self.calls:
            yield "service_connect: a member is called, or calls others: leave it out"
        if self.is_called and port is None:
            yield "service_connect.is_called needs a port, on which the container takes the requests"

    @property
    def triggers(self) -> dict[str, pulumi.Output[str]] | None:
        """What, changed, is a reason for a new deployment; it also makes a service wait for those that it calls."""
        found = {
            name: pulumi.Output.concat(callee.service_name, ":", str(callee.port))
            for name, callee in self.calls.items()
        }
        return found or None


def connect(
    name: str, membership: Membership, port: int | None, logs: aws.cloudwatch.LogGroup
) -> aws.ecs.ServiceServiceConnectConfigurationArgsDict:
    """How ECS connects a service.

    Args:
        name: by which others call it.
        membership: what it is in the namespace.
        port: that it listens on.
        logs: where its proxies say what is wrong with them.
    """
    options: dict[str, pulumi.Input[str]] = {
        "awslogs-group": logs.name,
        "awslogs-region": logs.arn.apply(lambda arn: iam.Place.of(arn).region),
        "awslogs-stream-prefix": "service-connect",
        "max-buffer-size": "25m",
        "mode": "non-blocking",
    }
    found: aws.ecs.ServiceServiceConnectConfigurationArgsDict = {
        "enabled": True,
        "namespace": membership.namespace_arn,
        "log_configuration": {"log_driver": "awslogs", "options": options},
    }
    if membership.is_called and port is not None:
        found["services"] = [
            {"port_name": PORT_NAME, "discovery_name": name, "client_alias": [{"dns_name": name, "port": port}]}
        ]
    return found


def ways_to_callees(
    name: str,
    membership: Membership,
    group: aws.ec2.SecurityGroup,
    *,
    tags: dict[str, str],
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Make the rules that let a service through to those that it calls, seen from both groups.

    On Fargate a proxy listens on its container's port (ECS API Reference, "ServiceConnectService").
    """
    ways: list[pulumi.Resource] = []
    for callee, to in membership.calls.items():
        caller = End(group_id=group.id, rule=f"{name}-to-{callee}", description=f"Requests to {callee}")
        called = End(group_id=to.security_group_id, rule=f"{name}-at-{callee}", description=f"Requests from {name}")
        ways += make_way(caller, called, port=to.port, tags=tags, parent=parent)
    return ways
