"""USD that AWS's bill may have in a month before somebody is told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws  # its types in quotes: to load them costs every program time, and few stacks have a budget

from .checks import refuse
from .names import child_of, with_name

_LEAST_USD = 0.01
"""A cent, as the amount is written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthlyBudget:
    """USD that AWS's bill may have in a month before somebody is told: of the account, or of what bears a tag.

    Told once when they are spent, and once when AWS foresees it, which it does after some weeks of bills. A tag counts
    once it is activated as a cost allocation tag in the console of Billing, and from then on.
    Source: AWS Cost Management User Guide, "Managing your costs with AWS Budgets"; AWS Billing User Guide, "Organizing
    and tracking costs using AWS cost allocation tags".
    """

    usd: float
    """USD a month, at least 0.01."""
    tag: dict[str, str] = field(default_factory=dict[str, str])
    """Tag that the costs bear, one key with its value. Default: none, for all costs of the account."""

    def __post_init__(self) -> None:
        """Refuse what AWS Budgets would refuse.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(
            (
                None
                if _LEAST_USD <= self.usd < math.inf
                else f"usd must be finite and at least {_LEAST_USD}, got {self.usd:g}",
                None if all([*self.tag, *self.tag.values()]) else f"tag must have a key and a value, got {self.tag}",
                None
                if len(self.tag) <= 1
                else f"tag must be one, such as {{environment: prod}}, got {len(self.tag)}: AWS would count what bears "
                "any of them. Give the stack's resources a tag of their own",
            )
        )


def make_budget(
    name: str,
    budget: MonthlyBudget,
    topic_arn: pulumi.Input[str],
    *,
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> "aws.budgets.Budget":
    """Make the budget, which tells a topic; the topic's policy must let AWS Budgets."""
    notifications: list[aws.budgets.BudgetNotificationArgsDict] = [
        {
            "notification_type": kind,
            "comparison_operator": "GREATER_THAN",
            "threshold": 100,
            "threshold_type": "PERCENTAGE",
            "subscriber_sns_topic_arns": [topic_arn],
        }
        for kind in ("ACTUAL", "FORECASTED")
    ]
    filters: list[aws.budgets.BudgetCostFilterArgsDict] = [
        {"name": "TagKeyValue", "values": [f"user:{key}${value}"]} for key, value in budget.tag.items()
    ]
    return aws.budgets.Budget(
        name,
        budget_type="COST",
        limit_amount=f"{budget.usd:.2f}".rstrip("0").rstrip("."),
        limit_unit="USD",
        time_unit="MONTHLY",
        cost_filters=filters or None,
        notifications=notifications,
        tags=with_name(name, tags),
        opts=child_of(parent),
    )
