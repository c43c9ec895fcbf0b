"""How long logs are kept."""

from typing import Literal, get_args

from .checks import not_one_of

LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""Retentions that CloudWatch knows (CloudWatch Logs API Reference, "PutRetentionPolicy")."""


def retention_problem(name: str, days: int | None) -> str | None:
    """The problem with days that CloudWatch does not know; None is no retention at all."""
    return None if days is None else not_one_of(name, days, get_args(LogRetentionDays))
