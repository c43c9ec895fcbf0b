"""Runs one Python program: for the language host, or as a script of another interpreter, with the request as its input.

Of Python's packages it uses Pulumi's alone, as the other interpreter has no more.
"""

import os
import runpy
import sys
import threading
from pathlib import Path
from typing import Any

from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2

TOLD = 32
"""Exit code of a program that failed and whose error was logged, as Pulumi's own host has it."""


def run(request: Any) -> Any:
    """Run the `__main__.py` of the program folder that a request names; the first of its arguments is the engine."""
    folder = request.info.program_directory or request.pwd
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.argv = [folder, *request.args[1:]]

    def program() -> None:
        runpy.run_path(str(Path(folder, "__main__.py")), run_name="__main__")

    server: Any = LanguageServer(program)
    return server.Run(request, None)


def _end_with_host() -> None:
    """The input ends when the language host does, however that ends: nobody waits for the program any more."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    size = int(sys.stdin.buffer.readline())
    request = language_pb2.RunRequest.FromString(sys.stdin.buffer.read(size))
    threading.Thread(target=_end_with_host, daemon=True).start()
    response = run(request)
    sys.stdout.flush()
    os._exit(TOLD if response.error else 0)  # threads of the program may still wait for an engine that is gone
