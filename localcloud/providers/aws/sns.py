"""Topics, their policies, and who is subscribed to them."""

import json
from typing import Any

from localcloud.providers.aws import refusals, refusals_notices
from localcloud.providers.declare import (
    Built,
    Call,
    Const,
    Describe,
    Operations,
    Prop,
    Resource,
    Tagging,
    Values,
    call,
    tag_list,
)

TOPIC_ATTRIBUTES = {
    "DisplayName": Prop("displayName", default=""),
    "KmsMasterKeyId": Prop("kmsMasterKeyId", default=""),
    "SignatureVersion": Prop("signatureVersion", default="1"),
    "TracingConfig": Prop("tracingConfig", default="PassThrough"),
}


def _set(name: str, value: Prop | Built, topic: Prop) -> Call:
    return call("set_topic_attributes", TopicArn=topic, AttributeName=Const(name), AttributeValue=value)


def _everybody_here(values: Values) -> str:
    """The policy that a topic has from its beginning (Amazon SNS API Reference, "CreateTopic")."""
    here = {"StringEquals": {"AWS:SourceOwner": values["id"].split(":")[4]}}
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish", "SNS:Subscribe"]}
    return json.dumps(
        {"Version": "2008-10-17", "Statement": [{**statement, "Resource": values["id"], "Condition": here}]}
    )


TOPIC = Resource(
    token="aws:sns/topic:Topic",
    service="sns",
    refuse_write=(refusals.too_long("name", 256, "InvalidParameter"),),
    create=call(
        "create_topic",
        {f"Attributes.{name}": Prop(prop.name) for name, prop in TOPIC_ATTRIBUTES.items()},
        Name="name",
    ),
    id="TopicArn",
    read=Describe(call("get_topic_attributes", TopicArn="id"), "@"),
    more=(Describe(call("list_tags_for_resource", ResourceArn="id"), "{Tags: Tags}"),),
    implied=lambda _, told: {"Name": told["Attributes"]["TopicArn"].rpartition(":")[2]},
    updates=tuple(_set(name, prop, Prop("id")) for name, prop in TOPIC_ATTRIBUTES.items()),
    replace_on=frozenset({"name"}),
    delete=call("delete_topic", TopicArn="id"),
    outputs={"arn": "Attributes.TopicArn", "owner": "Attributes.Owner"},
    tags=Tagging(
        add=call("tag_resource", ResourceArn="id", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", ResourceArn="id", TagKeys="keys"),
    ),
    autoname="name",
    autoname_max=256,
)

POLICY = Prop("policy", at="Attributes.Policy")
TOPIC_POLICY = Resource(
    token="aws:sns/topicPolicy:TopicPolicy",
    service="sns",
    refuse_write=(refusals.no_policy("policy", "InvalidParameter"),),
    create=_set("Policy", POLICY, Prop("arn", at="Attributes.TopicArn")),
    id=lambda values, _: values["arn"],
    read=Describe(call("get_topic_attributes", TopicArn="id"), "@"),
    updates=(_set("Policy", POLICY, Prop("id")),),
    replace_on=frozenset({"arn"}),
    delete=_set("Policy", Built(frozenset(), _everybody_here), Prop("id")),
    outputs={"owner": "Attributes.Owner"},
)

SUBSCRIPTION_ATTRIBUTES = {
    "RawMessageDelivery": Prop("rawMessageDelivery", default=False),
    "FilterPolicy": Prop("filterPolicy", default="{}"),
    "FilterPolicyScope": Prop("filterPolicyScope", default="MessageAttributes"),
}


def _delivery(values: Values) -> list[str]:
    protocol = str(values["protocol"])
    told = "posted to addresses of this machine only" if protocol.startswith("http") else "not sent"
    return [f"protocol {protocol}: messages are {told}"] if protocol != "sqs" else []


def _confirmed(_: Operations, found: Any) -> dict[str, Any]:
    told = found["Attributes"]
    return {"pendingConfirmation": told["PendingConfirmation"] == "true", "ownerId": told["Owner"]}


SUBSCRIPTION = Resource(
    token="aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    refuse_write=(refusals_notices.no_endpoint,),
    create=call(
        "subscribe",
        {f"Attributes.{name}": Prop(prop.name) for name, prop in SUBSCRIPTION_ATTRIBUTES.items()},
        TopicArn=Prop("topic", at="Attributes.TopicArn"),
        Protocol=Prop("protocol", at="Attributes.Protocol"),
        Endpoint=Prop("endpoint", at="Attributes.Endpoint"),
        ReturnSubscriptionArn=Const(True),
    ),
    id="SubscriptionArn",
    read=Describe(call("get_subscription_attributes", SubscriptionArn="id"), "@"),
    updates=tuple(
        call("set_subscription_attributes", SubscriptionArn="id", AttributeName=Const(name), AttributeValue=prop)
        for name, prop in SUBSCRIPTION_ATTRIBUTES.items()
    ),
    implicit={"rawMessageDelivery": False},
    delete=call("unsubscribe", SubscriptionArn="id"),
    outputs={"arn": "Attributes.SubscriptionArn"},
    computed=_confirmed,
    only_engine=frozenset({"endpointAutoConfirms", "confirmationTimeoutInMinutes"}),
    unobeyed=dict.fromkeys(
        ("endpoint", "topic"), "messages to an address of e-mail are not sent; those to a queue are"
    ),
    notes=_delivery,
)

RESOURCES = (TOPIC, TOPIC_POLICY, SUBSCRIPTION)
