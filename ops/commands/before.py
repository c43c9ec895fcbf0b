"""What is known before a deploy."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ops.commands import VIOLATED, Json, Stack
from ops.error import OpsError
from ops.output import print_line, show, write

app = typer.Typer()


@app.command()
def check(stack: Stack = "dev", json_output: Json = False) -> None:
    """Judge a stack by every policy, before anything is deployed.

    Exit code 1 when there is a violation that no exception covers, or an exception that has ended.

    Example: python -m ops check --stack prod
    """
    from ops import check as command

    report = command.report(Path.cwd(), stack, date.today())
    if json_output:
        write(command.as_json(report) + "\n", sys.stdout)
    else:
        show(lambda out: command.show(out, stack, report))
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
        print_line(json.dumps(command.as_values(found), indent=2))
    else:
        show(lambda out: command.show(out, found))
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
        print_line(f"prices of {', '.join(command.refresh(Path.cwd(), stack))} written")
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
    write(json.dumps(values, indent=2) + "\n" if json_output else text, sys.stdout)
