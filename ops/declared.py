"""What the local cloud knows, where it is installed: what replaces a resource, what is rehearsed, what stands in."""

import contextlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def declared() -> Mapping[str, Any] | None:
    """The types that it declares; None where the local cloud, or a package that it needs, is not installed."""
    try:
        from localcloud.providers.aws import RESOURCES  # it takes a while to load
    except ImportError:
        return None
    return RESOURCES


def stand_in(folder: Path, context: str, dockerfile: str, args: Mapping[str, str]) -> Mapping[str, str]:
    """Build arguments by which the sample is built where no registry is reached; none where its base image can be had.

    Args:
        folder: of the program.
        context: folder of the build, relative to that.
        dockerfile: relative to the program's folder too.
        args: build arguments of the stack file, which come first.
    """
    import docker

    from localcloud.providers.docker.build import STAND_IN, Build, has_image

    what = Build(context=context, dockerfile=dockerfile, target=None, args=dict(args), platform=None)
    with contextlib.closing(docker.from_env()) as client:
        return what.base_image_argument(folder) if has_image(client, STAND_IN) else {}
