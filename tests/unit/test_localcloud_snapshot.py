"""When the emulator saves its state, layers that all homes share, and logs that the engine does not keep."""

import asyncio
import hashlib
import os
import time
from types import SimpleNamespace

import pytest

from localcloud import wrappers
from localcloud.emulator import snapshot
from localcloud.emulator.front import FORM, Front
from localcloud.emulator.snapshot import Blobs, Snapshots
from localcloud.home import Home

LAYER = b"x" * 20
HEX = hashlib.sha256(LAYER).hexdigest()
DIGEST = f"sha256:{HEX}"


def called(headers, body):
    """Which operation is told to have been called by a POST."""
    told = []
    front = Front(None, None, list, told.append, lambda: None)

    async def serve(_scope, receive, _send):
        while (await receive())["more_body"]:
            pass

    async def receive():
        return {"type": "http.request", "body": bytes(parts.pop(0)), "more_body": bool(parts)}

    parts = [body[:8], body[8:]]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    asyncio.run(front._aws(None, serve, headers, scope, receive, None))
    return told


@pytest.mark.parametrize(
    ("headers", "body", "operation"),
    [
        ({"content-type": f"{FORM}; charset=utf-8"}, b"Action=DescribeVpcs&Version=2016-11-15", "DescribeVpcs"),
        ({"content-type": FORM}, b"Version=2010-05-08&Action=CreateRole", "CreateRole"),
        ({"content-type": FORM}, b"MyAction=DescribeVpcs", ""),
        ({"x-amz-target": "ECS.DescribeServices"}, b"Action=CreateRole", "ECS.DescribeServices"),
    ],
)
def test_the_operation_is_told_by_the_header_or_the_form(headers, body, operation):
    assert called(headers, body) == [operation]


@pytest.mark.parametrize(
    ("operation", "saves"),
    [("DescribeVpcs", False), ("ECS.ListTasks", False), ("CreateVpc", True), ("ECS.UpdateService", True), ("", True)],
)
def test_what_only_reads_saves_nothing(operation, saves):
    snapshots = Snapshots(None)
    snapshots.changed(operation)
    assert bool(snapshots._due) == saves


@pytest.fixture
def ecr():
    return SimpleNamespace(_repositories={"web": {}}, _layer_blobs={})


@pytest.fixture
def blobs(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "LARGE_BYTES", 10)
    return Blobs(tmp_path / "layers", tmp_path / "shared")


def asked(blobs, ecr, name, digest=DIGEST):
    """Whether a repository says that it has a layer."""
    return blobs.head(ecr, lambda name, digest: digest in ecr._layer_blobs.get(name, {}), name, digest)


def saved(blobs, **layers):
    """The state of a registry with layers, saved."""
    state = {"layer_blobs": SimpleNamespace(_data={"web": {f"sha256:{name}": text for name, text in layers.items()}})}
    return blobs.state(lambda: state)()


def test_a_large_layer_is_there_in_every_home(blobs, ecr, tmp_path):
    saved(blobs, **{HEX: LAYER, "small": b"x"})
    another = Blobs(tmp_path / "another", tmp_path / "shared")
    assert [file.name for file in (tmp_path / "shared").iterdir()] == [HEX]
    assert not asked(another, ecr, "none"), "a repository that does not exist has nothing"
    assert not asked(another, ecr, "web", "sha256:small")
    assert asked(another, ecr, "web")
    assert ecr._layer_blobs == {"web": {DIGEST: LAYER}}


def test_a_shared_layer_that_is_not_what_its_name_says_is_sent_again(blobs, ecr, tmp_path):
    saved(blobs, **{HEX: LAYER})
    (tmp_path / "shared" / HEX).write_bytes(b"cut short")
    assert not asked(blobs, ecr, "web")


def test_a_shared_layer_goes_when_nobody_asked_for_it_for_a_month(blobs, ecr, tmp_path):
    long_ago = time.time() - 31 * 24 * 3600
    for name in (HEX, "unused"):
        (tmp_path / "shared").mkdir(exist_ok=True)
        (tmp_path / "shared" / name).write_bytes(LAYER)
        os.utime(tmp_path / "shared" / name, (long_ago, long_ago))
    assert asked(blobs, ecr, "web")
    saved(blobs, another=LAYER)
    assert {file.name for file in (tmp_path / "shared").iterdir()} == {HEX, "another"}


def test_a_layer_that_cannot_be_shared_is_kept_all_the_same(blobs, tmp_path):
    (tmp_path / "shared").write_text("no folder")
    saved(blobs, **{HEX: LAYER})
    assert (tmp_path / "layers" / HEX).read_bytes() == LAYER


def test_the_engine_keeps_no_logs(tmp_path):
    home = Home(root=tmp_path, port=4566, project=tmp_path)
    (tmp_path / "pulumi" / "logs").mkdir(parents=True)
    (tmp_path / "pulumi" / "logs" / "an-up.log").touch()
    (tmp_path / "engine-of-the-machine").touch()
    for _ in range(2):
        wrappers.install(home, tmp_path / "engine-of-the-machine")
        assert (tmp_path / "pulumi" / "logs").is_file()
