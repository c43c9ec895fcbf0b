import threading
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from localcloud.providers.docker.servicer import DockerServicer
from localcloud.providers.servicer import Servicer, describe_error
from localcloud.providers.wire import pack


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


def test_an_engine_at_the_port_of_an_old_one_is_not_forgotten_in_its_place():
    servicer, request = Servicer(), plugin_pb2.PluginAttach(address="127.0.0.1:1")
    for peer in (*map(str, range(100)), "0"):
        servicer.Attach(request, at(peer))
    servicer.Configure(provider_pb2.ConfigureRequest(variables={"aws:config:region": "eu-west-1"}), at("0"))
    for peer in ("another", "and another"):
        servicer.Attach(request, at(peer))
    assert servicer.connection(at("0")).config == {"region": "eu-west-1"}


def test_engines_are_cancelled_one_by_one():
    servicer, one, other = Servicer(), at("a"), at("b")
    servicer.Cancel(Empty(), one)
    assert not servicer.connection(other).cancelled.is_set()


@pytest.mark.parametrize(
    ("news", "changed", "replaces"),
    [
        ({"region": "eu-west-1", "defaultTags": "{}", "version": "8"}, [], []),
        ({"region": "eu-west-1", "defaultTags": '{"tags":{}}'}, ["defaultTags"], []),
        ({"region": "eu-west-1"}, ["defaultTags"], []),
        ({"region": "us-east-1", "defaultTags": "{}"}, ["region"], ["region"]),
    ],
)
def test_settings_that_change_are_taken_over_and_another_region_makes_all_anew(news, changed, replaces):
    olds = {"region": "eu-west-1", "defaultTags": "{}", "version": "7"}
    request = provider_pb2.DiffRequest(old_inputs=pack(olds), news=pack(news))
    found = Servicer().DiffConfig(request, at("a"))
    assert (list(found.diffs), list(found.replaces)) == (changed, replaces)
    assert found.changes == (found.DIFF_SOME if changed else found.DIFF_NONE)


class Gone(Exception):
    """What gRPC raises where a call is aborted."""


def call_of(*, alive: bool = True) -> Any:
    """A call whose engine is there, or was killed."""

    def abort(_: Any, details: str) -> None:
        raise Gone(details)

    return SimpleNamespace(peer=lambda: "a", is_active=lambda: alive, abort=abort, code=lambda: None)


def test_a_call_that_waited_while_its_engine_was_killed_does_nothing():
    servicer = Servicer()
    with (
        pytest.raises(Gone, match="creating web: the engine is gone"),
        servicer.errors(call_of(alive=False), "creating web", "urn"),
    ):
        pytest.fail("it began")


def test_what_waits_ends_when_its_engine_is_killed():
    servicer = Servicer()
    assert not servicer.stopped(call_of())()
    assert servicer.stopped(call_of(alive=False))()


@pytest.mark.parametrize(("other", "waits"), [("urn", True), ("another", False)])
def test_one_resource_is_changed_by_one_engine_at_a_time(other, waits):
    servicer, began = Servicer(), threading.Event()

    def second():
        with servicer.errors(call_of(), "updating web", other):
            began.set()

    with servicer.errors(call_of(), "creating web", "urn"):
        thread = threading.Thread(target=second)
        thread.start()
        assert began.wait(0.3 if waits else 10) is not waits
    thread.join(10)
    assert began.is_set()


def test_an_emulator_that_does_not_answer_is_told_with_the_way_out():
    error = EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/")
    assert describe_error(error) == (
        "the local cloud does not answer: start it with `python -m localcloud start`, then `up` again"
    )


def test_a_registry_s_new_token_changes_no_image(tmp_path):
    """It is another one at each `up`, and the one in the state has expired long since."""

    def image(password: str, server: str = "registry") -> Any:
        return pack({"imageName": "a:1", "registry": {"server": server, "username": "AWS", "password": password}})

    def changes(news: Any) -> list[str]:
        request = provider_pb2.DiffRequest(name="web", old_inputs=image("old"), news=news)
        return list(DockerServicer(tmp_path).Diff(request, at("a")).diffs)

    assert changes(image("new")) == []
    assert changes(image("old", "another")) == ["registry"]
