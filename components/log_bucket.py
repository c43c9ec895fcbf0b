"""A bucket that takes load balancers' logs."""

from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from . import iam
from .checks import out_of_range, refuse
from .names import check_name, with_name
from .place import here

_MAX_NAME = 55
"""Buckets' names take 63 characters (Amazon S3 User Guide, "Bucket naming rules"), Pulumi's suffix 8 of them."""
_OLD_VERSIONS, _UNFINISHED = 7, 7


@dataclass(frozen=True, kw_only=True, slots=True)
class LogBucketArgs:
    """Inputs of `LogBucket`."""

    retention_days: int = 90
    """Days that logs are kept, 1 to 3653. Default: 90."""
    force_destroy: bool = False
    """Delete the bucket with its logs on destroy. Default: it stays behind, with its logs and its locks."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to the bucket; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what no bucket would keep.

        Raises:
            ValueError: `retention_days` is out of its bounds.
        """
        refuse((out_of_range("retention_days", self.retention_days, 1, 3653),))


class LogBucket(pulumi.ComponentResource):
    """A private bucket into which load balancers of this account write their logs, and nobody else anything.

    Owner enforced (no ACLs), public access blocked, TLS only, versioned, expiring; events go to EventBridge. Encrypted
    with S3's own key, as a load balancer can use no other.
    Creates: bucket, its policy, ownership, public access block, versioning, encryption, lifecycle, notification.
    Costs: stored logs by the GB and requests.
    Source: User Guide for Application Load Balancers, "Enable access logs for your Application Load Balancer".
    """

    name: pulumi.Output[str]
    """Name of the bucket; known once it takes logs."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: LogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:LogBucket", check_name(name, _MAX_NAME), {}, opts)
        # A bucket that keeps its logs stays behind when it is no longer wanted, locked down as it is.
        self._opts = pulumi.ResourceOptions(parent=self, retain_on_delete=not args.force_destroy)
        bucket = aws.s3.Bucket(name, force_destroy=args.force_destroy, tags=with_name(name, args.tags), opts=self._opts)
        self._lock_down(name, bucket.bucket)
        self._keep(name, bucket.bucket, args.retention_days)
        text = pulumi.Output.all(bucket.arn, here(self)).apply(lambda known: bucket_policy(known[0], known[1].account))
        policy = aws.s3.BucketPolicy(name, bucket=bucket.bucket, policy=text, opts=self._opts)
        self.name = pulumi.Output.all(bucket.bucket, policy.id).apply(lambda known: known[0])
        self.arn = bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _lock_down(self, name: str, bucket: pulumi.Output[str]) -> None:
        aws.s3.BucketOwnershipControls(
            name, bucket=bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=self._opts
        )
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._opts,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self._opts,
        )

    def _keep(self, name: str, bucket: pulumi.Output[str], days: int) -> None:
        versioning = aws.s3.BucketVersioning(
            name, bucket=bucket, versioning_configuration={"status": "Enabled"}, opts=self._opts
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket,
            rules=[
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": days},
                    "noncurrent_version_expiration": {"noncurrent_days": _OLD_VERSIONS},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": _UNFINISHED},
                }
            ],
            opts=pulumi.ResourceOptions.merge(self._opts, pulumi.ResourceOptions(depends_on=[versioning])),
        )
        aws.s3.BucketNotification(name, bucket=bucket, eventbridge=True, opts=self._opts)


def bucket_policy(arn: str, account: str) -> str:
    """Nothing without TLS; logs of load balancers of this account, which the path says.

    Conditions on the source are not what AWS documents for this principal: with some of them its test write is refused.
    """
    logs: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{arn}/AWSLogs/{account}/*",
    }
    return iam.document([iam.without_tls("s3:*", [arn, f"{arn}/*"]), logs])
