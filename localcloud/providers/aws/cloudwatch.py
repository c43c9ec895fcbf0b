"""CloudWatch's alarms, of which the emulator knows those of one metric: what is asked for is checked and recorded."""

from typing import Any

from localcloud.providers.declare import Built, Describe, Prop, Resource, Tagging, Values, call, tag_list


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
    dimensions = tag_list("Name", "Value")(metric.get("dimensions") or {})
    rest = {key: value for key, value in metric.items() if key not in (*named, "dimensions")}
    return {"Metric": {**named, "Dimensions": dimensions}, **rest}


def _arn(values: Values) -> str:
    return f"arn:aws:cloudwatch:{values['region']}:000000000000:alarm:{values['name']}"


ARN = Built(frozenset(), _arn)
PUT_ALARM = call(
    "put_metric_alarm",
    AlarmName="name",
    AlarmDescription="alarmDescription",
    ComparisonOperator="comparisonOperator",
    Threshold="threshold",
    EvaluationPeriods="evaluationPeriods",
    DatapointsToAlarm="datapointsToAlarm",
    TreatMissingData="treatMissingData",
    Metrics=Prop("metricQueries", write=_queries),
    Tags=Prop("tagsAll", write=tag_list(), at=""),
)
METRIC_ALARM = Resource(
    token="aws:cloudwatch/metricAlarm:MetricAlarm",
    recorded="no alarm goes off",
    service="cloudwatch",
    create=PUT_ALARM,
    id=lambda values, _: values["name"],
    read=Describe(call("describe_alarms", {"AlarmNames[]": "name"}), "MetricAlarms[0]"),
    updates=(PUT_ALARM,),
    replace_on=frozenset({"name"}),
    delete=call("delete_alarms", {"AlarmNames[]": "name"}),
    computed=lambda operation, _: {"arn": _arn(operation.values)},
    tags=Tagging(
        add=call("tag_resource", ResourceARN=ARN, Tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", ResourceARN=ARN, TagKeys="keys"),
    ),
    autoname="name",
)

RESOURCES = (METRIC_ALARM,)
