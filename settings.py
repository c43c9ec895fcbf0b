"""The configuration of a stack: what its file may say, the rules of its environment, and the only reader of it.

`python -m settings` writes docs/stack.schema.json, by which editors complete and check stack files.
"""

import difflib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from components import Architecture, Capacity, ContainerInsights, HealthCheck, Nat, NetworkArgs, Route
from components.fargate_sizes import size_problem
from components.names import check_name
from components.routing import priorities

NAMESPACE = "fargate"
SCHEMA = Path("docs/stack.schema.json")
NAMESPACES = (NAMESPACE, "aws", "docker", "pulumi")
"""What a stack file may configure: this program, the two providers, and the engine."""

Retention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""Days that CloudWatch knows (CloudWatch Logs API Reference, "PutRetentionPolicy")."""


class ConfigError(pulumi.RunError):
    """Every problem of a stack's configuration, one a line. The engine prints it without a traceback."""


class Environment(StrEnum):
    """What a stack is for. `prod` has rules of its own."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Model(BaseModel):
    """Strict and closed: no value is converted, no key is ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class NetworkSettings(Model):
    """The stack's VPC."""

    cidr: str = "10.0.0.0/16"
    """Range of the VPC."""
    zones: int = 2
    """Availability zones, 2 to 4; adding one later moves nothing."""
    nat: Nat = Nat.SINGLE
    """How tasks reach the internet: `none`, one NAT gateway (`single`), or one a zone (`per_az`)."""
    public_cidrs: tuple[str, ...] = ()
    """Ranges of the public subnets, one a zone; carved from `cidr` when left out."""
    private_cidrs: tuple[str, ...] = ()
    """Ranges of the private subnets, one a zone; carved from `cidr` when left out."""

    @model_validator(mode="after")
    def _subnets(self) -> Self:
        self.args.subnet_cidrs()
        return self

    @property
    def args(self) -> NetworkArgs:
        """The component's inputs."""
        return NetworkArgs(
            cidr=self.cidr,
            zones=self.zones,
            nat=self.nat,
            public_cidrs=self.public_cidrs,
            private_cidrs=self.private_cidrs,
        )


class Build(Model):
    """What an image is built from."""

    context: str
    """Folder, relative to the program's."""
    dockerfile: str = Field(default="Dockerfile", validate_default=True)
    """Dockerfile, relative to `context`."""
    target: str | None = None
    """Stage to build; the last when left out."""
    args: dict[str, str] = {}
    """Build arguments; never a secret."""

    @field_validator("context")
    @classmethod
    def _folder(cls, context: str) -> str:
        if not Path(context).is_dir():
            raise ValueError(f"no folder {context} in {Path.cwd().name}/: make it, or name the folder of your app")
        return context

    @field_validator("dockerfile")
    @classmethod
    def _file(cls, dockerfile: str, info: ValidationInfo) -> str:
        context = info.data.get("context")
        if context and not Path(context, dockerfile).is_file():
            raise ValueError(f"no file {dockerfile} in {context}: add it, or name another with dockerfile")
        return dockerfile


def _short_build(value: object) -> object:
    return {"context": value} if isinstance(value, str) else value


class ServiceSettings(Model):
    """One service: an image, its size, and the requests that it answers."""

    build: Annotated[Build, BeforeValidator(_short_build, json_schema_input_type=str | Build)]
    """Folder of the app, or a mapping with `context`, `dockerfile`, `target`, `args`."""
    port: int = Field(default=8080, ge=1, le=65535)
    """TCP port that the container listens on."""
    cpu: int = 256
    """CPU units; 1024 are one vCPU."""
    memory: int = Field(default=512, validate_default=True)
    """MiB; Fargate knows certain pairs with `cpu`."""
    desired_count: int = Field(default=1, ge=1, le=5000)
    """Tasks that run."""
    capacity: Capacity = Capacity.FARGATE
    """`FARGATE`, or `FARGATE_SPOT`: cheaper, but AWS may take a task back with two minutes' notice."""
    paths: tuple[str, ...] = ()
    """Path patterns that the service answers; with no host either, every path."""
    hosts: tuple[str, ...] = ()
    """Host names that the service answers; every host when left out."""
    priority: int | None = None
    """Place of the service's rule, 1 to 50000, lower first; from the rule itself when left out."""
    environment: dict[str, str] = {}
    """Environment of the container; never a secret."""
    health_check: HealthCheck = HealthCheck()
    """What the load balancer asks each task."""
    deregistration_delay: int = Field(default=30, ge=0, le=3600)
    """Seconds for which requests in flight may end before a task stops."""
    stop_timeout: int = Field(default=30, ge=2, le=120)
    """Seconds between the stop signal and the kill."""
    start_period: int = Field(default=60, ge=0, le=2_147_483_647)
    """Seconds after a task's start in which failing health checks do not count."""
    timeout_minutes: int = Field(default=20, ge=1, le=120)
    """Minutes after which a deployment that is not steady has failed."""

    @field_validator("memory")
    @classmethod
    def _size(cls, memory: int, info: ValidationInfo) -> int:
        if "cpu" in info.data and (problem := size_problem(info.data["cpu"], memory)):
            raise ValueError(problem)
        return memory

    @model_validator(mode="after")
    def _routable(self) -> Self:
        _ = self.route
        return self

    @property
    def route(self) -> Route:
        """The requests that the service answers.

        Raises:
            ValueError: a listener would refuse them.
        """
        every = () if self.hosts else ("/*",)
        return Route(paths=self.paths or every, hosts=self.hosts, priority=self.priority)


class Settings(Model):
    """Everything that a stack file may say about this program."""

    environment: Environment
    """`dev`, `staging` or `prod`: `prod` has rules of its own."""
    architecture: Architecture = Architecture.X86_64
    """Processor of images and tasks alike: `X86_64` or `ARM64`."""
    network: NetworkSettings = NetworkSettings()
    """The stack's VPC."""
    container_insights: ContainerInsights = ContainerInsights.DISABLED
    """Metrics beyond CPU and memory of each service."""
    log_retention_days: Retention = 30
    """Days that logs are kept."""
    force_delete: bool | None = None
    """Delete repositories with their images on destroy; outside prod when left out."""
    services: dict[Annotated[str, AfterValidator(check_name)], ServiceSettings] = Field(min_length=1)
    """Services by name. All share one load balancer."""

    @property
    def deletes_images(self) -> bool:
        """Whether destroying the stack deletes its images."""
        return self.environment is not Environment.PROD if self.force_delete is None else self.force_delete

    @property
    def priorities(self) -> dict[str, int]:
        """Each service's place among the listener's rules."""
        return priorities({name: service.route for name, service in self.services.items()})


def load() -> Settings:
    """The settings of the stack that is deployed.

    Raises:
        ConfigError: every problem of its file.
    """
    return parse({**runtime.get_config_env(), **runtime.CONFIG.get()}, pulumi.get_stack())


def parse(config: Mapping[str, str], stack: str) -> Settings:
    """Settings from a stack's whole configuration: every key with its namespace, structured values as JSON.

    Raises:
        ConfigError: every problem, one a line.
    """
    values = {key.partition(":")[2]: _value(text) for key, text in config.items() if key.startswith(f"{NAMESPACE}:")}
    if not values:
        raise ConfigError(
            f"stack {stack} has no configuration: write Pulumi.{stack}.yaml, for example with "
            f"cp Pulumi.dev.yaml Pulumi.{stack}.yaml"
        )
    problems = [*_namespace_problems(config), *_region_problems(config.get("aws:region"))]
    try:
        settings = Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        problems += [_problem(one) for one in error.errors(include_url=False)]
        settings = _valid_part(values)
    problems += _rule_problems(settings)
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigError(f"Pulumi.{stack}.yaml has {len(problems)} problem{'s' * (len(problems) > 1)}:\n{lines}")
    return settings


def _value(text: str) -> object:
    """A top-level value reaches a program as text, whatever its file says: `3` and `true` mean what they look like."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _valid_part(values: Mapping[str, Any]) -> Settings:
    """What is valid of invalid settings, for the rules that compare parts: one problem must not hide another."""

    def valid(model: type[Any], value: object) -> Any:  # noqa: ANN401 - whatever the model yields
        try:
            return TypeAdapter(model).validate_json(json.dumps(value))
        except ValidationError:
            return None

    services: dict[str, Any] = valid(dict[str, Any], values.get("services")) or {}
    found = {name: valid(ServiceSettings, service) for name, service in services.items()}
    return Settings.model_construct(
        environment=valid(Environment, values.get("environment")),
        network=valid(NetworkSettings, values.get("network", {})),
        services={name: service for name, service in found.items() if service},
    )


def _rule_problems(settings: Settings) -> Iterator[str]:
    """What no single value shows: services that collide, and the rules of the environment."""
    try:
        _ = settings.priorities
    except ValueError as error:
        yield f"services: {error}"
    if settings.environment is not Environment.PROD:
        return
    network = settings.network or NetworkSettings()
    if network.nat is Nat.SINGLE:
        yield "network.nat: prod must not lose its way out with one zone: per_az (or none), got single"
    for name, service in settings.services.items():
        if service.desired_count < 2:
            yield f"services.{name}.desired_count: prod must survive a zone: 2 or more, got {service.desired_count}"


def _namespace_problems(config: Mapping[str, str]) -> Iterator[str]:
    for key in config:
        namespace = key.partition(":")[0]
        if namespace not in NAMESPACES:
            yield f"{key}: unknown namespace {namespace!r}{_nearest(namespace, NAMESPACES)}"


def _region_problems(region: str | None) -> Iterator[str]:
    known = [one.value for one in aws.Region]
    if region is None:
        yield "aws:region: is required, such as ap-northeast-1"
    elif region not in known:
        yield f"aws:region: no region {region!r}{_nearest(region, known)}"


def _problem(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in a line: the key's path, what is wrong, the value got, the values allowed."""
    path = ".".join(str(part) for part in error["loc"] if part != "[key]")
    kind, got, context = error["type"], error["input"], error.get("ctx", {})
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        known = _known_keys(error["loc"][:-1])
        return f"{path}: unknown key{_nearest(str(error['loc'][-1]), known)}"
    if kind == "missing":
        return f"{path}: is required"
    if kind == "value_error":
        return f"{path}: {context['error']}"
    expected = context.get("expected")
    wanted = f"must be one of {expected}" if expected else _WANTED.get(kind, error["msg"]).format(**context)
    return f"{path}: {wanted}, got {got!r}"


_WANTED = {
    "int_type": "must be a whole number without quotes",
    "string_type": "must be a text (quote it if it looks like a number)",
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "dataclass_type": "must be a mapping",
    "tuple_type": "must be a list",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "too_short": "must name one service at least, such as web: {{build: ./app}}",
}


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys that a mapping at this path may have."""
    if not path:
        return list(Settings.model_fields)
    models: dict[str, Iterable[str]] = {
        "network": NetworkSettings.model_fields,
        "build": Build.model_fields,
        "health_check": HealthCheck.__dataclass_fields__,
    }
    return list(models.get(str(path[-1]), ServiceSettings.model_fields))


def _nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the word that was meant; every word when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f": did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"


def schema() -> str:
    """JSON schema of a stack file, as text."""
    stack = Settings.model_json_schema()
    definitions = stack.pop("$defs")
    keys = {f"{NAMESPACE}:{key}": value for key, value in stack["properties"].items()}
    keys["aws:region"] = {"type": "string", "enum": [one.value for one in aws.Region]}
    config = {
        "type": "object",
        "properties": keys,
        "patternProperties": {"^(aws|docker|pulumi):": {}},
        "additionalProperties": False,
        "required": ["aws:region", *(f"{NAMESPACE}:{key}" for key in stack["required"])],
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file",
        "description": "Pulumi.STACK.yaml. Written by `python -m settings`.",
        "type": "object",
        "properties": {"config": config, "secretsprovider": {"type": "string"}, "encryptionsalt": {"type": "string"}},
        "required": ["config"],
        "$defs": definitions,
    }
    return json.dumps(document, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schema, or with `--check` say whether the written one is current."""
    if arguments == ["--check"]:
        current = SCHEMA.is_file() and SCHEMA.read_text(encoding="utf-8") == schema()
        if not current:
            print(f"{SCHEMA} is stale: python -m settings", file=sys.stderr)
        return 0 if current else 1
    SCHEMA.write_text(schema(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
