"""What a task's two roles are for: ministack gives every secret to every task, and credentials that no SDK takes."""

from typing import Any

import boto3

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
            if not allows(role, action, resource):
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
    """Whether the policies of a role let it do something; `context` holds conditions' keys, in lower case."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region

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
    return iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(name, account)).decision == "Allow"


def task_environment(endpoint: str, role: str, task: str) -> dict[str, str]:
    """What an AWS SDK in a task needs: its region, and the task role's credentials where there is a role.

    On Fargate the credentials come from an address that only its agent can answer at, and SDKs take them from no other.
    """
    from ministack.core.responses import get_region

    region = get_region()
    given = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}
    if not role:
        return given
    session: Any = boto3.session.Session("test", "test", region_name=region)
    sts = session.client("sts", endpoint_url=endpoint)
    answer = sts.assume_role(RoleArn=role, RoleSessionName=task, DurationSeconds=EXPIRES_SECONDS)["Credentials"]
    return given | {
        "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
        "AWS_SESSION_TOKEN": answer["SessionToken"],
    }
