"""The AWS that is only pretended."""

import pytest

from ops.pretended import Pretended


@pytest.mark.parametrize(
    ("region", "partition", "domain"),
    [
        ("eu-west-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_a_region_is_in_its_partition(region, partition, domain):
    aws = Pretended(region=region)
    assert aws.answer("aws:index/getPartition:getPartition", {}) == {
        "partition": partition,
        "dnsSuffix": domain,
        "id": partition,
    }
    assert aws.answer("aws:index/getCallerIdentity:getCallerIdentity", {})["arn"].startswith(f"arn:{partition}:iam::")
    assert aws.answer("aws:ec2/getVpc:getVpc", {})["arn"].startswith(f"arn:{partition}:ec2:")
    assert aws.answer("aws:x/getX:getX", {})["arn"].startswith(f"arn:{partition}:")
    _, bucket = aws.resource("aws:s3/bucket:Bucket", "logs", {})
    assert bucket["arn"].startswith(f"arn:{partition}:s3:::")
    assert bucket["bucketDomainName"].endswith(f".s3.{domain}")
    _, other = aws.resource("aws:x/thing:Thing", "one", {})
    assert other["arn"].startswith(f"arn:{partition}:x:{region}:")


def test_a_region_has_as_many_zones_as_a_stack_may_ask_for():
    found = Pretended(region="eu-west-1").answer("aws:index/getAvailabilityZones:getAvailabilityZones", {})
    assert found["names"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c", "eu-west-1d"]
