"""What takes a new version of a service back: alarms on the requests that its tasks answer."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws  # its types in quotes: to load them costs every program time, and few services have alarms

from .checks import refuse
from .names import child_of, with_name
from .target_metrics import ERRORS, LATENCY, answer_problems, answer_queries, target_dimensions

_MINUTES, _OF_MINUTES = 2, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentAlarms:
    """Thresholds of the answers that a service's tasks give, two minutes of three.

    Each target group is watched by itself, so that a small share of the requests is not diluted by the rest.
    Source: User Guide for Application Load Balancers, "CloudWatch metrics for your Application Load Balancer", and
    Amazon ECS Developer Guide, "How CloudWatch alarms detect Amazon ECS deployment failures".
    """

    error_percent: float | None = 5
    """Percent of the answers that are 5xx, more than 0 and less than 100. Default: 5. None: errors do not matter."""
    latency_seconds: float | None = 5
    """Seconds within which 99 of 100 requests are answered, more than 0. Default: 5. None: time does not matter."""
    least_requests: int = 20
    """Requests in a minute, 1 or more, below which a minute does not count: one error of two is no reason. Default:
    20."""

    def __post_init__(self) -> None:
        """Refuse what no answer could exceed.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(answer_problems(self.error_percent, self.latency_seconds, self.least_requests))

    @property
    def watch(self) -> bool:
        """Whether they watch anything."""
        return self.error_percent is not None or self.latency_seconds is not None


def make_alarms(
    name: str,
    alarms: DeploymentAlarms,
    *,
    load_balancer_arn: pulumi.Input[str],
    group: "aws.lb.TargetGroup",
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> "list[aws.cloudwatch.MetricAlarm]":
    """Make the alarms that a deployment is watched by, for one target group.

    A group without requests has no data, which is no reason for an alarm.

    Creates: an alarm for errors, one for latency, as asked.
    Costs: each is billed by the metrics that it reads, which are two.

    Args:
        name: of the target group in the program.
        alarms: thresholds.
        load_balancer_arn: whose requests are counted.
        group: whose tasks answer them.
        tags: added to each; wins over `Name`.
        parent: of every alarm.
    """
    of = target_dimensions(load_balancer_arn, group.arn)
    return [
        aws.cloudwatch.MetricAlarm(
            f"{name}-{suffix}",
            alarm_description=f"Takes a new version of {name} back: {suffix} above {threshold:g}",
            comparison_operator="GreaterThanThreshold",
            threshold=threshold,
            evaluation_periods=_OF_MINUTES,
            datapoints_to_alarm=_MINUTES,
            treat_missing_data="notBreaching",
            metric_queries=answer_queries(suffix, alarms.least_requests, of),
            tags=with_name(f"{name}-{suffix}", tags),
            opts=child_of(parent),
        )
        for suffix, threshold in ((ERRORS, alarms.error_percent), (LATENCY, alarms.latency_seconds))
        if threshold is not None
    ]
