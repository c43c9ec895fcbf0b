"""What a load balancer measures of the answers that a service's tasks give, as alarms ask for it."""

import math
from collections.abc import Iterator, Mapping

import pulumi
import pulumi_aws as aws  # its types in quotes: to load them costs every program time, and few services have alarms

from .checks import not_whole, too_low

ERRORS, LATENCY = "errors", "latency"
_SECONDS = 60
"""Of one measurement; load balancers and Container Insights measure by the minute."""
_BALANCER = "AWS/ApplicationELB"
_MEASURED = {
    ERRORS: ("HTTPCode_Target_5XX_Count", "Sum", "100 * FILL(value, 0) / count"),
    LATENCY: ("TargetResponseTime", "p99", "value"),
}


def balancer_dimension(load_balancer_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """How metrics name a load balancer: `app/NAME/ID`."""
    return pulumi.Output.from_input(load_balancer_arn).apply(lambda arn: arn.partition(":loadbalancer/")[2])


def target_dimensions(
    load_balancer_arn: pulumi.Input[str], target_group_arn: pulumi.Input[str]
) -> dict[str, pulumi.Output[str]]:
    """How metrics name one target group behind a load balancer."""
    group = pulumi.Output.from_input(target_group_arn)
    return {
        "LoadBalancer": balancer_dimension(load_balancer_arn),
        "TargetGroup": group.apply(lambda arn: arn.rpartition(":")[2]),
    }


def answer_queries(
    kind: str, least_requests: int, of: Mapping[str, pulumi.Input[str]]
) -> "list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]":
    """The metrics of an alarm on a target group's answers: two, of which one value is computed.

    Source: User Guide for Application Load Balancers, "CloudWatch metrics for your Application Load Balancer".

    Args:
        kind: `errors`: percent of the answers that are 5xx; or `latency`: seconds within which 99 of 100 came.
        least_requests: in a minute, below which the minute counts as 0.
        of: the target group, by `target_dimensions`.
    """
    metric, statistic, expression = _MEASURED[kind]
    return [
        minute_query("count", _BALANCER, "RequestCount", "Sum", of),
        minute_query("value", _BALANCER, metric, statistic, of),
        {
            "id": "counted",
            "expression": f"IF(count >= {least_requests}, {expression}, 0)",
            "label": kind,
            "return_data": True,
        },
    ]


def answer_problems(error_percent: float | None, latency_seconds: float | None, least_requests: int) -> Iterator[str]:
    """What is wrong with thresholds that no answer could exceed."""
    if error_percent is not None and not 0 < error_percent < 100:
        yield f"error_percent must be more than 0 and less than 100, got {error_percent:g}"
    if latency_seconds is not None and not 0 < latency_seconds < math.inf:
        yield f"latency_seconds must be finite and more than 0, got {latency_seconds:g}"
    if problem := not_whole("least_requests", least_requests) or too_low("least_requests", least_requests, 1):
        yield problem


def minute_query(
    name: str, namespace: str, metric: str, statistic: str, dimensions: Mapping[str, pulumi.Input[str]]
) -> "aws.cloudwatch.MetricAlarmMetricQueryArgsDict":
    """A metric by the minute, under a name by which an alarm's expression computes with it."""
    return {
        "id": name,
        "metric": {
            "namespace": namespace,
            "metric_name": metric,
            "period": _SECONDS,
            "stat": statistic,
            "dimensions": dict(dimensions),
        },
        "return_data": False,
    }
