"""A cloud that only takes notes: what a program registers and asks, without an engine."""

import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, settings
from pulumi.runtime import config as runtime
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.settings import Settings, configure, get_root_resource

from components import hook_name
from ops.declared import declared

for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "FARGATE_IMAGES"):
    os.environ.pop(name, None)  # whose shell it is makes no difference

# A busy machine is no failure.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")
ROOT = Path(__file__).resolve().parents[2]
REGION = "ap-northeast-1"
ACCOUNT = "123456789012"
DIGEST = "sha256:" + "0" * 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """One resource, as the engine would hear of it."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    dependencies: list[str]
    ignore_changes: list[str]
    protect: bool
    retain: bool
    replace_on_changes: list[str]
    delete_before_replace: bool
    timeouts: tuple[str, str, str]
    hooks: dict[str, list[str]]
    aliases: list[str]


class Cloud(Mocks):
    """Answers as AWS would, and remembers every question. An unknown function is an error, never an empty answer."""

    def __init__(self) -> None:
        self.resources: list[Registered] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.zones = ["z-a", "z-c", "z-d"]
        self.running: dict[str, Any] = {}
        self.preview = False
        self.secret_key = ""
        self.secret_text = "what nobody may see"
        self.subnets: dict[str, dict[str, str]] = {}
        self.tables: dict[str, str] = {}
        self.routes: dict[str, list[dict[str, str]]] = {}
        self.exports: dict[str, Any] = {}
        self.secrets: list[tuple[str, str]] = []
        self.registered_outputs: dict[str, dict[str, Any]] = {}

    def all(self, kind: str) -> list[Registered]:
        """Every resource of a type, by name: the engine hears of them in no order."""
        return sorted((one for one in self.resources if one.type == kind), key=lambda one: one.name)

    def one(self, kind: str, name: str | None = None) -> Registered:
        """The only resource of a type, or the one of that name."""
        found = [one for one in self.all(kind) if name in (None, one.name)]
        assert len(found) == 1, f"{kind} {name}: {[one.name for one in found]}"
        return found[0]

    def children(self) -> list[Registered]:
        """Every resource that is no component."""
        return [one for one in self.resources if not one.type.startswith("fargate:")]

    def uri(self, name: str) -> str:
        """The image of a repository, by digest."""
        return f"registry.example/{name}@{DIGEST}"

    def tables_of(self, wanted: dict[str, Any]) -> list[str]:
        """Ids of the route tables that a subnet, or nothing else, is associated with."""
        found = self.tables.get("main" if wanted["name"] == "association.main" else wanted["values"][0])
        return [found] if found else []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if self.preview:
            return "", args.inputs  # what AWS would only know later is unknown to the program
        name, kind = args.name, args.typ.rpartition(":")[2]
        more: dict[str, dict[str, Any]] = {
            "Repository": {
                "arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}",
                "registryId": ACCOUNT,
                "repositoryUrl": f"registry.example/{name}",
            },
            "Image": {"repoDigest": self.uri(name)},
            "LogGroup": {"arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"},
            "Cluster": {"arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{name}"},
            "Bucket": {"arn": f"arn:aws:s3:::{name}-1234567", "bucket": f"{name}-1234567"},
            "Vpc": {"ipv6CidrBlock": "2001:db8:0:ff00::/56"},
            "Certificate": {"domainValidationOptions": _proofs(args.inputs)},
            "Record": {"fqdn": args.inputs.get("name")},
            "LoadBalancer": {"dnsName": f"{name}.alb.localhost:4566", "zoneId": "Z1"},
        }
        outputs = {"arn": f"arn:{kind}:{name}", "name": f"{name}-1234567", **args.inputs, **more.get(kind, {})}
        return f"{kind}-{name}", outputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        self.calls.append((args.token, args.args))
        return self._answer(args), []

    def _answer(self, args: MockCallArgs) -> dict[str, Any]:
        asked = args.args
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            "aws:index/getAvailabilityZones:getAvailabilityZones": lambda: {"names": self.zones},
            "aws:index/getRegion:getRegion": lambda: {"region": REGION},
            "aws:index/getCallerIdentity:getCallerIdentity": lambda: {
                "accountId": ACCOUNT,
                "arn": f"arn:aws:iam::{ACCOUNT}:user/someone",
            },
            "aws:route53/getZone:getZone": lambda: {"zoneId": f"zone of {asked['name']}"},
            "aws:ec2/getVpc:getVpc": lambda: {
                "id": asked["id"],
                "cidrBlock": "172.16.0.0/16",
                "ipv6CidrBlock": "2001:db8::/56",
            },
            "aws:ec2/getSubnet:getSubnet": lambda: {"id": asked["id"], **self.subnets[asked["id"]]},
            "aws:ec2/getRouteTables:getRouteTables": lambda: {"ids": self.tables_of(asked["filters"][0])},
            "aws:ec2/getRouteTable:getRouteTable": lambda: {"routes": self.routes[asked["routeTableId"]]},
            "aws:ec2/getManagedPrefixList:getManagedPrefixList": lambda: {"id": f"pl-of-{asked['name']}"},
            "aws:ec2/getVpcEndpointService:getVpcEndpointService": lambda: {
                "serviceName": f"com.amazonaws.{REGION}.{asked['service']}"
            },
            "aws:efs/getAccessPoint:getAccessPoint": lambda: {
                "arn": f"arn of {asked['accessPointId']}",
                "fileSystemId": "fs-theirs",
                "fileSystemArn": "arn of fs-theirs",
            },
            "aws:secretsmanager/getSecret:getSecret": lambda: {
                "arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{asked['name']}-AbCdEf",
                "kmsKeyId": self.secret_key,
            },
            "aws:secretsmanager/getSecretVersion:getSecretVersion": lambda: {"secretString": self.secret_text},
            "aws:kms/getKey:getKey": lambda: {"arn": f"arn of {asked['keyId']}"},
            "aws:ssm/getParameter:getParameter": lambda: {
                "arn": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{asked['name']}"
            },
            "aws:ecr/getAuthorizationToken:getAuthorizationToken": lambda: {
                "userName": "AWS",
                "password": "not-for-eyes",
            },
            "aws:ecr/getRepository:getRepository": lambda: {
                "name": asked["name"],
                "arn": f"arn:aws:ecr:{REGION}:{asked.get('registryId') or ACCOUNT}:repository/{asked['name']}",
                "repositoryUrl": f"registry.example/{asked['name']}",
                "registryId": asked.get("registryId") or ACCOUNT,
            },
            "aws:ecr/getImage:getImage": lambda: {"imageDigest": DIGEST},
            "aws:ecs/getService:getService": lambda: (
                self.running or described(f"arn:TaskDefinition:{asked['serviceName'].removesuffix('-1234567')}")
            ),
        }
        if args.token not in answers:
            raise LookupError(f"nobody said how to answer {args.token}")
        return answers[args.token]()


def _proofs(certificate: dict[str, Any]) -> list[dict[str, str]]:
    """What ACM wants to find for each name; a wildcard wants what its domain does."""
    names = [certificate.get("domainName", ""), *certificate.get("subjectAlternativeNames", ())]
    return [
        {
            "domainName": name,
            "resourceRecordName": f"_proof.{name.removeprefix('*.')}",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"{name.removeprefix('*.')}.acm.example",
        }
        for name in names
    ]


def described(task_definition: str, *, running: int = 1, desired: int = 1, status: str = "PRIMARY") -> dict[str, Any]:
    """A service as `aws.ecs.get_service` describes it."""
    deployment = {
        "status": status,
        "taskDefinition": task_definition,
        "runningCount": running,
        "desiredCount": desired,
    }
    return {"deployments": [deployment], "events": [{"message": f"event {number}"} for number in range(7)]}


class Recorder(MockMonitor):
    """The monitor of the mocks, which also notes parents and options."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.cloud = cloud
        self.hooks: set[str] = set()

    def RegisterResourceHook(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        self._hook(request.name)
        return super().RegisterResourceHook(request)

    def RegisterErrorHook(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        self._hook(request.name)
        return super().RegisterErrorHook(request)

    def _hook(self, name: str) -> None:
        if name in self.hooks:
            raise ValueError(f"resource hook already registered for name {name!r}")  # as the engine says it
        self.hooks.add(name)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = pulumi.runtime.rpc.deserialize_properties(request.object)
            limits = request.customTimeouts
            self.cloud.secrets += [(request.name, path) for path in _secret_paths(inputs)]
            self.cloud.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    inputs=_plain(inputs),
                    dependencies=sorted(request.dependencies),
                    ignore_changes=list(request.ignoreChanges),
                    protect=request.protect,
                    retain=request.retainOnDelete,
                    replace_on_changes=list(request.replaceOnChanges),
                    delete_before_replace=request.deleteBeforeReplace,
                    timeouts=(limits.create, limits.update, limits.delete),
                    hooks={kind.name: list(names) for kind, names in request.hooks.ListFields()},
                    aliases=[alias.spec.name for alias in request.aliases],
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        outputs = pulumi.runtime.rpc.deserialize_properties(request.outputs, keep_unknowns=True)
        self.cloud.registered_outputs[request.urn] = outputs
        return super().RegisterResourceOutputs(request)


def _plain(value: Any) -> Any:
    """The value without the wrapper in which a secret travels."""
    if pulumi.runtime.rpc.is_rpc_secret(value):
        return _plain(pulumi.runtime.rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _secret_paths(value: Any, path: str = "") -> list[str]:
    if pulumi.runtime.rpc.is_rpc_secret(value):
        return [path]
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in _secret_paths(one, f"{path}.{key}".strip("."))]
    return []


class Deployer:
    """Runs a function as a Pulumi program would be run, until everything that it began has ended."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def __call__(self, build, *, preview: bool = False, stack: str = "dev"):
        self.cloud.preview = preview
        _forget_the_last()
        pulumi.runtime.set_mocks(
            self.cloud, project="fargate", stack=stack, preview=preview, monitor=Recorder(self.cloud)
        )
        built = []
        pulumi.runtime.test(lambda: built.append(build()))()
        return built[0]

    def known(self, output: pulumi.Output):
        """An output's value, after a deployment."""
        values = []
        pulumi.runtime.test(lambda: output.apply(values.append))()
        return values[0]


def _forget_the_last() -> None:
    """Each program has a process of its own: no other's hooks, nor what was registered for its stack."""
    hook_name._given.clear()
    if root := get_root_resource():
        root._transformations = []


@pytest.fixture(autouse=True)
def no_program_before():
    """Nothing of a program that another test ran: it may have been a preview, and with a configuration."""
    _forget_the_last()
    configure(Settings(project=None, stack=None))
    runtime.set_all_config({}, [])
    yield
    gc.enable()  # __main__.py disables it, for a process that lives for seconds


@pytest.fixture
def cloud():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield Cloud()
    # Pulumi's queue of pending registrations is global: what a failed test left there would break the next one.
    try:
        pulumi.runtime.test(lambda: None)()
    except BaseException:  # noqa: BLE001 - the failed test has told it
        pulumi.runtime.settings._get_rpc_manager().clear()
    if tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks, timeout=5))
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def deploy(cloud):
    return Deployer(cloud)


@pytest.fixture
def at_root(monkeypatch):
    """The program's folder as the working directory, as the engine runs it."""
    monkeypatch.chdir(ROOT)
    return ROOT


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A program folder with an app in it, as the working directory."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def without_local_cloud(monkeypatch):
    """A checkout in which the local cloud's provider cannot be loaded."""
    monkeypatch.setitem(sys.modules, "localcloud.providers.aws", None)
    declared.cache_clear()
    yield
    declared.cache_clear()


def flat(config: dict[str, Any]) -> dict[str, str]:
    """A stack file's `config` as the engine hands it over: structured values as JSON, all others as text."""
    return {key: value if isinstance(value, str) else json.dumps(value, default=_date) for key, value in config.items()}


def _date(value: Any) -> str:
    """A date without quotes, as the engine hands it over."""
    return f"{value} 00:00:00 +0000 UTC"


@pytest.fixture(name="flat")
def _flat():
    return flat
