"""The commands, and what they have in common: usage errors are one message and exit code 2, never a traceback."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops.stack_file import StackFileError

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
    out = Console(highlight=False, soft_wrap=True)
    if json_output:
        print(command.as_json(report))
    else:
        command.show(out, stack, report)
    if not report.passed:
        raise typer.Exit(VIOLATED)


def main() -> int:
    """Run the command line."""
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        return app(standalone_mode=False) or 0
    except StackFileError as error:
        err.print(f"error: {error}", markup=False)
        return MISUSED
    except Exception as error:
        if not hasattr(error, "show"):
            raise
        error.show()  # type: ignore[attr-defined] - click's usage errors know how to print themselves
        return MISUSED
