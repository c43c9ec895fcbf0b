"""The commands of the local cloud."""

import difflib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from localcloud.cloud import Cloud
from localcloud.home import Home, LocalCloudError

app = typer.Typer(
    help="An AWS on this machine: registry, containers, load balancer. No account, no key, loopback only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

INTERRUPTED = 130
UNSET = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
"""What would send AWS clients elsewhere."""

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack, by its file Pulumi.STACK.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
WithoutDocker = Annotated[
    bool, typer.Option("--without-docker", help="Deploy with simulated tasks: no image, no page.")
]


def main() -> int:
    """Run the command line; a problem of the user's is one message, never a traceback."""
    try:
        code = app(standalone_mode=False) or 0
    except LocalCloudError as error:
        err.print(f"error: {error}", style="red", markup=False)
        return 1
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception as error:
        if not hasattr(error, "show"):
            raise
        error.show()  # type: ignore[attr-defined] - click's usage errors know how to print themselves
        return 2
    if code == INTERRUPTED:
        err.print("interrupted")
    return code


def target(home: Home) -> None:
    """Say where every command acts, before it does."""
    err.print(f"Target: local cloud at {home.endpoint}", style="bold")


@app.command()
def start(without_docker: WithoutDocker = False) -> None:
    """Install what is missing, and start the local cloud.

    Example: python -m localcloud start
    """
    home = Home.load()
    target(home)
    _start(home, without_docker=without_docker)


@app.command()
def stop() -> None:
    """Stop the local cloud; its resources are kept for the next start."""
    home = Home.load()
    target(home)
    from localcloud.setup.docker import stop_docker

    stopped = Cloud(home).stop()
    out.print("Stopped the emulator and the providers." if stopped else "The local cloud was not running.")
    if stop_docker(home):
        out.print("Stopped the Docker daemon that was started here.")
    out.print(
        f"Left: {home.root} (resources, state, logs), images in Docker, the engine in the user's cache. "
        "`make clean` removes the first; localcloud/README.md says how to remove all."
    )


@app.command()
def status(json_output: Json = False) -> None:
    """Say whether the local cloud runs, and which stacks it holds.

    Exit code 3 when it does not run.
    """
    home = Home.load()
    cloud = Cloud(home)
    state: dict[str, Any] = {
        "running": cloud.running,
        "endpoint": home.endpoint,
        "home": str(home.root),
        "emulator": cloud.emulator.pid,
        "providers": cloud.providers.pid,
        "enforces_iam": cloud.enforces,
        "stacks": _stacks(home),
    }
    if json_output:
        print(json.dumps(state))
    else:
        target(home)
        enforced = ", IAM is enforced" if cloud.enforces else ""
        out.print(f"Running{enforced}" if state["running"] else "Not running: python -m localcloud start")
        for name, count in state["stacks"].items():
            out.print(f"  stack {name}: {count} resources")
    if not state["running"]:
        raise typer.Exit(3)


@app.command()
def env() -> None:
    """Print what makes plain `pulumi` and AWS clients use the local cloud.

    Example: eval "$(python -m localcloud env)"
    """
    home = Home.load()
    target(home)
    print(f"export PATH='{home.bin}':\"$PATH\"")
    for name, value in _environment(home).items():
        print(f"export {name}='{value}'")
    print(f"unset {' '.join(UNSET)}")


@app.command()
def up(stack: Stack = "dev", without_docker: WithoutDocker = False) -> None:
    """Start what does not run, deploy a stack, and print its address on the last line.

    Example: python -m localcloud up --stack dev
    """
    home = Home.load()
    target(home)
    _start(home, without_docker=without_docker)
    _pulumi(home, "up", "--yes", "--skip-preview", "--stack", stack)
    out.print("\nFor plain pulumi commands in this shell:")
    out.print(f'  eval "$({_python()} -m localcloud env)"')
    if without_docker:
        out.print("Deployed without Docker: the tasks are simulated, so there is no page to open.")
    addresses = _addresses(home, stack)
    if not addresses.url:
        out.print("No load balancer reaches the stack's services, so there is no page to open.")
        return
    if not without_docker:
        out.print("The service is at")
    for name, address in addresses.services.items():
        if not address.startswith(addresses.url):
            out.print(f"  {name}: {address}")
    print(addresses.url, flush=True)


@app.command()
def preview(stack: Stack = "dev") -> None:
    """Show what an `up` of a stack would change, and what the program's policies, if it has some, say to it."""
    home = Home.load()
    target(home)
    _start(home, without_docker=False)
    policies = home.project / "policies"
    pack = ["--policy-pack", str(policies)] if (policies / "PulumiPolicy.yaml").is_file() else []
    _pulumi(home, "preview", "--stack", stack, *pack)


@app.command()
def destroy(stack: Stack = "dev") -> None:
    """Remove what a stack has made in the local cloud."""
    home = Home.load()
    target(home)
    _pulumi(home, "destroy", "--yes", "--stack", stack)


@app.command()
def url(stack: Stack = "dev", json_output: Json = False) -> None:
    """Print the address of a deployed stack; with --json those of its services too."""
    home = Home.load()
    target(home)
    found = _addresses(home, stack)
    if not found.url and not json_output:
        raise LocalCloudError(f"stack {stack} has no address: no load balancer reaches its services")
    print(json.dumps(asdict(found)) if json_output else found.url)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="A service of the stack, or `emulator` or `providers`.")] = "emulator",
    stack: Stack = "dev",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = 50,
) -> None:
    """Print what a process of the local cloud wrote.

    A service's name runs `python -m ops logs NAME` against the local cloud.

    Example: python -m localcloud logs web --follow
    """
    home = Home.load()
    cloud = Cloud(home)
    processes = {"emulator": cloud.emulator, "providers": cloud.providers}
    for near in difflib.get_close_matches(name, processes, n=1) if name not in processes else ():
        err.print(f"{name} is taken for a service of stack {stack}; the local cloud's own log is {near}", markup=False)
    if name not in processes and cloud.running:
        options = ["--stack", stack, "--lines", str(lines), *(["--follow"] if follow else [])]
        os.chdir(home.project)
        os.execve(sys.executable, [sys.executable, "-m", "ops", "logs", name, *options], _shell(home))
    target(home)
    if name not in processes:
        raise LocalCloudError("the local cloud is not running: start it with `python -m localcloud start`")
    file = processes[name].log
    if not file.is_file():
        raise LocalCloudError(f"{file} is not there yet: the {name} was never started")
    os.execvp("tail", ["tail", "-n", str(lines), *(["-f"] if follow else []), str(file)])


@app.command()
def fidelity(
    measure: Annotated[
        bool, typer.Option("--measure", help="Deploy every stack, measure it, destroy it; what is protected stays.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Say whether the page is what its files make of it; nothing is written. What a stack newly sets only "
            "--measure finds, and a unit test of `make check`.",
        ),
    ] = False,
) -> None:
    """Write docs/fidelity.md: what the local cloud takes, tells back and obeys of each property that a stack sets.

    Example: python -m localcloud fidelity --check
    """
    from localcloud.fidelity import page, report

    if measure and check:
        raise LocalCloudError("--measure writes and --check writes nothing: give one of them")
    home = Home.load()
    if measure:
        from localcloud.fidelity.deploy import measure_all

        target(home)
        report.write(measure_all(home))
    page.render(home.project / "docs" / "fidelity.md", check=check)


def _shell(home: Home) -> dict[str, str]:
    """The environment after `env`."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return kept | _environment(home) | {"PATH": f"{home.bin}{os.pathsep}{os.environ['PATH']}"}


def _environment(home: Home) -> dict[str, str]:
    """What turns AWS clients to the local cloud."""
    return {
        "LOCALCLOUD_HOME": str(home.root),
        "LOCALCLOUD_PORT": str(home.port),
        "AWS_ENDPOINT_URL": home.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def _start(home: Home, *, without_docker: bool) -> None:
    from localcloud import wrappers
    from localcloud.setup import prepare

    engine = prepare(home, without_docker=without_docker)
    wrappers.install(home, engine)
    cloud = Cloud(home)
    killed = cloud.killed()
    auth = os.environ.get("LOCALCLOUD_AUTH") or "0"
    if auth not in ("0", "1"):
        raise LocalCloudError(f"LOCALCLOUD_AUTH must be 1, to enforce IAM, or 0, got {auth!r}")
    if not cloud.start(without_docker=without_docker, auth=auth == "1"):
        return
    out.print(f"Started the local cloud (home {home.root}{', IAM is enforced' if cloud.enforces else ''}).")
    if killed:
        out.print("The emulator had been killed: it goes on from what it saved a second after the last change.")
    if cloud.waiting():
        _await_services(cloud)


def _await_services(cloud: Cloud) -> None:
    """Restored services start their tasks again; those that do not are named."""
    from localcloud.setup.steps import Steps

    steps, missing = Steps(), list[str]()

    def wait() -> None:
        with steps.step("Services", "their tasks are started again"):
            missing.extend(cloud.await_services())

    steps.together(wait)
    if missing:
        out.print(f"Not back: {', '.join(missing)}. See `python -m localcloud logs emulator`.", style="red")


def _pulumi(home: Home, *arguments: str) -> None:
    """Run a pulumi command with its usual display."""
    done = subprocess.run([home.bin / "pulumi", *arguments], cwd=home.project, check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


@dataclass(frozen=True)
class _Addresses:
    """Where a stack and its services open on this machine: those that a load balancer reaches."""

    url: str | None
    services: dict[str, str]


def _addresses(home: Home, stack: str) -> _Addresses:
    outputs = _outputs(home, stack)
    services = {name: home.url(one["url"]) for name, one in outputs["services"].items() if one.get("url")}
    url = outputs.get("url")  # the engine keeps no output that is None
    return _Addresses(home.url(url) if url else None, services)


def _outputs(home: Home, stack: str) -> dict[str, Any]:
    """What a deployed stack tells of itself.

    Raises:
        LocalCloudError: it is not deployed.
    """
    command = [home.bin / "pulumi", "stack", "output", "--json", "--stack", stack]
    if not (home.bin / "pulumi").exists():
        raise LocalCloudError("nothing was ever deployed here: make up")
    done = subprocess.run(command, cwd=home.project, capture_output=True, text=True, check=False)
    outputs = json.loads(done.stdout) if done.returncode == 0 else {}
    if "services" not in outputs:
        raise LocalCloudError(
            f"stack {stack} is not deployed yet: python -m localcloud up --stack {stack}\n{done.stderr.strip()}"
        )
    return outputs


def _stacks(home: Home) -> dict[str, int]:
    stacks: dict[str, int] = {}
    for file in sorted((home.backend / ".pulumi" / "stacks").glob("*/*.json")):
        latest = json.loads(file.read_text())["checkpoint"].get("latest") or {}
        stacks[f"{file.parent.name}/{file.stem}"] = len(latest.get("resources") or [])
    return stacks


def _python() -> str:
    """The interpreter as people would type it from here."""
    executable = Path(sys.executable)
    return str(executable.relative_to(Path.cwd())) if executable.is_relative_to(Path.cwd()) else str(executable)
