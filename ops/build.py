"""`ops build`: the images of a stack, built and pushed once, for every stack that they go to.

Source: Docker docs, "docker image build", "docker login"; Amazon ECR User Guide, "Pushing a Docker image to an Amazon
ECR private repository"; Amazon ECR API Reference, "GetAuthorizationToken", "DescribeImages".
"""

import base64
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ops import offline, process
from ops.aim import Aim
from ops.error import OpsError
from ops.where import BUILDS
from policies import tokens as t

_ONE_IMAGE = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
"""Without it BuildKit pushes an index of the image and a note of how it was built, and its digest is the index's
(Docker docs, "Build variables"): stacks take over an image."""
_NO_DOCKER = "no docker on PATH: install Docker, or take an images.json that was built elsewhere"
_NO_LOGIN = "it must be allowed ecr:GetAuthorizationToken, and to push: the build role of make bootstrap is"
_MACHINES = {"x86_64": "linux/amd64", "amd64": "linux/amd64", "aarch64": "linux/arm64", "arm64": "linux/arm64"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """What is built of one service or job."""

    name: str
    """Name of the service or job."""
    tag: str
    """Stack, name and content: the same content is built once."""
    context: str
    """Folder, relative to the program's."""
    dockerfile: str
    """Dockerfile, relative to the program's folder."""
    platform: str
    """Such as `linux/amd64`."""
    target: str = ""
    """Stage; the last when empty."""
    args: Mapping[str, str] = field(default_factory=dict[str, str])
    """Build arguments."""
    cache_from: tuple[str, ...] = ()
    """Images whose layers are taken where they fit."""


def images_of(folder: Path, stack: str) -> list[Image]:
    """What a stack builds, as its program says: the very contexts, arguments and tags that an `up` would use.

    Raises:
        OpsError: its file is missing or wrong.
    """
    made = offline.run(folder, stack).made
    return [_image(stack, one.name, one.inputs) for one in made if one.type == t.IMAGE]


def _image(stack: str, name: str, inputs: Mapping[str, Any]) -> Image:
    build: Mapping[str, Any] = inputs["build"]
    content = str(inputs["imageName"]).rpartition(":")[2].rpartition("-")[2]
    return Image(
        name=name,
        tag=f"{stack[:64]}-{name}-{content}",
        context=build["context"],
        dockerfile=build["dockerfile"],
        platform=build["platform"],
        target=build.get("target") or "",
        args=build.get("args") or {},
        cache_from=tuple((build.get("cacheFrom") or {}).get("images") or ()),
    )


class Builds:
    """The repository that images are built into, and the Docker that builds them."""

    def __init__(self, aimed: Aim, repository: str, show: Callable[[str], object]) -> None:
        """Find the repository.

        Args:
            aimed: the stack, and the AWS that this shell leads to.
            repository: address of the repository, or its name.
            show: gets each line of what is done.

        Raises:
            OpsError: it is not there.
            botocore.exceptions.ClientError: AWS refuses to tell.
        """
        self._aimed, self._show = aimed, show
        self._name = repository.partition("/")[2] if ".dkr." in repository or ":" in repository else repository
        self._ecr = aimed.client("ecr")
        try:
            found = self._ecr.describe_repositories(repositoryNames=[self._name])["repositories"]
        except self._ecr.exceptions.RepositoryNotFoundException:
            raise OpsError(
                f"account {aimed.account} has no repository {self._name} in {aimed.region} to build into: "
                f"make bootstrap makes it, once an account; {BUILDS} names another"
            ) from None
        self._address = aimed.registry_address(str(found[0]["repositoryUri"]))

    def run(self, images: list[Image]) -> dict[str, str]:
        """Build and push what is not there yet.

        Returns:
            The address of each image by its digest, by the names of services and jobs.

        Raises:
            OpsError: there is no Docker, it says no, or the registry does.
        """
        return {one.name: f"{self._address}@{self._there(one) or self._built(one)}" for one in images}

    def _there(self, image: Image) -> str:
        digest = self._digest(image)
        if digest:
            self._show(f"{image.name}: {image.tag} is there already, and not built again")
        return digest

    def _digest(self, image: Image) -> str:
        """The digest that the tag means; empty where it is not there."""
        try:
            found = self._ecr.describe_images(repositoryName=self._name, imageIds=[{"imageTag": image.tag}])
        except self._ecr.exceptions.ImageNotFoundException:
            return ""
        return next((str(one["imageDigest"]) for one in found["imageDetails"]), "")

    def _built(self, image: Image) -> str:
        address = f"{self._address}:{image.tag}"
        self._show(f"{image.name}: building {image.context}")
        command = _build(image, address, self._stand_in(image), local=self._aimed.is_local)
        ended = self._docker(command, {**os.environ, **_ONE_IMAGE})
        if ended.code:
            raise OpsError(f"the image of {image.name} cannot be built. Docker said:\n{_last(ended)}")
        self._show(f"{image.name}: pushing {address}")
        with self._signed_in() as environment:
            ended = self._docker(["push", address], environment)
        digest = self._digest(image)
        if not digest:
            raise OpsError(f"the image of {image.name} cannot be pushed. Docker said:\n{_last(ended)}")
        if ended.code:
            self._show(f"{image.name}: another build pushed {image.tag} meanwhile; its image is taken")
        return digest

    @contextmanager
    def _signed_in(self) -> Iterator[dict[str, str]]:
        """An environment in which Docker may push, for as long as it is open: nothing of it stays on this machine."""
        token = self._ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        with TemporaryDirectory(prefix="docker-") as folder:
            environment = {**os.environ, "DOCKER_CONFIG": folder}
            if host := self._host():
                environment["DOCKER_HOST"] = host
            registry = self._address.partition("/")[0]
            command = ["login", "--username", user, "--password-stdin", registry]
            ended = process.answer(["docker", *command], self._aimed.folder, environment, password, _NO_DOCKER)
            if ended.code:
                raise OpsError(f"{registry} does not let these credentials in: {_NO_LOGIN}. Docker said:\n{ended.said}")
            yield environment

    def _host(self) -> str:
        """The daemon of the context that is in use, which another configuration would not know of."""
        command = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
        ended = process.answer(command, self._aimed.folder, os.environ, "", _NO_DOCKER)
        return "" if ended.code else ended.said.strip()

    def _docker(self, arguments: list[str], environment: Mapping[str, str]) -> process.Ended:
        return process.streamed(["docker", *arguments], self._aimed.folder, environment, self._show, _NO_DOCKER)

    def _stand_in(self, image: Image) -> Mapping[str, str]:
        """On the local cloud, what stands in for a base image where no registry is reached."""
        if not self._aimed.is_local:
            return {}
        from ops.declared import stand_in

        return stand_in(self._aimed.folder, image.context, image.dockerfile, image.args)


def _build(image: Image, address: str, more: Mapping[str, str], *, local: bool) -> list[str]:
    """The arguments of `docker build`, for a Docker with BuildKit or without."""
    inline = {"BUILDKIT_INLINE_CACHE": "1"} if image.cache_from else {}
    other = [] if local or image.platform == _MACHINES.get(platform.machine()) else ["--platform", image.platform]
    target = ["--target", image.target] if image.target else []
    caches = [word for one in image.cache_from for word in ("--cache-from", one)]
    arguments = {**image.args, **inline, **more}
    given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    return ["build", "--tag", address, "--file", image.dockerfile, *other, *target, *caches, *given, image.context]


def _last(ended: process.Ended) -> str:
    return "\n".join(ended.lines[-20:])
