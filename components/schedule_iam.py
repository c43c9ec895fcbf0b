"""What EventBridge Scheduler may do to run one task, and who may send to a queue."""

import re
from collections.abc import Sequence
from typing import Any

from . import iam
from .iam import Place

GROUP = "default"
"""Of the schedules. A role can be kept to a group, and to no less (EventBridge Scheduler User Guide, "Confused deputy
prevention in EventBridge Scheduler")."""


def scheduler_trust(cluster_arn: str) -> str:
    """Who may take the role of a schedule: EventBridge Scheduler, for schedules of the cluster's account and region."""
    condition = Place.of(cluster_arn).only_from("scheduler", f"schedule-group/{GROUP}")
    return iam.trust("scheduler.amazonaws.com", condition)


def run_task(
    *,
    cluster_arn: str,
    task_definition_arn: str,
    task_role_arns: Sequence[str],
    dead_letters_arn: str,
    kms_key_arn: str | None,
) -> str:
    """What a schedule needs: one family's tasks in one cluster, their roles and tags, and its dead letters.

    Source: Amazon ECS Developer Guide, "Amazon ECS EventBridge IAM Role", "Grant permission to tag resources on
    creation"; EventBridge Scheduler User Guide, "Configuring a schedule's dead-letter queue"; Amazon SQS Developer
    Guide, "Amazon SQS Key management".
    """
    in_cluster = {"ArnEquals": {"ecs:cluster": cluster_arn}}
    tasks = f"{cluster_arn.replace(':cluster/', ':task/')}/*"
    statements = [
        _let("ecs:RunTask", f"{re.sub(r':[0-9]+$', '', task_definition_arn)}:*", in_cluster),
        _let("ecs:TagResource", tasks, {"StringEquals": {"ecs:CreateAction": "RunTask"}}),
        _let(
            "iam:PassRole",
            sorted(set(task_role_arns)),
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        _let("sqs:SendMessage", dead_letters_arn),
    ]
    if kms_key_arn:
        of_queue = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": dead_letters_arn}}
        statements.append(_let(["kms:Decrypt", "kms:GenerateDataKey"], kms_key_arn, of_queue))
    return iam.document(statements)


def queue_policy(arn: str) -> str:
    """Nothing without TLS; who may do what, IAM's policies say."""
    return iam.document([iam.without_tls("sqs:*", arn)])


def _let(
    actions: str | list[str], resources: str | list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})
