"""Encryption keys and their names."""

from localcloud.providers.aws import refusals_edge
from localcloud.providers.declare import Describe, Operations, Prop, Resource, Tagging, call, tag_list


def _set_rotation(operation: Operations) -> None:
    client, values = operation.client(), operation.values
    if values.get("enableKeyRotation"):
        period = {"RotationPeriodInDays": int(days)} if (days := values.get("rotationPeriodInDays")) else {}
        client.enable_key_rotation(KeyId=operation.id, **period)
    elif (operation.describe() or {}).get("KeyRotationEnabled"):
        client.disable_key_rotation(KeyId=operation.id)


def _set_state(operation: Operations) -> None:
    """Rotation first: AWS changes it of an enabled key only."""
    operation.client().enable_key(KeyId=operation.id)
    _set_rotation(operation)
    if operation.values.get("isEnabled") is False:
        operation.client().disable_key(KeyId=operation.id)


KEY = Resource(
    token="aws:kms/key:Key",
    idle="it encrypts no logs and no images",
    refuse_write=(refusals_edge.deletion_window, refusals_edge.locked_out),
    service="kms",
    create=call(
        "create_key",
        Description=Prop("description", default=""),
        KeyUsage="keyUsage",
        KeySpec="customerMasterKeySpec",
        MultiRegion="multiRegion",
        Policy="policy",
        BypassPolicyLockoutSafetyCheck=Prop("bypassPolicyLockoutSafetyCheck", at=""),
    ),
    id="KeyMetadata.KeyId",
    # a key that waits for its deletion is none any more
    read=Describe(call("describe_key", KeyId="id"), "KeyMetadata.KeyState != 'PendingDeletion' && KeyMetadata"),
    more=(
        Describe(call("get_key_policy", KeyId="id"), "{Policy: Policy}"),
        Describe(call("get_key_rotation_status", KeyId="id"), "@"),
        Describe(call("list_resource_tags", KeyId="id"), "{Tags: Tags}"),
    ),
    updates=(
        call("update_key_description", KeyId="id", Description=Prop("description", default="")),
        call("put_key_policy", KeyId="id", Policy="policy"),
    ),
    kept=frozenset({"multiRegion", "policy", "rotationPeriodInDays"}),
    implicit={
        "keyUsage": "ENCRYPT_DECRYPT",
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "isEnabled": True,
        "enableKeyRotation": False,
        "rotationPeriodInDays": 365,
    },
    delete=call("schedule_key_deletion", KeyId="id", PendingWindowInDays="deletionWindowInDays"),
    outputs={"arn": "Arn", "keyId": "KeyId"},
    reads=(
        Prop("enableKeyRotation", at="KeyRotationEnabled"),
        Prop("rotationPeriodInDays", at="RotationPeriodInDays"),
        Prop("isEnabled", at="Enabled"),
    ),
    after_write=_set_state,
    only_engine=frozenset(
        {
            "enableKeyRotation",
            "rotationPeriodInDays",
            "isEnabled",
            "deletionWindowInDays",
            "bypassPolicyLockoutSafetyCheck",
        }
    ),
    tags=Tagging(
        add=call("tag_resource", KeyId="id", Tags=Prop("tags", write=tag_list("TagKey", "TagValue"))),
        remove=call("untag_resource", KeyId="id", TagKeys="keys"),
        key="TagKey",
    ),
)

TARGET = Prop("targetKeyId", write=lambda key: key.rpartition("/")[2])  # a key's ARN ends in its id
ALIAS = Resource(
    token="aws:kms/alias:Alias",
    refuse_write=(refusals_edge.alias_name,),
    service="kms",
    create=call("create_alias", AliasName="name", TargetKeyId=TARGET),
    id=lambda values, _: values["name"],
    read=Describe(call("list_aliases"), lambda values: f"Aliases[?AliasName=='{values['id']}'] | [0]"),
    updates=(call("update_alias", AliasName="id", TargetKeyId=TARGET),),
    delete=call("delete_alias", AliasName="id"),
    outputs={"arn": "AliasArn"},
    computed=lambda operation, found: {
        "targetKeyArn": operation.client().describe_key(KeyId=found["TargetKeyId"])["KeyMetadata"]["Arn"]
    },
)

RESOURCES = (KEY, ALIAS)
