"""The commands, and what they have in common: usage errors are one message and exit code 2, never a traceback."""

import contextlib
import errno
import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from ops.error import OpsError

VIOLATED, MISUSED = 1, 2

app = typer.Typer(
    help="Commands around a stack: check and cost need no engine, no account and no Docker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack, by its file Pulumi.STACK.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.callback()
def commands() -> None:
    """Commands around a stack: check and cost need no engine, no account and no Docker."""


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
        _show(lambda out: command.show(out, stack, report))
    if not report.passed:
        raise typer.Exit(VIOLATED)


@app.command()
def plan(
    stack: Stack = "dev",
    json_output: Json = False,
    fail_on_interruption: Annotated[
        bool, typer.Option("--fail-on-interruption", help="Exit code 1 when service is interrupted or data lost.")
    ] = False,
) -> None:
    """Say what an up would change, by component, and what of that interrupts service or loses data.

    On AWS, or on the local cloud: wherever this shell's pulumi deploys to. Nothing is changed.

    Example: python -m ops plan --stack prod
    """
    from ops import plan as command

    found = command.plan(Path.cwd(), stack)
    if json_output:
        _print(json.dumps(command.as_values(found), indent=2))
    else:
        _show(lambda out: command.show(out, found))
    if fail_on_interruption and found.interruptions:
        raise typer.Exit(VIOLATED)


@app.command()
def cost(
    stack: Stack = "dev",
    compare: Annotated[str | None, typer.Option(help="Another stack, to see where it differs.")] = None,
    against: Annotated[
        str | None, typer.Option(help="A git revision, such as main, to see what changed since.")
    ] = None,
    assume: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, as often as needed; the output tells the names.")
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Write the prices anew, by AWS, first.")] = False,
    json_output: Json = False,
) -> None:
    """Estimate what a stack costs a month, before anything is deployed.

    Example: python -m ops cost --stack prod --assume nat_gb=500 --assume spot_discount=70
    """
    from ops import cost as command
    from ops import cost_table

    if compare and against:
        raise OpsError("--compare and --against: one of them at a time")
    if refresh:
        _print(f"prices of {', '.join(command.refresh(Path.cwd(), stack))} written")
    folder, assumed = Path.cwd(), command.assumptions(assume or [])
    if not compare and not against:
        found = command.of_stack(folder, stack, assumed)
        values, text = command.as_values(found), cost_table.text(found)
    else:
        if against:
            both = command.since(folder, against, stack, assumed)
        else:
            both = tuple(command.of_stack(folder, name, assumed) for name in (stack, str(compare)))
        values, text = command.comparison(*both), cost_table.text_of_both(*both)
    _write(json.dumps(values, indent=2) + "\n" if json_output else text, sys.stdout)


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


@app.command()
def rollback(
    service: Annotated[str, typer.Argument(help="The service that goes back.")],
    to: Annotated[
        str | None, typer.Option(help="Revision, such as 7, or digest, such as sha256:1f2e3d; the one before, if none.")
    ] = None,
    stack: Stack = "dev",
    timeout: Annotated[float, typer.Option(help="Seconds until it must serve, beside its strategy's own.")] = 900,
) -> None:
    """Let an older revision of a service serve again, until the next up; the stack file stays as it is.

    Exit code 1 when it does not come to serve, 2 when it cannot, and nothing was changed.

    Example: python -m ops rollback web --stack prod
    """
    from ops.deployed import Deployed
    from ops.rollback import Rollback

    if not Rollback(Deployed(Path.cwd(), stack), service, _print).run(to, timeout):
        raise typer.Exit(VIOLATED)


@app.command()
def verify(
    services: Annotated[list[str] | None, typer.Argument(help="Services; all of the stack's, if none.")] = None,
    stack: Stack = "dev",
    wait: Annotated[float, typer.Option(help="Seconds for which they may come to serve.")] = 0,
    json_output: Json = False,
) -> None:
    """Say whether what serves is what the stack last deployed: revision, rollout, tasks, targets.

    Exit code 1 when a service does not serve so.

    Example: python -m ops verify --stack prod --wait 300
    """
    from ops import verify as command
    from ops.deployed import Deployed

    deployed = Deployed(Path.cwd(), stack)
    found = command.verify(deployed, services or [], wait)
    if json_output:
        _print(json.dumps(command.as_values(found), indent=2))
    else:
        command.show(deployed, found, _print)
    if any(one.problem for one in found):
        raise typer.Exit(VIOLATED)


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


def _show(what: Callable[[Console], None]) -> None:
    """Write what is printed on a console."""
    out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    with out.capture() as shown:
        what(out)
    _write(shown.get(), sys.stdout)


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
