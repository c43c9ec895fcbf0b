"""The bucket of a load balancer's logs.

A bucket's tags do not tell whose it is, unless its owner turned that on for each one (Amazon S3 User Guide, "Using tags
for ABAC"): it is known by the name that the program gives it.
Names of files are those of terraform-provider-aws, internal/service/s3, which Pulumi's provider is made of.
"""

from .grant import RUN, Grant, Where, because

_LOGS = "arn:{partition}:s3:::balancer-logs-*"
_READ = "bucket.go, resourceBucketRead"
_EMPTY = "bucket.go, resourceBucketDelete: a bucket with logs in it that `force_delete` removes"
_TAGS = "bucket.go, whose tags are given with the creation, and read by S3 Control"

GRANTS = (
    Grant(
        name="LookAtLogBuckets",
        service="s3",
        actions=because(
            RUN,
            *("GetBucketLocation", "GetBucketNotification", "GetBucketOwnershipControls", "GetBucketPolicy"),
            *("GetBucketPublicAccessBlock", "GetBucketTagging", "GetBucketVersioning", "GetEncryptionConfiguration"),
            "GetLifecycleConfiguration",
        )
        | because(
            _READ,
            *("GetAccelerateConfiguration", "GetBucketAcl", "GetBucketCORS", "GetBucketLogging"),
            *("GetBucketObjectLockConfiguration", "GetBucketRequestPayment", "GetBucketWebsite"),
            *("GetReplicationConfiguration", "ListBucket"),
        )
        | because(_TAGS, "ListTagsForResource"),
        where=Where.HERE,
        on=(_LOGS,),
        previews=True,
    ),
    Grant(
        name="KeepLogBuckets",
        service="s3",
        actions=because(
            RUN,
            *("CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "ListBucketVersions", "PutBucketNotification"),
            *("PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketTagging"),
            *("PutBucketVersioning", "PutEncryptionConfiguration", "PutLifecycleConfiguration"),
        )
        | because(_TAGS, "TagResource", "UntagResource"),
        where=Where.HERE,
        on=(_LOGS,),
    ),
    Grant(
        name="EmptyLogBuckets",
        service="s3",
        actions=because(_EMPTY, "DeleteObject", "DeleteObjectVersion"),
        where=Where.HERE,
        on=(f"{_LOGS}/*",),
    ),
)
