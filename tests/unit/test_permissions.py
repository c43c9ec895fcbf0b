"""What the roles of delivery may do: that the policies are ones of IAM's, leave nothing out, and where they end."""

import json
import re
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from ministack.core.iam_evaluator import (
    EvalContext,
    evaluate,
    parse_policy_document,
    validate_policy_document,
)

from bootstrap.names import Names
from bootstrap.permissions import TABLES, boundary, build, deploy, preview, table
from bootstrap.permissions.app import USE, USE_OWN, full
from bootstrap.permissions.grant import MANAGED_POLICY, Where
from bootstrap.permissions.images import PUSH_BUILDS, REGISTRY
from components import DeliveryPipeline, iam, schedule_iam
from components.secret import Source
from localcloud.providers.aws import FUNCTIONS, RESOURCES

from .test_contract import CHILDREN

NAMES = Names(project="fargate", account="123456789012", region="ap-northeast-1")
LONG = Names(project="a-project-of-twenty", account="123456789012", region="ap-southeast-2")
GRANTS = [grant for grants in (*TABLES.values(), REGISTRY, PUSH_BUILDS) for grant in grants]
ATTACHED = 10
"""Managed policies that a role may have (IAM User Guide, "IAM and AWS STS quotas")."""

SERVICES = {"elasticloadbalancing": "elbv2", "elasticfilesystem": "efs"}
"""boto3's names, where IAM has another."""
PERMISSIONS = {
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    **{f"budgets:{call}Budget": "budgets:ModifyBudget" for call in ("Create", "Delete", "Update")},
    **{f"budgets:Describe{of}": "budgets:ViewBudget" for of in ("Budget", "NotificationsForBudget")},
}
"""Calls whose permission has another name (Service Authorization Reference, "Amazon S3", "AWS Budget Service")."""
NO_CALLS = {
    "billing:GetBillingViewData",
    "ecr:BatchImportUpstreamImage",
    "elasticloadbalancing:CreateWebACLAssociation",
    "elasticloadbalancing:DeleteWebACLAssociation",
    "elasticloadbalancing:GetLoadBalancerWebACL",
    "elasticloadbalancing:SetWebAcl",
    "iam:PassRole",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "s3:DeleteObjectVersion",
    "s3:ListTagsForResource",
    "s3:TagResource",
    "s3:UntagResource",
}
"""Permissions that no call of the service's own is named after (Service Authorization Reference)."""
NEVER = {
    "ecs:DeregisterTaskDefinition": "versions stay, so that one can go back to them",
    "iam:DeleteRolePermissionsBoundary": "a role that is not bounded may do what its maker may not",
}
"""Calls of declared types that no role of delivery may make, and no stack needs."""
READS = re.compile(r"Describe|Get|List|View|FilterLogEvents|Decrypt$")


@cache
def operations(service: str) -> dict[str, str]:
    """A service's operations by boto3's names for them."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def permission(service: str, operation: str) -> str:
    """The permission that a call needs."""
    prefix = next((iam for iam, of_boto in SERVICES.items() if of_boto == service), service)
    full = f"{prefix}:{operations(service)[operation]}"
    return PERMISSIONS.get(full, full)


def allowed(documents: dict[str, Any]) -> set[str]:
    every = [one for document in documents.values() for one in document["Statement"]]
    statements = [one for one in every if one["Effect"] == "Allow"]
    return {
        action
        for one in statements
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }


@pytest.mark.parametrize("names", [NAMES, LONG], ids=["short", "long"])
def test_every_policy_is_one_of_iam_s_and_fits(names):
    environment = "an-environment-of-20"
    roles = [deploy(names, environment, registry=True), preview(names, environment), build(names)]
    assert max(len(role) for role in roles) <= ATTACHED
    for document in [one for role in roles for one in role.values()] + [boundary(names, environment)]:
        text = json.dumps(document)
        assert validate_policy_document(text) is None
        assert len(re.sub(r"\s", "", text)) <= MANAGED_POLICY
        assert re.findall(r"\{[a-z_]+\}", text) == [], "words that are not filled in"
        sids = [one["Sid"] for one in document["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)


def test_every_action_is_a_permission_of_aws():
    named = {action for grant in GRANTS for action in grant.full_actions}
    known = set(NO_CALLS) | set(PERMISSIONS.values())
    for service in {grant.service for grant in GRANTS}:
        known |= {f"{service}:{name}" for name in operations(SERVICES.get(service, service)).values()}
    assert named - known == set()
    assert set(NO_CALLS) - named == set(), "nobody needs these any more"


def test_every_action_says_why_it_is_there():
    assert all(reason for grant in GRANTS for reason in grant.actions.values())
    assert not any("*" in action for grant in GRANTS for action in grant.actions)


def tokens() -> list[str]:
    """The types that a stack may have: what the components make, but for the pipeline, which is the account's."""
    made = {
        child.split(" ")[0] for one, children in CHILDREN.items() if one is not DeliveryPipeline for child in children
    }
    return sorted(token for token in RESOURCES if token.removeprefix("aws:").rpartition(":")[0] in made)


@pytest.mark.parametrize("token", tokens())
def test_a_type_can_be_made_read_changed_and_removed(token):
    resource = RESOURCES[token]
    reads = [resource.read.call, *(more.call for more in resource.more)]
    tagging = [resource.tags.add, resource.tags.remove] if resource.tags else []
    writes = [resource.create, *resource.updates, *resource.removals.values(), *tagging]
    writes += [resource.delete] if resource.delete else []
    needed = {permission(resource.service, one.operation) for one in (*reads, *writes)} - set(NEVER)
    assert needed - allowed(deploy(NAMES, "dev", registry=True)) == set()
    looks = {permission(resource.service, one.operation) for one in reads}
    assert looks - allowed(preview(NAMES, "dev")) == set()


def test_the_types_are_found():
    assert len(tokens()) > 60


@pytest.mark.parametrize("token", sorted(FUNCTIONS))
def test_a_look_up_can_be_made_by_both(token):
    function = FUNCTIONS[token]
    calls = [function.call, *(more.call for more in function.more)]
    needed = {permission(function.service, one.operation) for one in calls} - {"sts:GetCallerIdentity"}
    assert needed - allowed(preview(NAMES, "dev")) == set()
    assert needed - allowed(deploy(NAMES, "dev")) == set()


def test_the_preview_role_only_reads():
    assert [action for action in allowed(preview(NAMES, "dev")) if not READS.match(action.partition(":")[2])] == []


def test_building_takes_the_repository_of_builds_alone():
    assert {action.partition(":")[0] for action in allowed(build(NAMES))} == {"ecr"}
    (push,) = (one for one in build(NAMES)["push"]["Statement"] if "ecr:PutImage" in one["Action"])
    assert push["Resource"] == "arn:aws:ecr:ap-northeast-1:123456789012:repository/fargate-builds"


NOT_NARROWED = {
    "logs:CreateLogDelivery": "takes no resource",
    "logs:DeleteLogDelivery": "takes no resource",
    "logs:DescribeResourcePolicies": "takes no resource",
    "logs:PutResourcePolicy": "takes no resource",
    "ecr:GetAuthorizationToken": "takes no resource",
    "sns:SetSubscriptionAttributes": "takes no resource",
    "sns:Unsubscribe": "takes no resource",
}
"""What AWS lets nobody bind to a resource or its tags (Service Authorization Reference)."""


def test_what_changes_something_is_bound_to_the_stack_by_its_tags_or_names():
    writes = [grant for grant in GRANTS if not grant.previews and grant.on == ("*",)]
    anywhere = {
        action for grant in writes if grant.where not in (Where.NEW, Where.OWN) for action in grant.full_actions
    }
    assert anywhere == set(NOT_NARROWED)


ROLE, ACCOUNT = "arn:aws:iam::123456789012:role", "123456789012"
STATE = "arn:aws:s3:::fargate-state-123456789012-ap-northeast-1"
BUILDS = NAMES.builds_repository_arn
OF_STATE = {"kms:ResourceAliases": ["alias/fargate-state"]}
ZONE = "arn:aws:route53:::hostedzone/Z1"
BALANCER = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/app/it/1"
WEB_ACL = "arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/it/1"
INTERFACE = "arn:aws:ec2:ap-northeast-1:123456789012:network-interface/eni-1"
VPC = "arn:aws:ec2:ap-northeast-1:123456789012:vpc/vpc-1"
SECRET = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:it-AbCdEf"
BOUNDARY = "arn:aws:iam::123456789012:policy/fargate-delivery/fargate-boundary-{}"
KEY = "arn:aws:kms:ap-northeast-1:123456789012:key/1"


def tagged(environment: str, project: str = "fargate", of: str = "Resource") -> dict[str, str]:
    return {f"aws:{of}Tag/project": project, f"aws:{of}Tag/environment": environment}


def may(documents: list[dict[str, Any]], action: str, resource: str, region: str = NAMES.region, **keys: Any) -> bool:
    context = EvalContext(
        principal_arn="arn:aws:sts::123456789012:assumed-role/it/it",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource,
        region=region,
        service_context={name.lower(): value for name, value in keys.items()},
    )
    return evaluate(context, [parse_policy_document(one) for one in documents]).decision == "Allow"


BOUND = {"iam:PermissionsBoundary": BOUNDARY.format("dev")}
DECISIONS = [
    # what a deploy role of dev may, and what it may not
    (True, "ec2:CreateVpc", VPC, tagged("dev", of="Request")),
    (False, "ec2:CreateVpc", VPC, tagged("prod", of="Request")),
    (True, "ec2:DeleteVpc", VPC, tagged("dev")),
    (False, "ec2:DeleteVpc", VPC, tagged("prod")),
    (False, "ec2:DeleteVpc", VPC, tagged("dev", "other")),
    (False, "ec2:DeleteVpc", VPC, {}),
    (True, "ec2:CreateTags", VPC, {"ec2:CreateAction": "CreateVpc", **tagged("dev", of="Request")}),
    (False, "ec2:CreateTags", VPC, tagged("dev", of="Request")),
    (False, "ec2:CreateTags", VPC, {**tagged("prod"), **tagged("dev", of="Request")}),
    (True, "ec2:CreateTags", VPC, {**tagged("dev"), "aws:RequestTag/Name": "web"}),
    (False, "ec2:CreateTags", VPC, {**tagged("dev"), **tagged("prod", of="Request")}),
    (True, "ec2:CreateTags", VPC.replace("vpc/vpc", "security-group/sg"), tagged("dev", of="Request")),
    (
        False,
        "ec2:CreateTags",
        VPC.replace("vpc/vpc", "security-group/sg"),
        {**tagged("prod"), **tagged("dev", of="Request")},
    ),
    (True, "iam:CreateRole", f"{ROLE}/fargate/dev/web", BOUND),
    (False, "iam:CreateRole", f"{ROLE}/fargate/dev/web", {}),
    (False, "iam:CreateRole", f"{ROLE}/fargate/dev/web", {"iam:PermissionsBoundary": BOUNDARY.format("prod")}),
    (False, "iam:CreateRole", f"{ROLE}/fargate/prod/web", BOUND),
    (False, "iam:CreateRole", f"{ROLE}/web", BOUND),
    (False, "iam:PutRolePolicy", f"{ROLE}/fargate-delivery/fargate-deploy-dev", BOUND),
    (False, "iam:AttachRolePolicy", f"{ROLE}/fargate/dev/web", BOUND),
    (False, "iam:DeleteRolePermissionsBoundary", f"{ROLE}/fargate/dev/web", BOUND),
    (False, "iam:CreatePolicyVersion", BOUNDARY.format("dev"), {}),
    (True, "iam:PassRole", f"{ROLE}/fargate/dev/web", {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    (False, "iam:PassRole", f"{ROLE}/fargate/dev/web", {"iam:PassedToService": "lambda.amazonaws.com"}),
    (
        False,
        "iam:PassRole",
        f"{ROLE}/fargate-delivery/fargate-deploy-dev",
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    ),
    (True, "s3:PutObject", f"{STATE}/.pulumi/stacks/fargate/dev.json", {}),
    (True, "s3:PutObject", f"{STATE}/.pulumi/stacks/fargate/dev.json.bak", {}),
    (False, "s3:GetObject", f"{STATE}/.pulumi/stacks/fargate/prod.json", {}),
    (False, "s3:GetObject", f"{STATE}/.pulumi/stacks/fargate/dev2.json", {}),
    (False, "s3:GetObject", f"{STATE}/.pulumi/history/fargate/dev2/1.json", {}),
    (False, "s3:PutObject", f"{STATE}/.pulumi/meta.yaml", {}),
    (False, "s3:DeleteBucket", STATE, {}),
    (True, "kms:Decrypt", KEY, OF_STATE | tagged("delivery")),
    (True, "kms:Encrypt", KEY, OF_STATE | tagged("delivery")),
    (False, "kms:Decrypt", KEY, {"kms:ResourceAliases": ["alias/other"]}),
    (False, "kms:ScheduleKeyDeletion", KEY, OF_STATE),
    # the key of the state and the repository of builds, with the tags that they have, without any, and with dev's
    (False, "kms:TagResource", KEY, OF_STATE | tagged("delivery") | tagged("dev", of="Request")),
    (False, "kms:TagResource", KEY, OF_STATE | tagged("dev", of="Request")),
    (False, "kms:EnableKeyRotation", KEY, OF_STATE),
    (False, "kms:CreateAlias", KEY, OF_STATE),
    *((False, f"kms:{one}", KEY, OF_STATE | tagged("dev")) for one in ("PutKeyPolicy", "ScheduleKeyDeletion")),
    (False, "kms:DeleteAlias", "arn:aws:kms:ap-northeast-1:123456789012:alias/fargate-state", {}),
    (False, "ecr:TagResource", BUILDS, tagged("delivery") | tagged("dev", of="Request")),
    (False, "ecr:TagResource", BUILDS, tagged("dev", of="Request")),
    *(
        (False, f"ecr:{one}", BUILDS, tagged("dev"))
        for one in ("PutImage", "BatchDeleteImage", "SetRepositoryPolicy", "PutImageTagMutability", "DeleteRepository")
    ),
    (True, "ecr:PutImage", BUILDS.replace("fargate-builds", "web-1"), tagged("dev")),
    # a new key has no tags yet, and others' have none
    (True, "kms:TagResource", KEY, tagged("dev", of="Request")),
    (True, "kms:EnableKeyRotation", KEY, {}),
    (True, "kms:CreateAlias", KEY, {}),
    (False, "kms:CreateAlias", "arn:aws:kms:ap-northeast-1:123456789012:alias/other", {}),
    (False, "kms:EnableKeyRotation", KEY, tagged("prod")),
    (False, "kms:PutKeyPolicy", KEY, {}),
    # what exists, and has no tags
    *(
        (yes, f"ec2:{one}", VPC, tags)
        for one in ("CreateRoute", "AssociateRouteTable", "AttachInternetGateway", "AssociateVpcCidrBlock")
        for yes, tags in ((True, tagged("dev")), (False, {}))
    ),
    (False, "ec2:ModifyVpcEndpoint", VPC.replace("vpc/vpc", "vpc-endpoint/vpce"), {}),
    (True, "ec2:AuthorizeSecurityGroupIngress", VPC.replace("vpc/vpc", "security-group/sg"), tagged("dev")),
    (False, "ec2:AuthorizeSecurityGroupIngress", VPC.replace("vpc/vpc", "security-group/sg"), {}),
    (True, "ec2:AuthorizeSecurityGroupIngress", VPC.replace("vpc/vpc", "security-group-rule/sgr"), {}),
    (True, "elasticloadbalancing:CreateListener", BALANCER, tagged("dev") | tagged("dev", of="Request")),
    (False, "elasticloadbalancing:CreateListener", BALANCER, tagged("dev", of="Request")),
    (False, "elasticloadbalancing:CreateRule", BALANCER, tagged("dev", of="Request")),
    (True, "wafv2:UpdateWebACL", WEB_ACL, tagged("dev")),
    (False, "wafv2:UpdateWebACL", WEB_ACL, {}),
    (True, "wafv2:UpdateWebACL", WEB_ACL.replace("webacl", "managedruleset"), {}),
    (True, "ec2:CreateNetworkInterface", INTERFACE, {}),
    (False, "ec2:ModifyNetworkInterfaceAttribute", INTERFACE, {}),
    (True, "ec2:ModifyNetworkInterfaceAttribute", INTERFACE, {"aws:ViaAWSService": "true"}),
    (False, "ec2:DeleteNetworkInterface", INTERFACE, {}),
    (True, "ec2:GetManagedPrefixListEntries", "*", {}),
    (False, "route53:ChangeResourceRecordSets", ZONE, {"route53:ChangeResourceRecordSetsRecordTypes": ["MX"]}),
    (False, "route53:ChangeResourceRecordSets", ZONE, {"route53:ChangeResourceRecordSetsRecordTypes": ["A", "TXT"]}),
    (False, "ecr:PutReplicationConfiguration", "*", {}),
    (False, "ecr:CreatePullThroughCacheRule", "*", {}),
    (True, "secretsmanager:GetSecretValue", SECRET, tagged("dev")),
    (False, "secretsmanager:GetSecretValue", SECRET, tagged("prod")),
    (False, "secretsmanager:GetSecretValue", SECRET, {}),
    (
        False,
        "ecr:PutImage",
        "arn:aws:ecr:ap-northeast-1:123456789012:repository/fargate-builds",
        {"aws:ResourceTag/project": "fargate"},
    ),
    (True, "ecr:BatchGetImage", "arn:aws:ecr:ap-northeast-1:123456789012:repository/fargate-builds", {}),
    (False, "sts:AssumeRole", f"{ROLE}/fargate-delivery/fargate-deploy-prod", {}),
]


@pytest.mark.parametrize(("yes", "action", "resource", "keys"), DECISIONS, ids=lambda value: str(value)[:60])
def test_where_the_deploy_role_of_dev_ends(yes, action, resource, keys):
    documents = [*deploy(NAMES, "dev").values()]
    assert may(documents, action, resource, **keys) is yes
    assert yes is False or action.startswith("iam:") or not may(documents, action, resource, "eu-west-1", **keys)


def test_records_of_addresses_are_changed_wherever_the_zone_is():
    documents = [*deploy(NAMES, "dev").values()]
    types = {"route53:ChangeResourceRecordSetsRecordTypes": ["A", "CNAME"]}
    assert may(documents, "route53:ChangeResourceRecordSets", ZONE, "us-east-1", **types)


def test_one_environment_alone_sets_the_rules_of_the_registry():
    use = "ecr:PutReplicationConfiguration"
    assert may([*deploy(NAMES, "prod", registry=True).values()], use, "*")
    assert use not in allowed(preview(NAMES, "prod"))


PREVIEWED = [
    (True, "secretsmanager:GetSecretValue", SECRET, tagged("dev")),
    (True, "kms:Decrypt", KEY, tagged("dev") | {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com"}),
    (False, "kms:Decrypt", KEY, tagged("dev")),
    (False, "kms:Decrypt", KEY, {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com"}),
    (False, "kms:Encrypt", KEY, OF_STATE),
    (True, "ec2:GetManagedPrefixListEntries", "*", {}),
    (True, "billing:GetBillingViewData", "arn:aws:billing::123456789012:billingview/primary", {}),
]


@pytest.mark.parametrize(("yes", "action", "resource", "keys"), PREVIEWED, ids=lambda value: str(value)[:60])
def test_where_the_preview_role_of_dev_ends(yes, action, resource, keys):
    assert may([*preview(NAMES, "dev").values()], action, resource, **keys) is yes


PARAMETER = "arn:aws:ssm:ap-northeast-1:123456789012:parameter"
CLOSED = (
    *(
        "batch:SubmitJob",
        "codebuild:StartBuild",
        "eks:CreateAccessEntry",
        "guardduty:DeleteDetector",
        "kms:CreateGrant",
    ),
    *("identitystore:CreateUser", "kms:PutKeyPolicy", "lambda:UpdateFunctionCode", "ram:CreateResourceShare"),
    *("rolesanywhere:CreateTrustAnchor", "ssm:SendCommand", "ssm:StartSession", "states:UpdateStateMachine"),
)
"""What changes AWS's, or becomes somebody else."""
BOUNDED = [
    (True, "s3:GetObject", "arn:aws:s3:::shelf/book", {}),
    (True, "dynamodb:PutItem", "*", {}),
    (True, "logs:PutLogEvents", "*", tagged("dev")),
    (True, "secretsmanager:GetSecretValue", SECRET, tagged("dev")),
    (False, "secretsmanager:GetSecretValue", SECRET, tagged("prod")),
    (False, "secretsmanager:GetSecretValue", SECRET, tagged("dev", "other")),
    (False, "secretsmanager:GetSecretValue", SECRET, {}),
    (False, "ssm:GetParameters", PARAMETER, {}),
    (True, "ssm:GetParameters", PARAMETER, tagged("dev")),
    (True, "ssm:GetParametersByPath", f"{PARAMETER}/fargate/dev/", {}),
    (False, "ssm:GetParametersByPath", f"{PARAMETER}/fargate/prod/", {}),
    (False, "dynamodb:GetItem", "*", {"aws:ResourceTag/project": "other"}),
    (True, "dynamodb:GetItem", "*", {"aws:ResourceTag/project": "fargate"}),
    *((False, one, "*", {}) for one in CLOSED),
    (False, "iam:CreateRole", f"{ROLE}/fargate/dev/web", BOUND),
    (False, "iam:PutRolePolicy", f"{ROLE}/fargate/dev/web", {}),
    (True, "iam:PassRole", f"{ROLE}/fargate/dev/web", {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    (False, "iam:PassRole", f"{ROLE}/fargate/prod/web", {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    (True, "sts:AssumeRole", "arn:aws:iam::210987654321:role/reports", {}),
    (False, "sts:AssumeRole", f"{ROLE}/fargate-delivery/fargate-deploy-dev", {}),
    (False, "sts:AssumeRole", f"{ROLE}/fargate/prod/web", {}),
    (False, "sts:AssumeRole", f"{ROLE}/cdk-deploy-role", {}),
    (False, "s3:GetObject", f"{STATE}/.pulumi/stacks/fargate/dev.json", {}),
    (False, "s3:GetObject", f"{STATE.replace('fargate', 'other')}/.pulumi/stacks/other/dev.json", {}),
    (False, "s3:PutBucketPolicy", "arn:aws:s3:::shelf", {}),
    (False, "kms:Decrypt", KEY, {"kms:ResourceAliases": ["alias/fargate-state"]}),
    (True, "kms:Decrypt", KEY, {"kms:ResourceAliases": ["alias/fargate-dev-key"]}),
    (False, "ec2:DeleteVpc", VPC, tagged("dev")),
    (False, "ecs:UpdateService", "*", tagged("dev")),
    (False, "organizations:ListAccounts", "*", {}),
    (False, "account:CloseAccount", "*", {}),
    *((False, f"ecr:{one}", BUILDS, tagged("dev")) for one in ("PutImage", "SetRepositoryPolicy", "TagResource")),
    (False, "ecr:CreateRepository", BUILDS, {}),
    (True, "ecr:BatchGetImage", BUILDS, {}),
    (True, "ecr:BatchGetImage", "*", {}),
    (True, "ecs:RunTask", "*", tagged("dev")),
    (True, "ecs:TagResource", "*", {"ecs:CreateAction": "RunTask"}),
    (False, "ecs:TagResource", "*", {}),
    (True, "elasticloadbalancing:ModifyRule", "*", tagged("dev")),
    (False, "elasticloadbalancing:ModifyRule", "*", {}),
    (False, "elasticloadbalancing:DeleteLoadBalancer", "*", tagged("dev")),
]


@pytest.mark.parametrize(("yes", "action", "resource", "keys"), BOUNDED, ids=lambda value: str(value)[:60])
def test_where_the_roles_of_dev_end_whatever_they_are_given(yes, action, resource, keys):
    assert may([boundary(NAMES, "dev")], action, resource, **keys) is yes


def test_the_page_is_written_from_the_tables(tmp_path, monkeypatch, capsys):
    assert table.main(["--check"]) == 0
    monkeypatch.setattr(table, "DOCUMENT", tmp_path / "permissions.md")
    assert table.main(["--check"]) == 1
    assert "python -m bootstrap.permissions.table" in capsys.readouterr().err
    assert table.main([]) == 0
    assert table.main(["--check"]) == 0


CLUSTER = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/cluster-1"
LOGS = "arn:aws:logs:ap-northeast-1:123456789012:log-group:web-1"
RULE = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:listener-rule/app/it/1/2/3"
OWN_DOCUMENTS = {
    "a task's start": iam.start_task(
        log_group_arn=LOGS,
        repository_arns=["arn:aws:ecr:ap-northeast-1:123456789012:repository/web-1"],
        pull_through=True,
    ),
    "secrets": iam.read_secrets([Source(value_from=SECRET, arn=SECRET, kms_key_arn=KEY)]),
    "sessions": iam.hold_sessions(log_group_arn=LOGS, kms_key_arn=KEY),
    "telemetry": iam.send_telemetry(LOGS),
    "flow logs": iam.write_flow_logs(LOGS),
    "requests": iam.shift_requests(RULE, RULE, [RULE]),
    "a job": schedule_iam.run_task(
        cluster_arn=CLUSTER,
        task_definition_arn="arn:aws:ecs:ap-northeast-1:123456789012:task-definition/it:1",
        task_role_arns=[f"{ROLE}/fargate/dev/web"],
        dead_letters_arn="arn:aws:sqs:ap-northeast-1:123456789012:it",
        kms_key_arn=KEY,
    ),
}


APPS = [
    *("bedrock:InvokeModel", "cloudwatch:PutMetricData", "dynamodb:Query", "elasticfilesystem:ClientMount"),
    *("events:PutEvents", "kinesis:PutRecords", "kms:GenerateDataKey", "lambda:InvokeFunction", "rds-db:connect"),
    *("s3:PutObject", "servicediscovery:DiscoverInstances", "ses:SendEmail", "sns:Publish", "sqs:ReceiveMessage"),
    *("ssmmessages:OpenDataChannel", "states:StartExecution", "xray:PutTraceSegments", "logs:FilterLogEvents"),
]


@pytest.mark.parametrize("action", APPS)
def test_the_boundary_lets_an_app_use_services(action):
    assert may([boundary(NAMES, "dev")], action, "*")


def test_an_app_uses_actions_by_name():
    assert [one for one in full(USE) + full(USE_OWN) if one.endswith(":*")] == []


@pytest.mark.parametrize("of", OWN_DOCUMENTS)
def test_the_boundary_lets_the_program_s_own_roles_do_their_work(of):
    for one in json.loads(OWN_DOCUMENTS[of])["Statement"]:
        actions, resources = (it if isinstance(it, list) else [it] for it in (one["Action"], one["Resource"]))
        keys = {key: value for given in one.get("Condition", {}).values() for key, value in given.items()}
        keys |= tagged("dev")
        for action in actions:
            assert all(may([boundary(NAMES, "dev")], action, resource, **keys) for resource in resources), action
