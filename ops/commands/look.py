"""What is asked of a stack that runs."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.commands import VIOLATED, Json, Stack
from ops.output import note, print_line, write

app = typer.Typer()


@app.command()
def verify(
    services: Annotated[list[str] | None, typer.Argument(help="Services; all of the stack's, if none.")] = None,
    stack: Stack = "dev",
    wait: Annotated[float, typer.Option(help="Seconds for which they may come to serve.", min=0)] = 0,
    images: Annotated[
        Path | None, typer.Option(help="File of images that make build wrote: their digests must be what runs.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Say whether what serves is what the stack last deployed: revision, rollout, tasks, targets; and which image.

    Of jobs the image is compared, when there is a file of images. Exit code 1 when something is not so; 2 when it could
    not be asked, as where that file does not fit the stack.

    Example: python -m ops verify --stack prod --wait 300
    """
    from ops import verify as command
    from ops.images import checked
    from ops.reach import reach

    deployed = reach(Path.cwd(), stack)
    wanted = checked(images, stack, deployed.file) if images else {}
    found = command.verify(deployed, services or [], wait, wanted)
    jobs = [] if services else command.verify_jobs(deployed, wanted)
    if json_output:
        print_line(json.dumps(command.as_values(found, jobs), indent=2))
    else:
        command.show(deployed, found, print_line, jobs)
    if any(one.problem for one in (*found, *jobs)):
        raise typer.Exit(VIOLATED)


@app.command()
def logs(
    services: Annotated[
        list[str] | None, typer.Argument(help="Services; all of the stack's, if neither they nor a job are named.")
    ] = None,
    stack: Stack = "dev",
    job: Annotated[list[str] | None, typer.Option(help="A job, by its name; as often as needed.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    since: Annotated[
        str | None, typer.Option(help="How long ago, such as 10m or 2h, or an ISO time, such as 2026-11-26T10:51.")
    ] = None,
    lines: Annotated[
        int | None, typer.Option("--lines", "-n", min=1, help="How many of the last; 100, if no --since.")
    ] = None,
    pattern: Annotated[
        str,
        typer.Option(
            "--filter", help="Lines that match, in CloudWatch's words: ERROR; of the last 24 hours, if no --since."
        ),
    ] = "",
    task: Annotated[str, typer.Option(help="Of one task, by what its id begins with.")] = "",
    container: Annotated[str, typer.Option(help="Of one container, such as a sidecar.")] = "",
    timestamps: Annotated[bool, typer.Option("--timestamps", help="Begin each line with its time, in UTC.")] = False,
    json_output: Json = False,
) -> None:
    """Show what tasks wrote, by time, also those that have stopped; each line with its service and task in front.

    On AWS, or on the local cloud: wherever this shell's pulumi deploys to. With --json each line is an object.

    Example: python -m ops logs web --follow --since 10m
    """
    from datetime import UTC, datetime

    from ops import logs as command
    from ops.log_sources import Wanted
    from ops.reach import reach

    asked = command.Asked(
        wanted=Wanted(services=services or (), jobs=job or (), task=task, container=container),
        since=command.moment(since, datetime.now(UTC)) if since is not None else None,
        count=lines,
        pattern=pattern,
    )
    show = command.writer(json_output=json_output, timestamps=timestamps)
    command.Logs(deployed=reach(Path.cwd(), stack), asked=asked, show=show).run(follow=follow)


@app.command()
def status(
    services: Annotated[list[str] | None, typer.Argument(help="Services; all of the stack's, if none.")] = None,
    stack: Stack = "dev",
    events: Annotated[int, typer.Option("--events", "-n", min=0, help="How many of ECS's last events each.")] = 5,
    watched: Annotated[bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")] = False,
    json_output: Json = False,
) -> None:
    """Show services: deployments, tasks, targets' health, image, the tasks that stopped lately, ECS's last events.

    Exit code 0 whatever is found: `verify` judges. With --watch a terminal is kept up to date; a pipe gets what has
    changed, anew, with --json as an object a line.

    Example: python -m ops status web --stack prod --watch
    """
    from functools import partial

    from ops import status as command
    from ops import status_view
    from ops.reach import reach
    from ops.watch import watch

    look = partial(command.status, reach(Path.cwd(), stack), services or [], events)
    if watched and json_output:
        watch(look, None, lambda found: json.dumps(command.as_values(found)) + "\n")
    elif watched:
        watch(look, status_view.view, status_view.text)
    elif json_output:
        print_line(json.dumps(command.as_values(look()), indent=2))
    else:
        write(status_view.text(look()), sys.stdout)


@app.command(name="open")
def browse(
    service: Annotated[str | None, typer.Argument(help="The service; the load balancer's address, if none.")] = None,
    stack: Stack = "dev",
    json_output: Json = False,
) -> None:
    """Print where a stack, or a service of it, is reached, and open it in a browser, if there is one.

    Example: python -m ops open web --stack prod
    """
    from ops import open_url as command
    from ops.reach import reach

    url = command.address(reach(Path.cwd(), stack), service)
    opened = command.open_in_browser(url)
    print_line(json.dumps({"url": url, "opened": opened}) if json_output else url)
    if not opened:
        note("There is no browser here to open it in.")
