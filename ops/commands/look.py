"""What is asked of a stack that runs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ops.commands import VIOLATED, Json, Stack
from ops.output import print_line

app = typer.Typer()


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
        print_line(json.dumps(command.as_values(found), indent=2))
    else:
        command.show(deployed, found, print_line)
    if any(one.problem for one in found):
        raise typer.Exit(VIOLATED)
