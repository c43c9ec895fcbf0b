"""What an account needs for delivery, and what CI needs to know of it."""

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ops.commands import VIOLATED, Stack
from ops.output import print_line, write

app = typer.Typer()


class Use(Enum):
    """What a job of CI does."""

    BUILD = "build"
    PREVIEW = "preview"
    DEPLOY = "deploy"


class Form(Enum):
    """How values are written: in lines, as GitHub's files take them, for a shell to evaluate, as JSON."""

    LINES = "lines"
    GITHUB = "github"
    SHELL = "shell"
    JSON = "json"


@app.command()
def bootstrap(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The file in bootstrap/, Pulumi.STACK.yaml.")] = "account",
) -> None:
    """Make what an account needs before CI can deliver to it, from bootstrap/Pulumi.account.yaml. Nothing is asked.

    State bucket, key, image repository, identity providers, roles: on AWS, as an administrator, or on the local cloud.
    Run again it makes what is missing or changed. The last lines say what is left to do, as commands.

    Example: python -m ops bootstrap
    """
    from ops import bootstrap as command

    if command.bootstrap(Path.cwd(), stack, print_line):
        raise typer.Exit(VIOLATED)


@app.command()
def where(
    stack: Stack = "dev",
    use: Annotated[Use, typer.Option("--as", help="What the job does.")] = Use.DEPLOY,
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.LINES,
) -> None:
    """Print what a job of CI needs: its role, its account and region, where state, secrets' key and images are.

    Offline: bootstrap/Pulumi.account.yaml says it. Where that names another repository than this job's, the only values
    are configured=false and a reason, and nothing is to be done.

    Example: eval "$(python -m ops where --stack dev --as deploy --format shell)"
    """
    from ops import where as command

    write(command.written(command.where(Path.cwd(), stack, use.value), form.value), sys.stdout)
