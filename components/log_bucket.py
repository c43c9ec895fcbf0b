"""A bucket that takes load balancers' logs."""

from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from . import iam
from .checks import out_of_range, refuse
from .names import check_name, with_name
from .place import here
from .private_bucket import keep, lock_down

_MAX_NAME = 55
"""Buckets' names take 63 characters (Amazon S3 User Guide, "Bucket naming rules"), Pulumi's suffix 8 of them."""


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
        opts = pulumi.ResourceOptions(parent=self, retain_on_delete=not args.force_destroy)
        bucket = aws.s3.Bucket(name, force_destroy=args.force_destroy, tags=with_name(name, args.tags), opts=opts)
        lock_down(name, bucket.bucket, opts)
        keep(name, bucket.bucket, opts, days=args.retention_days)
        text = pulumi.Output.all(bucket.arn, here(self)).apply(lambda known: bucket_policy(known[0], known[1].account))
        policy = aws.s3.BucketPolicy(name, bucket=bucket.bucket, policy=text, opts=opts)
        self.name = pulumi.Output.all(bucket.bucket, policy.id).apply(lambda known: known[0])
        self.arn = bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})


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
