"""FireLens: a task's logs to another place than CloudWatch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pulumi

from .checks import refuse
from .container import Container
from .secret import Secret

LOG_ROUTER = "log-router"
"""Name of the sidecar."""
IMAGE = "public.ecr.aws/aws-observability/aws-for-fluent-bit:3.2.1"
"""AWS for Fluent Bit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogRouter:
    """Fluent Bit as a sidecar, which gets the output of the task's other containers and sends it on.

    What Fluent Bit says of itself stays in CloudWatch. Its root file system can be written to, and it runs as root: it
    makes the socket that the logs come by. Its end ends the task, as nothing would be logged any more.
    Costs: its share of the task's CPU and memory, and what the other place takes.
    Source: Amazon ECS Developer Guide, "Send Amazon ECS logs to an AWS service or AWS Partner".
    """

    options: Mapping[str, str]
    """An output of Fluent Bit: its `Name`, such as `http` or `datadog`, and what that output takes; never a secret."""
    secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    """Options from Secrets Manager and Parameter Store, such as `apikey`. Default: none."""
    image: pulumi.Input[str] = IMAGE
    """Fluent Bit that runs. Default: AWS's own."""

    def __post_init__(self) -> None:
        """Refuse what would send nothing.

        Raises:
            ValueError: no output is named, or an option is there twice.
        """
        refuse(_problems(self))

    @property
    def container(self) -> Container:
        """The sidecar."""
        return Container(image=self.image, user="0", read_only=False)


def _problems(router: LogRouter) -> Iterator[str]:
    if "Name" not in router.options:
        yield "options need a Name, the output of Fluent Bit, such as http"
    for name in sorted(set(router.options) & set(router.secrets)):
        yield f"option {name!r} is both a plain value and a secret: leave out one"
