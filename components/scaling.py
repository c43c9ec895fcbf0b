"""How many tasks a service has: as many as its load needs, or as the hour asks for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws  # its types in quotes: to load them costs every program time, and few services scale

from .checks import out_of_range, refuse, too_low
from .names import child_of, with_name
from .queue_scaling import QueueScaling, backlog
from .scaling_schedule import ScalingSchedule, task_bounds


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaling:
    """Bounds of a service's tasks, and what chooses between them: the metric that asks for the most tasks wins.

    Source: Application Auto Scaling User Guide, "Target tracking scaling policies" and "Scheduled scaling".
    """

    min: int
    """Fewest tasks, 0 to 5000. 0 only with schedules or a queue: without a task no other metric is measured."""
    max: int
    """Most tasks, 1 to 5000."""
    cpu: int | None = None
    """Percent of their vCPU that the tasks use on average, 1 to 100. Default: it does not matter."""
    memory: int | None = None
    """Percent of their memory that the tasks use on average, 1 to 100. Default: it does not matter."""
    requests_per_target: int | None = None
    """Requests of a task in a minute, 1 or more. Default: they do not matter."""
    queue: QueueScaling | None = None
    """Messages that wait. Default: none do."""
    schedules: tuple[ScalingSchedule, ...] = ()
    """Other bounds at other hours. Default: none; see `scaling_schedule.off_hours`."""
    scale_in_cooldown: int = 300
    """Seconds after tasks were taken away before more are, 0 or more. Default: 300."""
    scale_out_cooldown: int = 60
    """Seconds that added tasks have to show an effect before more are added, 0 or more. Default: 60."""

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse, and what would not scale.

        Raises:
            ValueError: a number is out of its bounds, nothing chooses the number of tasks, the tasks could never come
                back from 0, or two schedules bear one name.
        """
        refuse(_problems(self))

    @property
    def needs_container_insights(self) -> bool:
        """Whether the cluster must count the running tasks."""
        return self.queue is not None

    @property
    def fewest(self) -> int:
        """Tasks that there are at least, whatever the hour."""
        return min((self.min, *(one.min for one in self.schedules)))

    @property
    def may_be_zero(self) -> bool:
        """Whether there are times at which no task runs."""
        return self.fewest == 0


def request_label(load_balancer_arn: str, target_group_arn: str) -> str:
    """How the metric of requests per target names the targets: `app/NAME/ID/targetgroup/NAME/ID`."""
    return f"{load_balancer_arn.partition(':loadbalancer/')[2]}/{target_group_arn.rpartition(':')[2]}"


def scale(
    name: str,
    *,
    scaling: Scaling,
    cluster_name: pulumi.Input[str],
    service_name: pulumi.Input[str],
    parent: pulumi.Resource,
    resource_label: pulumi.Input[str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> list[pulumi.Resource]:
    """Let a service scale.

    Creates: scalable target, a policy for each metric, a scheduled action for each schedule.
    Costs: the alarms that AWS makes, two for each metric, four for a queue; with a queue also Container Insights.

    Args:
        name: of the component that the service belongs to.
        scaling: bounds, metrics, schedules.
        cluster_name: of the service's cluster.
        service_name: of the service. It must ignore changes of `desiredCount`, which are AWS's from now on.
        parent: of every resource.
        resource_label: of the targets that requests are counted of (see `request_label`), once they have a listener.
        tags: added to what takes tags; wins over `Name`.

    Raises:
        ValueError: requests are to be counted, and `resource_label` is missing.
    """
    if scaling.requests_per_target is not None and resource_label is None:
        raise ValueError("requests_per_target needs the resource_label of a load balancer's target group")
    target = aws.appautoscaling.Target(
        name,
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.concat("service/", cluster_name, "/", service_name),
        min_capacity=scaling.min,
        max_capacity=scaling.max,
        tags=with_name(name, tags or {}),
        opts=child_of(parent),
    )
    made: list[pulumi.Resource] = [target]
    # One after the other: AWS refuses a change of a target while another one is under way (ConcurrentUpdateException).
    for metric, configuration in _tracked(scaling, cluster_name, service_name, resource_label):
        configuration["scale_in_cooldown"] = scaling.scale_in_cooldown
        configuration["scale_out_cooldown"] = scaling.scale_out_cooldown
        policy = aws.appautoscaling.Policy(
            f"{name}-{metric}",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=configuration,
            opts=child_of(parent, made[-1:]),
        )
        made.append(policy)
    for schedule in scaling.schedules:
        action = aws.appautoscaling.ScheduledAction(
            f"{name}-{schedule.name}",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            schedule=f"cron({' '.join(schedule.cron.split())})",
            timezone=schedule.time_zone,
            scalable_target_action={"min_capacity": schedule.min, "max_capacity": schedule.max},
            opts=child_of(parent, made[-1:]),
        )
        made.append(action)
    return made


def _tracked(
    scaling: Scaling,
    cluster_name: pulumi.Input[str],
    service_name: pulumi.Input[str],
    resource_label: pulumi.Input[str] | None,
) -> "Iterator[tuple[str, aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgsDict]]":
    """Each metric with its value to hold."""
    predefined = (
        ("cpu", scaling.cpu, "ECSServiceAverageCPUUtilization", None),
        ("memory", scaling.memory, "ECSServiceAverageMemoryUtilization", None),
        ("requests", scaling.requests_per_target, "ALBRequestCountPerTarget", resource_label),
    )
    for metric, value, kind, label in predefined:
        if value is not None:
            yield (
                metric,
                {
                    "target_value": value,
                    "predefined_metric_specification": {"predefined_metric_type": kind, "resource_label": label},
                },
            )
    if scaling.queue:
        yield "queue", backlog(scaling.queue, cluster_name, service_name, from_zero=scaling.may_be_zero)


def _problems(scaling: Scaling) -> Iterator[str | None]:
    yield from task_bounds(scaling.min, scaling.max, least_max=1)
    for field, percent in (("cpu", scaling.cpu), ("memory", scaling.memory)):
        yield None if percent is None else out_of_range(field, percent, 1, 100)
    if scaling.requests_per_target is not None:
        yield too_low("requests_per_target", scaling.requests_per_target, 1)
    yield too_low("scale_in_cooldown", scaling.scale_in_cooldown, 0)
    yield too_low("scale_out_cooldown", scaling.scale_out_cooldown, 0)
    metrics = (scaling.cpu, scaling.memory, scaling.requests_per_target, scaling.queue)
    if not scaling.schedules and all(metric is None for metric in metrics):
        yield "scaling needs a reason: cpu, memory, requests_per_target, queue or schedules"
    elif scaling.min == 0 and not (scaling.schedules or scaling.queue):
        yield "min may be 0 only with schedules or queue: without a task nothing else is measured, and none comes back"
    if scaling.schedules and not any(one.max for one in scaling.schedules):
        yield "schedules: all of them end at 0 tasks, so none comes back; add one with a max of 1 or more"
    for name, count in Counter(one.name for one in scaling.schedules).items():
        yield f"schedules: {name!r} is there {count} times" if count > 1 else None
