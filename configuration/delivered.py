"""Images that were built before: what a delivered stack takes over instead of building anew."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from components.checks import hint
from components.image_uri import fixed_image

from .values import mapping

VARIABLE = "FARGATE_IMAGES"
"""Name of the environment variable that holds the path of the file of images; none, or empty: there is none."""
_LOOKS = '{"web": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fargate-builds@sha256:…"}'
_MAKE = "make build writes such a file"


def read_images(path: str) -> dict[str, str]:
    """The addresses in a file of images, by the names of services and jobs.

    Args:
        path: of the file, relative to the program's folder.

    Raises:
        ValueError: it is not there, or no such file; the message says what it should be.
    """
    try:
        found: object = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{VARIABLE}: {path} cannot be read: {error.strerror}. {_MAKE}") from None
    except (ValueError, RecursionError):
        raise ValueError(f"{VARIABLE}: {path} is no JSON such as {_LOOKS}. {_MAKE}") from None
    images = mapping(found)
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in images.values()):
        raise ValueError(f"{VARIABLE}: {path} must name each image by its address, such as {_LOOKS}. {_MAKE}")
    return {str(name): str(image) for name, image in images.items()}


def image_problems(values: Mapping[str, Any], images: Mapping[str, str]) -> Iterator[str]:
    """What keeps a stack from taking images over.

    Args:
        values: of the stack file, without the namespace.
        images: addresses by the names of services and jobs.
    """
    tasks = _tasks(values)
    for name, image in images.items():
        if name not in tasks:
            yield f"{VARIABLE}: {name}: the stack has no such service or job: {hint(name, tasks)}"
        elif not _takes(tasks[name]):
            yield f"{VARIABLE}: {name}: the stack file neither builds nor promotes its image: leave it out"
        if wrong := _address_problem(image):
            yield f"{VARIABLE}: {name}: {wrong}"
    for name in not_built(values, images):
        yield f"{VARIABLE}: {name} is missing, and would be built anew: make build names every image of a stack"


def not_built(values: Mapping[str, Any], images: Mapping[str, str]) -> list[str]:
    """The services and jobs that would be built, as there is no image of them."""
    return [name for name, task in _tasks(values).items() if "build" in task and name not in images]


def fitting(values: Mapping[str, Any], images: Mapping[str, str]) -> dict[str, str]:
    """The images that services and jobs of a stack can take over."""
    tasks = _tasks(values)
    return {name: image for name, image in images.items() if name in tasks and _takes(tasks[name])}


def with_images(values: Mapping[str, Any], images: Mapping[str, str]) -> dict[str, Any]:
    """The values of a stack whose services and jobs copy these images where they would build.

    Args:
        values: of the stack file, without the namespace.
        images: addresses by the names of services and jobs.
    """
    kinds = [kind for kind in ("services", "jobs") if isinstance(values.get(kind), dict)]
    return {**values, **{kind: _taking(mapping(values[kind]), images) for kind in kinds}}


def _taking(tasks: Mapping[str, Any], images: Mapping[str, str]) -> dict[str, Any]:
    def taking(name: str, task: Any) -> Any:  # noqa: ANN401 - whatever the file holds, which the models judge
        given = mapping(task)
        both = "build" in given and "image" in given  # which the models refuse
        if name not in images or not _takes(given) or both or _address_problem(images[name]):
            return task
        before = mapping(given.get("build")) or mapping(given.get("image"))
        image: dict[str, Any] = {"promote": images[name]}
        image |= {key: value for key, value in before.items() if key == "pull_accounts"}
        return {**{key: value for key, value in given.items() if key != "build"}, "image": image}

    return {name: taking(name, task) for name, task in tasks.items()}


def _address_problem(image: str) -> str:
    """What is wrong with an address; empty when it is one of an image by its digest."""
    try:
        fixed_image(image)
    except ValueError as error:
        return str(error).removeprefix("promote ")
    return ""


def _tasks(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Services and jobs by name, as the file has them."""
    both = {**mapping(values.get("services")), **mapping(values.get("jobs"))}
    return {name: mapping(task) for name, task in both.items()}


def _takes(task: Mapping[str, Any]) -> bool:
    """Whether a task runs an image that is built, or one that was built elsewhere."""
    return "build" in task or "promote" in mapping(task.get("image"))
