"""A job: a task that runs by the clock."""

from typing import Annotated, Self

from pydantic import BeforeValidator, model_validator

from components import Capacity, Schedule

from .task import TaskSettings


def short_schedule(value: object) -> object:
    """An expression alone, as the mapping that it stands for."""
    return {"expression": value} if isinstance(value, str) else value


class JobSettings(TaskSettings):
    """A task with an image of its own, or of a service with another command, that EventBridge Scheduler runs."""

    schedule: Annotated[Schedule, BeforeValidator(short_schedule, json_schema_input_type=str | Schedule)]
    """When it runs: `cron(0 3 * * ? *)`, `rate(1 hour)` or `at(2030-01-31T03:00:00)`, or a mapping with `expression`,
    `time_zone`, `retries`, `max_age`, `window_minutes`."""
    service: str | None = None
    """Service whose task it runs, at the very revision that serves."""
    capacity: Capacity = Capacity.FARGATE
    """`FARGATE`, or `FARGATE_SPOT`: cheaper, but AWS may end a run before it is done."""
    enabled: bool = True
    """Whether it runs at all."""

    @model_validator(mode="after")
    def _one_image(self) -> Self:
        if [self.build, self.image, self.service].count(None) != 2:
            raise ValueError("a job needs one of build, image, or service: the name of one whose task it runs")
        of_a_service = {"schedule", "service", "command", "capacity", "enabled"}
        others = sorted(self.model_fields_set - of_a_service)
        if self.service and others:
            raise ValueError(f"the task of service {self.service!r} is run as it is: leave out {', '.join(others)}")
        return self
