"""Sessions in running containers, by ECS Exec."""

from dataclasses import dataclass

import pulumi

AGENT_PATHS = ("/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm")
"""Folders that the agent of a session writes to. AWS's guide says that a read-only root file system rules sessions out;
with these three folders writable, people report that it does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecuteCommand:
    """Who may look over a session's shoulder.

    Whoever calls ECS Exec needs `ecs:ExecuteCommand`, and with a key also `kms:GenerateDataKey`. A session can do what
    the container can: it is for the bad day, and each is logged.
    Source: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec".
    """

    log_group_arn: pulumi.Input[str]
    """Log group of the cluster's sessions, as `Cluster` gives it."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts sessions and their log. Default: TLS on the way, CloudWatch's own key at rest."""
