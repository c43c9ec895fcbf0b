"""Buckets, and the settings that are resources of their own."""

from typing import Any

from localcloud.providers.aws import refusals, refusals_edge
from localcloud.providers.declare import (
    Built,
    Call,
    Const,
    Describe,
    Operations,
    Prop,
    Resource,
    Source,
    Tagging,
    Values,
    call,
    tag_list,
)

TAGS_OF = call("put_bucket_tagging", {"Tagging.TagSet": Prop("tagsAll", write=tag_list())}, Bucket="id")
"""Sets them all at once: adding some and removing others are the same call."""


def _constraint(values: Values) -> str | None:
    return values["region"] if values["region"] != "us-east-1" else None


def _empty(operation: Operations) -> None:
    """With `forceDestroy` a bucket goes with what is in it, every version."""
    if not operation.values.get("forceDestroy"):
        return
    client = operation.client()
    for page in client.get_paginator("list_object_versions").paginate(Bucket=operation.id):
        for one in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            client.delete_object(Bucket=operation.id, Key=one["Key"], VersionId=one["VersionId"])


def _names(operation: Operations, _: Any) -> dict[str, Any]:
    name, region = operation.id, operation.values["region"]
    return {
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "region": region,
    }


BUCKET = Resource(
    token="aws:s3/bucket:Bucket",
    refuse_write=(refusals_edge.bucket_name,),
    service="s3",
    create=call(
        "create_bucket",
        {"CreateBucketConfiguration.LocationConstraint": Built(frozenset(), _constraint)},
        Bucket=Prop("bucket", at=""),
    ),
    id=lambda values, _: values["bucket"],
    import_id="{bucket}",
    read=Describe(call("get_bucket_location", Bucket="id"), "@"),
    more=(Describe(call("get_bucket_tagging", Bucket="id"), "{Tags: TagSet}"),),
    before_delete=_empty,
    delete=call("delete_bucket", Bucket="id"),
    computed=_names,
    only_engine=frozenset({"forceDestroy"}),
    tags=Tagging(add=TAGS_OF, remove=TAGS_OF),
    autoname="bucket",
    autoname_max=63,
)


def _setting(
    token: str,
    put: str,
    params: dict[str, Source],
    get: str,
    delete: Call | None,
    *,
    reads: tuple[Prop, ...] = (),
    refuse: tuple[refusals.Refusal, ...] = (),
    idle: str = "",
) -> Resource:
    """A setting of a bucket: put as a whole, known by the bucket's name."""
    return Resource(
        token=f"aws:s3/{token[0].lower()}{token[1:]}:{token}",
        service="s3",
        create=call(put, params, Bucket=Prop("bucket", at="")),
        id=lambda values, _: values["bucket"],
        import_id="{bucket}",
        read=Describe(call(get, Bucket="id"), "@"),
        updates=(call(put, params, Bucket="id"),),
        delete=delete,
        reads=reads,
        refuse_write=refuse,
        idle=idle,
    )


RESOURCES = (
    BUCKET,
    _setting(
        "BucketOwnershipControls",
        "put_bucket_ownership_controls",
        {"OwnershipControls.Rules[]": Prop("rule")},
        "get_bucket_ownership_controls",
        call("delete_bucket_ownership_controls", Bucket="id"),
    ),
    _setting(
        "BucketPublicAccessBlock",
        "put_public_access_block",
        {
            f"PublicAccessBlockConfiguration.{name[0].upper()}{name[1:]}": Prop(name, default=False)
            for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        },
        "get_public_access_block",
        call("delete_public_access_block", Bucket="id"),
    ),
    _setting(
        "BucketVersioning",
        "put_bucket_versioning",
        {"VersioningConfiguration": Prop("versioningConfiguration", at="@", read=lambda it: {"status": it["Status"]})},
        "get_bucket_versioning",
        call("put_bucket_versioning", {"VersioningConfiguration.Status": Const("Suspended")}, Bucket="id"),
    ),
    _setting(
        "BucketServerSideEncryptionConfiguration",
        "put_bucket_encryption",
        {"ServerSideEncryptionConfiguration.Rules": Prop("rules")},
        "get_bucket_encryption",
        call("delete_bucket_encryption", Bucket="id"),
    ),
    _setting(
        "BucketLifecycleConfiguration",
        "put_bucket_lifecycle_configuration",
        {"LifecycleConfiguration.Rules": Prop("rules", at="Rules")},
        "get_bucket_lifecycle_configuration",
        call("delete_bucket_lifecycle", Bucket="id"),
        idle="no object expires",
    ),
    _setting(
        "BucketPolicy",
        "put_bucket_policy",
        {"Policy": Prop("policy")},
        "get_bucket_policy",
        call("delete_bucket_policy", Bucket="id"),
        refuse=(refusals.no_policy("policy", "MalformedPolicy"),),
    ),
    _setting(
        "BucketNotification",
        "put_bucket_notification_configuration",
        {
            "NotificationConfiguration": Prop(
                "eventbridge", write=lambda on: {"EventBridgeConfiguration": {}} if on else {}
            )
        },
        "get_bucket_notification_configuration",
        call("put_bucket_notification_configuration", NotificationConfiguration=Const({}), Bucket="id"),
        reads=(Prop("eventbridge", at="EventBridgeConfiguration != `null`"),),
    ),
)
