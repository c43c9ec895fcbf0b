"""Runs Python programs and policy packs for an engine that was built from source, which has no language host.

The engine starts it as `pulumi-language-python [flags] ENGINE_ADDRESS`, reads the port from its first line, and
calls it.
"""

import os
import runpy
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


class Host(LanguageServer):
    """Runs the `__main__.py` of the program folder that each request names."""

    def __init__(self, engine: str) -> None:
        super().__init__(lambda: None)
        self._engine, self._parent = engine, os.getppid()
        self._idle = threading.Semaphore(1)
        self._asked_to_stop = threading.Event()

    def Run(self, request: Any, context: Any) -> Any:
        """Run the program in its own folder."""
        folder = request.info.program_directory or request.pwd
        os.chdir(folder)
        sys.path.insert(0, folder)
        sys.argv = [folder, *request.args]

        def program() -> None:
            runpy.run_path(str(Path(folder, "__main__.py")), run_name="__main__")

        self.program = program
        request.args[:] = [self._engine]
        with self._idle:
            response = super().Run(request, context)
        # What went wrong was logged: as `error` the engine would print it a second time.
        return language_pb2.RunResponse(bail=bool(response.error))

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
