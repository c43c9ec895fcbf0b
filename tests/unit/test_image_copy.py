import base64
import re

import pulumi
import pytest
import urllib3

from components import image_copy
from components.image_copy import RegistryRepository, copy_image

from .registry import INDEX, serve


@pytest.fixture
def registry():
    with serve() as registry:
        yield registry


@pytest.fixture
def other():
    with serve() as registry:
        yield registry


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(image_copy, "_RETRY", image_copy._RETRY.new(backoff_factor=0))


def repository(registry, name):
    return RegistryRepository(f"{registry.host}/{name}", "AWS", "secret")


def copy(source, target, digest, *, names=("theirs", "ours")):
    copy_image(repository(source, names[0]), repository(target, names[1]), digest, "promoted-1")


def copied(registry, digest, name="ours"):
    """What is in the repository, with the tag in its digest's place."""
    found = registry.of(name)
    return {**found, f"manifests/{digest}": found["manifests/promoted-1"]}.keys() - {"manifests/promoted-1"}


def test_an_image_is_copied_byte_by_byte(registry, other):
    digest = registry.put_image("theirs", b"one", b"two")
    copy(registry, other, digest)
    theirs, ours = registry.of("theirs"), other.of("ours")
    assert ours.pop("manifests/promoted-1") == theirs.pop(f"manifests/{digest}")
    assert ours == theirs
    assert len(ours) == 3


def test_an_index_is_copied_with_its_images(registry, other):
    images = [registry.put_image("theirs", b"amd64"), registry.put_image("theirs", b"arm64")]
    digest = registry.put_index("theirs", *images)
    copy(registry, other, digest)
    assert other.of("ours")["manifests/promoted-1"][1] == INDEX
    assert copied(other, digest) == registry.of("theirs").keys()


def test_what_is_there_already_is_not_sent_again(registry, other):
    digest = registry.put_image("theirs", b"one", b"two")
    other.put_blob("ours", b"one")
    copy(registry, other, digest)
    assert sum(asked.startswith("PUT ours/blobs/") for asked in other.asked) == 2


def test_a_copy_that_is_there_asks_nothing_of_its_source(registry, other):
    digest = registry.put_image("theirs", b"one")
    copy(registry, other, digest)
    registry.held.clear()
    registry.asked.clear()
    copy(registry, other, digest)
    assert registry.asked == []


def test_an_interrupted_copy_goes_on_where_it_stopped(registry, other):
    digest = registry.put_image("theirs", b"one", b"two")
    layers = [path for path in registry.of("theirs") if path.startswith("blobs/")]
    registry.answers[f"GET theirs/{layers[-1]}"] = [500] * 5
    with pytest.raises(pulumi.RunError, match=re.escape(f"to GET {layers[-1]} of theirs")):
        copy(registry, other, digest)
    assert "manifests/promoted-1" not in other.of("ours")
    other.asked.clear()
    copy(registry, other, digest)
    assert sum(asked.startswith("PUT ours/blobs/") for asked in other.asked) == 1
    assert copied(other, digest) == registry.of("theirs").keys()


def test_within_one_registry_a_layer_is_mounted(registry):
    digest = registry.put_image("theirs", b"one")
    copy(registry, registry, digest)
    assert copied(registry, digest) == registry.of("theirs").keys()
    assert not [asked for asked in registry.asked if asked.startswith(("GET theirs/blobs", "PUT ours/blobs"))]


def test_within_a_registry_that_mounts_nothing_it_is_sent(registry):
    registry.mounts = False
    digest = registry.put_image("theirs", b"one")
    copy(registry, registry, digest)
    assert copied(registry, digest) == registry.of("theirs").keys()


def test_a_password_is_for_its_registry_alone(registry, other):
    with serve() as store:
        digest = registry.put_image("theirs", b"one")
        store.held = dict(registry.held)
        registry.elsewhere = store.host.replace("localhost", "127.0.0.1")
        copy(registry, other, digest)
        assert copied(other, digest) == registry.of("theirs").keys()
        assert store.authorizations == {None}
    assert registry.authorizations == {f"Basic {base64.b64encode(b'AWS:secret').decode()}"}


def test_a_busy_registry_is_asked_again(registry, other):
    digest = registry.put_image("theirs", b"one")
    registry.answers[f"GET theirs/manifests/{digest}"] = [429, 503]
    copy(registry, other, digest)
    assert copied(other, digest) == registry.of("theirs").keys()


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (
            [401],
            "answers 401 to GET {path} of theirs: let this stack's credentials pull from it, or push to it, in IAM",
        ),
        ([403], "answers 403 to GET {path} of theirs: let this stack's credentials pull"),
        ([404], "answers 404 to GET {path} of theirs: it is not there, or no longer: promote an image that is"),
        (
            [418],
            'answers 418 to GET {path} of theirs: see what it says, then up again {{"errors": [{{"message": "as pl',
        ),
        ([500] * 5, "does not answer to GET {path} of theirs: "),
        ([0] * 5, "does not answer to GET {path} of theirs: "),
    ],
)
def test_what_a_registry_refuses_is_told_with_what_to_do(registry, other, statuses, told):
    digest = registry.put_image("theirs", b"one")
    path = f"manifests/{digest}"
    registry.answers[f"GET theirs/{path}"] = statuses
    with pytest.raises(pulumi.RunError, match=re.escape(f"the registry {registry.host} {told.format(path=path)}")):
        copy(registry, other, digest)
    assert other.of("ours") == {}


def test_a_target_that_refuses_is_told_before_anything_is_read(registry, other):
    other.answers["HEAD ours/manifests/promoted-1"] = [403]
    with pytest.raises(pulumi.RunError, match="answers 403 to HEAD manifests/promoted-1 of ours"):
        copy(registry, other, registry.put_image("theirs", b"one"))
    assert registry.asked == []


def test_what_is_not_what_its_digest_says_is_not_copied(registry, other):
    digest = registry.put_image("theirs", b"one")
    registry.held[f"theirs/manifests/{digest}"] = (b"{}", INDEX)
    with pytest.raises(pulumi.RunError, match="is not what its digest says: it is not copied"):
        copy(registry, other, digest)
    assert other.of("ours") == {}


def test_another_registry_is_asked_by_tls_and_through_the_proxy(monkeypatch):
    asked = []
    monkeypatch.setattr(
        urllib3.PoolManager, "request", lambda self, method, url, **_: asked.append((self.proxy, url)) or Answer()
    )
    for proxies in ({}, {"https": "http://proxy.example:3128"}):
        monkeypatch.setattr(image_copy, "getproxies", lambda proxies=proxies: proxies)
        assert RegistryRepository("example.com/team/app", "AWS", "secret").has("manifests/v1")
    (direct, url), (through, same) = asked
    assert url == same == "https://example.com/v2/team/app/manifests/v1"
    assert direct is None
    assert through.host == "proxy.example"


class Answer:
    status = 200
