"""Building and pushing one image with this machine's Docker."""

import hashlib
import os
import platform
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import DockerException, ImageNotFound
from docker.utils.build import exclude_paths
from localcloud.providers.operations import Cancelled, ProviderError

MACHINE = {"x86_64": "linux/amd64", "amd64": "linux/amd64", "aarch64": "linux/arm64", "arm64": "linux/arm64"}
STAND_IN = "localcloud/httpd-stand-in:2.4"
ADVICE = re.compile(r"legacy builder is deprecated|BuildKit is currently disabled|buildx component|/go/buildx/")
STANDS_IN_FOR = re.compile(r"^\s*ARG\s+BASE_IMAGE=\S*\bhttpd:2\.4\s*$", re.MULTILINE)


def has_image(client: Any, image: str) -> bool:
    """Whether this machine's Docker has an image."""
    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True


def pull_caches(client: Any, what: "Build", say: Callable[[str], None]) -> None:
    """Have the images here that layers are taken from: a Docker without BuildKit looks nowhere else.

    One that cannot be had is no error, as it is none for BuildKit.
    """
    for cache in what.cache_from:
        try:
            client.images.pull(cache)
        except DockerException as error:
            say(f"cache_from {cache}: nothing is taken from it, as it cannot be had: {error}")


def machine_platform() -> str:
    """The platform whose images run here without emulation."""
    return MACHINE.get(platform.machine().lower(), f"linux/{platform.machine().lower()}")


@dataclass(frozen=True)
class Build:
    """What is built, its paths relative to the project so that no state names this machine's folders."""

    context: str
    dockerfile: str
    target: str | None
    args: dict[str, str]
    platform: str | None
    cache_from: tuple[str, ...] = ()

    @classmethod
    def of(cls, inputs: dict[str, Any]) -> "Build":
        """Read the `build` property of a `docker.Image`."""
        build = inputs.get("build")
        build = build if isinstance(build, dict) else {}
        context = build.get("context") or "."
        return cls(
            context=context,
            dockerfile=build.get("dockerfile") or f"{context}/Dockerfile",
            target=build.get("target"),
            args={key: str(value) for key, value in (build.get("args") or {}).items()},
            platform=build.get("platform"),
            cache_from=tuple((build.get("cacheFrom") or {}).get("images") or ()),
        )

    def problem(self, project: Path) -> str | None:
        """Why it cannot be built, if the files already tell."""
        where = f"in {project.name}/: paths are relative to the folder of Pulumi.yaml"
        if not (project / self.context).is_dir():
            return f"no folder {self.context} {where}"
        if not (project / self.dockerfile).is_file():
            return f"no file {self.dockerfile} {where}"
        return None

    def digest(self, project: Path) -> str:
        """A hash of what Docker would see: the files that `.dockerignore` leaves, their modes and contents."""
        sha = hashlib.sha256((project / self.dockerfile).read_bytes())
        for path in self._files(project / self.context):
            file = project / self.context / path
            mode = file.lstat().st_mode
            sha.update(f"\0{path}\0{stat.S_IFMT(mode):o}{mode & 0o111:o}\0".encode())
            if file.is_symlink():
                sha.update(str(file.readlink()).encode())
            elif file.is_file():
                sha.update(file.read_bytes())
        return sha.hexdigest()

    def _files(self, context: Path) -> list[str]:
        ignore = context / ".dockerignore"
        lines = ignore.read_text().splitlines() if ignore.is_file() else []
        patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        found = exclude_paths(str(context), patterns, dockerfile=str(Path(self.dockerfile).name))
        return sorted(path for path in found if not (context / path).is_dir() or (context / path).is_symlink())

    def base_image_argument(self, project: Path) -> dict[str, str]:
        """The stand-in for the sample's base image, where no registry can be reached and the stack names no base."""
        declares = STANDS_IN_FOR.search((project / self.dockerfile).read_text())
        return {"BASE_IMAGE": STAND_IN} if declares and "BASE_IMAGE" not in self.args else {}


def build(
    what: Build,
    image: str,
    project: Path,
    extra_args: dict[str, str],
    say: Callable[[str], None],
    stop: Callable[[], bool],
) -> None:
    """Run `docker build`, each line of its output said as it comes.

    Raises:
        ProviderError: the build failed; its last lines are in the message.
        Cancelled: the engine was told to stop.

    """
    command = ["docker", "build", "--force-rm", "--tag", image, "--file", str(project / what.dockerfile)]
    if what.target:
        command += ["--target", what.target]
    for cache in what.cache_from:
        command += ["--cache-from", cache]
    for key, value in {**what.args, **extra_args}.items():
        command += ["--build-arg", f"{key}={value}"]
    tail: list[str] = []
    with subprocess.Popen(
        [*command, str(project / what.context)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "BUILDKIT_PROGRESS": "plain", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
    ) as process:
        for line in _lines(process):
            tail = [*tail[-29:], line]
            if stop():
                process.terminate()
                raise Cancelled("docker build: interrupted")
            say(line)  # the last one tells that the build is done: who stops the engine by it does not undo that
    if process.returncode:
        raise ProviderError("docker build failed:\n" + "\n".join(tail))


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    """The build's own output, without the advice that a Docker without BuildKit begins with."""
    for line in process.stdout or ():
        if line.strip() and not ADVICE.search(line):
            yield line.rstrip()


def push(client: Any, image: str, auth: dict[str, str] | None) -> str:
    """Push a tag and return its digest in the registry.

    Raises:
        ProviderError: the registry refused.

    """
    digest, problem = "", ""
    for event in client.api.push(image, stream=True, decode=True, auth_config=auth):
        digest = event.get("aux", {}).get("Digest") or digest
        problem = event.get("error") or problem
    if problem or not digest:
        raise ProviderError(f"docker push {image} failed: {problem or 'the registry gave no digest'}")
    return digest
