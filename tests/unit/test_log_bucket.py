import json

import pytest

from components import LogBucket, LogBucketArgs

POLICY = "aws:s3/bucketPolicy:BucketPolicy"


def bucket(**arguments):
    return lambda: LogBucket("logs", LogBucketArgs(**arguments))


def part(cloud, kind):
    return cloud.one(f"aws:s3/bucket{kind}:Bucket{kind}").inputs


def test_a_private_bucket_that_keeps_and_forgets(deploy, cloud):
    made = deploy(bucket(retention_days=365, tags={"team": "a"}))
    assert part(cloud, "") == {"forceDestroy": False, "tags": {"Name": "logs", "team": "a"}}
    assert part(cloud, "OwnershipControls")["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    block = part(cloud, "PublicAccessBlock")
    assert [block[name] for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls")] == [True] * 3
    assert block["restrictPublicBuckets"] is True
    assert part(cloud, "Versioning")["versioningConfiguration"] == {"status": "Enabled"}
    assert part(cloud, "ServerSideEncryptionConfiguration")["rules"] == [
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    ]
    assert part(cloud, "LifecycleConfiguration")["rules"] == [
        {
            "id": "expire",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "expiration": {"days": 365},
            "noncurrentVersionExpiration": {"noncurrentDays": 7},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        }
    ]
    assert part(cloud, "Notification")["eventbridge"] is True
    assert deploy.known(made.name) == "logs-1234567"


def test_nothing_without_tls_and_logs_of_this_account_s_load_balancers_only(deploy, cloud):
    deploy(bucket())
    plain, logs = json.loads(cloud.one(POLICY).inputs["policy"])["Statement"]
    arn = "arn:aws:s3:::logs-1234567"
    assert plain == {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert logs == {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{arn}/AWSLogs/123456789012/*",
    }


@pytest.mark.parametrize("destroyed", [False, True])
def test_a_bucket_that_is_not_destroyed_stays_behind_locked_as_it_is(deploy, cloud, destroyed):
    deploy(bucket(force_destroy=destroyed))
    assert {one.retain for one in cloud.children()} == {not destroyed}


def test_days_that_are_none_are_refused():
    with pytest.raises(ValueError, match="retention_days must be from 1 to 3653, got 0"):
        LogBucketArgs(retention_days=0)


def test_a_bucket_s_name_may_be_longer_than_a_load_balancer_s(deploy, cloud):
    deploy(lambda: LogBucket("a" * 55, LogBucketArgs()))
    with pytest.raises(ValueError, match="has 56 characters, at most 55 are allowed"):
        deploy(lambda: LogBucket("a" * 56, LogBucketArgs()))
