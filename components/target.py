"""How a service gets requests from a load balancer's listener."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .authentication import Authentication, oidc_action
from .checks import out_of_range, refuse
from .graceful import keep_alive_problem
from .health_check import HealthCheck
from .names import child_of, with_name
from .routing import MAX_PRIORITY, Route
from .stickiness import Stickiness, target_group_stickiness

_DEFAULT_PORT = 80
"""Of targets that name none. ECS names each task's own, so that a changed port needs no new target group."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """A load balancer's listener, for services to add their rules to."""

    arn: pulumi.Input[str]
    """ARN of the listener."""
    load_balancer_arn: pulumi.Input[str]
    """Its load balancer. A target group belongs to one only, so another load balancer gets another."""
    security_group_id: pulumi.Input[str]
    """Group of the load balancer: let in on each service's port, and given the way there."""
    idle_timeout: int | None = None
    """Seconds after which the load balancer closes a silent connection. Plain: an app's own is compared with it.
    Default: unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A listener, the requests that a service answers there, and how its tasks are asked whether they are well."""

    listener: Listener
    """Listener that gets the service's rule, as `LoadBalancer.listener` gives it."""
    route: Route
    """Requests that the service answers. Plain: two services' routes are compared before anything deploys."""
    priority: int
    """Priority of the listener rule, 1 to 50000, unlike any other's (see `routing.priorities`)."""
    health_check: HealthCheck = field(default_factory=HealthCheck)
    """How the load balancer asks a task. Default: `GET /` every 5 s."""
    deregistration_delay: int = 10
    """Seconds for which requests in flight may end before a task is told to stop, 0 to 3600; every deploy waits for
    them. Default: 10; AWS's own is 300."""
    keep_alive_timeout: int | None = None
    """Seconds for which the app keeps an idle connection open, as its own configuration says. It sets nothing, and must
    be longer than the listener's `idle_timeout`. Default: unknown, and not compared."""
    start_period: int = 60
    """Seconds after a task's start in which failing health checks do not count. Default: 60."""
    stickiness: Stickiness | None = None
    """Whether a client stays with one task, and for how long. Default: each request goes to any."""
    slow_start: int = 0
    """Seconds in which a new task's share of the requests grows to a full one, 30 to 900, or 0. Default: 0, at once."""
    authentication: Authentication | None = None
    """Whom people sign in with before they get through. The listener must be one for HTTPS, which AWS looks at on
    deploy. Default: everyone gets through."""

    def __post_init__(self) -> None:
        """Refuse what Elastic Load Balancing and ECS would refuse.

        Raises:
            ValueError: a value is out of its bounds.
        """
        refuse(_problems(self))


def _problems(target: Target) -> Iterator[str | None]:
    yield out_of_range("priority", target.priority, 1, MAX_PRIORITY)
    yield out_of_range("deregistration_delay", target.deregistration_delay, 0, 3600)
    yield out_of_range("start_period", target.start_period, 0, 2**31 - 1)
    idle, keep_alive = target.listener.idle_timeout, target.keep_alive_timeout
    if idle is not None and keep_alive is not None and (problem := keep_alive_problem(keep_alive, idle)):
        yield f"keep_alive_timeout {problem}"
    yield slow_start_problem(target.slow_start)


def slow_start_problem(seconds: int) -> str | None:
    """The problem with seconds that AWS does not take (ELB API Reference, "TargetGroupAttribute")."""
    return None if seconds == 0 or 30 <= seconds <= 900 else f"slow_start must be 0 or from 30 to 900, got {seconds}"


def make_target_group(
    name: str,
    target: Target,
    *,
    vpc_id: pulumi.Input[str],
    tags: dict[str, str],
    parent: pulumi.Resource,
    hooks: pulumi.ResourceHookBinding,
) -> aws.lb.TargetGroup:
    """Make what a service's tasks are registered with; `hooks` look at its updates."""
    check = target.health_check
    return aws.lb.TargetGroup(
        name,
        vpc_id=vpc_id,
        target_type="ip",
        protocol="HTTP",
        port=_DEFAULT_PORT,
        deregistration_delay=target.deregistration_delay,
        slow_start=target.slow_start,
        stickiness=target_group_stickiness(target.stickiness),
        health_check={
            "path": check.path,
            "matcher": check.matcher,
            "interval": check.interval,
            "timeout": check.timeout,
            "healthy_threshold": check.healthy_threshold,
            "unhealthy_threshold": check.unhealthy_threshold,
        },
        tags=with_name(name, tags),
        opts=pulumi.ResourceOptions(parent=parent, replacement_trigger=target.listener.load_balancer_arn, hooks=hooks),
    )


def make_listener_rule(
    name: str, target: Target, targets: aws.lb.TargetGroup, *, tags: dict[str, str], parent: pulumi.Resource
) -> aws.lb.ListenerRule:
    """Make the rule that sends a service's requests to its targets, once people have signed in where they must.

    Raises:
        pulumi.RunError: the secret of `authentication` does not exist, or has no text.
    """
    forward: aws.lb.ListenerRuleActionArgsDict = {"type": "forward", "target_group_arn": targets.arn}
    return aws.lb.ListenerRule(
        name,
        listener_arn=target.listener.arn,
        priority=target.priority,
        conditions=_conditions(target.route),
        actions=[oidc_action(target.authentication, parent), {**forward, "order": 2}]
        if target.authentication
        else [forward],
        tags=with_name(name, tags),
        opts=child_of(parent),
    )


def make_shifting_rule(
    name: str,
    target: Target,
    groups: "Sequence[aws.lb.TargetGroup]",
    *,
    tags: dict[str, str],
    parent: pulumi.Resource,
) -> aws.lb.ListenerRule:
    """Make the rule that divides a service's requests between two target groups.

    Whatever it begins with, the division is ECS's own, from the service's first deployment on.
    """
    shares: list[aws.lb.ListenerRuleActionForwardTargetGroupArgsDict] = [
        {"arn": group.arn, "weight": weight} for group, weight in zip(groups, (100, 0), strict=True)
    ]
    return aws.lb.ListenerRule(
        name,
        listener_arn=target.listener.arn,
        priority=target.priority,
        conditions=_conditions(target.route),
        actions=[{"type": "forward", "forward": {"target_groups": shares}}],
        tags=with_name(name, tags),
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["actions"]),
    )


def _conditions(route: Route) -> list[aws.lb.ListenerRuleConditionArgsDict]:
    conditions: list[aws.lb.ListenerRuleConditionArgsDict] = []
    if route.hosts:
        conditions.append({"host_header": {"values": list(route.hosts)}})
    if route.paths:
        conditions.append({"path_pattern": {"values": list(route.paths)}})
    for name, values in route.headers.items():
        conditions.append({"http_header": {"http_header_name": name, "values": list(values)}})
    if route.methods:
        conditions.append({"http_request_method": {"values": list(route.methods)}})
    return conditions
