"""The `aws` package for the engine: what is declared is carried out against the emulator."""

import hashlib
import json
import re
import threading
from collections.abc import Sequence
from typing import Any

import boto3
import grpc
import jmespath
from botocore.config import Config
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from localcloud.journal import Journal
from localcloud.providers.aws import FUNCTIONS, RESOURCES
from localcloud.providers.aws.calls import Recorder, recorder
from localcloud.providers.declare import Resource
from localcloud.providers.operations import Operation, ProviderError, make
from localcloud.providers.servicer import INFO, WARNING, Connection, InitFailed, Servicer, run_steps
from localcloud.providers.wire import pack, unpack

ADD = "localcloud/README.md says how to declare one"
ADMINISTRATOR = ("test", "test")  # the emulator's own, no account's


class Clients:
    """Clients of the emulator, each made once: loading AWS's API models takes longer than most calls."""

    def __init__(self, endpoint: str, credentials: Sequence[str], keep: Recorder | None = None) -> None:
        self._endpoint = endpoint
        self._keep = keep
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        given: Any = dict(zip(names, credentials, strict=False))  # the administrator has no token
        self._session: Any = boto3.session.Session(**given)
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str, region: str) -> Any:
        """The client of a service in a region."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service,
                    region_name=region,
                    endpoint_url=self._endpoint,
                    config=Config(retries={"max_attempts": 2}, max_pool_connections=64, read_timeout=120),
                )
                if self._keep:
                    self._keep(self._clients[service, region])
            return self._clients[service, region]


class AwsServicer(Servicer):
    """Serves every engine of this machine; region and default tags are those of each connection.

    Args:
        endpoint: the emulator's.
        journal: keeps what engines may not have heard of.
        credentials: access key, secret and token of who acts; by default the administrator.
        calls: file that keeps the calls that are made for an engine; "" keeps none.

    """

    version = "7.51.1"

    def __init__(
        self, endpoint: str, journal: Journal, credentials: Sequence[str] = ADMINISTRATOR, *, calls: str = ""
    ) -> None:
        super().__init__()
        self._journal = journal
        self.administrator = Clients(endpoint, ADMINISTRATOR)
        """For what AWS checks by itself, or has already, and nobody needs a permission for."""
        alone = calls or credentials != ADMINISTRATOR
        self.client = Clients(endpoint, credentials, recorder(calls)) if alone else self.administrator

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Refuse what nobody declared; give a name, and the tags that the stack wants on everything."""
        with self.errors(context, f"checking {request.name}"):
            resource = _declared(request.type)
            news, olds = unpack(request.news), unpack(request.olds)
            unknown = sorted(set(news) - resource.properties)
            if unknown:
                reason = f"{request.type} has no declared property {', '.join(unknown)}: {ADD}"
                return provider_pb2.CheckResponse(
                    failures=[provider_pb2.CheckFailure(property=unknown[0], reason=reason)]
                )
            if resource.tags:
                tags = {**self._default_tags(context), **_tags(news)}
                news["tagsAll"] = tags
            if resource.autoname and not news.get(resource.autoname):
                old = str(olds.get(resource.autoname))  # one that was given is not kept (`__defaults` of the official)
                news[resource.autoname] = old if re.search("-[0-9a-f]{7}$", old) else _autoname(resource, request)
            return provider_pb2.CheckResponse(inputs=pack(news))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """What changed, and whether AWS can change it in place."""
        with self.errors(context, f"comparing {request.name}"):
            self._journal.known(request.urn)
            resource = _declared(request.type)
            news, olds = unpack(request.news), unpack(request.old_inputs)
            changed = resource.changed(olds, news, set(request.ignoreChanges))
            replaced = {name for name in changed if resource.is_replaced_by(name, news)}
            detailed = {
                name: provider_pb2.PropertyDiff(kind=_kind(name, olds, news, name in replaced), inputDiff=True)
                for name in changed
                if name != "tagsAll" or "tags" not in changed
            }
            some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
            return provider_pb2.DiffResponse(
                changes=some,
                diffs=sorted(changed),
                replaces=sorted(replaced),
                deleteBeforeReplace=resource.delete_first,
                detailedDiff=detailed,
                hasDetailedDiff=True,
            )

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Make the resource, apply its settings, wait until it is as asked."""
        with self.errors(context, f"creating {request.type} {request.name}", request.urn):
            resource, inputs = _declared(request.type), unpack(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=pack(inputs))
            operation = self._operation(resource, dict(inputs), request, context)
            with self._journal.creation(request.urn) as keep:
                operation.create()
                keep(operation.id)
            run_steps(operation.settle, lambda reason: self._failed(operation, inputs, reason))
            self._say_not_emulated(resource.only_recorded(inputs), request.urn, context)
            return provider_pb2.CreateResponse(
                id=operation.id, properties=pack(operation.state(operation.describe(), inputs))
            )

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """The resource as it is now; an empty answer when it is gone."""
        with self.errors(context, f"reading {request.type} {request.name}", request.urn):
            old = unpack(request.inputs)
            values = {**unpack(request.properties), **old}
            operation = self._operation(_declared(request.type), dict(values), request, context, request.id)
            said = {} if values else operation.find()  # of an import nothing is known but the id
            description = operation.describe()
            if description is None:
                return provider_pb2.ReadResponse()
            inputs = operation.inputs(description, old, said)
            state = {**operation.state(description, inputs)}
            id = request.id if values else operation.found(description)
            return provider_pb2.ReadResponse(id=id, properties=pack(state), inputs=pack(inputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Change the resource in place."""
        with self.errors(context, f"updating {request.type} {request.name}", request.urn):
            resource, olds, news = _declared(request.type), unpack(request.old_inputs), unpack(request.news)
            if request.preview:
                return provider_pb2.UpdateResponse(properties=pack({**unpack(request.olds), **news}))
            operation = self._operation(resource, {**unpack(request.olds), **news}, request, context, request.id)
            for removed in (set(olds) | resource.kept) - set(news):
                operation.values.pop(removed, None)
            changed = resource.changed(olds, news, set(request.ignoreChanges))
            run_steps(lambda: operation.update(changed, olds), lambda reason: self._failed(operation, news, reason))
            told = resource.only_recorded(olds)
            more = [note for note in resource.only_recorded(news) if note not in told]
            self._say_not_emulated(more, request.urn, context)
            return provider_pb2.UpdateResponse(properties=pack(operation.state(operation.describe(), news)))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> Empty:
        """Remove the resource."""
        with self.errors(context, f"deleting {request.type} {request.name}", request.urn):
            values = {**unpack(request.properties), **unpack(request.old_inputs)}
            self._operation(_declared(request.type), values, request, context, request.id).delete()
            return Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Answer a data source."""
        with self.errors(context, f"calling {request.tok}"):
            function, args = FUNCTIONS.get(request.tok), unpack(request.args)
            if function is None:
                raise ProviderError(f"{request.tok} is not declared in the local cloud: {ADD}")
            if unknown := sorted(set(args) - function.call.properties - function.ignores):
                raise ProviderError(f"{request.tok} has no declared argument {', '.join(unknown)}")
            connection = self.connection(context)
            region = args.get("region") or self._region(connection)
            values = {**args, "region": region}
            client = self.client(function.service, region)
            if function.before:
                rehearsal = self.administrator(function.service, region)
                values.update(function.before(rehearsal, values, lambda message: connection.log(message, "", WARNING)))
            answer = make(client, function.call, values)
            result = {name: jmespath.search(at, answer) for name, at in function.returns.items()}
            if function.missing and not any(result.values()):
                raise ProviderError(function.missing)
            for more in function.more:
                result.update(jmespath.search(str(more.at), make(client, more.call, values)))
            result = {**args, "id": region, **{name: value for name, value in result.items() if value is not None}}
            finish = function.finish(result, values) if function.finish else result
            reply = provider_pb2.InvokeResponse()
            getattr(reply, "return").CopyFrom(pack(finish))  # the field is a keyword
            return reply

    def _operation(
        self, resource: Resource, values: dict[str, Any], request: Any, context: grpc.ServicerContext, id: str = ""
    ) -> Operation:
        connection = self.connection(context)
        return Operation(
            resource,
            {"region": self._region(connection), **values},
            self.client,
            checks=self.administrator,
            id=id,
            timeout=getattr(request, "timeout", 0),
            log=lambda message, keep: connection.log(
                message, request.urn, WARNING if keep else INFO, ephemeral=not keep
            ),
            cancelled=self.stopped(context),
        )

    def _failed(self, operation: Operation, inputs: dict[str, Any], reason: str) -> InitFailed:
        """A resource that exists but is not as asked, recorded as AWS tells it: the next `up` sees the difference."""
        description = operation.describe()
        live = operation.inputs(description, inputs) if description else inputs
        return InitFailed(operation.id, operation.state(description, live) if description else live, live, reason)

    def _say_not_emulated(self, recorded: list[str], urn: str, context: grpc.ServicerContext) -> None:
        if recorded:
            message = "recorded, not emulated here: " + "; ".join(recorded)
            self.connection(context).log(message, urn, WARNING)

    def _region(self, connection: Connection) -> str:
        region = connection.config.get("region")
        if not region:
            raise ProviderError("aws:region is not set: pulumi config set aws:region ap-northeast-1, for example")
        return region

    def _default_tags(self, context: grpc.ServicerContext) -> dict[str, str]:
        settings = json.loads(self.connection(context).config.get("defaultTags") or "{}")
        return {key: str(value) for key, value in (settings.get("tags") or {}).items()}


def _declared(type_token: str) -> Resource:
    resource = RESOURCES.get(type_token)
    if resource is None:
        raise ProviderError(f"{type_token} is not declared in the local cloud: {ADD}")
    return resource


def _kind(
    name: str, olds: dict[str, Any], news: dict[str, Any], replaced: bool
) -> provider_pb2.PropertyDiff.Kind.ValueType:
    kinds = provider_pb2.PropertyDiff
    if name not in olds:
        return kinds.ADD_REPLACE if replaced else kinds.ADD
    if name not in news:
        return kinds.DELETE_REPLACE if replaced else kinds.DELETE
    return kinds.UPDATE_REPLACE if replaced else kinds.UPDATE


def _tags(news: dict[str, Any]) -> dict[str, str]:
    tags = news.get("tags")
    return tags if isinstance(tags, dict) else {}


def _autoname(resource: Resource, request: provider_pb2.CheckRequest) -> str:
    """The logical name and seven hexadecimal digits, as Pulumi names things.

    Raises:
        ProviderError: the name is longer than AWS takes.

    """
    digits = hashlib.sha256(request.randomSeed or request.urn.encode()).hexdigest()[:7]
    name = f"{request.name}-{digits}"
    if len(name) > resource.autoname_max:
        raise ProviderError(
            f"ValidationError: {resource.autoname} {name!r} has {len(name)} characters, AWS takes "
            f"{resource.autoname_max}: the logical name may have {resource.autoname_max - 8}"
        )
    return name
