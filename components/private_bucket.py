"""What every bucket has: one owner, nothing public, encryption, old versions, and an end for what it keeps."""

import pulumi
import pulumi_aws as aws

_UNFINISHED = 7


def lock_down(
    name: str, bucket: pulumi.Input[str], opts: pulumi.ResourceOptions, *, kms_key_arn: pulumi.Input[str] | None = None
) -> None:
    """Make a bucket its owner's alone, without ACLs, and encrypted.

    Args:
        name: of the three resources that are made.
        bucket: name of the bucket.
        opts: of the resources.
        kms_key_arn: key that encrypts it, asked once for many objects (Amazon S3 User Guide, "Reducing the cost of
            SSE-KMS with Amazon S3 Bucket Keys"). Plain whether there is one. Default: S3's own.
    """
    aws.s3.BucketOwnershipControls(name, bucket=bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=opts)
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    by_default: aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgsDict = (
        {"sse_algorithm": "AES256"}
        if kms_key_arn is None
        else {"sse_algorithm": "aws:kms", "kms_master_key_id": kms_key_arn}
    )
    rule: aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict = {
        "apply_server_side_encryption_by_default": by_default
    }
    if kms_key_arn is not None:
        rule["bucket_key_enabled"] = True
    aws.s3.BucketServerSideEncryptionConfiguration(name, bucket=bucket, rules=[rule], opts=opts)


def keep(
    name: str, bucket: pulumi.Input[str], opts: pulumi.ResourceOptions, *, days: int | None, old_versions: int = 7
) -> None:
    """Keep what is overwritten or deleted for a while, end what is too old, and tell EventBridge of both.

    Args:
        name: of the three resources that are made.
        bucket: name of the bucket.
        opts: of the resources.
        days: that an object is kept; None for as long as nobody deletes it.
        old_versions: days that an object is kept after it was overwritten or deleted. Default: 7.
    """
    versioning = aws.s3.BucketVersioning(name, bucket=bucket, versioning_configuration={"status": "Enabled"}, opts=opts)
    rule: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": "expire",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "noncurrent_version_expiration": {"noncurrent_days": old_versions},
        "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED},
    }
    if days is not None:
        rule["expiration"] = {"days": days}
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket,
        rules=[rule],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[versioning])),
    )
    aws.s3.BucketNotification(name, bucket=bucket, eventbridge=True, opts=opts)
