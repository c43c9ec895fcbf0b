"""The `docker` package for the engine: `docker.Image`, as the official provider has it."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2
from urllib3.exceptions import HTTPError

import docker
from docker.errors import DockerException
from localcloud.providers.docker.build import STAND_IN, Build, build, has_image, machine_platform, pull_caches, push
from localcloud.providers.operations import ProviderError
from localcloud.providers.servicer import WARNING, Servicer
from localcloud.providers.wire import has_unknown, pack, unpack

IMAGE = "docker:index/image:Image"
PROPERTIES = frozenset({"imageName", "build", "registry", "buildOnPreview", "skipPush"})
NOT_COMPARED = frozenset({"buildOnPreview"})
"""About previews only. A registry's user and password, which change with every token, are left out as well."""


class DockerServicer(Servicer):
    """Serves every engine of this machine.

    Args:
        projects: folder that holds, by project name, the path of each project's folder: engines do not tell it.
        without_docker: record images without building them.

    """

    version = "5.2.0"

    def __init__(self, projects: Path, *, without_docker: bool = False) -> None:
        super().__init__()
        self._projects = projects
        self._without_docker = without_docker

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Refuse a build that cannot work, and add the hash of what would be built."""
        with self.errors(context, f"checking {request.name}"):
            if request.type != IMAGE:
                raise ProviderError(f"{request.type} is not declared in the local cloud, which knows {IMAGE} only")
            news = unpack(request.news)
            if unknown := sorted(set(news) - PROPERTIES):
                raise ProviderError(f"{IMAGE} has no declared property {', '.join(unknown)}")
            if has_unknown(news.get("build")):
                return provider_pb2.CheckResponse(inputs=request.news)
            what, project = Build.of(news), self._project(request.urn)
            if problem := what.problem(project):
                return provider_pb2.CheckResponse(
                    failures=[provider_pb2.CheckFailure(property="build", reason=problem)]
                )
            given = news.get("build")
            recorded = "recorded-" if self._without_docker else ""  # to be built once there is a Docker
            digest = recorded + what.digest(project)
            news["build"] = {**(given if isinstance(given, dict) else {}), "contextDigest": digest}
            return provider_pb2.CheckResponse(inputs=pack(news))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Every change builds again, in place."""
        with self.errors(context, f"comparing {request.name}"):
            olds, news = _compared(unpack(request.old_inputs)), _compared(unpack(request.news))
            changed = sorted(name for name in set(olds) | set(news) if olds.get(name) != news.get(name))
            update = provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.UPDATE, inputDiff=True)
            return provider_pb2.DiffResponse(
                changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
                diffs=changed,
                detailedDiff=dict.fromkeys(changed, update),
                hasDetailedDiff=True,
            )

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Build and push."""
        with self.errors(context, f"building {request.name}", request.urn):
            inputs = unpack(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=pack(inputs))
            state = self._image(inputs, request.urn, context)
            return provider_pb2.CreateResponse(id=str(state["imageName"]), properties=pack(state))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Build and push again."""
        with self.errors(context, f"building {request.name}", request.urn):
            inputs = unpack(request.news)
            # Without `repoDigest` a preview shows that what runs the image will change too.
            state = inputs if request.preview else self._image(inputs, request.urn, context)
            return provider_pb2.UpdateResponse(properties=pack(state))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """As the official provider: what was built is taken as it was."""
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> Empty:
        """As the official provider: the repository's lifecycle removes images, not this."""
        return Empty()

    def _image(self, inputs: dict[str, Any], urn: str, context: grpc.ServicerContext) -> dict[str, Any]:
        what, project, connection = Build.of(inputs), self._project(urn), self.connection(context)
        name = str(inputs["imageName"])
        repository = name.rpartition(":")[0]
        if self._without_docker:
            connection.log("not built: the local cloud runs without Docker, and its tasks are simulated", urn, WARNING)
            return {**inputs, "baseImageName": name, "repoDigest": f"{repository}@sha256:{what.digest(project)}"}
        with _daemon() as client:
            return self._built(client, inputs, urn, context)

    def _built(
        self, client: docker.DockerClient, inputs: dict[str, Any], urn: str, context: grpc.ServicerContext
    ) -> dict[str, Any]:
        what, project, connection = Build.of(inputs), self._project(urn), self.connection(context)
        name = str(inputs["imageName"])

        def say(line: str) -> None:
            connection.log(line, urn, ephemeral=True)

        if what.platform and what.platform != machine_platform():
            message = f"built and run for {machine_platform()}, this machine's own, instead of {what.platform}"
            connection.log(message, urn, WARNING)
        extra = what.base_image_argument(project) if has_image(client, STAND_IN) else {}
        pull_caches(client, what, lambda message: connection.log(message, urn, WARNING))
        build(what, name, project, extra, say, self.stopped(context))
        state = {**inputs, "baseImageName": name}
        if inputs.get("skipPush"):
            return {**state, "repoDigest": str(client.images.get(name).id)}
        registry = inputs.get("registry") or {}
        auth = {"username": registry["username"], "password": registry["password"]} if "password" in registry else None
        digest = push(client, name, auth)
        return {**state, "repoDigest": f"{name.rpartition(':')[0]}@{digest}"}

    def _project(self, urn: str) -> Path:
        name = urn.split("::")[1]
        known = self._projects / name
        if not known.is_file():
            raise ProviderError(
                f"the folder of project {name} is not known: run the `pulumi` of the local cloud's bin folder"
            )
        return Path(known.read_text().strip())


def _compared(inputs: dict[str, Any]) -> dict[str, Any]:
    inputs = {name: copy.deepcopy(value) for name, value in inputs.items() if name not in NOT_COMPARED}
    if isinstance(registry := inputs.get("registry"), dict):
        inputs["registry"] = {"server": registry.get("server")}
    return inputs


@contextmanager
def _daemon() -> Iterator[docker.DockerClient]:
    try:
        yield docker.from_env(timeout=600)
    except (DockerException, HTTPError, OSError) as error:
        raise ProviderError(f"Docker does not answer ({error}): start it, then `up` again") from error
