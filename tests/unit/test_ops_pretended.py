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


@pytest.mark.parametrize("account", [None, "222222222222"])
def test_a_repository_that_others_made_has_images(account):
    aws = Pretended(region="cn-north-1")
    found = aws.answer("aws:ecr/getRepository:getRepository", {"name": "team/app", "registryId": account})
    owner = account or "123456789012"
    assert found == {
        "name": "team/app",
        "registryId": owner,
        "arn": f"arn:aws-cn:ecr:cn-north-1:{owner}:repository/team/app",
        "repositoryUrl": f"{owner}.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app",
    }
    image = aws.answer("aws:ecr/getImage:getImage", {"repositoryName": "team/app", "imageTag": "v3"})
    assert image["imageDigest"].startswith("sha256:")


@pytest.mark.parametrize(
    ("function", "name", "arn"),
    [
        (
            "aws:secretsmanager/getSecret:getSecret",
            "prod/database",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/database-AbCdEf",
        ),
        ("aws:ssm/getParameter:getParameter", "/app/token", "arn:aws:ssm:eu-west-1:123456789012:parameter/app/token"),
        ("aws:ssm/getParameter:getParameter", "token", "arn:aws:ssm:eu-west-1:123456789012:parameter/token"),
    ],
)
def test_secrets_and_parameters_are_where_policies_look_for_them(function, name, arn):
    assert Pretended(region="eu-west-1").answer(function, {"name": name})["arn"] == arn
