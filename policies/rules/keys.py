"""KMS keys and secrets."""

from collections.abc import Iterator

from policies import tokens as t
from policies.documents import open_to_all
from policies.graph import UNKNOWN, Graph, Resource
from policies.rule import Fault, Severity, expect, expect_set, of_graph, of_resource, shown

_SHORTEST_WINDOW = 30
_LONGEST_ROTATION = 90


@of_resource(
    t.KEY,
    controls=("KMS.4", "CIS 3.6", "CKV_AWS_7"),
    severity=Severity.MEDIUM,
    fix="aws.kms.Key(enable_key_rotation=True)",
)
def key_rotates(key: Resource) -> Iterator[Fault]:
    """AWS makes new key material each year."""
    if key.get("customerMasterKeySpec") in (None, "SYMMETRIC_DEFAULT"):
        yield from expect(key, "enableKeyRotation", True)


@of_resource(
    t.KEY,
    controls=("KMS.3",),
    severity=Severity.CRITICAL,
    fix="aws.kms.Key(deletion_window_in_days=30)",
)
def key_deletion_can_be_undone(key: Resource) -> Iterator[Fault]:
    """A deleted key, and with it what it encrypts, can be had back for 30 days."""
    days = key.get("deletionWindowInDays")
    if days is not None and days is not UNKNOWN and int(days) < _SHORTEST_WINDOW:
        yield Fault(shown("deletionWindowInDays", int(days)), f"deletionWindowInDays: {_SHORTEST_WINDOW}")


@of_graph(
    t.KEY,
    controls=("KMS.5", "CKV_AWS_33", "CKV2_AWS_64", "CKV_AWS_227"),
    severity=Severity.HIGH,
    fix="aws.kms.Key(policy=...) that names its principals",
)
def key_policy_narrow(key: Resource, graph: Graph) -> Iterator[Fault]:
    """A key is enabled, and its policy is written down and lets in nobody without a name."""
    yield from expect(key, "isEnabled", True, None)
    policies = [one.get("policy") for one in graph.referrers(key, "keyId", t.KEY_POLICY)]
    if not policies:
        yield from expect_set(key, "policy", "a policy")
        policies = [key.get("policy")]
    if any(map(open_to_all, policies)):
        yield Fault("Allow for Principal *", "principals by name, or a condition")


@of_resource(
    t.SECRET,
    controls=("CKV_AWS_149",),
    severity=Severity.LOW,
    fix="aws.secretsmanager.Secret(kms_key_id=...)",
)
def secret_encrypted(secret: Resource) -> Iterator[Fault]:
    """A secret is encrypted with a key of the account's own."""
    yield from expect_set(secret, "kmsKeyId", "kmsKeyId of a KMS key")


@of_resource(
    t.SECRET,
    t.SECRET_POLICY,
    controls=(),
    severity=Severity.CRITICAL,
    fix="name the principals in aws.secretsmanager.SecretPolicy, or add a condition",
    source='AWS Secrets Manager User Guide, "Resource-based policies"',
)
def secret_not_public(resource: Resource) -> Iterator[Fault]:
    """Not everybody may read a secret."""
    if open_to_all(resource.get("policy")):
        yield Fault("Allow for Principal *", "principals by name, or a condition")


@of_graph(
    t.SECRET,
    t.SECRET_ROTATION,
    controls=("SecretsManager.1", "SecretsManager.4", "CKV2_AWS_57", "CKV_AWS_304"),
    severity=Severity.MEDIUM,
    fix="aws.secretsmanager.SecretRotation(rotation_lambda_arn=...), or an exception where nothing can rotate it",
)
def secret_rotates(resource: Resource, graph: Graph) -> Iterator[Fault]:
    """A secret is changed every 90 days at the latest."""
    if resource.type == t.SECRET:
        if not graph.referrers(resource, "secretId", t.SECRET_ROTATION):
            yield Fault("no rotation", f"a SecretRotation within {_LONGEST_ROTATION} days")
        return
    days = resource.get("rotationRules.automaticallyAfterDays")
    if days is not None and days is not UNKNOWN and int(days) > _LONGEST_ROTATION:
        yield Fault(shown("automaticallyAfterDays", int(days)), f"automaticallyAfterDays: {_LONGEST_ROTATION} or less")
