"""IAM roles and policies."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from policies import tokens as t
from policies.documents import Statement, covers, is_anything, statements
from policies.graph import Resource, account_of, as_list, at, texts
from policies.rule import Fault, Severity, of_resource

WITHOUT_RESOURCE = {
    "acm:ListCertificates": "lists the account's certificates",
    "application-autoscaling:Describe*": "takes no resource",
    "cloudwatch:DescribeAlarms*": "takes no resource when it lists",
    "cloudwatch:GetMetricData": "takes no resource",
    "cloudwatch:ListMetrics": "takes no resource",
    "cloudwatch:PutMetricData": "takes no resource; a condition on cloudwatch:namespace narrows it",
    "ec2:Describe*": "takes no resource",
    "ecr:GetAuthorizationToken": "is for the registry as a whole",
    "ecs:DeregisterTaskDefinition": "takes no resource",
    "ecs:DescribeTaskDefinition": "takes no resource",
    "ecs:ListClusters": "takes no resource",
    "ecs:ListTaskDefinition*": "takes no resource",
    "elasticloadbalancing:Describe*": "takes no resource",
    "logs:CreateLogDelivery": "takes no resource",
    "logs:DeleteLogDelivery": "takes no resource",
    "logs:DescribeLogGroups": "lists the region's log groups",
    "logs:DescribeResourcePolicies": "takes no resource",
    "logs:GetLogDelivery": "takes no resource",
    "logs:ListLogDeliveries": "takes no resource",
    "logs:PutResourcePolicy": "takes no resource",
    "logs:UpdateLogDelivery": "takes no resource",
    "route53:ListHostedZones*": "lists the account's zones",
    "ssmmessages:CreateControlChannel": "takes no resource; ECS Exec needs it",
    "ssmmessages:CreateDataChannel": "takes no resource; ECS Exec needs it",
    "ssmmessages:OpenControlChannel": "takes no resource; ECS Exec needs it",
    "ssmmessages:OpenDataChannel": "takes no resource; ECS Exec needs it",
    "sts:GetCallerIdentity": "takes no resource",
    "xray:GetSamplingRules": "takes no resource",
    "xray:GetSamplingStatisticSummaries": "takes no resource",
    "xray:GetSamplingTargets": "takes no resource",
    "xray:PutTelemetryRecords": "takes no resource",
    "xray:PutTraceSegments": "takes no resource",
}
"""The only actions that a policy may allow on every resource, each with its reason: AWS lets nobody narrow them
(Service Authorization Reference, each service's table of actions)."""

_DOCUMENTS = (t.ROLE, t.ROLE_POLICY, t.POLICY, t.USER_POLICY, t.GROUP_POLICY)
_ATTACHMENTS = (
    *(t.ROLE, t.POLICY_ATTACHMENT),
    *(t.ROLE_POLICY_ATTACHMENT, t.USER_POLICY_ATTACHMENT, t.GROUP_POLICY_ATTACHMENT),
    *(t.ROLE_POLICY_ATTACHMENTS, t.USER_POLICY_ATTACHMENTS, t.GROUP_POLICY_ATTACHMENTS),
)
_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
_GITHUB = "token.actions.githubusercontent.com"
_ONE_PLACE = re.compile(r"repo:[^/:*?]+/[^/:*?]+:[^*?]+")
"""`repo:ORG/REPO:environment:prod`, where GitHub may add ids as in `repo:ORG@1/REPO@2:...`."""
_CLAIMED = ("stringequals", "stringlike")
_CONFUSABLE = (
    "ecs-tasks.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
    "codebuild.amazonaws.com",
    "codepipeline.amazonaws.com",
    "events.amazonaws.com",
    "scheduler.amazonaws.com",
)
"""Services that say for which account they take a role (IAM User Guide, "The confused deputy problem", and each
service's own guide)."""
_SOURCES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid")
_NAMED = ("aws:principalarn", "sts:externalid")
"""Condition keys that say who of an account, or on whose behalf, takes a role."""


@of_resource(
    *_DOCUMENTS,
    controls=("IAM.1", "CKV_AWS_1", "CKV_AWS_49", "CKV_AWS_62", "CKV_AWS_63", "CKV2_AWS_40"),
    severity=Severity.CRITICAL,
    fix="name the actions and resources in the policy",
)
def iam_not_everything(resource: Resource) -> Iterator[Fault]:
    """No policy allows every action, on whatever it be, or all of IAM on everything."""
    for statement in _allowed(resource):
        wide = [one for one in statement.resources if _is_wide(one)]
        every = [
            one for one in statement.actions if covers(one, "iam:any", "ecs:any") or (wide and covers(one, "iam:any"))
        ]
        if every:
            on = ", ".join(wide or statement.resources)
            yield Fault(f"Allow {', '.join(every)} on {on}", "actions and resources by name")


@of_resource(
    *_DOCUMENTS,
    controls=("IAM.21",),
    severity=Severity.LOW,
    fix="name the actions that are used",
)
def iam_actions_named(resource: Resource) -> Iterator[Fault]:
    """No policy allows every action of a service."""
    for statement in _allowed(resource):
        wild = [one for one in statement.actions if not one.rpartition(":")[2].strip("*?")]
        if wild:
            yield Fault(f"Allow {', '.join(wild)}", "actions by name")


@of_resource(
    *_DOCUMENTS,
    controls=(
        *("CKV_AWS_355", "CKV_AWS_356", "CKV_AWS_286", "CKV_AWS_287", "CKV_AWS_288", "CKV_AWS_289", "CKV_AWS_290"),
        *("CKV_AWS_107", "CKV_AWS_108", "CKV_AWS_109", "CKV_AWS_110", "CKV_AWS_111"),
    ),
    severity=Severity.HIGH,
    fix="name the resources; what AWS lets nobody narrow is listed in policies/rules/iam.py",
)
def iam_resources_named(resource: Resource) -> Iterator[Fault]:
    """An action that can be narrowed to a resource is."""
    for statement in _allowed(resource):
        narrowable = [one for one in statement.actions if not _takes_no_resource(one)]
        wide = [one for one in statement.resources if _is_wide(one)]
        if narrowable and wide:
            yield Fault(f"Allow {', '.join(narrowable)} on {', '.join(wide)}", "the ARNs that they are for")


@of_resource(
    *_DOCUMENTS,
    controls=("KMS.1", "KMS.2"),
    severity=Severity.MEDIUM,
    fix="Resource: the key's ARN",
)
def iam_decrypts_with_named_keys(resource: Resource) -> Iterator[Fault]:
    """No policy allows decryption with every key."""
    for statement in _allowed(resource):
        decrypting = [
            one for one in statement.actions if covers(one, "kms:Decrypt") or covers(one, "kms:ReEncryptFrom")
        ]
        every = [one for one in statement.resources if _names_nothing(one)]
        if decrypting and every:
            yield Fault(f"Allow {', '.join(decrypting)} on {', '.join(every)}", "the ARNs of keys")


@of_resource(
    *_ATTACHMENTS,
    controls=("CKV_AWS_274", "CKV_AWS_275", "CKV2_AWS_56"),
    severity=Severity.CRITICAL,
    fix="attach a policy that names actions and resources",
)
def iam_no_administrators(resource: Resource) -> Iterator[Fault]:
    """Nothing has an administrator's policy of AWS's."""
    for arn in texts([resource.get(path) for path in ("policyArn", "policyArns", "managedPolicyArns")]):
        if arn.rpartition("/")[2] in _ADMINISTRATORS:
            yield Fault(arn, "a policy of the stack's own")


@of_resource(
    t.ROLE,
    controls=("CKV_AWS_60", "CKV_AWS_61"),
    severity=Severity.CRITICAL,
    fix="Principal: the service, or the ARN of the role, that takes it",
)
def role_trust_named(role: Resource) -> Iterator[Fault]:
    """A role says who takes it: neither everybody, nor everybody in an account."""
    for statement in _trusts(role):
        for kind, name in statement.principals:
            whole_account = kind == "AWS" and (name.endswith(":root") or name.isdigit())
            if is_anything(name) or (whole_account and not _says_who(statement)):
                yield Fault(f"trust in {name}", "a service or a role by name")


@of_resource(
    t.ROLE,
    controls=("CKV_AWS_61",),
    severity=Severity.MEDIUM,
    fix="Condition: StringEquals aws:SourceAccount, or ArnLike aws:SourceArn, in assume_role_policy",
    source='Amazon ECS Developer Guide, "Amazon ECS task IAM role": the trust for one account',
)
def role_trust_for_this_account(role: Resource) -> Iterator[Fault]:
    """A service takes a role for this account's resources alone, not on behalf of a stranger's."""
    for statement in _trusts(role):
        services = [name for kind, name in statement.principals if kind == "Service" and name in _CONFUSABLE]
        if services and not statement.narrowed(_SOURCES):
            yield Fault(f"trust in {', '.join(services)} for any account", "a condition on aws:SourceAccount")


@of_resource(
    t.ROLE,
    controls=("CKV_AWS_358", "CKV_AWS_393"),
    severity=Severity.CRITICAL,
    fix="Condition: StringEquals for :aud sts.amazonaws.com and for :sub the repository's environment or branch",
    source='GitHub Docs, "Configuring OpenID Connect in Amazon Web Services"',
)
def role_trust_in_one_repository(role: Resource) -> Iterator[Fault]:
    """A role that GitHub Actions takes is for one repository, and for one branch or environment of it."""
    for statement in _trusts(role):
        for provider in _github_providers(statement):
            audience = _claims(statement, f"{provider}:aud")
            subjects = _claims(statement, f"{provider}:sub")
            if [one for how, one in audience if how.lower() in _CLAIMED] != ["sts.amazonaws.com"]:
                yield Fault(f"aud: {_told(audience)}", "aud: StringEquals sts.amazonaws.com")
            loose = [one for one in subjects if not _is_one_place(*one)]
            if loose or not subjects:
                yield Fault(f"sub: {_told(loose)}", "sub: StringEquals repo:ORG/REPO:environment:NAME")


def _allowed(resource: Resource) -> list[Statement]:
    inline = [at(one, "policy") for one in as_list(resource.get("inlinePolicies"))]
    return [one for value in (resource.get("policy"), *inline) for one in statements(value) if one.allows]


def _trusts(role: Resource) -> list[Statement]:
    return [one for one in statements(role.get("assumeRolePolicy")) if one.allows]


def _takes_no_resource(action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in WITHOUT_RESOURCE)


def _names_nothing(arn: str) -> bool:
    """Whether an ARN is of every resource of a kind: `*`, `arn:*`, `...:role/*`, `...:secret:*`, `arn:aws:s3:::*`."""
    _, _, service, _, _, name = [*arn.split(":", 5), *[""] * 6][:6]
    kind, separator, rest = name.replace("/", ":", 1).partition(":")
    own = rest if separator and service != "s3" else kind + rest
    return "*" in arn and not own.strip("*?/:")


def _is_wide(arn: str) -> bool:
    """Whether an ARN is of every resource of a kind in whatever account, or in this one where there is no other."""
    return _names_nothing(arn) and (":iam:" in arn or not account_of(arn).strip("*?"))


def _says_who(statement: Statement) -> bool:
    """Whether a condition names a role or user of the account, or tells the stranger that another acts for."""
    arns = [one for test in statement.tests if test.key == "aws:principalarn" for one in test.values]
    return statement.narrowed(_NAMED) and not any(map(_names_nothing, arns))


def _github_providers(statement: Statement) -> list[str]:
    """GitHub's provider, an enterprise's own with its name at the end, where a statement trusts one."""
    names = [name.rpartition("oidc-provider/")[2].lower() for kind, name in statement.principals if kind == "Federated"]
    return [name for name in names if name.startswith(_GITHUB)]


def _claims(statement: Statement, key: str) -> list[tuple[str, str]]:
    """What a condition wants of a claim, each value with its operator."""
    return [(test.operator, value) for test in statement.tests if test.key == key for value in test.values]


def _is_one_place(operator: str, subject: str) -> bool:
    return operator.lower() in _CLAIMED and bool(_ONE_PLACE.fullmatch(subject))


def _told(claims: list[tuple[str, str]]) -> str:
    return ", ".join(f"{operator} {value}" for operator, value in claims) or "unset"
