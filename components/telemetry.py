"""The OpenTelemetry collector beside a container."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi

from .container import Container

COLLECTOR = "collector"
"""Name of the sidecar."""
CONFIG = "AOT_CONFIG_CONTENT"
"""Variable that the collector reads its configuration from."""
IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.45.1"
"""AWS Distro for OpenTelemetry."""
_USER = "10001:10001"
"""The image names none, and would run as root."""
_HTTP = 4318
_GRPC = 4317


@dataclass(frozen=True, kw_only=True, slots=True)
class Telemetry:
    """A collector that takes OpenTelemetry on localhost, by gRPC on port 4317 and HTTP on 4318.

    Traces go to X-Ray, and metrics to the task's own log group in CloudWatch's embedded format. Its end does not end
    the task.
    Costs: its share of the task's CPU and memory; traces and custom metrics by their number.
    Source: AWS Distro for OpenTelemetry, "Setting up ADOT Collector on Amazon ECS".
    """

    image: pulumi.Input[str] = IMAGE
    """Collector that runs. Default: AWS's own."""
    config: pulumi.Input[str] | None = None
    """Configuration of the collector, as YAML or JSON, for another place; what it may do there is for `task_policy`.
    Default: X-Ray and CloudWatch."""

    @property
    def container(self) -> Container:
        """The sidecar, which reads its configuration from this variable."""
        given = {} if self.config is None else {CONFIG: self.config}
        return Container(image=self.image, user=_USER, port=_HTTP, essential=False, environment=given)


def port_problems(containers: Mapping[str, Container]) -> Iterator[str]:
    """Containers that listen where the collector takes gRPC; its other port is its container's own, and seen there.

    Args:
        containers: by name, without the collector.
    """
    for name, container in containers.items():
        if container.port == _GRPC:
            yield f"containers {COLLECTOR!r} and {name!r} both listen on port {_GRPC}: they share localhost"


def to_aws(log_group: str, region: str) -> str:
    """The configuration by which everything goes to X-Ray and CloudWatch.

    It is the detection of resources that knows the task, by whose id each stream of metrics is named.

    Args:
        log_group: of the task, for its metrics.
        region: of the log group.
    """
    protocols = {"grpc": {"endpoint": f"localhost:{_GRPC}"}, "http": {"endpoint": f"localhost:{_HTTP}"}}
    metrics = {"log_group_name": log_group, "log_stream_name": "metrics/{TaskId}", "region": region}
    through = {"receivers": ["otlp"], "processors": ["resourcedetection", "batch"]}
    pipelines = {"traces": through | {"exporters": ["awsxray"]}, "metrics": through | {"exporters": ["awsemf"]}}
    config: dict[str, object] = {
        "receivers": {"otlp": {"protocols": protocols}},
        "processors": {"batch": {}, "resourcedetection": {"detectors": ["ecs"]}},
        "exporters": {"awsxray": {"region": region}, "awsemf": metrics},
        "service": {"pipelines": pipelines},
    }
    return json.dumps(config, sort_keys=True)


def exporting(name: str) -> dict[str, str]:
    """What tells an OpenTelemetry SDK where to send to, and who it is.

    Args:
        name: of the service.

    Source: OpenTelemetry, "Environment Variable Specification".
    """
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{_HTTP}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": name,
    }
