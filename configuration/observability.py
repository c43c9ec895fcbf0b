"""Who is told when something is not well, and when."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self, cast

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from components import AlarmThresholds, MonthlyBudget, ObservabilityArgs
from components.checks import refuse
from components.dashboard import size_problem
from components.topic import email_problems

from .model import Model
from .values import mapping


def short_budget(value: object) -> object:
    """A number alone, as the mapping that it stands for.

    Raises:
        PydanticCustomError: it is neither.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | dict | MonthlyBudget | None):
        raise PydanticCustomError("budget_type", "must be a number, or a mapping with usd and tag")
    return {"usd": value} if isinstance(value, int | float) else cast(object, value)


class ObservabilitySettings(Model):
    """Alarms, notices of failed deployments, a dashboard, and who is told."""

    emails: tuple[str, ...] = ()
    """Addresses that are told, each once it has confirmed the message that AWS sends it."""
    topic_arn: str | None = Field(default=None, pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$")
    """A topic that exists to tell instead; its policy and its key's must let alarms, events and budgets."""
    alarms: AlarmThresholds = AlarmThresholds()
    """When; `null` switches an alarm off."""
    monthly_budget: Annotated[
        MonthlyBudget | None, BeforeValidator(short_budget, json_schema_input_type=float | MonthlyBudget | None)
    ] = None
    """USD of AWS's bill in a month from which on somebody is told, or a mapping with `usd` and the `tag` of what is
    counted; no limit when left out."""
    dashboard: bool = True
    """Whether there is a dashboard of all services."""

    @field_validator("emails")
    @classmethod
    def _addresses(cls, emails: tuple[str, ...]) -> tuple[str, ...]:
        refuse(email_problems(emails))
        return emails

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if bool(self.emails) == (self.topic_arn is not None):
            raise ValueError(
                "somebody must be told: by emails, such as [team@example.com], or by topic_arn, a topic that has "
                f"subscriptions; got {'both' if self.emails else 'neither'}"
            )
        return self

    def args(self, **more: Any) -> ObservabilityArgs:  # noqa: ANN401 - the component's own inputs
        """The component's inputs; `more` are those that a stack file does not say here."""
        return ObservabilityArgs(
            emails=self.emails,
            topic_arn=self.topic_arn,
            alarms=self.alarms,
            monthly_budget=self.monthly_budget,
            dashboard=self.dashboard,
            **more,
        )


def observability_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """More services than a dashboard has room for."""
    given = mapping(values.get("observability"))
    problem = size_problem(len(mapping(values.get("services"))))
    if given and given.get("dashboard", True) is True and problem:
        yield f"observability.{problem}"


def topic_problems(region: str, values: Mapping[str, Any]) -> Iterator[str]:
    """A topic that alarms cannot tell, since it is in another region."""
    arn = mapping(values.get("observability")).get("topic_arn")
    parts = arn.split(":") if isinstance(arn, str) else []
    if len(parts) > 3 and parts[3] != region:
        yield f"observability.topic_arn: must be in the stack's region {region}, got one in {parts[3]}"
