"""Projects of CodeBuild. No build runs here: one that is started fails at once."""

from typing import Any

from localcloud.providers.aws import refusals_delivery, refusals_edge, refusals_notices
from localcloud.providers.declare import Const, Describe, Prop, Resource, Tagging, call, tag_list


def _logs(config: dict[str, Any]) -> dict[str, Any]:
    """A log that is named is on, and one in a bucket is off, as the official provider has it."""
    status = {"cloudwatchLogs": "ENABLED", "s3Logs": "DISABLED"}
    return {name: {"status": status[name], **log} for name, log in config.items() if log}


SETTINGS = {
    "description": Prop("description", default=""),
    "source": Prop("source"),
    "sourceVersion": Prop("sourceVersion", default=""),
    "artifacts": Prop("artifacts"),
    "cache": Prop("cache", default={"type": "NO_CACHE"}),
    "environment": Prop("environment"),
    "serviceRole": Prop("serviceRole"),
    "timeoutInMinutes": Prop("buildTimeout", default=60),
    "queuedTimeoutInMinutes": Prop("queuedTimeout", default=480),
    "encryptionKey": Prop("encryptionKey"),
    "logsConfig": Prop("logsConfig", write=_logs, default={"cloudwatchLogs": {}}),
    "vpcConfig": Prop("vpcConfig", default={}),
}
CREATE = call("create_project", SETTINGS, name="name", concurrentBuildLimit="concurrentBuildLimit")
TAGS = call("update_project", name="name", tags=Prop("tagsAll", write=tag_list("key", "value")))
PROJECT = Resource(
    token="aws:codebuild/project:Project",
    idle="no build runs, a started one fails at once",
    refuse_write=(
        refusals_notices.of_the_model(CREATE),
        refusals_delivery.bad_project,
        refusals_edge.not_taken(
            lambda values: values["serviceRole"],
            "codebuild.amazonaws.com",
            "InvalidInputException: CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please "
            "verify that the provided service role exists, and that CodeBuild may assume it",
        ),
    ),
    service="codebuild",
    create=CREATE,
    id="project.arn",
    read=Describe(call("batch_get_projects", {"names[]": "id"}), "projects[0]"),
    updates=(call("update_project", SETTINGS, name="name", concurrentBuildLimit="concurrentBuildLimit"),),
    removals={"concurrentBuildLimit": call("update_project", name="name", concurrentBuildLimit=Const(-1))},
    replace_on=frozenset({"name"}),
    kept=frozenset({"encryptionKey"}),
    delete=call("delete_project", name="name"),
    outputs={"arn": "arn"},
    tags=Tagging(add=TAGS, remove=TAGS, at="tags", key="key"),
    autoname="name",
)

RESOURCES = (PROJECT,)
