"""The body of a dashboard: what alarms say on top, then a row for each service.

Source: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax"; Amazon CloudWatch User Guide,
"CloudWatch service quotas".
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_SERVICES = 120
"""With four widgets each, and with those of alarms and jobs, fewer than the 500 that a dashboard takes; and fewer than
its 2,500 metrics."""
_COLUMNS, _HEIGHT = 24, 6
_MOST_ALARMS, _ALARMS_IN_A_LINE = 100, 8
_RED = "#d62728"

Widget = dict[str, Any]
Line = list[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A service, once everything of it is known."""

    service_name: str
    """Name that ECS knows it by."""
    target_groups: Sequence[Mapping[str, str]]
    """Dimensions of its target groups, if any."""
    log_metric: tuple[str, str] | None
    """Namespace and name of the metric of errors in its log, where there is one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a dashboard shows, once everything of it is known."""

    region: str
    """Where the metrics are."""
    cluster_name: str
    """Cluster of the services."""
    container_insights: bool
    """Whether the cluster counts tasks."""
    balancer: str | None
    """How metrics name the load balancer, if there is one."""
    rows: Mapping[str, Row]
    """Services by their names in the program."""
    queues: Mapping[str, str]
    """Queues of dead letters, by their jobs' names."""
    alarms: Sequence[str]
    """ARNs of alarms."""


def size_problem(services: int) -> str | None:
    """The problem with more services than a dashboard has room for."""
    if services <= MOST_SERVICES:
        return None
    return f"dashboard has room for {MOST_SERVICES} services, got {services}: set dashboard to false, or watch fewer"


def body(shown: Shown) -> str:
    """The body as text, the same for the same resources."""
    widgets: list[Widget] = []
    for line in _lines(shown):
        top = max((one["y"] + one["height"] for one in widgets), default=0)
        width = _COLUMNS // len(line)
        widgets += [{**one, "x": place * width, "y": top, "width": width} for place, one in enumerate(line)]
    whole = {"periodOverride": "inherit", "widgets": widgets}  # else a longer range shows counts of longer periods
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))


def _lines(shown: Shown) -> Iterator[list[Widget]]:
    """The widgets of each line, all of one height and width."""
    for first in range(0, len(shown.alarms), _MOST_ALARMS):
        arns = list(shown.alarms[first : first + _MOST_ALARMS])
        height = 2 + math.ceil(len(arns) / _ALARMS_IN_A_LINE)
        yield [{"type": "alarm", "height": height, "properties": {"title": "Alarms", "alarms": arns}}]
    top: list[Widget] = []
    if shown.balancer:
        top.append(_of_balancer(shown, shown.balancer))
    if shown.queues:
        top.append(_of_jobs(shown))
    if top:
        yield top
    for name, row in shown.rows.items():
        yield list(_of_service(shown, name, row))


def _of_balancer(shown: Shown, balancer: str) -> Widget:
    of = {"LoadBalancer": balancer}
    requests = _line("AWS/ApplicationELB", "RequestCount", of, "requests")
    errors = _line("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", of, "its own 5xx", color=_RED)
    return _metrics(shown, "Load balancer: requests a minute", [requests, errors])


def _of_jobs(shown: Shown) -> Widget:
    lines = [
        _line("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue}, job, stat="Maximum")
        for job, queue in shown.queues.items()
    ]
    return _metrics(shown, "Jobs: runs that could not be started", lines)


def _of_service(shown: Shown, name: str, row: Row) -> Iterator[Widget]:
    if row.target_groups:
        yield _metrics(shown, f"{name}: requests a minute", [*_requests(row)])
        yield _metrics(shown, f"{name}: seconds to the answer", [*_seconds(row)])
    service = {"ClusterName": shown.cluster_name, "ServiceName": row.service_name}
    use = [
        _line("AWS/ECS", "CPUUtilization", service, "CPU", stat="Average"),
        _line("AWS/ECS", "MemoryUtilization", service, "memory of the fullest", stat="Maximum"),
    ]
    yield _metrics(shown, f"{name}: percent of CPU and memory", use, yAxis={"left": {"min": 0, "max": 100}})
    yield _metrics(shown, f"{name}: tasks, and errors in its log", [*_tasks(shown, row, service)])


def _requests(row: Row) -> Iterator[Line]:
    for of, which in _groups(row):
        yield _line("AWS/ApplicationELB", "RequestCount", of, f"requests{which}")
        yield _line("AWS/ApplicationELB", "HTTPCode_Target_4XX_Count", of, f"4xx{which}")
        yield _line("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", of, f"5xx{which}", color=_RED)


def _seconds(row: Row) -> Iterator[Line]:
    for of, which in _groups(row):
        yield _line("AWS/ApplicationELB", "TargetResponseTime", of, f"half of them{which}", stat="p50")
        yield _line("AWS/ApplicationELB", "TargetResponseTime", of, f"99 of 100{which}", stat="p99")


def _tasks(shown: Shown, row: Row, service: Mapping[str, str]) -> Iterator[Line]:
    if shown.container_insights:
        yield _line("ECS/ContainerInsights", "DesiredTaskCount", service, "asked for", stat="Average")
        yield _line("ECS/ContainerInsights", "RunningTaskCount", service, "running", stat="Average")
    else:
        yield _line("AWS/ECS", "CPUUtilization", service, "running", stat="SampleCount")
    for of, which in _groups(row):
        yield _line("AWS/ApplicationELB", "UnHealthyHostCount", of, f"unhealthy{which}", stat="Maximum")
    if row.log_metric:
        yield _line(*row.log_metric, {}, "errors in its log", color=_RED, yAxis="right")


def _groups(row: Row) -> Iterator[tuple[Mapping[str, str], str]]:
    """Each target group, and how its lines are told from the first's."""
    for place, of in enumerate(row.target_groups):
        yield of, " (second group)" if place else ""


def _line(namespace: str, metric: str, of: Mapping[str, str], label: str, *, stat: str = "Sum", **more: str) -> Line:
    dimensions = [word for pair in sorted(of.items()) for word in pair]
    return [namespace, metric, *dimensions, {"label": label, "stat": stat, **more}]


def _metrics(shown: Shown, title: str, lines: list[Line], **more: Any) -> Widget:  # noqa: ANN401 - as the body has it
    properties = {"title": title, "region": shown.region, "view": "timeSeries", "period": 60, "metrics": lines, **more}
    return {"type": "metric", "height": _HEIGHT, "properties": properties}
