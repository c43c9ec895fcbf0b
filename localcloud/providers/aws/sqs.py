"""Queues and their policies."""

from localcloud.providers.aws import refusals
from localcloud.providers.declare import Const, Describe, Prop, Resource, Tagging, call

ATTRIBUTES = {
    "Attributes.DelaySeconds": Prop("delaySeconds", default=0),
    "Attributes.MaximumMessageSize": Prop("maxMessageSize", default=262144),
    "Attributes.MessageRetentionPeriod": Prop("messageRetentionSeconds", default=345600),
    "Attributes.ReceiveMessageWaitTimeSeconds": Prop("receiveWaitTimeSeconds", default=0),
    "Attributes.VisibilityTimeout": Prop("visibilityTimeoutSeconds", default=30),
    "Attributes.KmsMasterKeyId": Prop("kmsMasterKeyId", default=""),
    "Attributes.SqsManagedSseEnabled": Prop("sqsManagedSseEnabled", default=False),
}
QUEUE = Resource(
    token="aws:sqs/queue:Queue",
    refuse_write=(refusals.too_long("name", 80, "InvalidParameterValue"),),
    service="sqs",
    create=call("create_queue", ATTRIBUTES, QueueName="name"),
    id="QueueUrl",
    read=Describe(call("get_queue_attributes", {"AttributeNames": Const(["All"])}, QueueUrl="id"), "@"),
    more=(Describe(call("list_queue_tags", QueueUrl="id"), "{Tags: Tags}"),),
    implied=lambda _, told: {"QueueName": told["Attributes"]["QueueArn"].rpartition(":")[2]},
    updates=(call("set_queue_attributes", ATTRIBUTES, QueueUrl="id"),),
    replace_on=frozenset({"name"}),
    delete=call("delete_queue", QueueUrl="id"),
    outputs={"arn": "Attributes.QueueArn"},
    computed=lambda operation, _: {"url": operation.id},
    tags=Tagging(
        add=call("tag_queue", QueueUrl="id", Tags="tags"),
        remove=call("untag_queue", QueueUrl="id", TagKeys="keys"),
    ),
    autoname="name",
    autoname_max=80,
)

POLICY = {"Attributes.Policy": Prop("policy")}
QUEUE_POLICY = Resource(
    token="aws:sqs/queuePolicy:QueuePolicy",
    refuse_write=(refusals.no_policy("policy", "InvalidAttributeValue"),),
    service="sqs",
    create=call("set_queue_attributes", POLICY, QueueUrl=Prop("queueUrl", at="")),
    id=lambda values, _: values["queueUrl"],
    import_id="{queueUrl}",
    read=Describe(
        call("get_queue_attributes", {"AttributeNames": Const(["Policy"])}, QueueUrl="id"), "[@][?Attributes] | [0]"
    ),
    updates=(call("set_queue_attributes", POLICY, QueueUrl="id"),),
    replace_on=frozenset({"queueUrl"}),
    delete=call("set_queue_attributes", {"Attributes.Policy": Const("")}, QueueUrl="id"),
)

RESOURCES = (QUEUE, QUEUE_POLICY)
