"""What is known before a deploy."""

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ops.commands import VIOLATED, Json, Stack
from ops.error import OpsError
from ops.output import note, print_line, show, write

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
    against: Annotated[
        str | None,
        typer.Option(help="A git revision, such as main; or the word nothing, for a first deployment."),
    ] = None,
    json_output: Json = False,
    fail_on_interruption: Annotated[
        bool, typer.Option("--fail-on-interruption", help="Exit code 1 when service is interrupted or data lost.")
    ] = False,
) -> None:
    """Say what an up would change, by component, and what of that interrupts service or loses data.

    On AWS, or on the local cloud: wherever this shell's pulumi deploys to. Nothing is changed. Without pulumi, and for
    a stack that is not deployed yet, everything is to be created.

    With --against no engine, account or Docker is needed: what the program makes of the stack's file is compared with
    what both were at a git revision. What was deployed since, or changed by hand, is not seen.

    Example: python -m ops plan --stack prod --against main
    """
    from ops import plan as command

    _refuse_empty(against=against)
    if against is not None:
        from ops import offline_plan

        found = offline_plan.against(Path.cwd(), stack, against)
    else:
        from ops import preview

        found = preview.plan(Path.cwd(), stack)
    if json_output:
        print_line(json.dumps(command.as_values(found), indent=2))
    else:
        show(lambda out: command.show(out, found))
    if fail_on_interruption and found.is_guess:
        raise OpsError("whether service is interrupted cannot be known without pulumi; --against compares revisions")
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

    _refuse_empty(compare=compare, against=against)
    if compare is not None and against is not None:
        raise OpsError("--compare and --against: one of them at a time")
    if refresh:
        note(f"prices of {', '.join(command.refresh(Path.cwd(), stack))} written")
    folder, assumed = Path.cwd(), command.assumptions(assume or [])
    if compare is None and against is None:
        found = command.of_stack(folder, stack, assumed)
        values, text = command.as_values(found), cost_table.text(found)
    else:
        if against is not None:
            both = command.since(folder, against, stack, assumed)
        else:
            both = tuple(command.of_stack(folder, name, assumed) for name in (stack, str(compare)))
        values, text = command.comparison(*both), cost_table.text_of_both(*both)
    write(json.dumps(values, indent=2) + "\n" if json_output else text, sys.stdout)


@app.command()
def diagram(
    stack: Stack = "dev",
    form: Annotated[
        str | None, typer.Option("--format", help="mermaid or svg; by the file's name, if not said, else mermaid.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="File that ends in .svg, .mmd, or .md with a place for it; else the screen.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Draw a stack's architecture from the resources that its program yields, before anything is deployed.

    In a Markdown file the picture goes between the lines <!-- diagram of STACK --> and <!-- end of diagram -->.
    --json prints what the picture shows: zones, load balancers, tasks, and every arrow with its port.

    Example: python -m ops diagram --stack prod --output prod.svg
    """
    from ops import offline
    from ops.diagram import output as command

    asked = command.form_named(form)
    if json_output and output:
        raise OpsError("--json and --output: one of them at a time")
    wanted = command.form_of(output, asked)
    found = offline.run(Path.cwd(), stack)
    if json_output:
        print_line(json.dumps(command.values(found), indent=2))
    elif output:
        command.save(output, stack, command.text(found, wanted))
        print_line(str(output))
    else:
        write(command.text(found, wanted), sys.stdout)


@app.command()
def report(
    stack: Stack = "dev",
    output: Annotated[
        Path | None, typer.Option(help="File to write; - is standard output.", show_default="report-STACK.html")
    ] = None,
    json_output: Json = False,
) -> None:
    """Put a stack on one page of HTML: picture, cost, policies, settings, what is rehearsed.

    The file needs nothing else: no network, no scripts. --json tells what is on it, to scripts.

    Example: python -m ops report --stack prod --output prod.html
    """
    from ops.report.content import content
    from ops.report.page import page, write_page

    if json_output and output:
        raise OpsError("--json and --output: one of them at a time")
    found = content(Path.cwd(), stack, date.today())
    if json_output:
        print_line(json.dumps(found, indent=2))
    elif output == Path("-"):
        write(page(found), sys.stdout)
    else:
        print_line(str(write_page(page(found), output or Path(f"report-{stack}.html"))))


@app.command()
def doctor(stack: Stack = "dev", json_output: Json = False) -> None:
    """Say what is missing before the first up on AWS, each with what mends it. Nothing is changed.

    Looked at: the stack's file and its policies, Pulumi's CLI, its login and secrets provider, Docker, disk, AWS
    credentials, account and region, service-linked roles, quotas, domain and certificate, secrets and images.

    Exit code 1 when something is missing, or AWS could not be asked.

    Example: python -m ops doctor --stack prod
    """
    begun = time.monotonic()
    from ops.doctor import view
    from ops.doctor.examine import examine, nothing_missing
    from ops.doctor.surroundings import Surroundings

    around = Surroundings(Path.cwd(), stack)
    if around.is_local:
        note(f"This shell means the local cloud at {around.endpoint}: a new shell asks AWS.")
    verdicts = examine(around, begun)
    if json_output:
        print_line(json.dumps(view.as_values(stack, verdicts), indent=2))
    else:
        show(lambda out: view.show(out, stack, verdicts))
    if not nothing_missing(verdicts):
        raise typer.Exit(VIOLATED)


def _refuse_empty(**options: str | None) -> None:
    """Refuse options that say nothing, such as those of a script whose variable is not set."""
    for name, value in options.items():
        if value is not None and not value.strip():
            raise OpsError(f"--{name} is empty: leave it out, or say with what it is compared")
