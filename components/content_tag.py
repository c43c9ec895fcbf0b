"""An image tag that says what the image is built from: the same content, the same tag.

A repository with immutable tags then never refuses a push, and nothing is built or rolled out without a change. File
times do not count, nor does where the checkout lies.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol


class Hash(Protocol):
    """A hash that is being made."""

    def update(self, data: bytes, /) -> None:
        """Take more."""
        ...


def content_tag(
    context: Path, dockerfile: Path, *, platform: str, target: str | None = None, args: Mapping[str, str] | None = None
) -> str:
    """The tag of what Docker would build.

    Args:
        context: the build's folder; what its `.dockerignore` leaves out does not count.
        dockerfile: its own content counts, wherever it lies.
        platform: such as `linux/amd64`.
        target: the stage to build.
        args: build arguments.

    Returns:
        24 hexadecimal digits.
    """
    sha = hashlib.sha256()
    for part in (platform, target or "", *(f"{key}={value}" for key, value in sorted((args or {}).items()))):
        sha.update(f"{part}\0".encode())
    sha.update(dockerfile.read_bytes())
    for path in sorted(context_files(context, dockerfile.name)):
        _update(sha, context, path)
    return sha.hexdigest()[:24]


def context_files(context: Path, dockerfile: str) -> Iterator[str]:
    """The files that a build sees, relative to its context (Docker docs, "Build context", `.dockerignore` files)."""
    from docker.utils.build import exclude_paths  # 0.1 s to import, and only stacks that build need it

    ignore = context / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for path in exclude_paths(str(context), patterns, dockerfile=dockerfile):
        file = context / path
        if file.is_symlink() or not file.is_dir():
            yield Path(path).as_posix()


def _update(sha: "Hash", context: Path, path: str) -> None:
    file = context / path
    mode = file.lstat().st_mode
    sha.update(f"\0{path}\0{'x' if mode & stat.S_IXUSR else '-'}{stat.S_IFMT(mode):o}\0".encode())
    if stat.S_ISLNK(mode):
        sha.update(os.fsencode(file.readlink()))
    elif stat.S_ISREG(mode):
        with file.open("rb") as content:
            while chunk := content.read(1 << 20):
                sha.update(chunk)
