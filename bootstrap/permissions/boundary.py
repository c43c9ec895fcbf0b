"""The boundary of a stack's roles: what a task or a job may do at most, whatever a stack file gives it."""

from typing import Any

from ..names import Names
from .app import USE, USE_OWN, full
from .grant import Document
from .never import no_builds, no_key


def boundary(names: Names, environment: str) -> Document:
    """The policy that bounds every role of an environment's stack.

    A role may do what its own policies allow and this one does too: use services and their data, but no
    infrastructure, no roles of the account, nothing of delivery, and nothing that a tag says is another environment's
    or project's.
    Source: IAM User Guide, "Permissions boundaries for IAM entities".

    Args:
        names: of delivery in the account.
        environment: name of the stack.
    """
    tags = names.stack_tags(environment)
    own = {"StringEquals": {f"aws:ResourceTag/{tag}": value for tag, value in tags.items()}}
    own_roles = names.iam_arn(f"role{names.stack_role_path(environment)}*")
    own_parameters = names.arn("ssm", f"parameter/{names.project}/{environment}/*")
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    # By the name that it has in every project: what is in another's state is no business of this one's either.
    states = f"arn:{names.partition}:s3:::*-state-{names.account}-{names.region}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("Use", full(USE)),
            _allow("UseOwn", full(USE_OWN), condition=own),
            _allow("ListOwnParameters", ["ssm:GetParametersByPath"], own_parameters),
            _allow("TagNewTasks", ["ecs:TagResource"], condition={"StringEquals": {"ecs:CreateAction": "RunTask"}}),
            _allow("GiveRoles", ["iam:PassRole"], own_roles, to_tasks),
            _allow("BeSomebodyElsewhere", ["sts:AssumeRole", "sts:TagSession"]),
            _deny("NoRolesOfTheAccount", ["sts:AssumeRole"], names.iam_arn("role/*")),
            _deny("NoState", ["s3:*"], [states, f"{states}/*"]),
            no_key(names, but=()),
            no_builds(names),
            *(_deny(f"NoOthers{tag.title()}", ["*"], "*", _another(tag, value)) for tag, value in tags.items()),
        ],
    }


def _another(tag: str, value: str) -> dict[str, Any]:
    key = f"aws:ResourceTag/{tag}"
    return {"StringNotEquals": {key: value}, "Null": {key: "false"}}


def _allow(
    name: str, actions: list[str], resources: str | list[str] = "*", condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def _deny(
    name: str, actions: list[str], resources: str | list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    return _allow(name, actions, resources, condition) | {"Effect": "Deny"}
