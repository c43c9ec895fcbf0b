"""`bin/pulumi`: the ordinary `pulumi`, turned to the local cloud.

It hands over to the real engine with a backend, a home and providers of the local cloud's own, and gives commands that
read a stack's configuration a copy of the stack file: the engine writes a secrets salt into it, and the tracked files
must stay as they are. Everything else is passed on untouched.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from localcloud.cloud import Cloud
from localcloud.home import Home, LocalCloudError
from localcloud.wrappers.recovery import mend, recover
from localcloud.wrappers.session import STATE, Session, serve, session, state

DEPLOYING = {"up", "update", "preview", "pre", "refresh", "destroy", "down", "dn", "import", "watch"}
PREVIEWS = {"preview", "pre"}
VALUE_FLAGS = {
    "-s",
    "--stack",
    "-C",
    "--cwd",
    "-m",
    "--message",
    "-p",
    "--parallel",
    "--color",
    "--config-file",
    "-c",
    "--config",
}
SALT, KEY = ("encryptionsalt",), ("encryptedkey", "secretsprovider")
PLACEHOLDER = "a secret of the real stack"
ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
HIDDEN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "PULUMI_ACCESS_TOKEN")


def main(arguments: list[str]) -> None:
    """Run one command of the engine against the local cloud.

    Exits with 1 when it cannot be handed over.
    """
    try:
        home = Home.load()
        command = Command(home, arguments)
        who = session(home)
        environment = engine_environment(home, who)
        if command.deploys:
            environment |= provider_environment(home, who)
            acting = f", as {who.principal}" if who else ""
            print(f"Target: local cloud at {home.endpoint}{command.stack_note}{acting}", file=sys.stderr)
        arguments = command.prepare(environment)
    except LocalCloudError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    os.execve(home.engine, [str(home.engine), *arguments], environment)


def engine_environment(home: Home, who: Session | None = None) -> dict[str, str]:
    """The environment of every engine command: the local cloud's state, and no way to a real account."""
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    path = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part != str(home.bin)]
    return environment | {
        "PATH": os.pathsep.join([str(home.bin), *path]),
        "PULUMI_HOME": str(home.root / "pulumi"),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_ENDPOINT_URL": home.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        **(who.credentials if who else ADMINISTRATOR),
        **state(home),
    }


def provider_environment(home: Home, who: Session | None = None) -> dict[str, str]:
    """Where the engine finds the providers.

    Raises:
        LocalCloudError: the local cloud does not run.

    """
    ports = Cloud(home).ports
    if not ports or not Cloud(home).answers():
        raise LocalCloudError(
            "the local cloud is not running: start it with `python -m localcloud start` (or `make up`)"
        )
    if who:
        ports["aws"] = serve(home, who)
    return {"PULUMI_DEBUG_PROVIDERS": ",".join(f"{name}:{port}" for name, port in sorted(ports.items()))}


class Command:
    """One command line: which project and stack it is about, and what must be there before the engine runs."""

    def __init__(self, home: Home, arguments: list[str]) -> None:
        self.home = home
        self.arguments = arguments
        self.words = list(_words(arguments))
        self.project = _project_folder(Path(_option(arguments, "-C", "--cwd") or ".").resolve())
        self.stack = _option(arguments, "-s", "--stack") or os.environ.get("PULUMI_STACK")

    @property
    def name(self) -> str:
        """The command, such as `up`."""
        return self.words[0] if self.words else ""

    @property
    def deploys(self) -> bool:
        """Whether it needs the providers."""
        return self.name in DEPLOYING and "--help" not in self.arguments and "-h" not in self.arguments

    @property
    def stack_note(self) -> str:
        """The stack in the line that names the target."""
        return f", stack {self.stack}" if self.stack else ""

    def prepare(self, environment: dict[str, str]) -> list[str]:
        """Make what the command needs, and return the arguments for the engine."""
        if self.project is None:
            return self.arguments
        self._remember_folder()
        in_bucket = bool(os.environ.get(STATE))
        if not in_bucket:
            mend(self.home, self._settings["name"])
        if self.words[:2] == ["config", "set"] and "--secret" in self.arguments:
            raise LocalCloudError(
                "a secret set here would be encrypted for this machine only: set it with the Pulumi CLI of the real "
                "stack; the local cloud rehearses with a placeholder in its place"
            )
        if self.words[:2] == ["stack", "init"]:
            self._copy_stack_files()
            return ["-C", str(self._folder), *_without(self.arguments, "-C", "--cwd")]
        makes = self.words[:2] == ["stack", "select"] and "--create" in self.arguments
        named = self.stack or next(iter(self.words[2:3] if makes else ()), None)
        if named and not in_bucket:
            self._ensure_stack(named, environment)
        if not self.deploys:
            return self.arguments
        stack = self.stack or self._selected(environment)
        if self.name not in PREVIEWS and stack and not in_bucket:
            name = stack.rpartition("/")[2]
            recover(self.home, self._settings["name"], name, self.project, environment)
        if _option(self.arguments, "--config-file"):
            return self.arguments
        self._copy_stack_files()
        copy = self._folder / f"Pulumi.{stack}.yaml"
        return [
            *self.arguments[: self._after_command],
            "--config-file",
            str(copy),
            *self.arguments[self._after_command :],
        ]

    @property
    def _after_command(self) -> int:
        return self.arguments.index(self.name) + 1

    @property
    def _folder(self) -> Path:
        return self.home.stacks / self._settings["name"]

    @property
    def _settings(self) -> dict[str, Any]:
        assert self.project  # noqa: S101 - the callers are only reached with a project
        return _read(next(file for file in _project_files(self.project) if file.is_file()))

    def _remember_folder(self) -> None:
        """The engine does not tell an attached provider where the program is, so its folder is kept by project name."""
        note = self.home.run / "projects" / self._settings["name"]
        _write(note, str(self.project))

    def _copy_stack_files(self) -> None:
        """Bring the copies up to date with the tracked files, each with the salt or key that the engine gave it."""
        assert self.project  # noqa: S101
        _write(self._folder / "Pulumi.yaml", yaml.safe_dump({**self._settings, "main": str(self.project)}))
        for file in self.project.glob("Pulumi.*.yaml"):
            copy = self._folder / file.name
            kept = _read(copy) if copy.is_file() else {}
            given = {name: kept[name] for name in (KEY if os.environ.get(STATE) else SALT) if name in kept}
            _write(copy, _public(file) + (yaml.safe_dump(given) if given else ""))

    def _ensure_stack(self, stack: str, environment: dict[str, str]) -> None:
        """Create the stack in the local backend on first use, as long as it has a file."""
        name = stack.rpartition("/")[2]
        if (self.home.backend / ".pulumi" / "stacks" / self._settings["name"] / f"{name}.json").exists():
            return
        self._copy_stack_files()
        if not (self._folder / f"Pulumi.{name}.yaml").is_file():
            assert self.project  # noqa: S101
            known = sorted(file.name.split(".")[1] for file in self.project.glob("Pulumi.*.yaml"))
            way = (
                f"there are {', '.join(known)}: copy one, for example cp Pulumi.{known[0]}.yaml Pulumi.{name}.yaml"
                if known
                else f"make it, for example with: echo 'config: {{aws:region: eu-central-1}}' > Pulumi.{name}.yaml"
            )
            raise LocalCloudError(f"stack {name!r} has no file Pulumi.{name}.yaml; {way}")
        command = [str(self.home.engine), "-C", str(self._folder), "stack", "init", name, "--non-interactive"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode and "already exists" not in done.stderr:
            raise LocalCloudError(f"stack {name} could not be made: {done.stderr.strip()}")
        self._select(name, environment)

    def _select(self, stack: str, environment: dict[str, str]) -> None:
        """The first stack is the selected one, so that plain `pulumi up` has one."""
        if not self._selected(environment):
            subprocess.run(
                [str(self.home.engine), "stack", "select", stack],
                env=environment,
                cwd=self.project,
                check=False,
                capture_output=True,
            )

    def _selected(self, environment: dict[str, str]) -> str:
        done = subprocess.run(
            [str(self.home.engine), "stack", "--show-name"],
            env=environment,
            cwd=self.project,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()


def _words(arguments: list[str]) -> list[str]:
    """The command and its positional arguments."""
    words: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument.startswith("-"):
            skip = argument in VALUE_FLAGS
        else:
            words.append(argument)
    return words


def _option(arguments: list[str], *names: str) -> str | None:
    for index, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if flag in names:
            return value if equals else next(iter(arguments[index + 1 :]), None)
    return None


def _without(arguments: list[str], *names: str) -> list[str]:
    left: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in names:
            next(rest, None)
        elif argument.partition("=")[0] not in names:
            left.append(argument)
    return left


def _project_files(folder: Path) -> list[Path]:
    return [folder / "Pulumi.yaml", folder / "Pulumi.yml", folder / "Pulumi.json"]


def _project_folder(folder: Path) -> Path | None:
    for candidate in (folder, *folder.parents):
        if any(file.is_file() for file in _project_files(candidate)):
            return candidate
    return None


def _read(file: Path) -> dict[str, Any]:
    try:
        return (json.loads if file.suffix == ".json" else yaml.safe_load)(file.read_text()) or {}
    except (yaml.YAMLError, ValueError) as error:
        raise LocalCloudError(f"{file.name} cannot be read: {error}") from error


def _write(file: Path, text: str) -> None:
    """At once, so that another engine of the project, which may read it now, finds the whole of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.write_text(text)
    part.replace(file)


def _public(file: Path) -> str:
    """A stack file's text without its secrets provider, every secret replaced: this machine has no key, and needs none.

    Scalars stay as they were typed: `012` is not the same as 10 to the engine.
    """
    try:
        root = yaml.compose(file.read_text())
    except yaml.YAMLError as error:
        raise LocalCloudError(f"{file.name} cannot be read: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        return ""
    root.value = [(key, value) for key, value in root.value if key.value not in SALT + KEY]
    _replace_secrets(root)
    return yaml.serialize(root)


def _replace_secrets(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        for index, (key, value) in enumerate(node.value):
            if isinstance(value, yaml.MappingNode) and [name.value for name, _ in value.value] == ["secure"]:
                node.value[index] = (key, yaml.ScalarNode("tag:yaml.org,2002:str", PLACEHOLDER, style="'"))
            _replace_secrets(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _replace_secrets(item)


if __name__ == "__main__":
    main(sys.argv[1:])
