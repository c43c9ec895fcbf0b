"""What tasks run on."""

from enum import StrEnum


class Capacity(StrEnum):
    """What a service's tasks run on."""

    FARGATE = "FARGATE"
    FARGATE_SPOT = "FARGATE_SPOT"
    """Up to 70 % cheaper; AWS may take a task back with two minutes' notice."""
