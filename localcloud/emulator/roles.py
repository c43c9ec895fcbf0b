"""What a task's two roles are for: ministack gives every secret to every task, and credentials that no SDK takes."""

import time
from typing import Any

from . import iam_resources

EXPIRES_SECONDS = 12 * 3600
"""The longest that STS gives (AWS STS API Reference, "AssumeRole")."""


def check_secrets(ecs: Any, definition: dict[str, Any]) -> None:
    """Refuse to start a task whose execution role may not read its secrets, as ECS does.

    Raises:
        ministack's own error for secrets, which stops the task with its message.
    """
    role = definition.get("executionRoleArn") or ""
    for container in definition["containerDefinitions"]:
        options = (container.get("logConfiguration") or {}).get("secretOptions") or ()
        for secret in (*(container.get("secrets") or ()), *options):
            action, resource = _permission(secret["valueFrom"])
            tags = {f"aws:resourcetag/{name}".lower(): value for name, value in iam_resources.tags(resource).items()}
            if not allows(role, action, resource, tags):
                raise ecs._SecretResolutionError(
                    f"AccessDeniedException: {role or 'no execution role'} is not authorized to perform: {action} on "
                    f"resource: {resource}"
                )


def _permission(source: str) -> tuple[str, str]:
    from ministack.core.responses import get_account_id, get_region

    if ":secretsmanager:" in source:
        return "secretsmanager:GetSecretValue", ":".join(source.split(":")[:7])
    if source.startswith("arn:"):
        return "ssm:GetParameters", source
    return "ssm:GetParameters", f"arn:aws:ssm:{get_region()}:{get_account_id()}:parameter/{source.lstrip('/')}"


def allows(role: str, action: str, resource: str, context: dict[str, Any] | None = None) -> bool:
    """Whether the policies of a role let it do something; `context` holds conditions' keys, in lower case.

    Where IAM is enforced, its boundary must let it too.
    """
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region
    from ministack.services import iam

    if not role:
        return False
    account, name = role.split(":")[4], role.rpartition("/")[2]
    asked = iam_evaluator.EvalContext(
        principal_arn=role,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=context or {},
    )
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account) if app.AUTH else []
    return (
        iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(name, account), *limits).decision == "Allow"
    )


class NotTrusted(Exception):
    """A role that does not let ECS take it; ministack makes it the reason why the task stopped."""


def task_environment(role: str, task: str) -> dict[str, str]:
    """What an AWS SDK in a task needs: its region, and the task role's credentials where there is a role.

    On Fargate the credentials come from an address that only its agent can answer at, and SDKs take them from no other.
    """
    from ministack.core.responses import get_region

    region = get_region()
    given = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}
    if not role:
        return given
    return given | _assume(role, task, region)


def _assume(role: str, name: str, region: str) -> dict[str, str]:
    """Credentials of a role as ECS gets them for a task of its account.

    Raises:
        NotTrusted: IAM is enforced, and the role does not let ECS have it.
    """
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.services import iam, sts

    account, short = role.split(":")[4], role.rpartition("/")[2]
    known = iam._roles.get_scoped(account, None, short) or {}
    by_ecs = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{account}:root",  # ministack's name for a service
        principal_type="Root",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role,
        region=region,
        service_context={"aws:sourceaccount": account, "aws:sourcearn": f"arn:aws:ecs:{region}:{account}:task/*"},
    )
    trust = known.get("AssumeRolePolicyDocument", {})
    if app.AUTH and not iam_evaluator.evaluate_trust_policy(trust, by_ecs.principal_arn, by_ecs):
        raise NotTrusted(f"ECS was unable to assume the role '{role}' that was provided for this task.")
    key, secret, token = iam._gen_session_access_key(), iam._gen_secret(), iam._gen_session_token()
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{short}/{name}",
        "UserId": f"{known.get('RoleId', '')}:{name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + EXPIRES_SECONDS,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, session)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
