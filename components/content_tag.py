"""An image tag that says what the image is built from: the same content, the same tag.

A repository with immutable tags then never refuses a push, and nothing is built or rolled out without a change. File
times do not count, nor does where the checkout lies, nor a folder without files.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .docker_ignore import visible_files

_CHUNK = 1 << 20


def content_tag(
    context: Path,
    dockerfile: Path,
    *,
    platform: str,
    target: str | None = None,
    args: Mapping[str, str] | None = None,
    cache_from: Sequence[str] = (),
) -> str:
    """The tag of what Docker would build.

    Args:
        context: the build's folder; what its `.dockerignore` leaves out does not count.
        dockerfile: its own content counts, wherever it lies, and whether it is ignored or not.
        platform: such as `linux/amd64`.
        target: the stage to build.
        args: build arguments.
        cache_from: images that layers are taken from. They do not change what the image does, but they are built in
            anew, and an immutable tag takes no second image.

    Returns:
        24 hexadecimal digits.
    """
    total = hashlib.sha256()
    arguments = (f"{key}={value}" for key, value in sorted((args or {}).items()))
    for part in (platform, target or "", *arguments, *cache_from):
        total.update(_digest(part.encode()))
    total.update(_digest(dockerfile.read_bytes()))
    for path in sorted(visible_files(context, dockerfile)):
        for part in _parts(context, path):
            total.update(part)
    return total.hexdigest()[:24]


def _parts(context: Path, path: str) -> Iterator[bytes]:
    """What counts of a file: its path, what it is, whether it may be run, its content or where it leads."""
    file = context / path
    mode = file.lstat().st_mode
    yield _digest(path.encode())
    yield f"{stat.S_IFMT(mode):o}{'x' if mode & stat.S_IXUSR else '-'}".encode()
    if stat.S_ISLNK(mode):
        yield _digest(os.fsencode(file.readlink()))
    elif stat.S_ISREG(mode):
        content = hashlib.sha256()
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                content.update(chunk)
        yield content.digest()


def _digest(content: bytes) -> bytes:
    """Of one length, so that the end of a part and the beginning of the next cannot be confused."""
    return hashlib.sha256(content).digest()
