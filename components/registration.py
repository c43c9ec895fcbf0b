"""Where a service's tasks are registered, and the rules by which they get requests."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .deployment_alarms import make_alarms
from .fargate_service_args import FargateServiceArgs
from .infrastructure_role import make_infrastructure_role
from .names import MAX_LENGTH
from .strategy import DeploymentConfiguration
from .target import Target, make_listener_rule, make_shifting_rule, make_target_group
from .target_health import TargetHealth

ALTERNATE = "-alt"
"""Of the second target group's name: short, as AWS gives a group's name 32 characters in all."""
SHIFT = "-shift"
"""Of the name of the rule that divides the requests, and of the role in which ECS changes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """What a service is registered with."""

    groups: list[aws.lb.TargetGroup]
    """Its target group, and the alternate one where ECS moves requests."""
    before: list[pulumi.Resource]
    """What must be there first: the rule, and the role that may change it."""
    alarms: "list[aws.cloudwatch.MetricAlarm]"
    """What takes a new version back, if anything."""
    health: TargetHealth
    """Whether its tasks pass their health check."""
    advanced: "aws.ecs.ServiceLoadBalancerAdvancedConfigurationArgsDict | None" = None
    """How ECS moves requests, where it does."""

    def load_balancer(self, container: str, port: int) -> aws.ecs.ServiceLoadBalancerArgsDict:
        """As a service takes it.

        Args:
            container: that gets the requests.
            port: that it listens on.
        """
        given: aws.ecs.ServiceLoadBalancerArgsDict = {
            "target_group_arn": self.groups[0].arn,
            "container_name": container,
            "container_port": port,
        }
        return {**given, "advanced_configuration": self.advanced} if self.advanced else given


def alternate_problem(name: str, deployment: DeploymentConfiguration) -> str | None:
    """The problem with a service's name of which no second target group's can be made."""
    most = MAX_LENGTH - len(ALTERNATE)
    if not deployment.two_groups or len(name) <= most:
        return None
    return f"name {name!r} has {len(name)} characters, at most {most} are allowed where there are two target groups"


def register(name: str, args: FargateServiceArgs, target: Target, parent: pulumi.Resource) -> Registration:
    """Make a service's target group and its rule.

    Where ECS moves its requests, also a second group, a rule for both, and the role in which it does. The rule for both
    is a resource of its own, so that the engine takes the other away only when the service has moved; and it does not
    look at the division, which is ECS's.
    Source: Amazon ECS Developer Guide, "Application Load Balancer resources for blue/green, linear, and canary
    deployments".
    """
    health = TargetHealth(name, target.health_check, args.minutes, start_period=target.start_period)

    def group(name: str) -> aws.lb.TargetGroup:
        return make_target_group(name, target, vpc_id=args.vpc_id, tags=args.tags, parent=parent, hooks=health.hooks)

    first = group(name)
    if not args.deployment.two_groups:
        rule = make_listener_rule(name, target, first, tags=args.tags, parent=parent)
        alarms = _alarms(name, args, target, first, parent)
        return Registration(groups=[first], before=[rule], alarms=alarms, health=health)
    other = f"{name}{ALTERNATE}"
    second = group(other)
    shift = f"{name}{SHIFT}"
    rule = make_shifting_rule(shift, target, [first, second], tags=args.tags, parent=parent)
    role, policy = make_infrastructure_role(
        shift,
        cluster_arn=args.cluster_arn,
        listener_arn=target.listener.arn,
        rule_arn=rule.arn,
        target_group_arns=[first.arn, second.arn],
        permissions_boundary_arn=args.permissions_boundary_arn,
        role_path=args.role_path,
        tags=args.tags,
        parent=parent,
    )
    return Registration(
        groups=[first, second],
        before=[rule, policy],
        alarms=[*_alarms(name, args, target, first, parent), *_alarms(other, args, target, second, parent)],
        health=health,
        advanced={
            "alternate_target_group_arn": second.arn,
            "production_listener_rule": rule.arn,
            "role_arn": role.arn,
        },
    )


def _alarms(
    name: str, args: FargateServiceArgs, target: Target, group: aws.lb.TargetGroup, parent: pulumi.Resource
) -> "list[aws.cloudwatch.MetricAlarm]":
    watched = args.deployment.watched
    if not watched:
        return []
    balancer = target.listener.load_balancer_arn
    return make_alarms(name, watched, load_balancer_arn=balancer, group=group, tags=args.tags, parent=parent)
