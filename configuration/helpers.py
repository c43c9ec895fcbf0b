"""The sidecars that a task is given by one line: the OpenTelemetry collector, and the router of its logs."""

from typing import Self

from pydantic import model_validator

from components import LogRouter, Telemetry
from components.log_router import IMAGE as ROUTER
from components.telemetry import IMAGE as COLLECTOR

from .container import SecretSettings
from .model import Model


class TelemetrySettings(Model):
    """An OpenTelemetry collector beside the container."""

    image: str = COLLECTOR
    """Collector that runs; AWS's own when left out."""
    config: str | None = None
    """Configuration of the collector; X-Ray and CloudWatch when left out."""

    @property
    def component(self) -> Telemetry:
        """The component's input."""
        return Telemetry(image=self.image, config=self.config)


class LogRouterSettings(Model):
    """Fluent Bit, which sends logs to another place than CloudWatch."""

    options: dict[str, str]
    """An output of Fluent Bit: its `Name`, such as `http`, and what that output takes."""
    secrets: dict[str, SecretSettings] = {}
    """Options from Secrets Manager or Parameter Store."""
    image: str = ROUTER
    """Fluent Bit that runs; AWS's own when left out."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _ = self.component
        return self

    @property
    def component(self) -> LogRouter:
        """The component's input."""
        secrets = {name: secret.component for name, secret in self.secrets.items()}
        return LogRouter(options=self.options, secrets=secrets, image=self.image)


def short_telemetry(value: object) -> object:
    """`true` alone as the mapping that it stands for, `false` as none."""
    return ({} if value else None) if isinstance(value, bool) else value
