"""Where the engine keeps what it knows of every stack: a bucket, and the key for it and for the secrets in it."""

from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components import iam
from components.names import check_name, child_of, with_name
from components.private_bucket import keep, lock_down

from .names import Names

_LONGEST_WINDOW = 30
_OLD_VERSIONS = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class StateStoreArgs:
    """Inputs of `StateStore`."""

    names: Names
    """What bucket and alias are called."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""


class StateStore(pulumi.ComponentResource):
    """A private bucket with every version of the stacks' state, and the key that encrypts both it and their secrets.

    Public access blocked, owner enforced (no ACLs), TLS only, versioned: what was overwritten or deleted stays 90 days.
    The key is rotated once a year by AWS; IAM policies say who may use it.
    Creates: key, alias, bucket, its policy, ownership, public access block, encryption, versioning, lifecycle,
    notification.
    Costs: about 1 USD a month for the key; the state's megabytes, and requests, a few cents.
    Source: Pulumi docs, "Managing state and backend options"; Amazon S3 User Guide, "Security best practices for Amazon
    S3", "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys".
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket; known once it takes nothing without TLS."""
    key_arn: pulumi.Output[str]
    """ARN of the key."""

    def __init__(self, name: str, args: StateStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:StateStore", check_name(name), {}, opts)
        names = args.names
        key = aws.kms.Key(
            name,
            description=f"{names.project}: state of its stacks, the secrets in it, images that CI builds",
            enable_key_rotation=True,
            deletion_window_in_days=_LONGEST_WINDOW,
            policy=key_policy(names),
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        alias = aws.kms.Alias(name, name=names.key_alias, target_key_id=key.key_id, opts=child_of(self))
        bucket = aws.s3.Bucket(
            name, bucket=names.state_bucket, tags=with_name(name, args.tags), opts=child_of(self)
        ).bucket
        lock_down(name, bucket, child_of(self), kms_key_arn=key.arn)
        keep(name, bucket, child_of(self), days=None, old_versions=_OLD_VERSIONS)
        everything = [names.state_bucket_arn, f"{names.state_bucket_arn}/*"]
        text = iam.document([iam.without_tls("s3:*", everything)])
        policy = aws.s3.BucketPolicy(name, bucket=bucket, policy=text, opts=child_of(self))
        self.bucket_name = pulumi.Output.all(bucket, policy.id, alias.id).apply(lambda known: known[0])
        self.key_arn = key.arn
        self.register_outputs({"bucket_name": self.bucket_name, "key_arn": self.key_arn})


def key_policy(names: Names) -> str:
    """Who may use the key: whom the account's IAM policies let (AWS KMS Developer Guide, "Default key policy")."""
    account = {"AWS": names.iam_arn("root")}
    return iam.document([{"Effect": "Allow", "Principal": account, "Action": "kms:*", "Resource": "*"}])
