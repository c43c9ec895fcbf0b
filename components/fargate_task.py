"""A task that nothing keeps running: for schedules, and for runs by hand."""

import pulumi

from .fargate_task_args import FargateTaskArgs
from .names import check_name
from .task import check_own_name, make_task
from .task_network import make_security_group


class FargateTask(pulumi.ComponentResource):
    """Define a task: it is run by a `ScheduledTask`, or by whoever may call ECS's RunTask.

    Creates: log group, execution role with its policy, task definition, the task's security group and its way out; as
    asked, a task role and the policies of both roles.
    Costs: nothing until it runs, then vCPU and memory by the second, a minute at least; logs by the GB.
    Source: Amazon ECS Developer Guide, "Running an application as an Amazon ECS task".
    """

    task_definition_arn: pulumi.Output[str]
    """Revision that is run; known once its roles may do what it takes."""
    log_group_name: pulumi.Output[str]
    """Where the containers' output goes."""
    security_group_id: pulumi.Output[str]
    """Security group for its runs."""

    def __init__(self, name: str, args: FargateTaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        check_own_name(name, args)
        super().__init__("fargate:index:FargateTask", check_name(name), {}, opts)
        task = make_task(name, args, parent=self)
        group, ways = make_security_group(name, args, target=None, parent=self)
        ready = [resource.urn for resource in (*task.policies, *ways)]
        self.task_definition_arn = pulumi.Output.all(task.definition.arn, *ready).apply(lambda known: known[0])
        self.log_group_name = task.logs.name
        self.security_group_id = group.id
        self._roles = task.roles
        self.register_outputs(
            {
                "task_definition_arn": self.task_definition_arn,
                "log_group_name": self.log_group_name,
                "security_group_id": self.security_group_id,
            }
        )

    @property
    def role_arns(self) -> list[pulumi.Output[str]]:
        """Its execution role, and its task role where it has one."""
        return [role.arn for role in self._roles]
