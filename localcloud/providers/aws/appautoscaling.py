"""Application Auto Scaling, which the emulator lacks: what it is asked for is checked and recorded."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from localcloud.providers.declare import Built, Describe, Operations, Prop, Resource, Tagging, Values, call

TARGET_KEYS = frozenset({"serviceNamespace", "resourceId", "scalableDimension"})
TARGET = {
    "ServiceNamespace": Prop("serviceNamespace"),
    "ResourceId": Prop("resourceId"),
    "ScalableDimension": Prop("scalableDimension"),
}
ECS_SERVICE = re.compile(r"service/([^/]+)/([^/]+)")
SCHEDULE = re.compile(r"cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minute|hour|day)s?\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")


def service_missing(operation: Operations) -> str | None:
    """A target that is no service."""
    values = operation.values
    if values["serviceNamespace"] != "ecs":
        return None
    named = ECS_SERVICE.fullmatch(values["resourceId"])
    found: list[Any] = []
    if named:
        ecs = operation.client("ecs")
        if ecs.describe_clusters(clusters=[named[1]])["clusters"]:
            found = ecs.describe_services(cluster=named[1], services=[named[2]])["services"]
    alive = any(one["status"] == "ACTIVE" for one in found)
    return None if alive else f"ValidationException: ECS service doesn't exist: {values['resourceId']}"


def bad_capacity(operation: Operations) -> str | None:
    """Fewest tasks that are more than the most, or fewer than none."""
    values = operation.values
    given = values.get("scalableTargetAction") or values
    low, high = given.get("minCapacity"), given.get("maxCapacity")
    if low is None and high is None:
        return "ValidationException: At least one of minimum capacity and maximum capacity should be provided"
    if low is not None and high is not None and int(low) > int(high):
        return f"ValidationException: Maximum capacity cannot be less than minimum capacity: {high} < {low}"
    if min(int(one) for one in (low, high) if one is not None) < 0:
        return "ValidationException: Minimum and maximum capacity cannot be negative"
    return None


def bad_tracking(operation: Operations) -> str | None:
    """A value that cannot be held, or not exactly one metric to hold at it."""
    tracking = operation.values.get("targetTrackingScalingPolicyConfiguration")
    if not tracking:
        return None
    predefined, customized = (tracking.get(f"{kind}MetricSpecification") for kind in ("predefined", "customized"))
    if bool(predefined) == bool(customized):
        return "ValidationException: exactly one of predefined and customized metric specification is needed"
    if tracking["targetValue"] <= 0:
        return f"ValidationException: Target value must be greater than 0, got {tracking['targetValue']}"
    needs_label = (predefined or {}).get("predefinedMetricType") == "ALBRequestCountPerTarget"
    if predefined and needs_label != bool(predefined.get("resourceLabel")):
        return "ValidationException: ALBRequestCountPerTarget, and nothing else, needs a resource label"
    return None


def bad_schedule(operation: Operations) -> str | None:
    """A schedule that is no expression."""
    schedule = operation.values["schedule"]
    return None if SCHEDULE.fullmatch(schedule) else f"ValidationException: Invalid schedule expression: {schedule!r}"


def _target_arn(values: Values) -> str:
    name = uuid.uuid5(uuid.NAMESPACE_URL, values["resourceId"] + values["scalableDimension"]).hex
    return f"arn:aws:application-autoscaling:{values['region']}:000000000000:scalable-target/{name}"


def _arn(kind: str, named: str) -> Callable[[Operations, Any], dict[str, Any]]:
    def computed(operation: Operations, _: Any) -> dict[str, Any]:
        values = operation.values
        of = f"resource/{values['serviceNamespace']}/{values['resourceId']}:{named}/{values['name']}"
        id = uuid.uuid5(uuid.NAMESPACE_URL, of)
        return {"arn": f"arn:aws:autoscaling:{values['region']}:000000000000:{kind}:{id}:{of}"}

    return computed


REGISTER = call(
    "register_scalable_target",
    TARGET,
    MinCapacity="minCapacity",
    MaxCapacity="maxCapacity",
    RoleARN="roleArn",
    SuspendedState="suspendedState",
    Tags=Prop("tagsAll", at=""),
)
TARGET_ARN = Built(frozenset(), _target_arn)
SCALABLE_TARGET = Resource(
    token="aws:appautoscaling/target:Target",
    recorded="the number of tasks stays as the service has it",
    refuse_write=(service_missing, bad_capacity),
    service="application-autoscaling",
    create=REGISTER,
    id=lambda values, _: values["resourceId"],
    read=Describe(
        call("describe_scalable_targets", {"ResourceIds[]": "resourceId"}, ServiceNamespace="serviceNamespace"),
        "ScalableTargets[0]",
    ),
    updates=(REGISTER,),
    kept=frozenset({"roleArn"}),
    replace_on=TARGET_KEYS,
    delete=call("deregister_scalable_target", TARGET),
    computed=lambda operation, _: {"arn": _target_arn(operation.values)},
    tags=Tagging(
        add=call("tag_resource", ResourceARN=TARGET_ARN, Tags="tags"),
        remove=call("untag_resource", ResourceARN=TARGET_ARN, TagKeys="keys"),
    ),
)

PUT_POLICY = call(
    "put_scaling_policy",
    TARGET,
    PolicyName="name",
    PolicyType=Prop("policyType", default="StepScaling"),
    StepScalingPolicyConfiguration="stepScalingPolicyConfiguration",
    TargetTrackingScalingPolicyConfiguration="targetTrackingScalingPolicyConfiguration",
)
POLICY = Resource(
    token="aws:appautoscaling/policy:Policy",
    recorded="no metric changes the number of tasks",
    refuse_write=(bad_tracking,),
    service="application-autoscaling",
    create=PUT_POLICY,
    id=lambda values, _: values["name"],
    read=Describe(
        call("describe_scaling_policies", {"PolicyNames[]": "name"}, ServiceNamespace="serviceNamespace"),
        "ScalingPolicies[0]",
    ),
    updates=(PUT_POLICY,),
    replace_on=TARGET_KEYS | {"name"},
    delete=call("delete_scaling_policy", TARGET, PolicyName="name"),
    computed=_arn("scalingPolicy", "policyName"),
    autoname="name",
)

PUT_ACTION = call(
    "put_scheduled_action",
    TARGET,
    ScheduledActionName="name",
    Schedule="schedule",
    Timezone=Prop("timezone", default="UTC"),
    StartTime="startTime",
    EndTime="endTime",
    ScalableTargetAction="scalableTargetAction",
)
SCHEDULED_ACTION = Resource(
    token="aws:appautoscaling/scheduledAction:ScheduledAction",
    recorded="no schedule changes the number of tasks",
    refuse_write=(bad_schedule, bad_capacity),
    service="application-autoscaling",
    create=PUT_ACTION,
    id=lambda values, _: f"{values['name']}-{values['serviceNamespace']}-{values['resourceId']}",
    read=Describe(
        call("describe_scheduled_actions", {"ScheduledActionNames[]": "name"}, ServiceNamespace="serviceNamespace"),
        "ScheduledActions[0]",
    ),
    updates=(PUT_ACTION,),
    replace_on=TARGET_KEYS | {"name"},
    delete=call("delete_scheduled_action", TARGET, ScheduledActionName="name"),
    computed=_arn("scheduledAction", "scheduledActionName"),
    autoname="name",
)

RESOURCES = (SCALABLE_TARGET, POLICY, SCHEDULED_ACTION)
