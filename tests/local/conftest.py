"""A local cloud of the tests' own, and a program to deploy on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.local.harness import Cloud, Project, copy_of_program, free_port

REQUIRED = os.environ.get("REQUIRE_LOCAL_CLOUD") == "1"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path_factory.mktemp("localcloud"), free_port())
    ran = cloud.localcloud("start", timeout=1800)
    if ran.code:
        if REQUIRED:
            pytest.fail(f"REQUIRE_LOCAL_CLOUD=1, but the local cloud did not start:\n{ran.out}")
        pytest.skip(f"the local cloud did not start (it needs Docker):\n{ran.out}")
    yield cloud
    assert cloud.localcloud("stop").code == 0


@pytest.fixture(scope="session")
def containers(cloud: Cloud) -> docker.DockerClient:
    return docker.from_env()


@pytest.fixture
def project(cloud: Cloud, tmp_path: Path) -> Project:
    return copy_of_program(cloud, tmp_path / "project")
