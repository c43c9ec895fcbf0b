"""Which files of a folder a Docker build sees (Docker docs, "Build context", `.dockerignore` files)."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """One line of a `.dockerignore` file."""

    regex: re.Pattern[str]
    """Matches the paths that the line names."""
    keeps: bool
    """The line began with `!`: what it names is seen after all."""

    def names(self, path: str) -> bool:
        """Whether the line names the path, or a folder that it is in."""
        above = (str(parent) for parent in PurePosixPath(path).parents if parent.name)
        return any(self.regex.fullmatch(one) for one in (path, *above))


def visible_files(context: Path, dockerfile: Path) -> Iterator[str]:
    """The files that a build sees, relative to its context, with slashes; a link is one of them, a folder is not."""
    patterns = read_patterns(_ignore_text(context, dockerfile))
    may_skip = not any(pattern.keeps for pattern in patterns)
    for folder, folders, files in os.walk(context):
        here = Path(folder).relative_to(context)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        if may_skip:
            folders[:] = [name for name in folders if not is_ignored((here / name).as_posix(), patterns)]
        for name in (*files, *links):
            path = (here / name).as_posix()
            if not is_ignored(path, patterns):
                yield path


def read_patterns(text: str) -> list[Pattern]:
    """The patterns of a `.dockerignore` file, in order."""
    lines = (line.strip() for line in text.removeprefix("\ufeff").splitlines() if not line.startswith("#"))
    return [_pattern(line) for line in lines if line.strip("!/")]


def is_ignored(path: str, patterns: Sequence[Pattern]) -> bool:
    """Whether a build does not see a path: the last line that names it decides."""
    last = next((pattern for pattern in reversed(patterns) if pattern.names(path)), None)
    return last is not None and not last.keeps


def _ignore_text(context: Path, dockerfile: Path) -> str:
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    for file in (own, context / ".dockerignore"):
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return ""


def _pattern(line: str) -> Pattern:
    keeps = line.startswith("!")
    path = os.path.normpath(line.removeprefix("!").strip()).lstrip("/")
    return Pattern(regex=re.compile(_TOKEN.sub(_as_regex, path), re.DOTALL), keeps=keeps)


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[^]]+\]|\\.|.", re.DOTALL)


def _as_regex(token: re.Match[str]) -> str:
    text = token.group()
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(text)
    if wild:
        return wild
    if len(text) > 2 and text.startswith("["):
        return text
    return re.escape(text.removeprefix("\\") or text)
