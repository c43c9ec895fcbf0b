"""A local cloud of the tests' own, and a program to deploy on it."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.local.harness import Cloud, Project, copy_of_program, free_port

pytest.register_assert_rewrite("tests.local.read_back")  # so that its asserts say what they found
REQUIRED = os.environ.get("REQUIRE_LOCAL_CLOUD") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Side by side, each process has a local cloud. A Docker that one of them starts must outlive the others'.

    So the process that hands out the tests starts one before them: it gets what they need, once, and keeps Docker up.
    """
    if not session.config.getoption("numprocesses", None):
        return (yield)
    with tempfile.TemporaryDirectory() as folder:
        keeper = Cloud(Path(folder, "keeper"), free_port())
        try:
            keeper.localcloud("start", timeout=1800)  # if it does not, neither do theirs, and they say why
            return (yield)
        finally:
            keeper.localcloud("stop")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path_factory.mktemp("localcloud"), free_port())
    try:
        ran = cloud.localcloud("start", timeout=1800)
        if ran.code:
            if REQUIRED:
                pytest.fail(f"REQUIRE_LOCAL_CLOUD=1, but the local cloud did not start:\n{ran.out}")
            pytest.skip(f"the local cloud did not start (it needs Docker):\n{ran.out}")
        yield cloud
    finally:
        stopped = cloud.localcloud("stop")  # also one that came up in part
    assert stopped.code == 0, stopped.out


@pytest.fixture(scope="session")
def containers(cloud: Cloud) -> docker.DockerClient:
    return docker.from_env()


@pytest.fixture
def project(cloud: Cloud, tmp_path: Path) -> Project:
    return copy_of_program(cloud, tmp_path / "project")
