"""One image, run as a service behind a load balancer's listener."""

import pulumi
import pulumi_aws as aws

from . import deployment
from .capacity import Share, shares
from .cidr import ANYWHERE, ANYWHERE_IPV6
from .fargate_service_args import FargateServiceArgs
from .names import check_name, child_of, with_name
from .scaling import Scaling, request_label, scale
from .task import make_task

_HTTPS = 443
_DEFAULT_PORT = 80
"""Of targets that name none. ECS names each task's own, so that a changed port needs no new target group."""


class FargateService(pulumi.ComponentResource):
    """Run one image as a service: private tasks, reached from the load balancer on one port only.

    Creates: log group, execution role with its policy, task role, task definition, the tasks' security group, the
    three rules that let requests in and calls out, target group, listener rule, service; as asked, a policy for secrets
    and one for the app, and what `scale` makes.
    Costs: the tasks' vCPU and memory by the second; logs by the GB.
    Raises, on deploy: when the service is steady but another version than the one asked for serves.
    Source: Amazon ECS Developer Guide, "Amazon ECS service definition parameters" and "deployment circuit breaker".
    """

    service_name: pulumi.Output[str]
    """Name that ECS knows the service by."""
    task_definition_arn: pulumi.Output[str]
    """Revision that serves: known once it does, so that what depends on it waits, and fails, with the deployment."""
    log_group_name: pulumi.Output[str]
    """Where the containers' output goes."""

    def __init__(self, name: str, args: FargateServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if name in args.sidecars:
            raise ValueError(f"sidecar {name!r} must have another name than the service, whose own container has it")
        super().__init__("fargate:index:FargateService", check_name(name), {}, opts)
        self._name, self._args = name, args
        task = make_task(name, args, parent=self)
        group, ways = self._security_group()
        targets = self._target_group()
        rule = self._listener_rule(targets)
        service = self._service(task.definition, group, targets, [rule, *task.policies, *ways])

        if args.scaling:
            self._scale(args.scaling, service, targets)
        self.task_definition_arn = self._verified(service, task.definition, task.logs)
        self.service_name = service.name
        self.log_group_name = task.logs.name
        self.register_outputs(
            {
                "service_name": self.service_name,
                "task_definition_arn": self.task_definition_arn,
                "log_group_name": self.log_group_name,
            }
        )

    def _security_group(self) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
        """The tasks' group, and the only ways in and out of it."""
        name, args = self._name, self._args
        group = aws.ec2.SecurityGroup(
            name,
            description="Tasks: in from the load balancer, out by HTTPS",
            vpc_id=args.vpc_id,
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        # A changed port is open beside the old one until the tasks that listen there have gone.
        while_rolling = pulumi.ResourceOptions(parent=self, replace_on_changes=["fromPort", "toPort"])
        in_from_balancer = aws.vpc.SecurityGroupIngressRule(
            f"{name}-in",
            security_group_id=group.id,
            referenced_security_group_id=args.load_balancer_security_group_id,
            description="Requests from the load balancer",
            ip_protocol="tcp",
            from_port=args.port,
            to_port=args.port,
            tags=with_name(f"{name}-in", args.tags),
            opts=while_rolling,
        )
        balancer_out = aws.vpc.SecurityGroupEgressRule(
            f"{name}-balancer",
            security_group_id=args.load_balancer_security_group_id,
            referenced_security_group_id=group.id,
            description=f"Requests to {name}",
            ip_protocol="tcp",
            from_port=args.port,
            to_port=args.port,
            tags=with_name(f"{name}-balancer", args.tags),
            opts=while_rolling,
        )
        out = [self._way_out("out", group, cidr_ipv4=ANYWHERE)]
        if args.ipv6:
            out.append(self._way_out("out-ipv6", group, cidr_ipv6=ANYWHERE_IPV6))
        return group, [in_from_balancer, balancer_out, *out]

    def _way_out(self, suffix: str, group: aws.ec2.SecurityGroup, **to: str) -> aws.vpc.SecurityGroupEgressRule:
        name = f"{self._name}-{suffix}"
        return aws.vpc.SecurityGroupEgressRule(
            name,
            security_group_id=group.id,
            description="HTTPS: image registry, logs, other AWS APIs",
            ip_protocol="tcp",
            from_port=_HTTPS,
            to_port=_HTTPS,
            tags=with_name(name, self._args.tags),
            opts=child_of(self),
            **to,
        )

    def _target_group(self) -> aws.lb.TargetGroup:
        args, check = self._args, self._args.health_check
        return aws.lb.TargetGroup(
            self._name,
            vpc_id=args.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=_DEFAULT_PORT,
            deregistration_delay=args.deregistration_delay,
            health_check={
                "path": check.path,
                "matcher": check.matcher,
                "interval": check.interval,
                "timeout": check.timeout,
                "healthy_threshold": check.healthy_threshold,
                "unhealthy_threshold": check.unhealthy_threshold,
            },
            tags=with_name(self._name, args.tags),
            opts=pulumi.ResourceOptions(parent=self, replacement_trigger=args.load_balancer_arn),
        )

    def _listener_rule(self, targets: aws.lb.TargetGroup) -> aws.lb.ListenerRule:
        args, route = self._args, self._args.route
        conditions: list[aws.lb.ListenerRuleConditionArgsDict] = []
        if route.hosts:
            conditions.append({"host_header": {"values": list(route.hosts)}})
        if route.paths:
            conditions.append({"path_pattern": {"values": list(route.paths)}})
        return aws.lb.ListenerRule(
            self._name,
            listener_arn=args.listener_arn,
            priority=args.priority,
            conditions=conditions,
            actions=[{"type": "forward", "target_group_arn": targets.arn}],
            tags=with_name(self._name, args.tags),
            opts=child_of(self),
        )

    def _service(
        self,
        definition: aws.ecs.TaskDefinition,
        group: aws.ec2.SecurityGroup,
        targets: aws.lb.TargetGroup,
        depends_on: list[pulumi.Resource],
    ) -> aws.ecs.Service:
        args = self._args
        limit = f"{args.timeout_minutes}m"
        return aws.ecs.Service(
            self._name,
            cluster=args.cluster_arn,
            task_definition=definition.arn,
            desired_count=max(args.scaling.min, 1) if args.scaling else args.desired_count,
            # A strategy from the first day, with force_new_deployment, lets the capacity change without a new service.
            capacity_provider_strategies=[_strategy(share) for share in shares(args.capacity)],
            force_new_deployment=True,
            network_configuration={
                "subnets": args.subnet_ids,
                "security_groups": [group.id],
                "assign_public_ip": False,
            },
            load_balancers=[
                {"target_group_arn": targets.arn, "container_name": self._name, "container_port": args.port}
            ],
            health_check_grace_period_seconds=args.start_period,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            availability_zone_rebalancing="ENABLED" if args.zone_rebalancing else "DISABLED",
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            tags=with_name(self._name, args.tags),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=depends_on,
                custom_timeouts=pulumi.CustomTimeouts(create=limit, update=limit, delete=limit),
                ignore_changes=["desiredCount"] if args.scaling else None,
            ),
        )

    def _scale(self, scaling: Scaling, service: aws.ecs.Service, targets: aws.lb.TargetGroup) -> None:
        args = self._args
        label = pulumi.Output.all(args.load_balancer_arn, targets.arn).apply(lambda arns: request_label(*arns))
        scale(
            self._name,
            scaling=scaling,
            cluster_name=pulumi.Output.from_input(args.cluster_arn).apply(lambda arn: arn.rpartition("/")[2]),
            service_name=service.name,
            parent=self,
            resource_label=label,
            tags=args.tags,
        )

    def _verified(
        self, service: aws.ecs.Service, definition: aws.ecs.TaskDefinition, logs: aws.cloudwatch.LogGroup
    ) -> pulumi.Output[str]:
        """The task definition's ARN, once ECS says that it is what serves."""
        now = aws.ecs.get_service_output(
            service_name=service.name,
            cluster_arn=self._args.cluster_arn,
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[service]),
        )
        return pulumi.Output.all(now, definition.arn, logs.name).apply(
            lambda known: deployment.verified(
                self._name, known[1], known[0].deployments, known[0].events, log_group=known[2]
            )
        )


def _strategy(share: Share) -> aws.ecs.ServiceCapacityProviderStrategyArgsDict:
    strategy: aws.ecs.ServiceCapacityProviderStrategyArgsDict = {
        "capacity_provider": share.provider.value,
        "weight": share.weight,
    }
    return {**strategy, "base": share.base} if share.base else strategy
