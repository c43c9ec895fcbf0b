"""What is done to a stack that runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.commands import VIOLATED, Stack
from ops.output import print_line, write

app = typer.Typer()


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

    ended = Run(Deployed(Path.cwd(), stack), service, command or [], print_line).to_its_end(timeout)
    if ended.exit_code is None:
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
    timeout: Annotated[float, typer.Option(help="Seconds until it must serve, beside its strategy's own.")] = 900,
) -> None:
    """Let an older revision of a service serve again, until the next up; the stack file stays as it is.

    Exit code 1 when it does not come to serve, 2 when it cannot, and nothing was changed.

    Example: python -m ops rollback web --stack prod
    """
    from ops.deployed import Deployed
    from ops.rollback import Rollback

    if not Rollback(Deployed(Path.cwd(), stack), service, print_line).run(to, timeout):
        raise typer.Exit(VIOLATED)
