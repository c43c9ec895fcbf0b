"""CloudWatch's alarms and dashboards."""

from typing import Any

from localcloud.providers.aws import refusals_notices
from localcloud.providers.declare import Describe, Prop, Resource, Tagging, Values, call, tag_list


def _queries(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A query's `metric` is AWS's `MetricStat`, with the metric itself inside."""
    return [
        {"MetricStat": _statistic(one["metric"]), **{key: value for key, value in one.items() if key != "metric"}}
        if "metric" in one
        else one
        for one in queries
    ]


def _statistic(metric: dict[str, Any]) -> dict[str, Any]:
    named = {key: metric[key] for key in ("namespace", "metricName") if key in metric}
    dimensions = _dimensions(metric.get("dimensions") or {})
    rest = {key: value for key, value in metric.items() if key not in (*named, "dimensions")}
    return {"Metric": {**named, "Dimensions": dimensions}, **rest}


_dimensions = tag_list("Name", "Value")


def _from_dimensions(told: list[dict[str, str]]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in told}


OPTIONAL = (
    *("AlarmDescription", "ActionsEnabled", "AlarmActions", "OKActions", "InsufficientDataActions"),
    *("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit", "Threshold", "ThresholdMetricId"),
    *("DatapointsToAlarm", "TreatMissingData"),
)
NAMES = {name: "okActions" if name == "OKActions" else f"{name[0].lower()}{name[1:]}" for name in OPTIONAL}
PUT_ALARM = call(
    "put_metric_alarm",
    {
        **NAMES,
        "Dimensions": Prop("dimensions", write=_dimensions, read=_from_dimensions),
        "Metrics": Prop("metricQueries", write=_queries),
        "EvaluateLowSampleCountPercentile": "evaluateLowSampleCountPercentiles",
    },
    AlarmName="name",
    ComparisonOperator="comparisonOperator",
    EvaluationPeriods="evaluationPeriods",
)


def _goes_off(values: Values) -> list[str]:
    """Of a service of AWS nothing is measured here; what log lines count, and what programs send, is."""
    queried = (one.get("metric") or {} for one in values.get("metricQueries") or ())
    measured = [one.get("namespace") for one in (values, *queried)]
    return ["no alarm goes off by itself"] if any(str(one).startswith(("AWS/", "ECS/")) for one in measured) else []


METRIC_ALARM = Resource(
    token="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    refuse_write=(refusals_notices.of_the_model(PUT_ALARM), refusals_notices.alarm_of_nothing),
    create=PUT_ALARM,
    id=lambda values, _: values["name"],
    read=Describe(call("describe_alarms", {"AlarmNames[]": "id"}), "MetricAlarms[0]"),
    more=(Describe(call("list_tags_for_resource", ResourceARN="arn"), "{Tags: Tags}"),),
    updates=(PUT_ALARM,),
    removals=dict.fromkeys((*NAMES.values(), "dimensions", "metricQueries"), PUT_ALARM),
    replace_on=frozenset({"name"}),
    delete=call("delete_alarms", {"AlarmNames[]": "id"}),
    outputs={"arn": "AlarmArn"},
    tags=Tagging(
        add=call("tag_resource", ResourceARN="arn", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", ResourceARN="arn", TagKeys="keys"),
    ),
    autoname="name",
    implicit={"actionsEnabled": True},
    not_emulated={"warmUpConfiguration": "an alarm is looked at from its first minute"},
    unobeyed={
        "dimensions": "a metric's values count whatever their dimensions are",
        "metricQueries": "what is calculated from metrics is not",
        "treatMissingData": "without values an alarm stays as it is",
    },
    notes=_goes_off,
)

PUT_DASHBOARD = call("put_dashboard", DashboardName="dashboardName", DashboardBody="dashboardBody")
DASHBOARD = Resource(
    token="aws:cloudwatch/dashboard:Dashboard",
    service="cloudwatch",
    refuse_write=(refusals_notices.no_dashboard,),
    create=PUT_DASHBOARD,
    id=lambda values, _: values["dashboardName"],
    read=Describe(call("get_dashboard", DashboardName="id"), "@"),
    updates=(PUT_DASHBOARD,),
    replace_on=frozenset({"dashboardName"}),
    delete=call("delete_dashboards", {"DashboardNames[]": "id"}),
    outputs={"dashboardArn": "DashboardArn"},
    idle="nobody draws it",
)

RESOURCES = (METRIC_ALARM, DASHBOARD)
