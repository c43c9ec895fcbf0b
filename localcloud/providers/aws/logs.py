"""CloudWatch Logs."""

from typing import Any

from localcloud.providers.aws import refusals, refusals_edge, refusals_notices
from localcloud.providers.declare import Describe, Prop, Resource, Tagging, Values, call

ARN = Prop("arn", write=lambda arn: arn.removesuffix(":*"))
"""Of a log group, as its tags go by."""
LOG_GROUP = Resource(
    token="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    refuse_write=(refusals.retention, refusals_edge.key_closed_to_logs),
    create=call("create_log_group", logGroupName="name", kmsKeyId="kmsKeyId", logGroupClass="logGroupClass"),
    id=lambda values, _: values["name"],
    read=Describe(call("describe_log_groups", logGroupNamePrefix="id"), "logGroups[0]"),
    more=(Describe(call("list_tags_for_resource", resourceArn=ARN), "{tags: tags}"),),
    updates=(
        call("put_retention_policy", logGroupName="id", retentionInDays="retentionInDays"),
        call("associate_kms_key", logGroupName="id", kmsKeyId="kmsKeyId"),
    ),
    removals={
        "retentionInDays": call("delete_retention_policy", logGroupName="id"),
        "kmsKeyId": call("disassociate_kms_key", logGroupName="id"),
    },
    implicit={"logGroupClass": "STANDARD"},
    delete=call("delete_log_group", logGroupName="id"),
    outputs={"arn": "arn"},
    computed=lambda operation, _: {"arn": operation.values["arn"].removesuffix(":*")},
    tags=Tagging(
        add=call("tag_resource", resourceArn=ARN, tags="tags"),
        remove=call("untag_resource", resourceArn=ARN, tagKeys="keys"),
        at="tags",
    ),
    autoname="name",
    autoname_max=512,
    only_engine=frozenset({"skipDestroy"}),
)


def _transformation(given: dict[str, Any]) -> dict[str, Any]:
    return {f"metric{key.title()}" if key in ("name", "namespace", "value") else key: it for key, it in given.items()}


def _from_transformation(told: dict[str, Any]) -> dict[str, Any]:
    names = {"metricName": "name", "metricNamespace": "namespace", "metricValue": "value"}
    return {names.get(key, key): value for key, value in told.items()}


def _counted(values: Values) -> list[str]:
    pattern, value = str(values["pattern"]), str(values["metricTransformation"]["value"])
    by_field = pattern.startswith(("{", "[", "%")) or value.startswith("$")
    return ["pattern: only words are looked for in a line"] if by_field else []


PUT_FILTER = call(
    "put_metric_filter",
    {"metricTransformations[]": Prop("metricTransformation", write=_transformation, read=_from_transformation)},
    logGroupName="logGroupName",
    filterName="name",
    filterPattern="pattern",
)
METRIC_FILTER = Resource(
    token="aws:cloudwatch/logMetricFilter:LogMetricFilter",
    service="logs",
    refuse_write=(refusals_notices.bad_pattern,),
    create=PUT_FILTER,
    id=lambda values, _: values["name"],
    import_id="{logGroupName}:{name}",
    read=Describe(
        call("describe_metric_filters", logGroupName="logGroupName", filterNamePrefix="name"),
        lambda values: f"metricFilters[?filterName=='{values['name']}'] | [0]",
    ),
    updates=(PUT_FILTER,),
    replace_on=frozenset({"name", "logGroupName"}),
    delete=call("delete_metric_filter", logGroupName="logGroupName", filterName="name"),
    autoname="name",
    autoname_max=512,
    notes=_counted,
)

RESOURCES = (LOG_GROUP, METRIC_FILTER)
