"""VPC endpoints by name: which there are, and which a task cannot do without."""

from collections.abc import Iterator, Sequence

from .checks import hint

SETS: dict[str, tuple[str, ...]] = {
    "ecr": ("ecr.api", "ecr.dkr"),
    "logs": ("logs",),
    "secrets": ("secretsmanager", "ssm"),
    "exec": ("ssmmessages",),
}
"""What belongs together, by the name of what tasks do with it (Amazon ECS Developer Guide, "Amazon ECS interface VPC
endpoints")."""
ALWAYS_GATEWAY = "s3"
"""Image layers come from S3; its gateway endpoint is free (Amazon VPC User Guide, "Gateway endpoints")."""
GATEWAYS = ("dynamodb",)
"""Further gateway endpoints, free as well."""
SERVICES = (
    *("autoscaling", "bedrock-runtime", "cloudformation", "ec2", "ecs", "ecs-agent", "ecs-telemetry"),
    *("elasticfilesystem", "elasticloadbalancing", "email-smtp", "events", "execute-api", "glue"),
    *("kinesis-firehose", "kinesis-streams", "kms", "lambda", "monitoring", "rds", "rds-data", "scheduler"),
    *("servicediscovery", "sns", "sqs", "states", "sts", "synthetics", "xray"),
)
"""Further interface endpoints (AWS PrivateLink Guide, "AWS services that integrate with AWS PrivateLink")."""
NEEDED_WITHOUT_NAT = ("ecr", "logs")
"""Sets without which no task starts where there is no way to the internet."""


def interfaces(names: Sequence[str]) -> tuple[str, ...]:
    """The services that get an interface endpoint, sorted, each once."""
    services = {service for name in names for service in SETS.get(name, (name,))}
    return tuple(sorted(services - set(GATEWAYS)))


def gateways(names: Sequence[str]) -> tuple[str, ...]:
    """The services that get a gateway endpoint, S3's first."""
    return (ALWAYS_GATEWAY, *sorted(set(names) & set(GATEWAYS)))


def in_every_region(service: str) -> bool:
    """Whether every region has the service's endpoint: gateways, and what the sets are made of."""
    return service in (ALWAYS_GATEWAY, *GATEWAYS) or any(service in services for services in SETS.values())


def problems(names: Sequence[str]) -> Iterator[str]:
    """What is wrong with endpoints' names."""
    known = (*SETS, *GATEWAYS, *(service for services in SETS.values() for service in services), *SERVICES)
    for name in names:
        if name == ALWAYS_GATEWAY:
            yield "endpoints: s3 is always there, and free: leave it out"
        elif name not in known:
            yield f"endpoints: unknown endpoint {name!r}: {hint(name, dict.fromkeys(known))}"


def missing_without_nat(names: Sequence[str]) -> Iterator[str]:
    """The sets that a task needs and that are incomplete."""
    there = interfaces(names)
    return (needed for needed in NEEDED_WITHOUT_NAT if not set(SETS[needed]) <= set(there))
