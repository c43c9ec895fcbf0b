"""Pipelines and their connections, which the emulator lacks: what they are asked for is checked and recorded."""

import uuid
from typing import Any

from localcloud.providers.aws import refusals_delivery, refusals_edge
from localcloud.providers.declare import Built, Describe, Prop, Resource, Tagging, Values, call, tag_list

ACCOUNT = "000000000000"
TYPE = ("category", "owner", "provider", "version")


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    return {**stage, "actions": [_action(one) for one in stage["actions"]]}


def _action(action: dict[str, Any]) -> dict[str, Any]:
    """Its type is one value to AWS, and artifacts of files are artifacts like others."""
    kinds = ("outputArtifacts", "outputArtifactsForComputeActions")
    given = {name: value for name, value in action.items() if name not in (*TYPE, *kinds)}
    made = [one for kind in kinds for one in action.get(kind) or ()]
    return {**given, "actionTypeId": {name: action[name] for name in TYPE}, "outputArtifacts": made}


def _arn(values: Values) -> str:
    return f"arn:aws:codepipeline:{values['region']}:{ACCOUNT}:{values['name']}"


def _connection_arn(values: Values) -> str:
    named = uuid.uuid5(uuid.NAMESPACE_URL, values["name"])
    return f"arn:aws:codeconnections:{values['region']}:{ACCOUNT}:connection/{named}"


SETTINGS = {
    "pipeline.name": Prop("name"),
    "pipeline.roleArn": Prop("roleArn"),
    "pipeline.artifactStore": Prop("artifactStores", write=lambda stores: stores[0]),
    "pipeline.stages": Prop("stages", write=lambda stages: [_stage(one) for one in stages]),
    "pipeline.executionMode": Prop("executionMode", default="SUPERSEDED"),
    "pipeline.pipelineType": Prop("pipelineType", default="V1"),
    "pipeline.triggers": Prop("triggers", default=[]),
    "pipeline.variables": Prop("variables", default=[]),
}
PIPELINE = Resource(
    token="aws:codepipeline/pipeline:Pipeline",
    recorded="no push starts it, and nothing runs",
    refuse_write=(
        refusals_delivery.bad_pipeline,
        refusals_edge.not_taken(
            lambda values: values["roleArn"],
            "codepipeline.amazonaws.com",
            "InvalidStructureException: CodePipeline is not authorized to perform AssumeRole on the pipeline's role",
        ),
    ),
    service="codepipeline",
    create=call("create_pipeline", SETTINGS, tags=Prop("tagsAll", write=tag_list("key", "value"), at="")),
    id=lambda values, _: values["name"],
    read=Describe(call("get_pipeline", name="id"), "@"),
    updates=(call("update_pipeline", SETTINGS),),
    replace_on=frozenset({"name"}),
    delete=call("delete_pipeline", name="id"),
    computed=lambda operation, _: {"arn": _arn(operation.values)},
    tags=Tagging(
        add=call(
            "tag_resource",
            resourceArn=Built(frozenset(), _arn),
            tags=Prop("tags", write=tag_list("key", "value")),
        ),
        remove=call("untag_resource", resourceArn=Built(frozenset(), _arn), tagKeys="keys"),
        at="tags",
        key="key",
    ),
    autoname="name",
    autoname_max=100,
)

CONNECTION = Resource(
    token="aws:codeconnections/connection:Connection",
    recorded="nobody confirms it, so it stays PENDING",
    service="codeconnections",
    create=call(
        "create_connection",
        ConnectionName="name",
        ProviderType="providerType",
        HostArn="hostArn",
        Tags=Prop("tagsAll", write=tag_list(), at=""),
    ),
    id=lambda values, _: _connection_arn(values),
    read=Describe(call("get_connection", ConnectionArn="id"), "@"),
    delete=call("delete_connection", ConnectionArn="id"),
    computed=lambda operation, _: {
        "arn": _connection_arn(operation.values),
        "connectionStatus": "PENDING",
        "ownerAccountId": ACCOUNT,
    },
    tags=Tagging(
        add=call("tag_resource", ResourceArn="id", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", ResourceArn="id", TagKeys="keys"),
    ),
    autoname="name",
    autoname_max=32,
)

RESOURCES = (PIPELINE, CONNECTION)
