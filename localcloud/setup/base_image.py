"""The sample app's base image: pulled where a registry can be reached, else a stand-in made from Debian's packages."""

import os
import shutil
from pathlib import Path
from typing import Any

from localcloud.home import Home, LocalCloudError
from localcloud.providers.docker.build import STAND_IN, has_image
from localcloud.setup.steps import Steps

OFFICIAL = "public.ecr.aws/docker/library/httpd:2.4"
PACKAGES = "apache2-bin,media-types"
PREFIX = "/usr/local/apache2"
LAYOUT = Path(__file__).parent / "httpd-stand-in.sh"
CHANGES = [
    f"ENV HTTPD_PREFIX={PREFIX} PATH={PREFIX}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    f"WORKDIR {PREFIX}",
    "EXPOSE 80",
    'CMD ["httpd-foreground"]',
    "LABEL localcloud.stand-in-for=httpd:2.4",
]


def ensure_base_image(home: Home, docker: Any, steps: Steps) -> None:
    """Make sure that the sample app can be built.

    Raises:
        LocalCloudError: no registry answers, and no stand-in can be made here.
    """
    if has_image(docker, OFFICIAL) or has_image(docker, STAND_IN) or _pull(docker, steps):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise LocalCloudError(
            f"{OFFICIAL} cannot be pulled, and a stand-in is made on Debian as root only: allow the registry, or "
            f"load the image with `docker load`, or tag another as {OFFICIAL}"
        )
    _make(home, docker, steps)


def _pull(docker: Any, steps: Steps) -> bool:
    from docker.errors import APIError

    try:
        with steps.step("Base image", f"pulling {OFFICIAL}"):
            docker.images.pull(OFFICIAL)
    except APIError:
        return False
    return True


def _make(home: Home, docker: Any, steps: Steps) -> None:
    """Debian's Apache in the official image's layout, under a name that says what it is."""
    steps.say(f"{OFFICIAL} cannot be pulled here. Making {STAND_IN} from Debian's packages in its place.")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    archive = home.root / "base-image.tar"
    with steps.step("Base image", "Debian's Apache, once: about a minute") as note:
        if not shutil.which("mmdebstrap"):
            note("installing mmdebstrap")
            steps.run(["apt-get", "update", "-q"], log=home.logs / "apt-update-base.log", environment=quiet)
            steps.run(
                ["apt-get", "install", "-q", "-y", "--no-install-recommends", "mmdebstrap"],
                log=home.logs / "apt-mmdebstrap.log",
                environment=quiet,
            )
        note("mmdebstrap")
        hook = f'--customize-hook=sh {LAYOUT} "$1"'
        steps.run(
            ["mmdebstrap", "--variant=essential", f"--include={PACKAGES}", hook, _suite(), str(archive)],
            log=home.logs / "base-image.log",
        )
        repository, _, tag = STAND_IN.partition(":")
        docker.api.import_image_from_file(str(archive), repository=repository, tag=tag, changes=CHANGES)
    archive.unlink()


def _suite() -> str:
    """This Debian's own suite: its mirrors and keys are known to answer."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return release.get("VERSION_CODENAME", "stable").strip('"')
