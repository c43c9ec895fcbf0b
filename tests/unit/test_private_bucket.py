import pulumi
import pytest

from components.private_bucket import keep, lock_down

LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
OPTS = pulumi.ResourceOptions(protect=True)


@pytest.mark.parametrize("days", [30, None])
def test_what_it_keeps_ends_some_day_or_never(deploy, cloud, days):
    deploy(lambda: keep("it", "bucket", OPTS, days=days, old_versions=90))
    (rule,) = cloud.one(LIFECYCLE).inputs["rules"]
    assert rule.get("expiration") == ({"days": 30} if days else None)
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 90}
    assert cloud.one(VERSIONING).urn in cloud.one(LIFECYCLE).dependencies


@pytest.mark.parametrize("key", ["arn:key", None])
def test_it_is_encrypted_with_the_key_or_with_s3_s_own(deploy, cloud, key):
    deploy(lambda: lock_down("it", "bucket", OPTS, kms_key_arn=key))
    (rule,) = cloud.one(ENCRYPTION).inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == (
        {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:key"} if key else {"sseAlgorithm": "AES256"}
    )
    assert rule.get("bucketKeyEnabled") == (True if key else None)
    assert all(one.protect for one in cloud.resources)
