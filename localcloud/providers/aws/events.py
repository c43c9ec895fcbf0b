"""Rules of EventBridge's default bus, and where they send what matches."""

from typing import Any

from localcloud.providers.aws import refusals_notices
from localcloud.providers.declare import Describe, Prop, Resource, Tagging, call, tag_list

PUT_RULE = call(
    "put_rule",
    Name="name",
    EventPattern=Prop("eventPattern", default=""),
    ScheduleExpression=Prop("scheduleExpression", default=""),
    Description=Prop("description", default=""),
    State=Prop("state", default="ENABLED"),
    RoleArn="roleArn",
)
RULE = Resource(
    token="aws:cloudwatch/eventRule:EventRule",
    service="events",
    refuse_write=(refusals_notices.rule_of_nothing,),
    refuse_delete=(refusals_notices.rule_in_use,),
    create=PUT_RULE,
    id=lambda values, _: values["name"],
    read=Describe(call("describe_rule", Name="id"), "@"),
    more=(Describe(call("list_tags_for_resource", ResourceARN="arn"), "{Tags: Tags}"),),
    updates=(PUT_RULE,),
    replace_on=frozenset({"name"}),
    delete=call("delete_rule", Name="id"),
    outputs={"arn": "Arn"},
    tags=Tagging(
        add=call("tag_resource", ResourceARN="arn", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", ResourceARN="arn", TagKeys="keys"),
    ),
    autoname="name",
    autoname_max=64,
)


def _transformer(given: dict[str, Any]) -> dict[str, Any]:
    return {"InputPathsMap": given.get("inputPaths") or {}, "InputTemplate": given["inputTemplate"]}


def _from_transformer(told: dict[str, Any]) -> dict[str, Any]:
    return {"inputPaths": told["InputPathsMap"], "inputTemplate": told["InputTemplate"]}


OPTIONAL = ("Input", "InputPath", "RoleArn", "DeadLetterConfig", "RetryPolicy")
PUT_TARGET = call(
    "put_targets",
    {
        "Targets[].Id": "targetId",
        "Targets[].Arn": "arn",
        "Targets[].InputTransformer": Prop("inputTransformer", write=_transformer, read=_from_transformer),
        **{f"Targets[].{name}": f"{name[0].lower()}{name[1:]}" for name in OPTIONAL},
    },
    Rule=Prop("rule", at=""),
)
TARGET = Resource(
    token="aws:cloudwatch/eventTarget:EventTarget",
    service="events",
    refuse_write=(refusals_notices.no_template,),
    create=PUT_TARGET,
    id=lambda values, _: f"{values['rule']}-{values['targetId']}",
    read=Describe(
        call("list_targets_by_rule", Rule="rule"),
        lambda values: f"{{Targets: Targets[?Id=='{values['targetId']}']}} | [@][?Targets] | [0]",
    ),
    updates=(PUT_TARGET,),
    removals=dict.fromkeys(("inputTransformer", *(f"{name[0].lower()}{name[1:]}" for name in OPTIONAL)), PUT_TARGET),
    replace_on=frozenset({"rule", "targetId"}),
    delete=call("remove_targets", {"Ids[]": "targetId"}, Rule="rule"),
    autoname="targetId",
    autoname_max=64,
)

RESOURCES = (RULE, TARGET)
