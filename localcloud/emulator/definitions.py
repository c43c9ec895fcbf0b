"""What a container definition may say here. Providers ask too: nothing of Docker is loaded for it."""

from typing import Any

AWSLOGS, FIRELENS = "awslogs", "awsfirelens"
FIELDS = frozenset(
    {
        *("name", "image", "essential", "command", "entryPoint", "workingDirectory", "user", "environment", "secrets"),
        *("readonlyRootFilesystem", "linuxParameters", "ulimits", "mountPoints", "portMappings", "dockerLabels"),
        *("cpu", "memory", "memoryReservation", "healthCheck", "dependsOn", "startTimeout", "stopTimeout"),
        *("logConfiguration", "interactive", "pseudoTerminal", "repositoryCredentials", "versionConsistency"),
    }
)
"""What a container definition may say here, and be obeyed."""


def unknown_fields(definition: dict[str, Any]) -> list[str]:
    """What a container definition says that no task here obeys."""
    parameters = definition.get("linuxParameters") or {}
    names = [name for name, value in definition.items() if value and name not in FIELDS]
    known = {"initProcessEnabled", "capabilities"}
    driver = (definition.get("logConfiguration") or {}).get("logDriver") or AWSLOGS
    drivers = [] if driver == AWSLOGS else [f"logDriver {driver}"]
    return sorted([*names, *drivers, *(f"linuxParameters.{name}" for name in parameters if name not in known)])
