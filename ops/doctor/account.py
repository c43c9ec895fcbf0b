"""The account: whose it is, whether the region is open in it, and the roles that services of AWS take themselves."""

from collections.abc import Iterator

from ops.doctor.surroundings import Surroundings, there, why
from ops.doctor.verdict import Verdict, missing, ok
from policies import tokens as t

ACCOUNT, REGION, ROLES = "AWS account", "region", "service-linked roles"
ECS = "AWSServiceRoleForECS"
_BY_THEMSELVES = {
    t.BALANCER: "AWSServiceRoleForElasticLoadBalancing",
    t.SCALABLE_TARGET: "AWSServiceRoleForApplicationAutoScaling_ECSService",
}
"""Roles that the first resource of a type makes, where its maker may iam:CreateServiceLinkedRole."""


def account(around: Surroundings) -> Iterator[Verdict]:
    """Credentials that AWS knows, of an account that the stack's file names."""
    try:
        number = around.account
    except Exception as error:
        if _is_unreached(error):
            raise
        problem, _, mend = why(error).rpartition(". ")
        yield missing(ACCOUNT, problem, mend)
        return
    allowed = around.file.allowed_accounts
    if around.is_local:
        yield ok(ACCOUNT, f"none: this shell means the local cloud at {around.endpoint}")
    elif not allowed:
        mend = f'aws:allowedAccountIds: ["{number}"] in Pulumi.{around.stack}.yaml: then no other can be meant'
        yield ok(ACCOUNT, f"{number}, but the stack's file names none", mend)
    elif number not in allowed:
        mend = f"use credentials of {' or '.join(allowed)}, or name {number} there"
        yield missing(ACCOUNT, f"{number}, which aws:allowedAccountIds does not name", mend)
    else:
        yield ok(ACCOUNT, f"{number}, which the stack's file names")


def region(around: Surroundings) -> Iterator[Verdict]:
    """A region that the account has switched on (AWS Account Management, "Enable or disable AWS Regions")."""
    ec2 = around.client("ec2", around.home)
    asked = {"RegionNames": [around.region], "AllRegions": True}
    found = there(lambda: ec2.describe_regions(**asked)["Regions"], "InvalidParameterValue")
    status = found[0].get("OptInStatus", "opt-in-not-required") if found else None
    if status is None:
        yield missing(REGION, f"there is no region {around.region}", "aws:region: a name of aws ec2 describe-regions")
    elif status == "not-opted-in":
        mend = f"aws account enable-region --region-name {around.region}, which takes some minutes"
        yield missing(REGION, f"{around.region} is not enabled for this account", mend)
    else:
        yield ok(REGION, around.region)


def roles(around: Surroundings) -> Iterator[Verdict]:
    """ECS's role, which its first cluster makes too late for what comes right after it; and others as needed.

    Source: Amazon ECS Developer Guide, "Using service-linked roles for Amazon ECS".
    """
    if _has(around, ECS):
        yield ok(ROLES, ECS)
    else:
        mend = "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"
        yield missing(ROLES, f"no {ECS}: the first cluster of an account can fail without it", mend)
    types = {one.type for one in around.program.made} if around.program else set[str]()
    for kind, name in _BY_THEMSELVES.items():
        if kind in types and not _has(around, name):
            yield ok(ROLES, f"no {name} yet: AWS makes it with the first, for who may iam:CreateServiceLinkedRole")


def _is_unreached(error: Exception) -> bool:
    """Whether nobody answered, rather than said no."""
    from botocore import exceptions as of  # it is loaded already, as AWS was asked

    return isinstance(error, (of.ConnectionError, of.HTTPClientError))


def _has(around: Surroundings, name: str) -> bool:
    iam = around.client("iam", around.home)
    return there(lambda: iam.get_role(RoleName=name)) is not None
