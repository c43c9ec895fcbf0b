"""One image, run as a service: behind a load balancer's listener, or by itself."""

import pulumi
import pulumi_aws as aws

from .capacity import Share, shares
from .checks import refuse
from .deployed_anew import DeployedAnew
from .deployment import Asked
from .failed_operation import explaining
from .fargate_service_args import FargateServiceArgs
from .names import check_name, with_name
from .pre_deploy import running_first
from .registration import Registration, alternate_problem, register
from .scaling import Scaling, request_label, scale
from .service_connect import connect, ways_to_callees
from .task import Task, check_own_name, make_task
from .task_network import make_security_group
from .verified import verified
from .watched import WatchedService
from .way_back import ending, going_back


class FargateService(pulumi.ComponentResource):
    """Run one image as a service: private tasks, reached from the load balancer on one port only, or by nobody.

    Creates: log group, execution role with its policy, task definition, the tasks' security group and its way out,
    service; with a target the two rules that let requests in, target group, listener rule; where ECS moves requests
    (`deployment`) a second target group, and a role with its policy; alarms; two rules for each service that it
    calls; as asked, a task role and the policies of both roles, and what `scale` makes.
    Costs: the tasks' vCPU and memory by the second; logs by the GB.
    Raises, on deploy: when the service is steady but another version than the one asked for serves, with what ECS and
    the logs say; so does the provider's own failure. When `pre_deploy` fails, before the service is touched.
    Source: Amazon ECS Developer Guide, "Amazon ECS service definition parameters" and "deployment circuit breaker".
    """

    service_name: pulumi.Output[str]
    """Name that ECS knows the service by."""
    task_definition_arn: pulumi.Output[str]
    """Revision that serves: known once it does, so that what depends on it waits, and fails, with the deployment."""
    log_group_name: pulumi.Output[str]
    """Where the containers' output goes."""
    security_group_id: pulumi.Output[str]
    """Security group of the tasks, for others that run their image."""

    def __init__(self, name: str, args: FargateServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        check_own_name(name, args)
        refuse((alternate_problem(name, args.deployment),))
        super().__init__("fargate:index:FargateService", check_name(name), {}, opts)
        self._name, self._args, self._anew = name, args, DeployedAnew(name)
        task = make_task(name, args, parent=self)
        group, ways = make_security_group(name, args, target=args.target, parent=self)
        before: list[pulumi.Resource] = [*task.policies, *ways]
        if args.service_connect:
            before += ways_to_callees(name, args.service_connect, group, tags=args.tags, parent=self)
        registration = register(name, args, args.target, parent=self) if args.target else None
        before += registration.before if registration else []
        service = self._service(task, group, registration, before)

        self._groups = [group.arn for group in registration.groups] if registration else []
        if args.scaling:
            self._scale(args.scaling, service, registration)
        self.task_definition_arn = self._verified(service, task.definition, registration)
        self.service_name = service.name
        self.log_group_name = task.logs.name
        self.security_group_id = group.id
        self._roles = task.roles
        self.register_outputs(
            {
                "service_name": self.service_name,
                "task_definition_arn": self.task_definition_arn,
                "log_group_name": self.log_group_name,
                "security_group_id": self.security_group_id,
            }
        )

    @property
    def role_arns(self) -> list[pulumi.Output[str]]:
        """The tasks' execution role, and their task role where they have one."""
        return [role.arn for role in self._roles]

    @property
    def watched(self) -> WatchedService:
        """What alarms and a dashboard look at. With a log router its log group has no line of the app's."""
        args = self._args
        return WatchedService(
            service_name=self.service_name,
            log_group_name=None if args.log_router else self.log_group_name,
            target_group_arns=self._groups,
            fewest_tasks=self._fewest,
            asks_for_approval=args.deployment.approval_minutes is not None,
        )

    @property
    def _fewest(self) -> int:
        return self._args.scaling.fewest if self._args.scaling else self._args.desired_count

    def _service(
        self,
        task: Task,
        group: aws.ec2.SecurityGroup,
        registration: Registration | None,
        depends_on: list[pulumi.Resource],
    ) -> aws.ecs.Service:
        args, member, rollout = self._args, self._args.service_connect, self._args.deployment
        limit = f"{args.minutes}m"
        alarms = [alarm.name for alarm in registration.alarms] if registration else []
        return aws.ecs.Service(
            self._name,
            cluster=args.cluster_arn,
            task_definition=task.definition.arn,
            desired_count=max(args.scaling.min, 1) if args.scaling else args.desired_count,
            # A strategy from the first day, with force_new_deployment, lets the capacity change without a new service.
            capacity_provider_strategies=[_strategy(share) for share in shares(args.capacity)],
            force_new_deployment=True,
            network_configuration={
                "subnets": args.subnet_ids,
                "security_groups": [group.id],
                "assign_public_ip": False,
            },
            load_balancers=[registration.load_balancer(self._name, args.port)] if registration and args.port else None,
            health_check_grace_period_seconds=args.target.start_period if args.target else None,
            service_connect_configuration=connect(self._name, member, args.port, task.logs) if member else None,
            triggers=member.triggers if member else None,
            deployment_configuration=rollout.inputs,
            alarms={"enable": True, "rollback": True, "alarm_names": alarms} if alarms else None,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            availability_zone_rebalancing="ENABLED" if args.zone_rebalancing else "DISABLED",
            enable_ecs_managed_tags=True,
            enable_execute_command=True if args.execute_command else None,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            tags=with_name(self._name, args.tags),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=depends_on,
                custom_timeouts=pulumi.CustomTimeouts(create=limit, update=limit, delete=limit),
                hooks=self._hooks(),
                ignore_changes=["desiredCount"] if args.scaling else None,
            ),
        )

    def _hooks(self) -> pulumi.ResourceHookBinding:
        """What happens before the service is deployed, after it was, and when that fails.

        Before an update what may refuse it, then what may fail, and last what changes the service.
        """
        given = self._args.pre_deploy
        first = [running_first(self._name, given, self)] if given else []
        return pulumi.ResourceHookBinding(
            before_create=[*first],
            after_create=[self._anew.hook],
            before_update=[going_back(self._name), *first, ending(self._name)],
            after_update=[self._anew.hook],
            on_error=[explaining(self._name, self)],
        )

    def _scale(self, scaling: Scaling, service: aws.ecs.Service, registration: Registration | None) -> None:
        args, label = self._args, None
        if args.target and registration:
            both = pulumi.Output.all(args.target.listener.load_balancer_arn, registration.groups[0].arn)
            label = both.apply(lambda arns: request_label(*arns))
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
        self, service: aws.ecs.Service, definition: aws.ecs.TaskDefinition, registration: Registration | None
    ) -> pulumi.Output[str]:
        """The task definition's ARN, once ECS says that it is what serves, and tasks pass a check that has changed."""
        now = aws.ecs.get_service_output(
            service_name=service.name,
            cluster_arn=self._args.cluster_arn,
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[service]),
        )
        known = pulumi.Output.all(definition.arn, self._args.cluster_arn, service.name, *self._groups)

        async def verify(now: aws.ecs.GetServiceResult, arn: str, cluster: str, service: str, *groups: str) -> str:
            asked = Asked(
                cluster=cluster,
                service=service,
                task_definition=arn,
                minutes=self._args.minutes,
                fewest=self._fewest,
                anew=self._anew.is_so,
                checked=bool(registration),
            )
            serves = await verified(self._name, asked, now.deployments, now.events)
            if registration:
                await registration.health.passed(asked, now.events, groups)
            return serves

        return pulumi.Output.all(now, known).apply(lambda both: verify(both[0], *both[1]))


def _strategy(share: Share) -> aws.ecs.ServiceCapacityProviderStrategyArgsDict:
    strategy: aws.ecs.ServiceCapacityProviderStrategyArgsDict = {
        "capacity_provider": share.provider.value,
        "weight": share.weight,
    }
    return {**strategy, "base": share.base} if share.base else strategy
