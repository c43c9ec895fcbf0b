"""The aws provider as an engine drives it, without an engine."""

import json
import tempfile
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from localcloud.journal import Journal
from localcloud.providers.aws import RESOURCES
from localcloud.providers.aws.servicer import AwsServicer
from localcloud.providers.wire import pack, unpack


class Refused(Exception):
    """What the engine would show."""


class FakeContext:
    """As much of a gRPC context as the servicer asks for."""

    def peer(self):
        return "test"

    def abort(self, code: grpc.StatusCode, details: str):
        raise Refused(details)

    def code(self):
        return grpc.StatusCode.UNKNOWN

    def is_active(self):
        return True

    def set_trailing_metadata(self, metadata):
        self.metadata = metadata


def a_context() -> Any:
    return FakeContext()


class Provider:
    """The servicer as an engine drives it."""

    def __init__(self, endpoint: str) -> None:
        self.servicer = AwsServicer(endpoint, Journal(Path(tempfile.mkdtemp())))
        tags = json.dumps({"tags": {"project": "tests"}})
        configuration = {"aws:config:region": "ap-northeast-1", "aws:config:defaultTags": tags}
        self.servicer.Configure(provider_pb2.ConfigureRequest(variables=configuration), a_context())

    def context(self):
        return a_context()

    def check(self, token, name, inputs, olds=None):
        request = provider_pb2.CheckRequest(
            urn=f"urn:pulumi:t::p::{token}::{name}", type=token, name=name, news=pack(inputs), olds=pack(olds or {})
        )
        return self.servicer.Check(request, a_context())

    def create(self, token, name, /, **inputs):
        checked = self.check(token, name, inputs)
        assert not checked.failures, checked.failures
        made = self.servicer.Create(
            provider_pb2.CreateRequest(urn=name, type=token, name=name, properties=checked.inputs), a_context()
        )
        return Made(self, token, name, made.id, unpack(checked.inputs), unpack(made.properties))


class Made:
    """A resource that exists."""

    def __init__(self, provider, token, name, id, inputs, state):
        self.provider, self.token, self.name, self.id, self.inputs, self.state = (
            provider,
            token,
            name,
            id,
            inputs,
            state,
        )

    def __getitem__(self, output):
        return self.state[output]

    def read(self):
        request = provider_pb2.ReadRequest(
            id=self.id, type=self.token, name=self.name, inputs=pack(self.inputs), properties=pack(self.state)
        )
        return self.provider.servicer.Read(request, a_context())

    def imported(self):
        """The same resource as `pulumi import` would have it, by the id that the declaration wants."""
        known = {**self.inputs, **self.state, "id": self.id}
        if self.token == "aws:ecs/service:Service":  # its parts are names, not ARNs
            known = {name: str(value).rpartition("/")[2] for name, value in known.items()}
        id = RESOURCES[self.token].import_id.format(**known)
        read = self.provider.servicer.Read(
            provider_pb2.ReadRequest(id=id, type=self.token, name=self.name), a_context()
        )
        inputs, state = unpack(read.inputs), unpack(read.properties)
        return Made(self.provider, self.token, self.name, read.id, inputs, state)

    def checked(self, **changes):
        news = {**{key: value for key, value in self.inputs.items() if key != "tagsAll"}, **changes}
        news = {key: value for key, value in news.items() if value is not None}
        return self.provider.check(self.token, self.name, news, self.inputs).inputs

    def diff(self, **changes):
        request = provider_pb2.DiffRequest(
            id=self.id, type=self.token, name=self.name, news=self.checked(**changes), old_inputs=pack(self.inputs)
        )
        return self.provider.servicer.Diff(request, a_context())

    def update(self, **changes):
        news = self.checked(**changes)
        request = provider_pb2.UpdateRequest(
            id=self.id, type=self.token, name=self.name, news=news, old_inputs=pack(self.inputs), olds=pack(self.state)
        )
        self.state = unpack(self.provider.servicer.Update(request, a_context()).properties)
        self.inputs = unpack(news)

    def delete(self):
        request = provider_pb2.DeleteRequest(
            id=self.id, type=self.token, name=self.name, properties=pack(self.state), old_inputs=pack(self.inputs)
        )
        assert isinstance(self.provider.servicer.Delete(request, a_context()), Empty)
