"""The processor that an image is built for, and that its tasks run on."""

from enum import StrEnum


class Architecture(StrEnum):
    """A processor architecture in ECS's words. One value drives both sides, so that they cannot differ."""

    X86_64 = "X86_64"
    """Intel's and AMD's: what most machines and images are made for."""
    ARM64 = "ARM64"
    """About a fifth cheaper on Fargate; its images are built on an ARM machine, or by emulation."""

    @property
    def docker_platform(self) -> str:
        """The platform in Docker's words."""
        return "linux/arm64" if self is Architecture.ARM64 else "linux/amd64"
