"""What delivery runs, in CI or at home: build once, review, deploy, look for drift, remove."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.commands import VIOLATED, Json, Stack
from ops.error import OpsError
from ops.output import note, print_line, write

app = typer.Typer()

Images = Annotated[
    Path | None,
    typer.Option("--images", help="File of images that make build wrote; if none, those that the stack runs."),
]


@app.command()
def build(
    stack: Stack = "dev",
    repository: Annotated[
        str, typer.Option(envvar="BUILDS_REPOSITORY", help="ECR repository that images are pushed to.")
    ] = "",
    output: Annotated[Path, typer.Option(help="File that gets their addresses, by digest.")] = Path("images.json"),
    json_output: Json = False,
) -> None:
    """Build and push the images of a stack, once; what is there already is not built again.

    Needs Docker for what is to be built, and credentials that may push. The file is for make deploy IMAGES=images.json,
    of this stack and of others.

    Example: python -m ops build --stack dev --output images.json
    """
    from ops import build as command
    from ops import images
    from ops.aim import aim
    from ops.words import counted

    aimed = aim(Path.cwd(), stack)
    wanted = command.images_of(Path.cwd(), stack)
    built = command.Builds(aimed, repository or f"{aimed.file.project}-builds", note).run(wanted)
    images.write(output, built)
    write(images.text(built) if json_output else f"{output}: {counted(len(built), 'image')}\n", sys.stdout)


@app.command()
def review(
    stack: Stack = "dev",
    against: Annotated[
        str | None, typer.Option(help="A git revision, such as origin/main: what else the stack costs since.")
    ] = None,
    images: Images = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no engine and no AWS: what changes by the program since --against.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="File to write; - is standard output.", show_default="review-STACK.md")
    ] = None,
) -> None:
    """Write what a change would do to a stack, for whoever approves it: policies, plan, cost, images; as Markdown.

    The engine is asked, and nothing is changed or built: no Docker is needed. What interrupts service or loses data
    comes first. Exit code 1 when a policy stops it or the engine refuses; the file is written all the same.

    Example: python -m ops review --stack prod --against origin/main --images images.json
    """
    from ops import review as command
    from ops.aim import Aim, aim
    from ops.aws_error import as_ops_error
    from ops.review_page import page, problem

    file = output or Path(f"review-{stack}.md")
    try:
        if offline and images:
            raise OpsError("--offline and --images: one of them at a time, as nobody is asked what the images replace")
        with as_ops_error():
            aimed = Aim(Path.cwd(), stack) if offline else aim(Path.cwd(), stack)
            found = command.review(aimed, against or None, images, engine=not offline)
    except OpsError as error:
        _save(file, problem(stack, str(error)))
        raise
    _save(file, page(found))
    if not found.passed:
        raise typer.Exit(VIOLATED)


def _save(file: Path, text: str) -> None:
    if file == Path("-"):
        write(text, sys.stdout)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OpsError(f"{file} cannot be written: {error.strerror}") from None
    note(str(file))


@app.command()
def deploy(stack: Stack = "dev", images: Images = None) -> None:
    """Deploy a stack, with images that were built before; the policies decide too. Nothing is asked.

    On AWS, or on the local cloud: wherever this shell's pulumi and its AWS credentials lead. A new stack is made in the
    state, its secrets encrypted by PULUMI_SECRETS_PROVIDER. Exit code 1 when it fails, and then the last lines say what
    to do; 2 when it could not begin.

    Example: python -m ops deploy --stack dev --images images.json
    """
    from ops import deploy as command
    from ops.aim import aim

    if command.deploy(aim(Path.cwd(), stack), images, print_line):
        raise typer.Exit(VIOLATED)


@app.command()
def remove(
    stack: Stack = "dev",
    confirm: Annotated[str, typer.Option(help="The stack's name once more, as nothing else is asked.")] = "",
) -> None:
    """Destroy everything that a stack has made.

    prod is protected: it needs load_balancer.deletion_protection: false, and a deploy, before. Exit code 1 when it
    fails, and then the last lines say what to do; 2 when it could not begin.

    Example: python -m ops remove --stack dev --confirm dev
    """
    from ops import deploy as command
    from ops.aim import aim

    if confirm != stack:
        raise OpsError(f"everything in stack {stack} would be deleted: say so by its name, --confirm {stack}")
    if command.remove(aim(Path.cwd(), stack), print_line):
        raise typer.Exit(VIOLATED)


@app.command()
def cancel(
    stack: Stack = "dev",
    confirm: Annotated[str, typer.Option(help="The stack's name once more: no other deployment of it runs.")] = "",
) -> None:
    """Free a stack's state that stayed locked, as the job that had it was killed. Nothing is asked.

    See first that nothing deploys the stack, here or in CI. Exit code 1 when it fails; 2 when it could not begin.

    Example: python -m ops cancel --stack dev --confirm dev
    """
    from ops import deploy as command
    from ops.aim import aim

    if confirm != stack:
        raise OpsError(f"see that nothing deploys stack {stack}, and say so by its name: --confirm {stack}")
    if command.cancel(aim(Path.cwd(), stack), print_line):
        raise typer.Exit(VIOLATED)


@app.command()
def drift(
    stack: Stack = "dev",
    output: Annotated[
        Path | None, typer.Option(help="File that gets the differences as Markdown, when there are some.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Say what is other in AWS than was deployed, for example after a change by hand. Nothing is changed.

    Exit code 1 when something is; a stack that is not deployed yet has nothing to compare.

    Example: python -m ops drift --stack prod --output drift-prod.md
    """
    from ops import drift as command
    from ops.aim import aim

    found = command.drift(aim(Path.cwd(), stack))
    if json_output:
        print_line(json.dumps(command.as_values(stack, found), indent=2))
    else:
        write(command.text(stack, found), sys.stdout)
    if found and output:
        _save(output, command.markdown(stack, found))
    if found:
        raise typer.Exit(VIOLATED)


@app.command()
def images(stack: Stack = "dev") -> None:
    """Print the image that each service and job of a stack runs, as a file of images for another stack.

    Only what the stack built or promoted: what its file names by address is named by the other one's too.

    Example: python -m ops images --stack dev > images.json
    """
    from ops import images as command
    from ops.aim import aim

    write(command.text(command.running(aim(Path.cwd(), stack))), sys.stdout)
