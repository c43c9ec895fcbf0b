"""Runs Python programs and policy packs for an engine that was built from source, which has no language host.

The engine starts it as `pulumi-language-python [flags] ENGINE_ADDRESS`, reads the port from its first line, and
calls it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from localcloud.wrappers import program


class Host(LanguageServer):
    """Runs programs in the virtualenv that their project names, or the local cloud's own where that is not there."""

    def __init__(self, engine: str) -> None:
        super().__init__(lambda: None)
        self._engine, self._parent = engine, os.getppid()
        self._idle = threading.Semaphore(1)
        self._asked_to_stop = threading.Event()

    def Run(self, request: Any, context: Any) -> Any:
        """Run a program. What went wrong in it was logged: as `error` the engine would print it a second time."""
        request.args.insert(0, self._engine)
        python = interpreter(request.info)
        with self._idle:
            if python:
                return self._run_in(python, request)
            return language_pb2.RunResponse(bail=bool(program.run(request).error))

    def _run_in(self, python: Path, request: Any) -> Any:
        """Run it in another interpreter, which does not see this checkout, in a session that Ctrl-C does not reach."""
        command = [str(python), "-P", "-u", program.__file__]
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        environment |= {"VIRTUAL_ENV": str(python.parents[1]), "PATH": path}
        asked = request.SerializeToString()
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, start_new_session=True) as other:
            assert other.stdin  # noqa: S101 - a pipe; it stays open as long as we live, by which the program knows
            with contextlib.suppress(BrokenPipeError):
                other.stdin.write(b"%d\n%s" % (len(asked), asked))
                other.stdin.flush()
            code = other.wait()
        if code in (0, program.TOLD):
            return language_pb2.RunResponse(bail=bool(code))
        return language_pb2.RunResponse(error=f"{python} ended with exit code {code}; are Pulumi's packages installed?")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a policy pack in a process of its own, which first tells its port."""
        folder = request.info.program_directory or request.program
        command = [sys.executable, "-u", "-m", "pulumi.policy", *request.args, folder]
        with subprocess.Popen(command, cwd=request.pwd, stdout=subprocess.PIPE) as pack:
            context.add_callback(pack.kill)
            for line in pack.stdout or ():
                yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=pack.returncode)

    def stop(self, *_: Any) -> None:
        """Take SIGINT, from the engine or from Ctrl-C: the engine ends the program, and we end after it."""
        self._asked_to_stop.set()

    def wait(self) -> None:
        """Return when asked to stop and no program runs, or at once when the engine was killed."""
        while not self._asked_to_stop.wait(1):
            if os.getppid() != self._parent:
                return
        self._idle.acquire()


def interpreter(info: Any) -> Path | None:
    """The Python of the virtualenv that a project names, when it is there and not the one that runs here."""
    options = {name: value.string_value for name, value in info.options.fields.items()}
    folder = options.get("virtualenv") or (".venv" if options.get("toolchain") == "uv" else None)
    python = Path(info.root_directory, folder or "", "bin", "python")
    return python if folder and python.exists() and python.parents[1].resolve() != Path(sys.prefix).resolve() else None


def main() -> None:
    """Serve until the engine has done with us."""
    host = Host(sys.argv[-1])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, host.stop)
    server = grpc.server(ThreadPoolExecutor(4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    host.wait()
    os._exit(0)  # threads of the program may still wait for an engine that is gone


if __name__ == "__main__":
    main()
