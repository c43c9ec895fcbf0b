"""Clusters, task definitions and services, with the wait for a steady state."""

import json
from typing import Any

from localcloud.emulator.definitions import unknown_fields
from localcloud.providers.aws import refusals
from localcloud.providers.aws.secrets import with_keys
from localcloud.providers.declare import (
    Built,
    Call,
    Const,
    Describe,
    Function,
    Operations,
    Prop,
    Resource,
    Tagging,
    Values,
    call,
    tag_list,
)
from localcloud.providers.operations import ProviderError

TAGS = Tagging(
    add=call("tag_resource", resourceArn="arn", tags=Prop("tags", write=tag_list("key", "value"))),
    remove=call("untag_resource", resourceArn="arn", tagKeys="keys"),
    at="tags",
    key="key",
)
TAGS_TOO = Prop("id", write=lambda _: ["TAGS"])

CLUSTER = Resource(
    token="aws:ecs/cluster:Cluster",
    refuse_write=(refusals.too_long("name", 255, "InvalidParameterException"),),
    refuse_delete=(refusals.cluster_in_use,),
    service="ecs",
    create=call("create_cluster", clusterName="name", settings="settings", configuration="configuration"),
    id="cluster.clusterArn",
    read=Describe(
        call(
            "describe_clusters",
            {"clusters[]": "id"},
            include=Prop("id", write=lambda _: ["SETTINGS", "TAGS", "CONFIGURATIONS"]),
        ),
        "clusters[?status!='INACTIVE'] | [0]",
    ),
    updates=(call("update_cluster", cluster="id", settings="settings", configuration="configuration"),),
    delete=call("delete_cluster", cluster="id"),
    kept=frozenset({"settings"}),
    dropped=frozenset({"configuration"}),
    unobeyed={"settings": "of tasks nothing is measured"},
    outputs={"arn": "clusterArn"},
    tags=TAGS,
    autoname="name",
)

CAPACITY = {
    "capacityProviders": Prop("capacityProviders", default=[]),
    "defaultCapacityProviderStrategy": Prop("defaultCapacityProviderStrategies", default=[]),
}
CLUSTER_CAPACITY_PROVIDERS = Resource(
    token="aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    service="ecs",
    create=call("put_cluster_capacity_providers", CAPACITY, cluster=Prop("clusterName", at="clusterName")),
    id="cluster.clusterName",
    read=Describe(
        call("describe_clusters", {"clusters[]": "id"}),
        "clusters[?status!='INACTIVE' && length(capacityProviders)>`0`] | [0]",
    ),
    updates=(call("put_cluster_capacity_providers", CAPACITY, cluster=Prop("clusterName", at="")),),
    replace_on=frozenset({"clusterName"}),
    delete=call(
        "put_cluster_capacity_providers",
        {
            "capacityProviders": Built(frozenset(), lambda _: []),
            "defaultCapacityProviderStrategy": Built(frozenset(), lambda _: []),
        },
        cluster="id",
    ),
)

TASK_DEFINITION = Resource(
    token="aws:ecs/taskDefinition:TaskDefinition",
    refuse_write=(refusals.bad_containers, refusals.bad_volumes, refusals.no_fargate, refusals.no_role, with_keys),
    service="ecs",
    create=call(
        "register_task_definition",
        family="family",
        containerDefinitions=Prop("containerDefinitions", write=json.loads, read=json.dumps),
        cpu="cpu",
        memory="memory",
        networkMode="networkMode",
        requiresCompatibilities="requiresCompatibilities",
        executionRoleArn="executionRoleArn",
        taskRoleArn="taskRoleArn",
        runtimePlatform="runtimePlatform",
        volumes="volumes",
        ephemeralStorage="ephemeralStorage",
    ),
    id="taskDefinition.family",
    read=Describe(
        call(
            "describe_task_definition",
            taskDefinition=Built(frozenset(), lambda v: v.get("arn") or v["id"]),
            include=TAGS_TOO,
        ),
        "[taskDefinition][?status!='INACTIVE'] | [0]",
    ),
    more=(Describe(call("describe_task_definition", taskDefinition="arn", include=TAGS_TOO), "{tags: tags}"),),
    delete=call("deregister_task_definition", taskDefinition="arn"),
    stays="skipDestroy",
    outputs={"arn": "taskDefinitionArn", "revision": "revision"},
    computed=lambda operation, _: {"arnWithoutRevision": operation.values["arn"].rpartition(":")[0]},
    only_engine=frozenset({"skipDestroy", "trackLatest"}),
    replace_on=frozenset({"ephemeralStorage"}),
    kept=frozenset({"networkMode"}),
    not_emulated={"ephemeralStorage": "a task may fill Docker's disk"},
    unobeyed={"runtimePlatform": "images are built and run for this machine's processor"},
    notes=lambda values: [
        f"{field} of container {one['name']}"
        for one in json.loads(values["containerDefinitions"])
        for field in unknown_fields(one)
    ],
    tags=TAGS,
)


def _network(configuration: dict[str, Any]) -> dict[str, Any]:
    public = "ENABLED" if configuration.get("assignPublicIp") else "DISABLED"
    return {"awsvpcConfiguration": {**configuration, "assignPublicIp": public}}


def _network_back(live: dict[str, Any]) -> dict[str, Any]:
    configuration = live["awsvpcConfiguration"]
    return {**configuration, "assignPublicIp": configuration.get("assignPublicIp") == "ENABLED"}


DEPLOYMENT = {
    "deploymentCircuitBreaker": "deploymentCircuitBreaker",
    "maximumPercent": "deploymentMaximumPercent",
    "minimumHealthyPercent": "deploymentMinimumHealthyPercent",
}
DEPLOYMENT_DEFAULTS = {"maximumPercent": 200, "minimumHealthyPercent": 100}


STRATEGY = ("bakeTimeInMinutes", "canaryConfiguration", "linearConfiguration", "lifecycleHooks")
STRATEGY_TOLD = ", ".join(f"{one}: deploymentConfiguration.{one}" for one in ("strategy", *STRATEGY))


def _deployment(values: Values) -> dict[str, Any] | None:
    fields = {**DEPLOYMENT, "alarms": "alarms"}
    given = {field: values.get(name, DEPLOYMENT_DEFAULTS.get(field)) for field, name in fields.items()}
    return {
        k: v for k, v in {**given, **(values.get("deploymentConfiguration") or {})}.items() if v is not None
    } or None


SERVICE_PARAMS = {
    "desiredCount": Prop("desiredCount"),
    "taskDefinition": Prop("taskDefinition"),
    "capacityProviderStrategy": Prop("capacityProviderStrategies"),
    "networkConfiguration": Prop("networkConfiguration", write=_network, read=_network_back),
    "loadBalancers": Prop("loadBalancers"),
    "healthCheckGracePeriodSeconds": Prop("healthCheckGracePeriodSeconds"),
    # A change of `triggers` is an update as well, which `forceNewDeployment` makes a deployment.
    "deploymentConfiguration": Built(
        frozenset({*DEPLOYMENT.values(), "deploymentConfiguration", "alarms", "triggers"}), _deployment
    ),
    "platformVersion": Prop("platformVersion"),
    "propagateTags": Prop("propagateTags"),
    "enableECSManagedTags": Prop("enableEcsManagedTags"),
    "enableExecuteCommand": Prop("enableExecuteCommand", default=False),
    "availabilityZoneRebalancing": Prop("availabilityZoneRebalancing"),
    "serviceConnectConfiguration": Prop(
        "serviceConnectConfiguration",
        at="deployments[?status=='PRIMARY'].serviceConnectConfiguration | [0]",
        default={"enabled": False},
    ),
}


def _steady(operation: Operations) -> None:
    """Wait as `waitForSteadyState` asks: one deployment, complete.

    A rollback that ended is steady too, as for AWS's own waiter, and nothing is explained: whether the version asked
    for serves, and why not, is for the program to find out.
    """
    if not operation.values.get("waitForSteadyState"):
        return
    shown: set[str] = set()

    def steady() -> bool:
        service = operation.describe() or {}
        _show_events(operation, service, shown)
        primary = next((one for one in service.get("deployments", []) if one["status"] == "PRIMARY"), {})
        if primary.get("rolloutState") == "FAILED":
            raise ProviderError(str(primary.get("rolloutStateReason")))
        alone = all(one["status"] == "PRIMARY" or not one.get("runningCount") for one in service.get("deployments", []))
        complete = primary.get("rolloutState") == "COMPLETED"
        return complete and alone and service.get("runningCount") == service.get("desiredCount")

    operation.until(steady, "service steady")


def _show_events(operation: Operations, service: dict[str, Any], shown: set[str]) -> None:
    for event in reversed(service.get("events", [])[:5]):
        if event["id"] not in shown:
            shown.add(event["id"])
            operation.log(event["message"])


def _drained(operation: Operations) -> None:
    """A deleted service is gone when none of its tasks runs: their addresses still hold the security group."""
    client, cluster, name = operation.client(), operation.values["cluster"], operation.values["name"]

    def stopped() -> bool:
        listed = (
            client.list_tasks(cluster=cluster, serviceName=name, desiredStatus=wanted)["taskArns"]
            for wanted in ("RUNNING", "STOPPED")
        )
        arns = [arn for some in listed for arn in some]
        tasks = client.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        return all(task["lastStatus"] == "STOPPED" for task in tasks)

    operation.until(stopped, "tasks stopped")


def _sessions(values: Values) -> list[str]:
    """Sessions that nobody opens here."""
    asked = values.get("enableExecuteCommand")
    return ["enableExecuteCommand: no session opens here, docker exec does"] if asked else []


def _shifted(values: Values) -> list[str]:
    """A strategy that ECS would follow by moving requests."""
    strategy = (values.get("deploymentConfiguration") or {}).get("strategy", "ROLLING")
    rolled = "tasks are rolled here, in one target group; no request is moved, and nobody waits or asks"
    return [] if strategy == "ROLLING" else [f"deploymentConfiguration.strategy {strategy}: {rolled}"]


def _told(_: Operations, service: Any) -> dict[str, Any]:
    """What ECS has of a service's deployments, asked for or not."""
    told = (service or {}).get("deploymentConfiguration") or {}
    strategy = {one: told[one] for one in ("strategy", *STRATEGY) if one in told}
    return {k: v for k, v in (("alarms", told.get("alarms")), ("deploymentConfiguration", strategy)) if v}


def _proxied(values: Values) -> list[str]:
    """What Service Connect's proxy would do."""
    return [
        f"{field} of Service Connect: there is no proxy"
        for one in (values.get("serviceConnectConfiguration") or {}).get("services") or ()
        for field in ("ingressPortOverride", "timeout", "tls")
        if one.get(field)
    ]


def _set(**params: Any) -> Call:
    """What the provider asks for in place of a property that is given no more."""
    return call(
        "update_service", {name: Const(value) for name, value in params.items()}, service="id", cluster="cluster"
    )


SERVICE = Resource(
    token="aws:ecs/service:Service",
    refuse_write=(
        refusals.too_long("name", 255, "InvalidParameterException"),
        refusals.alarms_without,
        refusals.service_without,
    ),
    service="ecs",
    create=call(
        "create_service",
        SERVICE_PARAMS | {"deploymentController": Prop("deploymentController")},
        serviceName="name",
        cluster=Prop("cluster", at="clusterArn"),
        launchType="launchType",
        schedulingStrategy="schedulingStrategy",
    ),
    id="service.serviceArn",
    import_id="{cluster}/{id}",
    implicit={
        "availabilityZoneRebalancing": "DISABLED",
        "deploymentController": {"type": "ECS"},
        "enableEcsManagedTags": False,
        "healthCheckGracePeriodSeconds": 0,
        "propagateTags": "NONE",
        "schedulingStrategy": "REPLICA",
    },
    read=Describe(
        call("describe_services", {"services[]": "id"}, cluster=Prop("cluster"), include=TAGS_TOO),
        "services[?status!='INACTIVE'] | [0]",
    ),
    reads=(
        *(
            Prop(name, at=f"deploymentConfiguration.{field}", default=DEPLOYMENT_DEFAULTS.get(field))
            for field, name in DEPLOYMENT.items()
        ),
        Prop(
            "deploymentConfiguration",
            at=f"deploymentConfiguration.strategy && {{{STRATEGY_TOLD}}}",
        ),
        Prop("alarms", at="deploymentConfiguration.alarms"),
    ),
    kept=frozenset(
        {
            *("alarms", "availabilityZoneRebalancing", "deploymentCircuitBreaker", "deploymentConfiguration"),
            *("launchType", "platformVersion"),
        }
    ),
    removals={
        "desiredCount": _set(desiredCount=0),
        "enableEcsManagedTags": _set(enableECSManagedTags=False),
        "healthCheckGracePeriodSeconds": _set(healthCheckGracePeriodSeconds=0),
        "loadBalancers": _set(loadBalancers=[]),
    },
    dropped=frozenset(
        {
            *("deploymentMaximumPercent", "deploymentMinimumHealthyPercent"),
            *("networkConfiguration", "propagateTags", "taskDefinition"),
        }
    ),
    computed=_told,
    updates=(
        call(
            "update_service",
            SERVICE_PARAMS | {"forceNewDeployment": Built(frozenset(), lambda v: v.get("forceNewDeployment"))},
            service="id",
            cluster="cluster",
        ),
    ),
    replace_on=frozenset({"name", "cluster", "launchType", "schedulingStrategy"}),
    before_delete=lambda operation: operation.client().update_service(
        cluster=operation.values["cluster"], service=operation.id, desiredCount=0
    ),
    delete=call("delete_service", cluster="cluster", service="id", force=Built(frozenset(), lambda _: True)),
    after_delete=_drained,
    after_write=_steady,
    outputs={"arn": "serviceArn"},
    tags=TAGS,
    autoname="name",
    only_engine=frozenset({"waitForSteadyState", "forceNewDeployment", "triggers", "forceDelete", "sigintRollback"}),
    unobeyed={
        "availabilityZoneRebalancing": "the tasks of all zones are on this machine",
        **dict.fromkeys(("enableEcsManagedTags", "propagateTags"), "a task gets no tags"),
    },
    notes=lambda values: [*_sessions(values), *_shifted(values), *_proxied(values)],
)

RESOURCES = (CLUSTER, CLUSTER_CAPACITY_PROVIDERS, TASK_DEFINITION, SERVICE)

GET_SERVICE = Function(
    token="aws:ecs/getService:getService",
    service="ecs",
    call=call("describe_services", {"services[]": "serviceName"}, cluster="clusterArn"),
    returns={
        "arn": "services[0].serviceArn",
        "status": "services[0].status",
        "desiredCount": "services[0].desiredCount",
        "runningCount": "services[0].runningCount",
        "pendingCount": "services[0].pendingCount",
        "taskDefinition": "services[0].taskDefinition",
        "deployments": "services[0].deployments[].{id: id, status: status, taskDefinition: taskDefinition, "
        "desiredCount: desiredCount, runningCount: runningCount, pendingCount: pendingCount}",
        "events": "services[0].events[].{id: id, message: message, createdAt: to_string(createdAt)}",
    },
)

FUNCTIONS = (GET_SERVICE,)
