"""In which Python the local cloud runs a program; that it runs there is seen in tests/local/test_reuse.py."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import engine_pb2_grpc, language_pb2, resource_pb2, resource_pb2_grpc

from localcloud.wrappers import program
from localcloud.wrappers.language_host import Host, interpreter


@pytest.fixture
def project(tmp_path):
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/bin/python").touch()
    return tmp_path


def info(folder, **options):
    given = Struct()
    given.update(options)
    return language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder), options=given)


def test_a_program_runs_in_the_virtualenv_that_its_project_names(project):
    assert interpreter(info(project, toolchain="pip", virtualenv="venv")) == project / "venv/bin/python"


def test_uv_s_is_dot_venv(project):
    (project / "venv").rename(project / ".venv")
    assert interpreter(info(project, toolchain="uv")) == project / ".venv/bin/python"
    assert interpreter(info(project, toolchain="pip")) is None


def test_one_that_is_not_there_or_not_named_or_the_local_cloud_s_own_leaves_it_here(project, tmp_path):
    assert interpreter(info(project, virtualenv=".venv")) is None
    assert interpreter(info(project)) is None
    (project / "own").symlink_to(sys.prefix)
    assert interpreter(info(project, virtualenv="own")) is None


@pytest.mark.parametrize(
    ("code", "bail", "error"),
    [
        (0, False, ""),
        (program.TOLD, True, ""),
        (1, False, "ended with exit code 1; are Pulumi's packages installed?"),
    ],
)
def test_how_it_ended_is_told(project, monkeypatch, code, bail, error):
    monkeypatch.setenv("PYTHONPATH", "/checkout")
    python = project / "venv/bin/python"
    python.write_text(
        '#!/bin/sh\nread size\nenv >"$(dirname "$0")/env"\necho "$@" >"$(dirname "$0")/arguments"\nexit ' + str(code)
    )
    python.chmod(0o755)
    request = language_pb2.RunRequest(project="shop", info=info(project, virtualenv="venv"))
    response = Host("127.0.0.1:1").Run(request, None)
    assert response.bail is bail
    assert error in response.error
    assert bool(response.error) is bool(error)
    assert (python.parent / "arguments").read_text().split() == ["-P", "-u", program.__file__]
    environment = dict(line.partition("=")[::2] for line in (python.parent / "env").read_text().splitlines())
    assert "PYTHONPATH" not in environment
    assert environment["VIRTUAL_ENV"] == str(project / "venv")
    assert environment["PATH"].startswith(f"{project}/venv/bin:")
    assert Path(program.__file__).is_file()


class Engine(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """What a program without resources needs of one."""

    def SupportsFeature(self, request, context):
        return resource_pb2.SupportsFeatureResponse(hasSupport=False)

    def RegisterResource(self, request, context):
        return resource_pb2.RegisterResourceResponse(urn="urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev")

    def RegisterResourceOutputs(self, request, context):
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request, context):
        return empty_pb2.Empty()

    def Log(self, request, context):
        return empty_pb2.Empty()


@pytest.fixture
def engine():
    """The address of an engine."""
    server = grpc.server(ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(Engine(), server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


@pytest.mark.parametrize(("ending", "code"), [("", 0), ("raise ValueError('broken')", program.TOLD)])
def test_a_program_in_another_interpreter_gets_its_arguments_and_tells_how_it_ended(project, engine, ending, code):
    (project / "__main__.py").write_text(f"import sys\nprint(sys.argv[1:])\n{ending}\n")
    asked = language_pb2.RunRequest(
        args=[engine, "--fast", "x"], monitor_address=engine, project="shop", stack="dev", info=info(project)
    ).SerializeToString()
    command = [sys.executable, "-P", program.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin
        assert other.stdout
        other.stdin.write(b"%d\n%s" % (len(asked), asked))
        other.stdin.flush()
        assert other.wait(60) == code
        assert other.stdout.read() == b"['--fast', 'x']\n"


def test_a_program_in_another_interpreter_ends_with_the_language_host(project):
    """An engine that has failed kills the host alone; the program would wait for it, and it for the program."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = f"127.0.0.1:{silent.getsockname()[1]}"
        asked = language_pb2.RunRequest(args=[engine], monitor_address=engine, info=info(project)).SerializeToString()
        with subprocess.Popen([sys.executable, "-P", program.__file__], stdin=subprocess.PIPE) as other:
            assert other.stdin
            other.stdin.write(b"%d\n%s" % (len(asked), asked))
            other.stdin.flush()
            with pytest.raises(subprocess.TimeoutExpired):
                other.wait(3)
            other.stdin.close()
            assert other.wait(15) == 1
