"""What is done to a stack that runs."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands import VIOLATED, Json, Stack
from ops.output import note, print_line, write

if TYPE_CHECKING:
    from ops.rollout import Outcome

app = typer.Typer()

Wait = Annotated[
    float, typer.Option(help="Seconds until it must serve so, beside those that its strategy takes.", min=1)
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Only ask ECS for it.")]


@app.command()
def run(
    service: Annotated[str, typer.Argument(help="The service whose image runs.")],
    command: Annotated[
        list[str] | None, typer.Argument(help="What runs, after --; the image's own command when left out.")
    ] = None,
    stack: Stack = "dev",
    timeout: Annotated[float, typer.Option(help="Seconds that it may take.", min=1)] = 900,
    json_output: Json = False,
) -> None:
    """Run a task once with a service's image, environment and roles; show its log; exit as it exits.

    On AWS, or on the local cloud: wherever this shell's pulumi deploys to. Exit code 1 also when it never ran, or took
    too long and was stopped, 2 when it could not be started.

    Example: python -m ops run web --stack dev -- ls -l /
    """
    from ops.reach import reach
    from ops.run import Run

    lines: list[str] = []
    show = lines.append if json_output else print_line
    ended = Run(reach(Path.cwd(), stack), service, command or [], show).to_its_end(timeout)
    if json_output:
        print_line(json.dumps({"exit_code": ended.exit_code, "reason": ended.reason, "lines": lines}))
    elif ended.exit_code is None:
        write(f"error: {ended.reason}\n", sys.stderr)
    if ended.exit_code != 0:
        raise typer.Exit(ended.exit_code or VIOLATED)


@app.command()
def rollback(
    service: Annotated[str, typer.Argument(help="The service that goes back.")],
    to: Annotated[
        str | None, typer.Option(help="Revision, such as 7, or digest, such as sha256:1f2e3d; the one before, if none.")
    ] = None,
    stack: Stack = "dev",
    wait: Wait = 900,
    no_wait: NoWait = False,
    json_output: Json = False,
) -> None:
    """Let an older revision of a service serve again, until the next up; the stack file stays as it is.

    Exit code 1 when it does not come to serve, 2 when it cannot, and nothing was changed.

    Example: python -m ops rollback web --stack prod
    """
    from ops.reach import reach
    from ops.rollback import Rollback

    back = Rollback(reach(Path.cwd(), stack), service, _lines(json_output))
    _report(back.run(to, 0 if no_wait else wait), json_output)


@app.command(name="exec")
def execute(
    service: Annotated[str, typer.Argument(help="The service, one of whose tasks it is.")],
    command: Annotated[list[str] | None, typer.Argument(help="What runs, after --; /bin/sh when left out.")] = None,
    stack: Stack = "dev",
    task: Annotated[str, typer.Option(help="The task, by what its id begins with; the newest, if none.")] = "",
    container: Annotated[str, typer.Option(help="The container; the service's own, if none.")] = "",
) -> None:
    """Run a command in a task that runs, with this terminal: an interactive shell, if none is named.

    Only where the stack file says execute_command: true. On AWS by ECS Exec, which needs AWS's session-manager-plugin
    and does not tell how the command ended; on the local cloud by docker exec, and it exits as the command does.

    Example: python -m ops exec web --stack dev -- ls -l /
    """
    from ops.exec import Session
    from ops.output import note
    from ops.reach import reach

    raise typer.Exit(Session(reach(Path.cwd(), stack), service, note).run(command or [], task, container))


@app.command()
def scale(
    service: Annotated[str, typer.Argument(help="The service.")],
    count: Annotated[int, typer.Argument(help="Tasks that should run.", min=0, max=5000)],
    stack: Stack = "dev",
    wait: Annotated[float, typer.Option(help="Seconds until so many must run and be healthy.", min=1)] = 900,
    no_wait: NoWait = False,
    json_output: Json = False,
) -> None:
    """Let another number of tasks run, until the next up; the stack file stays as it is.

    Exit code 1 when they do not come to run and be healthy, 2 when it cannot, for example because the service scales by
    itself.

    Example: python -m ops scale web 4 --stack prod
    """
    from ops.reach import reach
    from ops.scale import scale as command

    _report(command(reach(Path.cwd(), stack), service, count, 0 if no_wait else wait, _lines(json_output)), json_output)


@app.command()
def restart(
    service: Annotated[str, typer.Argument(help="The service.")],
    stack: Stack = "dev",
    wait: Wait = 900,
    no_wait: NoWait = False,
    json_output: Json = False,
) -> None:
    """Replace a service's tasks by new ones of the same revision; they read their secrets and parameters anew.

    No request is lost: the old tasks stop once the new ones are healthy. Exit code 1 when those do not come to serve.

    Example: python -m ops restart web --stack prod
    """
    from ops.reach import reach
    from ops.restart import restart as command

    _report(command(reach(Path.cwd(), stack), service, 0 if no_wait else wait, _lines(json_output)), json_output)


def _lines(json_output: bool) -> Callable[[str], object]:
    """Where what happens meanwhile is told: standard output is the script's."""
    return note if json_output else print_line


def _report(outcome: "Outcome", json_output: bool) -> None:
    if json_output:
        print_line(json.dumps(outcome.as_values()))
    if outcome.problem:
        raise typer.Exit(VIOLATED)
