"""How an image is built for the local cloud, by a `docker` that only says what a build says."""

import pytest

from localcloud.providers.docker.build import Build, build
from localcloud.providers.operations import Cancelled

WEB = Build(context="app", dockerfile="app/Dockerfile", target=None, args={}, platform=None)


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """Runs a script whenever it is called."""

    def does(script):
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "docker").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return does


def test_an_engine_that_is_stopped_by_the_last_line_has_its_image(docker, tmp_path):
    docker("echo Step 1/1; echo Successfully tagged web")
    said = []
    build(WEB, "web", tmp_path, {}, said.append, lambda: "Successfully tagged web" in said)
    assert said == ["Step 1/1", "Successfully tagged web"]


def test_an_engine_that_is_stopped_before_is_told_nothing_more(docker, tmp_path):
    docker("echo Step 1/2; echo Step 2/2; exec sleep 600")
    said = []
    with pytest.raises(Cancelled, match="docker build: interrupted"):
        build(WEB, "web", tmp_path, {}, said.append, lambda: "Step 1/2" in said)
    assert said == ["Step 1/2"]
