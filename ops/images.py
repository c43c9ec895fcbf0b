"""A file of images: what was built once, by digest, for every stack that it goes to."""

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from configuration.delivered import VARIABLE, fitting, image_problems, not_built, read_images
from configuration.namespaces import NAMESPACE
from ops.aim import Aim
from ops.deployed import outputs_of
from ops.error import OpsError
from ops.output import note
from ops.stack_file import StackFile

_NOT_BUILT = "sha256:" + "0" * 64
"""Stands in a preview for what is not built yet, and copied by nobody."""


def read(file: Path) -> dict[str, str]:
    """The addresses in a file, by the names of services and jobs.

    Raises:
        OpsError: it is not there, or no such file.
    """
    try:
        return read_images(str(file))
    except ValueError as error:
        raise OpsError(str(error)) from None


def checked(given: Path, stack: str, file: StackFile) -> dict[str, str]:
    """The addresses in a file, once it is seen that a stack can take over every one, and builds nothing beside.

    Args:
        given: the file of images.
        stack: name of the stack.
        file: the stack's own file.

    Raises:
        OpsError: it is not there, or no such file; or all that does not fit the stack's own file.
    """
    found = read(given)
    if problems := list(image_problems(_values(file), found)):
        lines = "".join(f"\n  {one.removeprefix(f'{VARIABLE}: ')}" for one in problems)
        raise OpsError(f"{given} does not fit Pulumi.{stack}.yaml:{lines}")
    return found


def write(file: Path, images: Mapping[str, str]) -> None:
    """Write a file, whole or not at all.

    Raises:
        OpsError: it cannot be written.
    """
    try:
        with NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}-", delete=False, encoding="utf-8") as new:
            new.write(text(images))
        Path(new.name).replace(file)
    except OSError as error:
        raise OpsError(f"{file} cannot be written: {error.strerror}") from None


def text(images: Mapping[str, str]) -> str:
    """The file's text."""
    return json.dumps(dict(sorted(images.items())), indent=2) + "\n"


@contextlib.contextmanager
def taken_over(aimed: Aim, given: Path | None, rebuilt: Collection[str] | None = None) -> Iterator[Path | None]:
    """The file of the images that a stack takes over; None where its stack file is deployed as it is.

    Without a file these are the images that it was deployed with the last time by one: they stay.

    Args:
        aimed: the stack.
        given: the file that was named; none: whatever the stack runs.
        rebuilt: of a preview, in which nothing is copied: the services and jobs whose images will be others. One that
            was never built is then no obstacle. None: the images are copied.

    Raises:
        OpsError: the file is not there, no such file, or does not fit the stack; or the engine says no.
    """
    if given:
        checked(given, aimed.stack, aimed.file)
        yield given
        return
    runs: dict[str, str] = outputs(aimed).get("images") or {}
    values = _values(aimed.file)
    images = fitting(values, runs)
    if not images:
        yield None
        return
    note(f"Images: those that stack {aimed.stack} was delivered with: {', '.join(sorted(images))}")
    if rebuilt is not None:
        repository = next(iter(images.values())).partition("@")[0]
        others = [*not_built(values, images), *(name for name in rebuilt if name in images)]
        images |= dict.fromkeys(others, f"{repository}@{_NOT_BUILT}")
    with TemporaryDirectory(prefix="images-") as folder:
        file = Path(folder, "images.json")
        write(file, images)
        yield file


def running(aimed: Aim) -> dict[str, str]:
    """The address of each image of its own that a stack was deployed with, by the names of services and jobs.

    Raises:
        OpsError: it is not deployed, or the engine says no.
    """
    found = outputs(aimed)
    if not found:
        raise OpsError(f"stack {aimed.stack} is not deployed: make deploy STACK={aimed.stack}")
    return fitting(_values(aimed.file), known(found))


def known(outputs: Mapping[str, Any]) -> dict[str, str]:
    """The address of the image of each service and job that a stack's outputs tell, by its name."""
    deployed: dict[str, Mapping[str, Any]] = {**(outputs.get("jobs") or {}), **(outputs.get("services") or {})}
    return {name: str(one["image"]) for name, one in deployed.items() if one.get("image")}


def _values(file: StackFile) -> dict[str, Any]:
    """Services and jobs of its stack file."""
    return {kind: file.structured(f"{NAMESPACE}:{kind}") for kind in ("services", "jobs")}


def outputs(aimed: Aim) -> dict[str, Any]:
    """What a stack put out when it was deployed last; nothing where it was not.

    Raises:
        OpsError: there is no engine, or it says no.
    """
    return outputs_of(aimed.folder, aimed.stack, aimed.environment()) or {}
