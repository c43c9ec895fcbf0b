"""A task that runs by the clock."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from . import schedule_iam
from .capacity import Capacity
from .checks import out_of_range, refuse
from .names import check_name, child_of, role_path_problem, with_name
from .schedule import Schedule

_FOURTEEN_DAYS = 14 * 24 * 3600
"""The longest that SQS keeps a message (Amazon SQS API Reference, "SetQueueAttributes")."""
_MAX_GROUPS = 5
_MAX_OVERRIDES = 8192
"""Characters of what a run changes of its definition (ECS API Reference, "TaskOverride")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledTaskArgs:
    """Inputs of `ScheduledTask`."""

    cluster_arn: pulumi.Input[str]
    """Cluster that the task runs in."""
    task_definition_arn: pulumi.Input[str]
    """Revision that is run, by ARN: a service's own, or another."""
    task_role_arns: list[pulumi.Input[str]]
    """Roles of that revision, which the schedule may give to its tasks and to nothing else: its execution role, and its
    task role where it has one. Plain: one or two."""
    subnet_ids: pulumi.Input[list[str]]
    """Private subnets for the task."""
    security_group_ids: list[pulumi.Input[str]]
    """Security groups of the task. Plain: one to five."""
    schedule: Schedule
    """When it runs. Plain: it is checked before anything deploys."""
    container_name: str | None = None
    """Container that `command` is for. Plain: the two go together. Default: none."""
    command: tuple[str, ...] = ()
    """Command instead of the container's own. Default: its own."""
    capacity: Capacity = Capacity.FARGATE
    """What the task runs on. Plain: it is one of two words. Default: Fargate, since a task on Spot may be ended before
    it is done."""
    enabled: bool = True
    """Whether it runs at all. Default: it does."""
    kms_key_arn: pulumi.Input[str] | None = None
    """KMS key that encrypts the dead letters; the account's IAM policies must let its use. Default: SQS's own."""
    permissions_boundary_arn: pulumi.Input[str] | None = None
    """Permissions boundary of the role. Default: none."""
    role_path: str | None = None
    """Path of the role's name, such as `/shop/dev/`, by which policies tell roles apart. A change replaces the role.
    Default: `/`."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what would fail when the time comes, and nobody looks.

        Raises:
            ValueError: a command without its container or too long, or too many or too few roles or groups.
        """
        refuse(_problems(self))

    @property
    def overrides(self) -> str | None:
        """What a run changes of its definition, as EventBridge Scheduler hands it to ECS."""
        if not self.command:
            return None
        override = {"command": list(self.command), "name": self.container_name}
        return json.dumps({"containerOverrides": [override]}, sort_keys=True, separators=(",", ":"))


class ScheduledTask(pulumi.ComponentResource):
    """A task definition that EventBridge Scheduler runs by the clock, with dead letters for runs that it cannot start.

    What it cannot start, after its retries, is a message in an encrypted queue that is kept for 14 days and reached by
    TLS only: an alarm on its `ApproximateNumberOfMessagesVisible` tells. A task that starts and then fails is no dead
    letter; ECS tells EventBridge of it, with the exit code.
    Creates: schedule, its role and policy, queue of the dead letters and its policy.
    Costs: the task's vCPU and memory by the second, a minute at least. Schedules are free up to 14 million runs a
    month, the queue up to a million requests.
    Source: EventBridge Scheduler User Guide, "Using templated targets", "Configuring a schedule's dead-letter queue in
    EventBridge Scheduler"; EventBridge Scheduler API Reference, "CreateSchedule", "EcsParameters".
    """

    arn: pulumi.Output[str]
    """ARN of the schedule."""
    role_arn: pulumi.Output[str]
    """ARN of the role that it runs the task by."""
    dead_letters_arn: pulumi.Output[str]
    """ARN of the queue of what could not be started."""
    dead_letters_name: pulumi.Output[str]
    """Name of that queue, by which its metrics are found."""

    def __init__(self, name: str, args: ScheduledTaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:ScheduledTask", check_name(name), {}, opts)
        self._name = name
        self._args = args
        queue, queue_policy = self._dead_letters()
        role, policy = self._role(queue)
        schedule = self._schedule(role, queue, [policy, queue_policy])
        self.arn = schedule.arn
        self.role_arn = role.arn
        self.dead_letters_arn = queue.arn
        self.dead_letters_name = queue.name
        self.register_outputs(
            {
                "arn": self.arn,
                "role_arn": self.role_arn,
                "dead_letters_arn": self.dead_letters_arn,
                "dead_letters_name": self.dead_letters_name,
            }
        )

    def _dead_letters(self) -> "tuple[aws.sqs.Queue, aws.sqs.QueuePolicy]":
        name, key = f"{self._name}-dead-letters", self._args.kms_key_arn
        queue = aws.sqs.Queue(
            name,
            message_retention_seconds=_FOURTEEN_DAYS,
            sqs_managed_sse_enabled=None if key else True,
            kms_master_key_id=key,
            tags=with_name(name, self._args.tags),
            opts=child_of(self),
        )
        policy = aws.sqs.QueuePolicy(
            name, queue_url=queue.id, policy=queue.arn.apply(schedule_iam.queue_policy), opts=child_of(self)
        )
        return queue, policy

    def _role(self, queue: "aws.sqs.Queue") -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        args = self._args
        cluster = pulumi.Output.from_input(args.cluster_arn)
        role = aws.iam.Role(
            self._name,
            assume_role_policy=cluster.apply(schedule_iam.scheduler_trust),
            path=args.role_path,
            permissions_boundary=args.permissions_boundary_arn,
            tags=with_name(self._name, args.tags),
            opts=child_of(self),
        )
        document = pulumi.Output.all(
            cluster, args.task_definition_arn, queue.arn, args.kms_key_arn, *args.task_role_arns
        ).apply(
            lambda known: schedule_iam.run_task(
                cluster_arn=known[0],
                task_definition_arn=known[1],
                dead_letters_arn=known[2],
                kms_key_arn=known[3],
                task_role_arns=known[4:],
            )
        )
        return role, aws.iam.RolePolicy(self._name, role=role.name, policy=document, opts=child_of(self))

    def _schedule(
        self, role: aws.iam.Role, queue: "aws.sqs.Queue", depends_on: list[pulumi.Resource]
    ) -> "aws.scheduler.Schedule":
        args, when = self._args, self._args.schedule
        return aws.scheduler.Schedule(
            self._name,
            group_name=schedule_iam.GROUP,
            schedule_expression=when.expression,
            schedule_expression_timezone=when.time_zone,
            flexible_time_window={"mode": "FLEXIBLE", "maximum_window_in_minutes": when.window_minutes}
            if when.window_minutes
            else {"mode": "OFF"},
            state="ENABLED" if args.enabled else "DISABLED",
            target={
                "arn": args.cluster_arn,
                "role_arn": role.arn,
                "input": args.overrides,
                "ecs_parameters": {
                    "task_definition_arn": args.task_definition_arn,
                    "task_count": 1,
                    "capacity_provider_strategies": [{"capacity_provider": args.capacity.value, "weight": 1}],
                    "network_configuration": {
                        "subnets": args.subnet_ids,
                        "security_groups": args.security_group_ids,
                        "assign_public_ip": False,
                    },
                    "enable_ecs_managed_tags": True,
                    "propagate_tags": "TASK_DEFINITION",
                },
                "retry_policy": {
                    "maximum_event_age_in_seconds": when.max_age,
                    "maximum_retry_attempts": when.retries,
                },
                "dead_letter_config": {"arn": queue.arn},
            },
            opts=child_of(self, depends_on),
        )


def _problems(args: ScheduledTaskArgs) -> Iterator[str | None]:
    yield out_of_range("task_role_arns: roles", len(args.task_role_arns), 1, 2)
    yield out_of_range("security_group_ids: groups", len(args.security_group_ids), 1, _MAX_GROUPS)
    if args.command and not args.container_name:
        yield f"command {list(args.command)} needs container_name, the container that it is for"
    if args.container_name and not args.command:
        yield f"container_name {args.container_name!r} needs command, which is to run in it"
    if args.container_name and not re.fullmatch("[A-Za-z0-9_-]{1,255}", args.container_name):
        yield f"container_name must be 1 to 255 letters, digits, hyphens and underscores, got {args.container_name!r}"
    size = len(args.overrides or "")
    if size > _MAX_OVERRIDES:
        yield f"command may have {_MAX_OVERRIDES} characters as JSON, got {size}"
    yield role_path_problem(args.role_path)
