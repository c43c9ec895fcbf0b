"""This machine: Docker to build the image with, and room for the engine's plugins."""

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.doctor.surroundings import Surroundings, numbers
from ops.doctor.verdict import Verdict, missing, ok, unknown
from policies import tokens as t

DOCKER, EMULATION, DISK = "Docker", "emulation", "disk for plugins"
PLUGINS_GB = 1.0
"""What the plugins of AWS and Docker take, unpacked, roughly; it was not measured here."""
BUILDKIT = (23, 0)
"""Docker Engine that builds with BuildKit by itself (Docker Docs, "BuildKit")."""
_GB = 1e9
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_QEMU = {"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}
_BINFMT = Path("/proc/sys/fs/binfmt_misc")


def docker(around: Surroundings) -> Iterator[Verdict]:
    """A daemon that answers, builds with BuildKit, and runs the architecture that is built for."""
    wanted = _platforms(around)
    if not wanted:
        yield ok(DOCKER, "not needed: the stack builds no image")
        return
    daemon = _daemon()
    if daemon is None:
        yield missing(DOCKER, "no Docker daemon answers this user", "start it, or set DOCKER_HOST: docker info")
        return
    version, here, desktop, buildkit = daemon
    if around.is_local or buildkit or numbers(version) >= BUILDKIT:
        yield ok(DOCKER, f"{version} for {here}{'' if buildkit else ', of which the local cloud makes do'}")
    else:
        yield missing(
            DOCKER,
            f"{version} builds without BuildKit",
            "install Docker Engine 23 or newer",
        )
    yield from _emulation(here, wanted, anything=desktop or around.is_local)


def _platforms(around: Surroundings) -> set[str]:
    """The architectures that images are built for; this machine's, where a build names none."""
    built = [one.inputs for one in around.program.made if one.type == t.IMAGE] if around.program else []
    named = [str((one.get("build") or {}).get("platform") or "") for one in built]
    return {one.partition("/")[2] or _here() for one in named}


def _here() -> str:
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def _daemon() -> tuple[str, str, bool, bool] | None:
    """Version and architecture of the daemon, whether it is Docker Desktop's, and whether it has BuildKit."""
    from docker import from_env  # only where an image is built
    from docker.errors import DockerException

    try:
        api: Any = from_env(timeout=5).api
        version, info, headers = api.version(), api.info(), api.get(f"{api.base_url}/_ping").headers
    except (DockerException, OSError):
        return None
    return version["Version"], version["Arch"], "Desktop" in info["OperatingSystem"], "Builder-Version" in headers


def _emulation(here: str, wanted: set[str], *, anything: bool) -> Iterator[Verdict]:
    for other in sorted(wanted - {here}):
        if anything or (_BINFMT / _QEMU.get(other, "")).is_file():
            yield ok(EMULATION, f"{other} images are built here, on {here}")
        elif _BINFMT.is_dir():
            mend = (
                f"docker run --privileged --rm tonistiigi/binfmt --install {other}, or build on a machine of its kind"
            )
            yield missing(EMULATION, f"the stack's images are for {other}, this machine is {here}", mend)
        else:
            yield unknown(EMULATION, f"whether this Docker, for {here}, runs {other} is seen on its own machine only")


def disk(around: Surroundings) -> Iterator[Verdict]:
    """Room in the engine's home, unless the plugins are there."""
    home = Path(around.environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    if around.is_local:
        yield ok(DISK, "not needed: the local cloud has providers of its own")
        return
    if any(home.glob("plugins/resource-aws-v*")):
        yield ok(DISK, f"the AWS plugin is in {home}")
        return
    there = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free / _GB
    if free >= PLUGINS_GB:
        yield ok(DISK, f"{free:.1f} GB free at {there}; they take about {PLUGINS_GB:g} GB")
    else:
        mend = "make room, or set PULUMI_HOME to a folder on another disk"
        yield missing(DISK, f"{free:.1f} GB free at {there}; they take about {PLUGINS_GB:g} GB", mend)
