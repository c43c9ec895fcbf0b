"""CloudWatch Logs."""

from localcloud.providers.aws import refusals, refusals_edge
from localcloud.providers.declare import Describe, Resource, Tagging, call

LOG_GROUP = Resource(
    token="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    refuse_write=(refusals.retention, refusals_edge.key_closed_to_logs),
    create=call("create_log_group", logGroupName="name", kmsKeyId="kmsKeyId", logGroupClass="logGroupClass"),
    id=lambda values, _: values["name"],
    read=Describe(call("describe_log_groups", logGroupNamePrefix="id"), "logGroups[0]"),
    more=(Describe(call("list_tags_log_group", logGroupName="id"), "{tags: tags}"),),
    updates=(
        call("put_retention_policy", logGroupName="id", retentionInDays="retentionInDays"),
        call("associate_kms_key", logGroupName="id", kmsKeyId="kmsKeyId"),
    ),
    removals={
        "retentionInDays": call("delete_retention_policy", logGroupName="id"),
        "kmsKeyId": call("disassociate_kms_key", logGroupName="id"),
    },
    delete=call("delete_log_group", logGroupName="id"),
    outputs={"arn": "arn"},
    computed=lambda operation, _: {"arn": operation.values["arn"].removesuffix(":*")},
    tags=Tagging(
        add=call("tag_log_group", logGroupName="id", tags="tags"),
        remove=call("untag_log_group", logGroupName="id", tags="keys"),
        at="tags",
    ),
    autoname="name",
    autoname_max=512,
    only_engine=frozenset({"skipDestroy"}),
)

RESOURCES = (LOG_GROUP,)
