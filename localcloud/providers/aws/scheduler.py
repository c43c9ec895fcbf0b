"""Schedules of EventBridge Scheduler."""

from typing import Any

from localcloud.providers.aws import refusals, refusals_edge
from localcloud.providers.declare import Describe, Prop, Resource, Values, call


def _target(target: dict[str, Any]) -> dict[str, Any]:
    parameters = target.get("ecsParameters")
    if not parameters or not parameters.get("networkConfiguration"):
        return target
    network = parameters["networkConfiguration"]
    public = "ENABLED" if network.get("assignPublicIp") else "DISABLED"
    configuration = {"awsvpcConfiguration": {**network, "assignPublicIp": public}}
    return {**target, "ecsParameters": {**parameters, "networkConfiguration": configuration}}


def _notes(values: Values) -> list[str]:
    told = [] if values["target"].get("ecsParameters") else ["target: only tasks of ECS are run here"]
    if values["flexibleTimeWindow"]["mode"] != "OFF":
        told.append("flexibleTimeWindow: the target is invoked at the window's beginning")
    return told


PARAMS = {
    "ScheduleExpression": Prop("scheduleExpression"),
    "ScheduleExpressionTimezone": Prop("scheduleExpressionTimezone", default="UTC"),
    "FlexibleTimeWindow": Prop("flexibleTimeWindow"),
    "State": Prop("state", default="ENABLED"),
    "Description": Prop("description", default=""),
    "Target": Prop("target", write=_target),
}
GROUP = Prop("groupName", default="default")
SCHEDULE = Resource(
    token="aws:scheduler/schedule:Schedule",
    refuse_write=(
        refusals.too_long("name", 64, "ValidationException"),
        refusals_edge.bad_schedule,
        refusals_edge.schedule_role,
    ),
    service="scheduler",
    create=call("create_schedule", PARAMS, Name="name", GroupName=GROUP),
    id=lambda values, _: f"{values.get('groupName') or 'default'}/{values['name']}",
    read=Describe(call("get_schedule", Name="name", GroupName=GROUP), "@"),
    updates=(call("update_schedule", PARAMS, Name="name", GroupName=GROUP),),
    replace_on=frozenset({"name", "groupName"}),
    delete=call("delete_schedule", Name="name", GroupName=GROUP),
    outputs={"arn": "Arn"},
    autoname="name",
    autoname_max=64,
    notes=_notes,
)

RESOURCES = (SCHEDULE,)
