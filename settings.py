"""The configuration of a stack: what its file may say, the rules of its environment, and the only reader of it.

`python -m settings` writes docs/stack.schema.json, by which editors complete and check stack files.
"""

import dataclasses
import difflib
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self, cast

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from components import Architecture, Capacity, ContainerInsights, HealthCheck, LogRetentionDays, Nat, NetworkArgs, Route
from components.checks import refuse
from components.cidr import MAX_ZONES, MIN_ZONES, check_vpc
from components.fargate_sizes import size_problem
from components.names import check_name
from components.routing import priorities
from components.task_definition import paths_problems

NAMESPACE = "fargate"
SCHEMA = Path("docs/stack.schema.json")
FILE_KEYS = ("config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt")
"""What a stack file has at its top (Pulumi docs, "Stack settings file reference")."""
NAMESPACES = (NAMESPACE, "aws", "docker", "pulumi")
"""What a stack file may configure: this program, the two providers, and the engine."""


class ConfigError(pulumi.RunError):
    """Every problem of a stack's configuration, one a line. The engine prints it without a traceback."""


class Environment(StrEnum):
    """What a stack is for. `prod` has rules of its own."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Model(BaseModel):
    """Strict and closed: no value is converted, no key is ignored."""

    # Descriptions are for the schema alone: to read them from the source takes as long as all the rest of this file.
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=__name__ == "__main__")


def _vpc_cidr(cidr: str) -> str:
    return str(check_vpc(cidr))


class NetworkSettings(Model):
    """The stack's VPC."""

    cidr: Annotated[str, AfterValidator(_vpc_cidr)] = "10.0.0.0/16"
    """Range of the VPC."""
    zones: int = Field(default=2, json_schema_extra={"minimum": MIN_ZONES, "maximum": MAX_ZONES})
    """Availability zones, 2 to 4; adding one later moves nothing."""
    nat: Nat = Nat.SINGLE
    """How tasks reach the internet: `none`, one NAT gateway (`single`), or one a zone (`per_az`)."""
    public_cidrs: tuple[str, ...] = ()
    """Ranges of the public subnets, one a zone; carved from `cidr` when left out."""
    private_cidrs: tuple[str, ...] = ()
    """Ranges of the private subnets, one a zone; carved from `cidr` when left out."""

    @model_validator(mode="after")
    def _subnets(self) -> Self:
        _ = self.args.subnet_cidrs()
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
        if Path(context).is_absolute():
            raise ValueError(f"must be relative to the program's folder, got {context}")
        if not Path(context).is_dir():
            raise ValueError(f"no folder {context} beside __main__.py: make it, or name the folder of your app")
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


class Requests(Model):
    """The requests that a service answers."""

    paths: tuple[str, ...] = ()
    """Path patterns that the service answers; with no host either, every path."""
    hosts: tuple[str, ...] = ()
    """Host names that the service answers; every host when left out."""
    priority: int | None = None
    """Place of the service's rule, 1 to 50000, lower first; from the rule itself when left out."""

    @property
    def route(self) -> Route:
        """The component's input.

        Raises:
            ValueError: a listener would refuse it.
        """
        every = () if self.hosts else ("/*",)
        return Route(paths=self.paths or every, hosts=self.hosts, priority=self.priority)


class ServiceSettings(Requests):
    """One service: an image, its size, and the requests that it answers."""

    build: Annotated[Build, BeforeValidator(_short_build, json_schema_input_type=str | Build)]
    """Folder of the app, or a mapping with `context`, `dockerfile`, `target`, `args`."""
    port: int = Field(default=8080, ge=1, le=65535)
    """TCP port that the container listens on; a port below 1024 needs root."""
    cpu: int = 256
    """CPU units; 1024 are one vCPU."""
    memory: int = Field(default=512, validate_default=True)
    """MiB; Fargate knows certain pairs with `cpu`."""
    desired_count: int = Field(default=1, ge=1, le=5000)
    """Tasks that run."""
    capacity: Capacity = Capacity.FARGATE
    """`FARGATE`, or `FARGATE_SPOT`: cheaper, but AWS may take a task back with two minutes' notice."""
    environment: dict[str, str] = {}
    """Environment of the container; never a secret."""
    writable_paths: tuple[str, ...] = ()
    """Folders that the container may write to, such as `/tmp`: its root file system is read-only."""
    health_check: HealthCheck = HealthCheck()
    """What the load balancer asks each task."""
    deregistration_delay: int = Field(default=10, ge=0, le=3600)
    """Seconds for which requests in flight may end before a task is told to stop; every deploy waits for them."""
    stop_timeout: int = Field(default=30, ge=2, le=120)
    """Seconds between the stop signal and the kill."""
    start_period: int = Field(default=60, ge=0, le=2_147_483_647)
    """Seconds after a task's start in which failing health checks do not count."""
    timeout_minutes: int = Field(default=20, ge=1, le=120)
    """Minutes after which a deployment that is not steady has failed."""

    @field_validator("writable_paths")
    @classmethod
    def _paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        refuse(paths_problems(paths))
        return paths

    @field_validator("memory")
    @classmethod
    def _size(cls, memory: int, info: ValidationInfo) -> int:
        if "cpu" in info.data and (problem := size_problem(info.data["cpu"], memory)):
            raise ValueError(problem)
        return memory


class Settings(Model):
    """Everything that a stack file may say about this program."""

    environment: Environment
    """`dev`, `staging` or `prod`: `prod` has rules of its own."""
    architecture: Architecture = Architecture.X86_64
    """Processor of images and tasks alike: `X86_64` or `ARM64`."""
    network: NetworkSettings = NetworkSettings()
    """Range, zones and way out of the stack's VPC."""
    container_insights: ContainerInsights = ContainerInsights.DISABLED
    """Metrics beyond CPU and memory of each service."""
    log_retention_days: LogRetentionDays = 30
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
    config = {**runtime.get_config_env(), **runtime.CONFIG.get()}
    secrets = {*runtime.get_config_secret_keys_env(), *filter(runtime.is_config_secret, config)}
    stack = pulumi.get_stack()
    file = Path(f"Pulumi.{stack}.yaml")
    return parse(config, stack, secrets=secrets, text=file.read_text(encoding="utf-8") if file.is_file() else "")


def parse(config: Mapping[str, str], stack: str, *, secrets: Collection[str] = (), text: str = "") -> Settings:
    """Settings from a stack's whole configuration.

    Args:
        config: every key with its namespace, structured values as JSON.
        stack: its name.
        secrets: the keys whose values are encrypted.
        text: the stack file, for what is lost on the way from it to `config`.

    Raises:
        ConfigError: every problem, one a line.
    """
    values = {key.partition(":")[2]: _value(value) for key, value in config.items() if key.startswith(f"{NAMESPACE}:")}
    problems = [*_file_problems(text), *_key_problems(config, secrets)]
    if not values and not problems:
        raise ConfigError(
            f"no configuration for stack {stack}: create Pulumi.{stack}.yaml, for example by copying Pulumi.dev.yaml"
        )
    problems += _region_problems(config.get("aws:region"))
    settings = None
    try:
        settings = Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        problems += [_problem(one) for one in error.errors(include_url=False)]
    problems += [f"{NAMESPACE}:{problem}" for problem in (*_route_problems(values), *_environment_problems(values))]
    if problems or not settings:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigError(f"Pulumi.{stack}.yaml has {len(problems)} problem{'s' * (len(problems) > 1)}:\n{lines}")
    return settings


def _value(text: str) -> object:
    """A top-level value reaches a program as text, whatever its file says: `3` and `true` mean what they look like."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _mapping(value: object) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _file_problems(text: str) -> Iterator[str]:
    """What the engine swallows: keys beside `config`, and numbers that it reads as octal."""
    for key in re.findall(r"^(\w+):", text, re.MULTILINE):
        if key not in FILE_KEYS:
            yield f"{key}: unknown key{_nearest(key, FILE_KEYS)}"
    for key, number in re.findall(r"^[ -]+([^ ]+): +(0[0-9]+) *(?:#.*)?$", text, re.MULTILINE):
        yield f"{key}: {number} is read as an octal number: leave out the zeros, or quote it"


def _key_problems(config: Mapping[str, str], secrets: Collection[str]) -> Iterator[str]:
    for key in config:
        namespace = key.partition(":")[0]
        if namespace not in NAMESPACES:
            yield f"{key}: unknown namespace {namespace!r}{_nearest(namespace, NAMESPACES)}"
        if namespace == NAMESPACE and key in secrets:
            yield f"{key}: must hold no secret: what stands here can be read in the state and in task definitions"


def _route_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with services' rules, one by one and together; also of services with other problems."""
    routes: dict[str, Route] = {}
    for name, service in _mapping(values.get("services")).items():
        keys = {key: value for key, value in _mapping(service).items() if key in Requests.model_fields}
        try:
            routes[name] = Requests.model_validate_json(json.dumps(keys)).route
        except ValidationError:
            continue  # told with the service's other problems
        except ValueError as error:
            yield f"services.{name}: {error}"
    try:
        priorities(routes)
    except ValueError as error:
        yield f"services: {error}"


def _environment_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """The rules of `prod`: it must survive a zone. It has two or more, as every stack has."""
    if values.get("environment") != Environment.PROD:
        return
    if _mapping(values.get("network")).get("nat", Nat.SINGLE) == Nat.SINGLE:
        yield "network.nat: prod must not lose its way out with one zone: per_az (or none), got single"
    for name, service in _mapping(values.get("services")).items():
        if _mapping(service).get("desired_count", 1) == 1:
            yield f"services.{name}.desired_count: prod must not lose its only task with one zone: 2 or more, got 1"


def _region_problems(region: str | None) -> Iterator[str]:
    known = [one.value for one in aws.Region]
    if region is None:
        yield "aws:region: is required, such as ap-northeast-1"
    elif region not in known:
        yield f"aws:region: no region {region!r}{_nearest(region, known)}"


def _problem(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in a line: the key's path, what is wrong, the value got, the values allowed."""
    path = f"{NAMESPACE}:" + ".".join(str(part) for part in error["loc"] if part != "[key]")
    kind, got, context = error["type"], error["input"], error.get("ctx", {})
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{path}: unknown key{_nearest(str(error['loc'][-1]), _known_keys(error['loc'][:-1]))}"
    if kind == "missing":
        return f"{path}: is required"
    if kind == "value_error":
        return f"{path}: {context['error']}"
    expected = context.get("expected")
    wanted = f"must be one of {expected}" if expected else _WANTED.get(kind, str(error["msg"])).format(**context)
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


def _known_keys(path: tuple[str | int, ...]) -> Iterable[str]:
    """The keys that the mapping at a path may have."""
    match path:
        case ():
            return Settings.model_fields
        case ("network",):
            return NetworkSettings.model_fields
        case ("services", _, "build"):
            return Build.model_fields
        case ("services", _, "health_check"):
            return [field.name for field in dataclasses.fields(HealthCheck)]
        case _:
            return ServiceSettings.model_fields


def _nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the word that was meant; every word when none is near."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1)
    return f": did you mean {near[0]!r}?" if near else f"; known are {', '.join(words)}"


def schema() -> str:
    """JSON schema of a stack file, as text."""
    stack = Settings.model_json_schema()
    definitions = stack.pop("$defs")
    keys = {f"{NAMESPACE}:{key}": value for key, value in stack["properties"].items()}
    keys["aws:region"] = {
        "type": "string",
        "description": "AWS region that the stack is deployed to.",
        "enum": [one.value for one in aws.Region],
    }
    config: dict[str, Any] = {
        "type": "object",
        "properties": keys,
        "patternProperties": {"^(aws|docker|pulumi):": {}},
        "additionalProperties": False,
        "required": ["aws:region", *(f"{NAMESPACE}:{key}" for key in stack["required"])],
    }
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file",
        "description": "Pulumi.STACK.yaml. Written by `python -m settings`.",
        "type": "object",
        "properties": {key: {} for key in FILE_KEYS} | {"config": config},
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
