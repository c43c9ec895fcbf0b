"""The configuration of a stack: what its file may say, the rules of its environment, and the only reader of it.

`python -m settings` writes docs/stack.schema.json, by which editors complete and check stack files.
"""

import dataclasses
import difflib
import functools
import inspect
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self, cast, get_args, get_origin

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

from components import (
    Architecture,
    Capacity,
    CapacityMix,
    Condition,
    Container,
    ContainerHealthCheck,
    ContainerInsights,
    DesyncMitigation,
    Domain,
    ExistingNetworkArgs,
    Firewall,
    HealthCheck,
    LogRetentionDays,
    Nat,
    NetworkArgs,
    Route,
    Scaling,
    Scheme,
    Secret,
    endpoints,
)
from components.checks import refuse
from components.cidr import ANYWHERE, ANYWHERE_IPV6, MAX_ZONES, MIN_ZONES, check_vpc
from components.container import paths_problems, task_problems, user_problem, variables_problems
from components.fargate_sizes import size_problem
from components.image_uri import image_problem
from components.load_balancer_args import certificate_problem, source_problems
from components.names import check_name
from components.routing import priorities
from policies.exemption import Exemption

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


_SubnetId = Annotated[str, Field(pattern=r"^subnet-\w+$")]


class ExistingSettings(Model):
    """A VPC that others made."""

    vpc_id: str = Field(pattern=r"^vpc-\w+$")
    """Id of the VPC."""
    public_subnet_ids: tuple[_SubnetId, ...]
    """Subnets for the load balancer, in two zones at least."""
    private_subnet_ids: tuple[_SubnetId, ...]
    """Subnets for tasks, in two zones at least, with a way out."""


class NetworkSettings(Model):
    """The stack's VPC."""

    cidr: Annotated[str, AfterValidator(_vpc_cidr)] = "10.0.0.0/16"
    """Range of the VPC."""
    zones: int = Field(default=2, ge=MIN_ZONES, le=MAX_ZONES)
    """Availability zones, 2 to 4; adding one later moves nothing."""
    nat: Nat = Nat.SINGLE
    """How tasks reach the internet: `none`, one NAT gateway (`single`), one a zone (`per_az`), or one of AWS's that
    spans the zones (`regional`)."""
    public_cidrs: tuple[str, ...] = ()
    """Ranges of the public subnets, one a zone; carved from `cidr` when left out."""
    private_cidrs: tuple[str, ...] = ()
    """Ranges of the private subnets, one a zone; carved from `cidr` when left out."""
    endpoints: tuple[str, ...] = ()
    """VPC endpoints beside S3's: `ecr`, `logs`, `secrets`, `exec`, or names of services such as `sqs`."""
    ipv6: bool = False
    """Whether the load balancer and tasks have IPv6 addresses too; once on, it stays on."""
    flow_logs: bool = False
    """Whether the VPC's traffic is logged."""
    existing: ExistingSettings | None = None
    """A VPC to use instead of one of the stack's own; nothing else can be said then."""

    @field_validator("endpoints")
    @classmethod
    def _endpoints(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        refuse(endpoints.problems(names))
        return names

    @model_validator(mode="after")
    def _possible(self) -> Self:
        others = sorted(self.model_fields_set - {"existing"})
        if self.existing and others:
            raise ValueError(f"an existing VPC is not changed: leave out {', '.join(others)}, or existing")
        _ = self._own().subnet_cidrs()
        return self

    def args(self, **more: Any) -> NetworkArgs | ExistingNetworkArgs:  # noqa: ANN401 - the component's own inputs
        """The component's inputs; `more` are those that a stack file does not say."""
        if self.existing:
            return ExistingNetworkArgs(**self.existing.model_dump())
        return self._own(**more)

    def _own(self, **more: Any) -> NetworkArgs:  # noqa: ANN401 - as above
        return NetworkArgs(
            cidr=self.cidr,
            zones=self.zones,
            nat=self.nat,
            public_cidrs=self.public_cidrs,
            private_cidrs=self.private_cidrs,
            endpoints=self.endpoints,
            ipv6=self.ipv6,
            **more,
        )


class LoadBalancerSettings(Model):
    """The stack's edge: who reaches it, by which names, and what stands in front of it."""

    scheme: Scheme = Scheme.INTERNET_FACING
    """`internet-facing`, or `internal`: reached from the VPC and what is connected with it."""
    domain: Domain | None = None
    """Host names in a hosted zone of the account, which get a certificate and alias records."""
    certificate_arn: str | None = None
    """A certificate that exists, in the stack's region, instead of a domain."""
    allowed_cidrs: tuple[str, ...] = ()
    """Ranges that may reach it; when left out everyone, or for an internal one the VPC."""
    allowed_prefix_lists: tuple[str, ...] = ()
    """Prefix lists that may reach it, by id or by AWS's name, such as CloudFront's."""
    access_logs: bool = False
    """Whether requests and connections are logged into a bucket of the stack's own."""
    firewall: Firewall | None = None
    """Rules of a web ACL in front of it; `{}` takes all defaults."""
    desync_mitigation: DesyncMitigation = DesyncMitigation.DEFENSIVE
    """What becomes of ambiguous requests: `defensive` or `strictest`."""
    idle_timeout: int = Field(default=60, ge=1, le=4000)
    """Seconds after which a connection without traffic is closed."""
    http2: bool = True
    """Whether HTTPS clients may speak HTTP/2."""
    zonal_shift: bool = False
    """Whether traffic can be moved away from a zone."""
    deletion_protection: bool | None = None
    """Whether AWS and the engine refuse to delete it; in prod when left out."""

    @field_validator("certificate_arn")
    @classmethod
    def _certificate(cls, arn: str | None) -> str | None:
        if arn is not None and not re.fullmatch(_CERTIFICATE, arn):
            raise ValueError(f"must be a certificate's ARN such as arn:aws:acm:REGION:ACCOUNT:certificate/…, got {arn}")
        return arn

    @model_validator(mode="after")
    def _possible(self) -> Self:
        refuse((certificate_problem(self.domain, self.certificate_arn),))
        return self

    @field_validator("allowed_cidrs")
    @classmethod
    def _cidrs(cls, cidrs: tuple[str, ...]) -> tuple[str, ...]:
        refuse(source_problems(cidrs, ()))
        return cidrs

    @field_validator("allowed_prefix_lists")
    @classmethod
    def _prefix_lists(cls, lists: tuple[str, ...]) -> tuple[str, ...]:
        refuse(source_problems((), lists))
        return lists


_CERTIFICATE = r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/.+"


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


class SecretSettings(Model):
    """A value of Secrets Manager or of Parameter Store that exists; never the value itself."""

    secret: str | None = None
    """Name or ARN of a secret."""
    parameter: str | None = None
    """Name or ARN of a parameter."""
    key: str | None = None
    """Key in the secret's JSON; the whole secret when left out."""
    version: str | None = None
    """Stage or id of the secret's version; the current one when left out."""
    kms_key_arn: str | None = None
    """Customer key that encrypts it; a secret's is known when it is named."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        _ = self.component
        return self

    @property
    def component(self) -> Secret:
        """The component's input."""
        return Secret(**self.model_dump())


class ContainerSettings(Model):
    """What a service's own container and its sidecars have in common."""

    command: tuple[str, ...] = ()
    """Arguments of the entry point; the image's when left out."""
    entry_point: tuple[str, ...] = ()
    """What is run; the image's when left out."""
    environment: dict[str, str] = {}
    """Environment of the container; never a secret."""
    secrets: dict[str, SecretSettings] = {}
    """Environment from Secrets Manager or Parameter Store, by variable."""
    user: str | None = None
    """User of the image that the container runs as, such as `10001:10001`; its Dockerfile's when left out."""
    writable_paths: tuple[str, ...] = ()
    """Folders that the container may write to, such as `/tmp`: its root file system is read-only."""
    open_files: int | None = Field(default=None, ge=1024, le=1_048_576)
    """Files and sockets that it may have open; 65535 when left out."""
    init_process: bool = True
    """Whether a process in front of it passes signals on and reaps children."""
    stop_timeout: int = Field(default=30, ge=2, le=120)
    """Seconds between the stop signal and the kill."""
    depends_on: dict[str, Condition] = {}
    """Sidecars that it waits for, each until `START`, `HEALTHY`, `COMPLETE` or `SUCCESS`."""

    @field_validator("user")
    @classmethod
    def _user(cls, user: str | None) -> str | None:
        refuse((user_problem(user),))
        return user

    @field_validator("writable_paths")
    @classmethod
    def _paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        refuse(paths_problems(paths))
        return paths

    @model_validator(mode="after")
    def _variables(self) -> Self:
        refuse(variables_problems(self.environment, self.secrets))
        return self

    @property
    def sources(self) -> dict[str, Secret]:
        """The secrets as the component takes them."""
        return {name: secret.component for name, secret in self.secrets.items()}


class SidecarSettings(ContainerSettings):
    """A further container of each task, which shares `localhost` with the service's own."""

    image: str
    """Image of any registry, by digest or tag."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """TCP port that it listens on, if it does."""
    essential: bool = True
    """Whether the task ends when it ends."""
    health_check: ContainerHealthCheck | None = None
    """Command by which it finds out whether it is well."""

    @property
    def container(self) -> Container:
        """The component's input."""
        return Container(
            image=self.image,
            port=self.port,
            command=self.command,
            entry_point=self.entry_point,
            environment=dict(self.environment),
            secrets=self.sources,
            user=self.user,
            writable_paths=self.writable_paths,
            open_files=self.open_files,
            init_process=self.init_process,
            stop_timeout=self.stop_timeout,
            essential=self.essential,
            depends_on=self.depends_on,
            health_check=self.health_check,
        )


class ServiceSettings(Requests, ContainerSettings):
    """One service: an image, its size, and the requests that it answers."""

    build: Annotated[Build | None, BeforeValidator(_short_build, json_schema_input_type=str | Build | None)] = None
    """Folder of the app, or a mapping with `context`, `dockerfile`, `target`, `args`."""
    image: str | None = None
    """Image of any registry instead, by digest or tag; nothing is built then, and no Docker needed."""
    port: int = Field(default=8080, ge=1, le=65535)
    """TCP port that the container listens on; a port below 1024 needs root."""
    cpu: int = 256
    """CPU units; 1024 are one vCPU."""
    memory: int = Field(default=512, validate_default=True)
    """MiB; Fargate knows certain pairs with `cpu`."""
    ephemeral_storage: int | None = Field(default=None, ge=21, le=200)
    """GiB of disk of each task; 20 when left out, which are free."""
    desired_count: int = Field(default=1, ge=1, le=5000)
    """Tasks that run."""
    scaling: Scaling | None = None
    """What changes the number of tasks, instead of `desired_count`."""
    capacity: Capacity | CapacityMix = Capacity.FARGATE
    """`FARGATE`, `FARGATE_SPOT`: cheaper, but AWS may take a task back with two minutes' notice, or a mix of both."""
    sidecars: dict[Annotated[str, AfterValidator(check_name)], SidecarSettings] = {}
    """Further containers of each task, by name."""
    container_health_check: ContainerHealthCheck | None = None
    """Command by which the container finds out whether it is well, beside the load balancer's asking."""
    health_check: HealthCheck = HealthCheck()
    """What the load balancer asks each task."""
    deregistration_delay: int = Field(default=10, ge=0, le=3600)
    """Seconds for which requests in flight may end before a task is told to stop; every deploy waits for them."""
    start_period: int = Field(default=60, ge=0, le=2_147_483_647)
    """Seconds after a task's start in which failing health checks do not count."""
    timeout_minutes: int = Field(default=20, ge=1, le=120)
    """Minutes after which a deployment that is not steady has failed."""
    zone_rebalancing: bool = True
    """Whether ECS moves tasks when one zone has more than the others."""

    @field_validator("memory")
    @classmethod
    def _size(cls, memory: int, info: ValidationInfo) -> int:
        if "cpu" in info.data and (problem := size_problem(info.data["cpu"], memory)):
            raise ValueError(problem)
        return memory

    @field_validator("image")
    @classmethod
    def _image(cls, image: str | None) -> str | None:
        refuse((image_problem(image) if image is not None else None,))
        return image

    @model_validator(mode="after")
    def _one_image(self) -> Self:
        if (self.build is None) == (self.image is None):
            raise ValueError("a service needs either build, such as build: ./app, or image: an image that is there")
        return self

    @model_validator(mode="after")
    def _count(self) -> Self:
        if self.scaling and "desired_count" in self.model_fields_set:
            raise ValueError("scaling decides how many tasks run, from its min to its max: leave out desired_count")
        return self

    @model_validator(mode="after")
    def _containers(self) -> Self:
        own = Container(image="", port=self.port, depends_on=self.depends_on, health_check=self.container_health_check)
        others = {name: sidecar.container for name, sidecar in self.sidecars.items()}
        refuse(task_problems({"the service's own": own, **others}))
        return self


class Settings(Model):
    """Everything that a stack file may say about this program."""

    environment: Environment
    """`dev`, `staging` or `prod`: `prod` has rules of its own."""
    architecture: Architecture = Architecture.X86_64
    """Processor of images and tasks alike: `X86_64` or `ARM64`."""
    network: NetworkSettings = NetworkSettings()
    """Range, zones and ways out of the stack's VPC."""
    load_balancer: LoadBalancerSettings = LoadBalancerSettings()
    """Names, certificate, firewall and logs of the stack's load balancer."""
    customer_key: bool = False
    """Whether logs and images are encrypted with a key of the account's own; a change replaces the repositories."""
    permissions_boundary_arn: str | None = Field(default=None, pattern=r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+$")
    """Policy that bounds every role of the stack."""
    container_insights: ContainerInsights = ContainerInsights.DISABLED
    """Metrics beyond CPU and memory of each service."""
    log_retention_days: LogRetentionDays = 30
    """Days that logs are kept."""
    force_delete: bool | None = None
    """Delete repositories with their images, and the bucket of logs, on destroy; outside prod when left out."""
    exceptions: tuple[Exemption, ...] = ()
    """Findings of policies that are accepted for a time, each with its reason."""
    services: dict[Annotated[str, AfterValidator(check_name)], ServiceSettings] = Field(min_length=1)
    """Services by name. All share one load balancer."""

    @property
    def deletes_contents(self) -> bool:
        """Whether destroying the stack deletes its images and logs."""
        return self.environment is not Environment.PROD if self.force_delete is None else self.force_delete

    @property
    def deletion_protection(self) -> bool:
        """Whether the load balancer is protected from being deleted."""
        given = self.load_balancer.deletion_protection
        return self.environment is Environment.PROD if given is None else given

    @property
    def flow_log_retention_days(self) -> LogRetentionDays | None:
        """Days that the VPC's flow logs are kept; None when there are none."""
        return self.log_retention_days if self.network.flow_logs else None

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
    problems += _region_problems(config, values)
    settings = None
    try:
        settings = Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        problems += [_problem(one) for one in error.errors(include_url=False)]
    problems += [f"{NAMESPACE}:{problem}" for problem in _stack_problems(values)]
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


@functools.cache
def _aws_keys() -> frozenset[str]:
    """What may be configured of the AWS provider (Pulumi Registry, "AWS Classic: Installation & Configuration")."""
    words = (name.split("_") for name in inspect.signature(aws.ProviderArgs.__init__).parameters)
    keys = (first + "".join(word.title() for word in rest) for first, *rest in words)
    return frozenset({*keys, "version", "pluginDownloadURL"})


def _texts(value: object) -> list[str]:
    return [one for one in cast(list[Any], value) if isinstance(one, str)] if isinstance(value, list) else []


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
            yield (
                f"{key}: must hold no secret: what stands here can be read in the state and in task definitions. Keep "
                "it in Secrets Manager or Parameter Store, and name it under services.NAME.secrets"
            )
        if namespace == "aws" and key.count(":") == 1 and key.partition(":")[2] not in _aws_keys():
            yield f"{key}: unknown key{_nearest(key.partition(':')[2], _aws_keys())}"


def _stack_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong between one part of a stack and another."""
    yield from _route_problems(values)
    yield from _host_problems(values)
    yield from _scaling_problems(values)
    yield from _environment_problems(values)


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
    """The rules of `prod`: it must survive a zone, and speak HTTPS. It has two zones or more, as every stack has."""
    if values.get("environment") != Environment.PROD:
        return
    network, edge = _mapping(values.get("network")), _mapping(values.get("load_balancer"))
    if not network.get("existing") and network.get("nat", Nat.SINGLE) == Nat.SINGLE:
        yield "network.nat: prod must not lose its way out with one zone: per_az or regional (or none), got single"
    internal = edge.get("scheme") == Scheme.INTERNAL
    if not internal and not edge.get("domain") and not edge.get("certificate_arn"):
        yield (
            "load_balancer.domain: prod must speak HTTPS: such as {zone: example.com, names: [www.example.com]}, or a "
            "certificate_arn; got neither"
        )
    if internal and not {ANYWHERE, ANYWHERE_IPV6}.isdisjoint(_texts(edge.get("allowed_cidrs"))):
        yield "load_balancer.allowed_cidrs: an internal load balancer of prod must not be open to all: name its callers"
    for name, service in _mapping(values.get("services")).items():
        image = _mapping(service).get("image")
        if isinstance(image, str) and (problem := image_problem(image, fixed=True)):
            yield f"services.{name}.{problem}"
        scaling = _mapping(_mapping(service).get("scaling"))
        key, count = (
            ("scaling.min", scaling.get("min"))
            if scaling
            else ("desired_count", _mapping(service).get("desired_count", 1))
        )
        if count in (0, 1):
            yield f"services.{name}.{key}: prod must not lose its only task with one zone: 2 or more, got {count}"


def _host_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Hosts of services that the load balancer's certificate is not for."""
    try:
        domain = Domain(**_lists_as_tuples(_mapping(_mapping(values.get("load_balancer")).get("domain"))))
    except (TypeError, ValueError):
        return  # there is none, or it is told what is wrong with it
    for name, service in _mapping(values.get("services")).items():
        for host in _texts(_mapping(service).get("hosts")):
            if not domain.covers(host):
                yield (
                    f"services.{name}.hosts: {host!r} is not among the names of load_balancer.domain, so it would have "
                    f"no certificate: add it there; they are {', '.join(domain.names)}"
                )


def _scaling_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Services that scale by what nobody measures."""
    if values.get("container_insights", ContainerInsights.DISABLED) == ContainerInsights.DISABLED:
        for name, service in _mapping(values.get("services")).items():
            if _mapping(_mapping(service).get("scaling")).get("queue"):
                yield (
                    f"services.{name}.scaling.queue: is measured by container insights: set container_insights: enabled"
                )


def _lists_as_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(cast(list[Any], value)) if isinstance(value, list) else value for key, value in values.items()}


def _region_problems(config: Mapping[str, str], values: Mapping[str, Any]) -> Iterator[str]:
    known, region = [one.value for one in aws.Region], config.get("aws:region")
    if region is None:
        yield "aws:region: is required, such as ap-northeast-1"
    elif region not in known:
        yield f"aws:region: no region {region!r}{_nearest(region, known)}"
    else:
        yield from (f"{NAMESPACE}:{problem}" for problem in _elsewhere(region, _mapping(values.get("load_balancer"))))
        if region.startswith("cn-") and _mapping(values.get("network")).get("endpoints"):
            yield f"{NAMESPACE}:network.endpoints: China's regions have other names for them: leave them out"


def _elsewhere(region: str, edge: Mapping[str, Any]) -> Iterator[str]:
    """What a load balancer cannot use because it is in another region."""
    groups = _texts(_mapping(edge.get("firewall")).get("rule_groups"))
    for key, arn in (
        ("certificate_arn", edge.get("certificate_arn")),
        *(("firewall.rule_groups", arn) for arn in groups),
    ):
        parts = arn.split(":") if isinstance(arn, str) else []
        if len(parts) > 3 and parts[3] != region:
            yield f"load_balancer.{key}: must be in the stack's region {region}, got one in {parts[3]}"


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
    return f"{path}: {wanted}, got {_shown(got)}"


def _shown(value: object) -> str:
    """A value as a stack file has it."""
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


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
    "string_pattern_mismatch": "must match {pattern}",
    "too_short": "must name one service at least, such as web: {{build: ./app}}",
}


def _known_keys(path: tuple[str | int, ...]) -> Iterable[str]:
    """The keys that the mapping at a path may have."""
    here: Any = Settings
    for part in path:
        here = _item(here) if get_origin(here) in (dict, tuple) else _fields(here)[str(part)]
    return _fields(here)


def _item(kind: Any) -> Any:  # noqa: ANN401 - a type as annotations write it
    """The type of a mapping's values, or of a list's items."""
    arguments = get_args(kind)
    return arguments[1] if get_origin(kind) is dict else arguments[0]


def _fields(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """The keys of a mapping's type with their types; of `X | None` those of X."""
    model = next(
        one for one in (kind, *get_args(kind)) if hasattr(one, "model_fields") or dataclasses.is_dataclass(one)
    )
    if dataclasses.is_dataclass(model):
        return {field.name: field.type for field in dataclasses.fields(model)}
    return {name: field.annotation for name, field in model.model_fields.items()}


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
