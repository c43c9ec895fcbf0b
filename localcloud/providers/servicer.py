"""The gRPC side that both providers share: connections, errors, and the steps that are the same for every resource."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import grpc
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from localcloud.providers.declare import UnknownField
from localcloud.providers.operations import Cancelled, ProviderError
from localcloud.providers.wire import pack, unpack

logger = logging.getLogger("localcloud.providers")

INFO = engine_pb2.INFO
WARNING = engine_pb2.WARNING


@dataclass
class Connection:
    """One engine's connection: several engines, each with its own settings, share a server."""

    config: dict[str, str] = field(default_factory=dict[str, str])
    engine: engine_pb2_grpc.EngineStub | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def log(
        self,
        message: str,
        urn: str = "",
        severity: engine_pb2.LogSeverity.ValueType = INFO,
        *,
        ephemeral: bool = False,
    ) -> None:
        """Show a message in the engine's display, under the resource of `urn`; an ephemeral one while it runs."""
        if self.engine:
            try:
                self.engine.Log(engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral))
            except grpc.RpcError:
                logger.debug("the engine is gone: %s", message)


class InitFailed(Exception):
    """The resource exists, but is not as asked: the engine keeps it in state, and the next `up` repairs it."""

    def __init__(self, id: str, state: dict[str, Any], inputs: dict[str, Any], reason: str) -> None:
        super().__init__(reason)
        self.id, self.state, self.inputs, self.reason = id, state, inputs, reason


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """What every provider answers alike. One instance serves every engine; connections are told apart by their peer."""

    version: str

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}
        self._alone: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def connection(self, context: grpc.ServicerContext) -> Connection:
        """The state of the connection that a request came on."""
        return self._connections.setdefault(context.peer(), Connection())

    def stopped(self, context: grpc.ServicerContext) -> Callable[[], bool]:
        """Whether a request's engine was told to stop, or is gone."""
        cancelled = self.connection(context).cancelled
        return lambda: cancelled.is_set() or not context.is_active()

    def _begin(self, context: grpc.ServicerContext, engine: str) -> None:
        """Start anew: the port of an engine that was cancelled, and whose peer this was, is given to others in time."""
        stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine))
        self._connections.pop(context.peer(), None)  # it is the newest now: the oldest are forgotten
        self._connections[context.peer()] = Connection(engine=stub)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> Empty:
        """Learn where the engine takes messages."""
        self._forget_closed()
        self._begin(context, request.address)
        return Empty()

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say what this provider understands."""
        self._begin(context, request.engine_address)
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """The SDK version that the declarations follow."""
        return plugin_pb2.PluginInfo(version=self.version)

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Accept the provider's settings."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Changed settings are taken over; another region makes everything anew, as the official provider does."""
        olds, news = unpack(request.old_inputs), unpack(request.news)
        changed = sorted(name for name in {*olds, *news} - {"version"} if olds.get(name) != news.get(name))
        changes = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        replaces = [name for name in changed if name == "region"]
        return provider_pb2.DiffResponse(changes=changes, diffs=changed, replaces=replaces)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Keep the settings of this connection."""
        self.connection(context).config = {key.rpartition(":")[2]: value for key, value in request.variables.items()}
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Stop what this connection's engine waits for."""
        self.connection(context).cancelled.set()
        return Empty()

    def _forget_closed(self, keep: int = 100) -> None:
        """Of a closed connection nobody tells: forget the oldest."""
        for peer in list(self._connections)[:-keep]:
            self._connections.pop(peer, None)

    @contextmanager
    def errors(self, context: grpc.ServicerContext, doing: str, alone: str = "") -> Iterator[None]:
        """Turn what goes wrong into one readable error of the engine.

        With the URN of a resource as `alone`, wait for what an engine that was killed began with it.
        """
        try:
            with self._alone[alone] if alone else nullcontext():
                if alone and not context.is_active():
                    raise Cancelled("the engine is gone")
                yield
        except InitFailed as error:
            _abort_init_failed(context, error, f"{doing}: {error.reason}")
        except (ProviderError, UnknownField, ClientError, BotoCoreError) as error:
            logger.info("%s: %s: %s", context.peer(), doing, describe_error(error))
            context.abort(grpc.StatusCode.UNKNOWN, f"{doing}: {describe_error(error)}")
        except grpc.RpcError:
            raise
        except Exception as error:
            if context.code():  # type: ignore[attr-defined] - set by context.abort, which raises a plain Exception
                raise
            logger.exception("%s failed", doing)
            context.abort(
                grpc.StatusCode.UNKNOWN, f"{doing}: {type(error).__name__}: {error} (fault of the local cloud)"
            )


def describe_error(error: Exception) -> str:
    """An error in AWS's own words: its code, then its message."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        return f"{details.get('Code')}: {details.get('Message')}"
    if isinstance(error, NotConnected | HTTPClientError):
        return "the local cloud does not answer: start it with `python -m localcloud start`, then `up` again"
    return str(error)


def run_steps(steps: Callable[[], None], failed: Callable[[str], InitFailed]) -> None:
    """Run what comes after a resource exists: whatever fails then must not lose the resource."""
    try:
        steps()
    except (ProviderError, Cancelled, UnknownField, ClientError, BotoCoreError) as error:
        raise failed(describe_error(error)) from error


def _abort_init_failed(context: grpc.ServicerContext, error: InitFailed, message: str) -> None:
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    failed = provider_pb2.ErrorResourceInitFailed(
        id=error.id, properties=pack(error.state), reasons=[error.reason], inputs=pack(error.inputs)
    )
    status.details.add().Pack(failed)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)
