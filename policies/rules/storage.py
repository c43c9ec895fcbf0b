"""S3 buckets."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from policies import tokens as t
from policies.documents import Statement, covers, is_known, open_to_all, refuses_plain, statements
from policies.graph import UNKNOWN, Graph, Resource, Value, account_of, as_list, at, has_unknown
from policies.rule import Fault, Severity, expect, of_graph

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_FOREIGN_DANGERS = (
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutEncryptionConfiguration",
    "s3:PutObjectAcl",
)
"""What S3.6 lets no other account do (AWS Config Developer Guide, "s3-bucket-blacklisted-actions-prohibited")."""


@of_graph(
    t.BUCKET,
    controls=(
        *("S3.1", "S3.2", "S3.3", "S3.8", "CKV2_AWS_6", "CKV_AWS_20", "CKV_AWS_57", "CKV_AWS_375"),
        *("CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"),
    ),
    severity=Severity.HIGH,
    fix="aws.s3.BucketPublicAccessBlock with all four set to True",
)
def bucket_blocks_public_access(bucket: Resource, graph: Graph) -> Iterator[Fault]:
    """A bucket refuses whatever would make it public."""
    blocks = graph.referrers(bucket, "bucket", t.BUCKET_PUBLIC_ACCESS)
    if not blocks:
        yield Fault("no public access block", "a BucketPublicAccessBlock with all four")
    for block in blocks:
        for name in _BLOCKS:
            yield from expect(block, name, True)


@of_graph(
    t.BUCKET,
    controls=("S3.5", "CKV_AWS_379"),
    severity=Severity.MEDIUM,
    fix="aws.s3.BucketPolicy: Deny s3:* for * on the bucket and on /* when aws:SecureTransport is false",
)
def bucket_tls_only(bucket: Resource, graph: Graph) -> Iterator[Fault]:
    """A bucket refuses requests without TLS, for itself and for what is in it."""
    found = [one.get("policy") for one in graph.referrers(bucket, "bucket", t.BUCKET_POLICY)]
    refusing = [one for policy in found for one in statements(policy) if refuses_plain(one, "s3")]
    wanted = "a Deny for aws:SecureTransport = false on the bucket and on /*"
    if all(map(is_known, found)) and not refusing:
        yield Fault("no statement that denies plain HTTP", wanted)
    elif refusing and not _covers_all_of(bucket, [name for one in refusing for name in one.resources]):
        yield Fault("plain HTTP denied for a part of it", wanted)


@of_graph(
    t.BUCKET,
    controls=("S3.12", "CKV2_AWS_65"),
    severity=Severity.MEDIUM,
    fix='aws.s3.BucketOwnershipControls(rule={"object_ownership": "BucketOwnerEnforced"})',
)
def bucket_without_acls(bucket: Resource, graph: Graph) -> Iterator[Fault]:
    """A bucket's objects are the bucket owner's, whoever writes them."""
    controls = graph.referrers(bucket, "bucket", t.BUCKET_OWNERSHIP)
    if not controls:
        yield Fault("no ownership controls", "BucketOwnershipControls with BucketOwnerEnforced")
    for one in controls:
        yield from expect(one, "rule.objectOwnership", "BucketOwnerEnforced")


@of_graph(
    t.BUCKET,
    controls=("S3.10", "S3.13", "CKV2_AWS_61", "CKV_AWS_300"),
    severity=Severity.LOW,
    fix="aws.s3.BucketLifecycleConfiguration with an expiration and abort_incomplete_multipart_upload",
)
def bucket_lifecycle(bucket: Resource, graph: Graph) -> Iterator[Fault]:
    """What a bucket keeps goes some day, and so does half of an upload."""
    rules = [
        rule for one in graph.referrers(bucket, "bucket", t.BUCKET_LIFECYCLE) for rule in as_list(one.get("rules"))
    ]
    if not rules and not graph.referrers(bucket, "bucket", t.BUCKET_LIFECYCLE):
        yield Fault("no lifecycle", "a BucketLifecycleConfiguration")
    elif rules and not has_unknown(rules) and not any(map(_ends_uploads, rules)):
        yield Fault("uploads that broke off stay for ever", "abortIncompleteMultipartUpload in a rule that is enabled")


@of_graph(
    t.BUCKET,
    controls=("S3.14", "CKV_AWS_21"),
    severity=Severity.LOW,
    fix='aws.s3.BucketVersioning(versioning_configuration={"status": "Enabled"})',
)
def bucket_versioned(bucket: Resource, graph: Graph) -> Iterator[Fault]:
    """A bucket keeps what was overwritten or deleted."""
    found = graph.referrers(bucket, "bucket", t.BUCKET_VERSIONING)
    if not found:
        yield Fault("no versioning", "a BucketVersioning with status Enabled")
    for one in found:
        yield from expect(one, "versioningConfiguration.status", "Enabled")


@of_graph(
    t.BUCKET,
    controls=("S3.17", "CKV_AWS_19", "CKV_AWS_145"),
    severity=Severity.MEDIUM,
    fix="aws.s3.BucketServerSideEncryptionConfiguration with aws:kms; AES256 for a load balancer's logs",
    source='User Guide for Application Load Balancers, "Enable access logs": SSE-S3 is the only encryption they take',
)
def bucket_encrypted(bucket: Resource, graph: Graph) -> Iterator[Fault]:
    """A bucket is encrypted with a KMS key; with SSE-S3 where load balancers log to it, which take no other."""
    logs = any(
        graph.referrers(bucket, path, t.BALANCER)
        for path in ("accessLogs.bucket", "connectionLogs.bucket", "healthCheckLogs.bucket")
    )
    wanted = ("AES256",) if logs else ("aws:kms", "aws:kms:dsse")
    found = graph.referrers(bucket, "bucket", t.BUCKET_ENCRYPTION)
    if not found and not logs:
        yield Fault("encryption: AES256, which is the default", f"encryption: {' or '.join(wanted)}")
    for one in found:
        yield from expect(one, "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm", *wanted)


@of_graph(
    t.BUCKET,
    controls=("S3.9", "CKV_AWS_18"),
    severity=Severity.LOW,
    fix="aws.s3.BucketLogging(target_bucket=...)",
    source='Amazon S3 User Guide, "Enabling Amazon S3 server access logging": no bucket of logs logs to itself',
)
def bucket_access_logs(bucket: Resource, graph: Graph) -> Iterator[Fault]:
    """A bucket's requests are logged, unless it is where logs go: there a log of the log would have no end."""
    logs_here = [
        *graph.referrers(bucket, "accessLogs.bucket", t.BALANCER),
        *graph.referrers(bucket, "connectionLogs.bucket", t.BALANCER),
        *graph.referrers(bucket, "targetBucket", t.BUCKET_LOGGING),
        *graph.referrers(bucket, "logDestination", t.FLOW_LOG),
    ]
    if not logs_here and not graph.referrers(bucket, "bucket", t.BUCKET_LOGGING):
        yield Fault("no access logging", "a BucketLogging, unless the bucket is where logs go")


@of_graph(
    t.BUCKET,
    controls=("S3.11", "CKV2_AWS_62"),
    severity=Severity.LOW,
    fix="aws.s3.BucketNotification(eventbridge=True)",
)
def bucket_notifies(bucket: Resource, graph: Graph) -> Iterator[Fault]:
    """What happens in a bucket can be listened to."""
    if not graph.referrers(bucket, "bucket", t.BUCKET_NOTIFICATION):
        yield Fault("no notification", "a BucketNotification, such as to EventBridge")


@of_graph(
    t.BUCKET_POLICY,
    controls=("S3.6", "CKV_AWS_70"),
    severity=Severity.HIGH,
    fix="name the principal, or add a condition such as aws:SourceAccount",
)
def bucket_policy_narrow(policy: Resource, graph: Graph) -> Iterator[Fault]:
    """A bucket's policy lets in neither everybody, nor other accounts to change it."""
    if open_to_all(policy.get("policy")):
        yield Fault("Allow for Principal *", "principals by name, or a condition")
    for statement in statements(policy.get("policy")):
        dangers = [one for one in statement.actions if any(covers(one, danger) for danger in _FOREIGN_DANGERS)]
        others = _strangers(statement, graph.accounts)
        if statement.allows and dangers and others and not statement.narrowed():
            yield Fault(f"Allow {', '.join(dangers)} to {', '.join(others)}", "none of the actions that S3.6 lists")


def _strangers(statement: Statement, ours: set[str]) -> list[str]:
    """The principals of accounts that are not known to be one's own."""
    unnamed = {"*", str(UNKNOWN)}
    names = [name for kind, name in statement.principals if kind == "AWS"]
    return [name for name in names if (account_of(name) or name) not in ours | unnamed]


def _covers_all_of(bucket: Resource, patterns: list[str]) -> bool:
    """Whether some resources of statements are the bucket and every object, as far as its ARN is known."""
    arn = bucket.get("arn")
    names = [arn, f"{arn}/any"] if isinstance(arn, str) else []
    return all(any(fnmatchcase(name, pattern) for pattern in patterns) for name in names)


def _ends_uploads(rule: Value) -> bool:
    return at(rule, "status") != "Disabled" and bool(at(rule, "abortIncompleteMultipartUpload"))
