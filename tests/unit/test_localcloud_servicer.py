from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from localcloud.providers.servicer import Servicer


def at(peer: str) -> Any:
    """A call's context, of which only the peer is asked here."""
    return SimpleNamespace(peer=lambda: peer)


@pytest.mark.parametrize(
    ("begin", "request_"),
    [
        (Servicer.Attach, plugin_pb2.PluginAttach(address="127.0.0.1:1")),
        (Servicer.Handshake, provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1")),
    ],
)
def test_an_engine_at_the_port_of_one_that_was_cancelled_is_not_cancelled(begin, request_):
    servicer, context = Servicer(), at("ipv4:127.0.0.1:40000")
    begin(servicer, request_, context)
    servicer.Cancel(Empty(), context)
    assert servicer.connection(context).cancelled.is_set()
    begin(servicer, request_, context)
    assert not servicer.connection(context).cancelled.is_set()


def test_engines_are_cancelled_one_by_one():
    servicer, one, other = Servicer(), at("a"), at("b")
    servicer.Cancel(Empty(), one)
    assert not servicer.connection(other).cancelled.is_set()
