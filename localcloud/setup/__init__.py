"""What must be on the machine before the local cloud starts; nothing is done twice."""

from pathlib import Path

from localcloud.home import Home
from localcloud.setup.steps import Steps


def prepare(home: Home, *, without_docker: bool) -> Path:
    """Get the engine, Docker and the sample's base image, side by side, and return the engine.

    Raises:
        LocalCloudError: something cannot be had; the message says what to do.
    """
    from localcloud.setup.base_image import ensure_base_image
    from localcloud.setup.docker import ensure_docker
    from localcloud.setup.pulumi_engine import ensure_engine

    steps, found = Steps(), list[Path]()

    def containers() -> None:
        ensure_base_image(home, ensure_docker(home, steps), steps)

    jobs = [lambda: found.append(ensure_engine(home, steps))]
    steps.together(*(jobs if without_docker else [*jobs, containers]))
    return found[0]
