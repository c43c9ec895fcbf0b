"""Alarms on services, their load balancer and jobs: each tells a topic when it goes off."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws  # its types in quotes: to load them costs every program time

from .alarm_thresholds import AlarmThresholds
from .names import child_of, with_name
from .registration import ALTERNATE
from .target_metrics import ERRORS, LATENCY, answer_queries, balancer_dimension, minute_query, target_dimensions
from .watched import WatchedJob, WatchedService, named_after, where_to_look

_MINUTE, _FIVE_MINUTES = 60, 300
_LEAST_WARM_UP = 10
"""Minutes until a new service has tasks and its first metrics."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarms:
    """Makes alarms, with what they have in common.

    Where nothing is measured all is well, but for the number of tasks: without any there is no metric.
    Source: Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data".
    """

    name: str
    """Of the component that they belong to."""
    parent: pulumi.Resource
    """Of every alarm."""
    topic_arn: pulumi.Input[str]
    """Topic that is told."""
    thresholds: AlarmThresholds
    """When."""
    cluster_name: pulumi.Input[str]
    """Cluster of the services."""
    load_balancer_arn: pulumi.Input[str] | None
    """Load balancer of the services that have target groups."""
    container_insights: bool
    """Whether the cluster counts how many tasks there should be."""
    look: str | None
    """What people type who look closer, as `ObservabilityArgs.look`."""
    tags: Mapping[str, str]
    """Added to each; wins over `Name`."""

    def of_service(self, name: str, one: WatchedService) -> "list[aws.cloudwatch.MetricAlarm]":
        """The alarms of a service, in the order of the settings."""
        made: list[aws.cloudwatch.MetricAlarm] = []
        for place, group in enumerate(one.target_group_arns):
            made += self._of_target_group(f"{name}{ALTERNATE}" if place else name, name, group)
        made += self._of_use(name, one)
        made += self._of_tasks(name, one)
        made += self._of_log(name, one)
        return made

    def of_balancer(self) -> "list[aws.cloudwatch.MetricAlarm]":
        """The alarm on what the load balancer answers by itself, if there is one."""
        count = self.thresholds.balancer_errors
        if self.load_balancer_arn is None or count is None:
            return []
        means = f"The load balancer answered {count} requests or more a minute with 5xx by itself, in 3 minutes of 5."
        alarm = self._make(
            "balancer-5xx",
            f"{means} 503: a service has no healthy task; 502 and 504: its tasks break off or are too slow. "
            f"See which: {self._look('status')}",
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=count,
            **_minutes(3, 5),
            **_metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", _MINUTE),
            dimensions={"LoadBalancer": balancer_dimension(self.load_balancer_arn)},
        )
        return [alarm]

    def of_job(self, name: str, one: WatchedJob) -> "list[aws.cloudwatch.MetricAlarm]":
        """The alarm on runs of a job that could not be started."""
        if not self.thresholds.dead_letters:
            return []
        alarm = self._make(
            f"{name}-unstarted",
            f"Job {name} could not be started, and a message of that waits in its dead letters for 14 days. Read it, "
            "mend what it says, and delete it; the alarm ends with the last one.",
            comparison_operator="GreaterThanThreshold",
            threshold=0,
            **_minutes(1, 1),
            **_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", _FIVE_MINUTES),
            dimensions={"QueueName": one.dead_letters_name},
        )
        return [alarm]

    def _of_target_group(
        self, name: str, service: str, group: pulumi.Input[str]
    ) -> "Iterator[aws.cloudwatch.MetricAlarm]":
        assert self.load_balancer_arn is not None  # noqa: S101 - the arguments see to it
        given, of = self.thresholds, target_dimensions(self.load_balancer_arn, group)
        for kind, threshold, means in (
            (ERRORS, given.error_percent, "percent of the answers of {service}'s tasks were 5xx"),
            (LATENCY, given.latency_seconds, "seconds passed before 99 of 100 requests to {service} were answered"),
        ):
            if threshold is not None:
                yield self._make(
                    f"{name}-{kind}",
                    f"More than {threshold:g} {means.format(service=service)}, in 3 minutes of 5. Read its log: "
                    f"{self._look('logs', service)}; after a deployment: {self._look('rollback', service)}",
                    comparison_operator="GreaterThanThreshold",
                    threshold=threshold,
                    **_minutes(3, 5),
                    metric_queries=answer_queries(kind, given.least_requests, of),
                )
        if given.unhealthy_minutes is not None:
            yield self._make(
                f"{name}-unhealthy",
                f"A task of {service} did not pass the load balancer's health check for {given.unhealthy_minutes} "
                f"minutes. See why: {self._look('status', service)}; {self._look('logs', service)}",
                comparison_operator="GreaterThanThreshold",
                threshold=0,
                **_minutes(given.unhealthy_minutes, given.unhealthy_minutes),
                **_metric("AWS/ApplicationELB", "UnHealthyHostCount", "Maximum", _MINUTE),
                dimensions=of,
            )

    def _of_use(self, name: str, one: WatchedService) -> "Iterator[aws.cloudwatch.MetricAlarm]":
        given = self.thresholds
        for kind, threshold, metric, statistic, means in (
            ("cpu", given.cpu_percent, "CPUUtilization", "Average", "of their vCPU on average"),
            ("memory", given.memory_percent, "MemoryUtilization", "Maximum", "of the memory of the fullest"),
        ):
            if threshold is not None:
                yield self._make(
                    f"{name}-{kind}",
                    f"The tasks of {name} used more than {threshold:g} percent {means}, for 15 minutes. Give it more "
                    f"{kind}, more tasks, or scaling; memory that only grows is lost by the app.",
                    comparison_operator="GreaterThanThreshold",
                    threshold=threshold,
                    **_minutes(3, 3),
                    **_metric("AWS/ECS", metric, statistic, _FIVE_MINUTES),
                    dimensions=self._service(one),
                )

    def _of_tasks(self, name: str, one: WatchedService) -> "Iterator[aws.cloudwatch.MetricAlarm]":
        """Container Insights knows how many tasks there should be. Without it the fewest that were asked for count.

        AWS/ECS has one sample of a service's CPU for each task and minute (Amazon ECS User Guide for AWS Fargate,
        "Amazon ECS CloudWatch Metrics"). Neither has anything to tell of a service without a task. The first minutes of
        a new service do not count (Amazon CloudWatch User Guide, "Alarm warm-up periods"). Of one that may have no task
        nothing measured means that all is well, so that the loss of every task is not told: its description says so.
        """
        minutes, fewest = self.thresholds.missing_tasks_minutes, one.fewest_tasks
        if minutes is None or not (self.container_insights or fewest):
            return
        for_minutes = f"for {minutes} minutes. See why: {self._look('status', name)}; {self._look('logs', name)}"
        common: dict[str, Any] = {
            **_minutes(minutes, minutes),
            "treat_missing_data": "breaching" if fewest else "notBreaching",
            "warm_up_configuration": {"warm_up_period_duration_in_minutes": max(minutes, _LEAST_WARM_UP)},
        }
        if self.container_insights:
            unseen = "" if fewest else f". {name} may have no task: when it has none, nothing is measured or told"
            yield self._make(
                f"{name}-tasks",
                f"Fewer tasks of {name} ran than ECS was asked for, {for_minutes}{unseen}",
                comparison_operator="GreaterThanThreshold",
                threshold=0,
                metric_queries=missing_tasks(self._service(one)),
                **common,
            )
        else:
            yield self._make(
                f"{name}-tasks",
                f"{'No task' if fewest == 1 else f'Fewer than {fewest} tasks'} of {name} ran, {for_minutes}",
                comparison_operator="LessThanThreshold",
                threshold=fewest,
                **_metric("AWS/ECS", "CPUUtilization", "SampleCount", _MINUTE),
                dimensions=self._service(one),
                **common,
            )

    def _of_log(self, name: str, one: WatchedService) -> "Iterator[aws.cloudwatch.MetricAlarm]":
        given = self.thresholds
        if given.log_errors is None or one.log_group_name is None:
            return
        namespace = named_after(self.name, "/")
        aws.cloudwatch.LogMetricFilter(
            f"{self.name}-{name}",
            log_group_name=one.log_group_name,
            pattern=given.log_pattern,
            metric_transformation={"namespace": namespace, "name": name, "value": "1"},
            opts=child_of(self.parent),
        )
        yield self._make(
            f"{name}-log",
            f"The log of {name} had {given.log_errors} lines or more with an error in 5 minutes. Read them: "
            f"{self._look('logs', name)}",
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=given.log_errors,
            **_minutes(1, 1),
            **_metric(namespace, name, "Sum", _FIVE_MINUTES),
        )

    def _look(self, command: str, *service: str) -> str:
        return where_to_look(self.look, command, *service)

    def _service(self, one: WatchedService) -> dict[str, pulumi.Input[str]]:
        return {"ClusterName": self.cluster_name, "ServiceName": one.service_name}

    def _make(self, of: str, description: str, **inputs: Any) -> "aws.cloudwatch.MetricAlarm":  # noqa: ANN401 - an alarm's own inputs
        """An alarm, under a name that people read in a message."""
        name = f"{self.name}-{of}"
        return aws.cloudwatch.MetricAlarm(
            name,
            name=f"{named_after(self.name)}-{of}",
            alarm_description=description,
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn] if self.thresholds.tell_recovery else None,
            tags=with_name(name, self.tags),
            treat_missing_data=inputs.pop("treat_missing_data", "notBreaching"),
            opts=child_of(self.parent),
            **inputs,
        )


def missing_tasks(
    service: Mapping[str, pulumi.Input[str]],
) -> "list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]":
    """How many tasks ECS was asked for and does not run, by Container Insights."""
    counts = [
        minute_query(name, "ECS/ContainerInsights", metric, "Average", service)
        for name, metric in (("desired", "DesiredTaskCount"), ("running", "RunningTaskCount"))
    ]
    return [*counts, {"id": "missing", "expression": "desired - running", "label": "missing", "return_data": True}]


def _minutes(breaching: int, of: int) -> dict[str, Any]:
    """So many measurements of so many."""
    return {"datapoints_to_alarm": breaching, "evaluation_periods": of}


def _metric(namespace: str, metric_name: str, statistic: str, period: int) -> dict[str, Any]:
    return {"namespace": namespace, "metric_name": metric_name, "statistic": statistic, "period": period}
