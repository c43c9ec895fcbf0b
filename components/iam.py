"""Policy documents of a service's two roles, as text."""

import json
from collections.abc import Sequence
from typing import Any

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")


def tasks_trust() -> str:
    """Who may take a role of a task: ECS, for tasks."""
    return _document(
        [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    )


def start_task(*, log_group_arn: str, repository_arn: str | None) -> str:
    """What ECS needs to start a task: its logs, and its image where that is in a repository of this account.

    `ecr:GetAuthorizationToken` takes no resource (Service Authorization Reference, "Amazon ECR").
    """
    statements = [_allow(WRITE_LOGS, f"{log_group_arn}:*")]
    if repository_arn:
        statements += [_allow(PULL, repository_arn), _allow(["ecr:GetAuthorizationToken"], "*")]
    return _document(statements)


def _allow(actions: Sequence[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": resource}


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
