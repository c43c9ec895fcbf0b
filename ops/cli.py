"""The commands, and what they have in common: usage errors are one message and exit code 2, never a traceback."""

import contextlib
import errno
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from ops.error import OpsError

VIOLATED, MISUSED = 1, 2

app = typer.Typer(
    help="Commands around a stack. What stands before a deploy needs no engine, no account and no Docker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack, by its file Pulumi.STACK.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.callback()
def commands() -> None:
    """Commands around a stack. What stands before a deploy needs no engine, no account and no Docker."""


@app.command()
def check(stack: Stack = "dev", json_output: Json = False) -> None:
    """Judge a stack by every policy, before anything is deployed.

    Exit code 1 when there is a violation that no exception covers, or an exception that has ended.

    Example: python -m ops check --stack prod
    """
    from ops import check as command

    report = command.report(Path.cwd(), stack, date.today())
    if json_output:
        _write(command.as_json(report) + "\n", sys.stdout)
    else:
        out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
        with out.capture() as shown:
            command.show(out, stack, report)
        _write(shown.get(), sys.stdout)
    if not report.passed:
        raise typer.Exit(VIOLATED)


@app.command()
def run(
    service: Annotated[str, typer.Argument(help="The service whose image runs.")],
    command: Annotated[
        list[str] | None, typer.Argument(help="What runs, after --; the image's own command when left out.")
    ] = None,
    stack: Stack = "dev",
    timeout: Annotated[float, typer.Option(help="Seconds that it may take.")] = 900,
) -> None:
    """Run a task once with a service's image, environment and roles; show its log; exit as it exits.

    On AWS, or on the local cloud: wherever this shell's pulumi deploys to.

    Example: python -m ops run web --stack dev -- ls -l /
    """
    from ops.deployed import Deployed
    from ops.run import Run

    ended = Run(Deployed(Path.cwd(), stack), service, command or [], _print).to_its_end(timeout)
    if ended.exit_code is None:
        _write(f"error: {ended.reason}\n", sys.stderr)
    if ended.exit_code != 0:
        raise typer.Exit(ended.exit_code or VIOLATED)


def main() -> int:
    """Run the command line."""
    try:
        return app(standalone_mode=False) or 0
    except OpsError as error:
        return _misused(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _discard(sys.stdout)
        return _misused(f"cannot write the output: {error.strerror}")
    except Exception as error:
        if type(error).__module__.startswith("botocore"):
            return _misused(f"AWS said no: {error}")
        if not hasattr(error, "show"):
            raise
        with contextlib.suppress(OSError):
            error.show()  # type: ignore[attr-defined] - click's usage errors know how to print themselves
        return MISUSED


def _misused(problem: str) -> int:
    with contextlib.suppress(OSError):  # nobody is left to be told
        _write(f"error: {problem}\n", sys.stderr)
    return MISUSED


def _print(line: str) -> None:
    _write(f"{line}\n", sys.stdout)


def _write(text: str, stream: TextIO | None) -> None:
    """Write a text, if there is where to. Who reads it may leave early: the verdict is the exit code."""
    if stream is None:
        return
    try:
        print(_encodable(text, stream.encoding), end="", file=stream, flush=True)
    except BrokenPipeError:
        _discard(stream)
    except OSError:
        _discard(stream)
        raise


def _encodable(text: str, encoding: str) -> str:
    """The text with escapes for what a stream's encoding has not."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _discard(stream: TextIO) -> None:
    """Let what is left of a stream go nowhere: Python would try to write it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
