"""An image built from a folder, in a repository of its own or in one that is there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from .architecture import Architecture
from .checks import refuse, too_low
from .content_tag import content_tag
from .image_tag import freeing
from .image_uri import image_problem
from .names import check_name, child_of
from .repository import (
    KEEP_IMAGES,
    Repository,
    accounts_problems,
    existing_repository,
    make_repository,
    repository_name_problem,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerImageArgs:
    """Inputs of `ContainerImage`."""

    context: str
    """Folder that is built, relative to the program's."""
    dockerfile: str = "Dockerfile"
    """Dockerfile, relative to `context`. Default: `Dockerfile`."""
    target: str | None = None
    """Stage to build. Default: the last."""
    build_args: dict[str, str] = field(default_factory=dict[str, str])
    """Build arguments. They are kept in the state and in the image's history: never a secret. Default: none."""
    cache_from: tuple[str, ...] = ()
    """Images whose layers are taken instead of being built anew, where they fit, by their addresses. The image is then
    pushed with what makes it such a cache itself (Docker docs, "Inline cache"), under another tag: a change here
    builds once, and services roll. Default: none."""
    architecture: Architecture = Architecture.X86_64
    """Processor that the image is for. Default: X86_64."""
    repository: str | None = None
    """Name of an ECR repository of this account that is there: others may push to it as well. What it keeps, who may
    pull and how it is encrypted is its owner's. Default: one of the component's own."""
    keep_images: int = KEEP_IMAGES
    """Images that stay in the repository, newest first; a service's older revisions need theirs. Default: 30."""
    force_delete: bool = False
    """Delete the repository with its images on destroy. Default: it stays behind, with its images."""
    pull_accounts: tuple[str, ...] = ()
    """Other accounts that may pull, by their ids; a policy of theirs must let their principals do so. Default: none."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the images. A change makes a new repository; the image is pushed there, services roll, and the
    old one goes, or stays behind. Default: ECR's own, AES-256."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what could not be built, or pushed.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(_problems(self))


class ContainerImage(pulumi.ComponentResource):
    """Build a folder's image for one architecture, and push it under a tag made of its content.

    Creates: ECR repository (immutable tags, scanned on push), its lifecycle policy, a policy for the accounts that may
    pull, image; with `repository` the image alone.
    Costs: stored images by the GB; scans are free with basic scanning.
    Source: Amazon ECR User Guide, "Preventing image tags from being overwritten"; Pulumi Registry, "docker.Image".
    """

    uri: pulumi.Output[str]
    """The pushed image by digest, as a task definition wants it."""
    repository_arn: pulumi.Output[str]
    """What an execution role is allowed to pull from."""
    repository_name: pulumi.Output[str]
    """Name that ECR knows the repository by."""
    repository_url: pulumi.Output[str]
    """Where images are pushed to, without a tag."""

    def __init__(self, name: str, args: ContainerImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:ContainerImage", check_name(name), {}, opts)
        repository = self._repository(name, args)
        token = aws.ecr.get_authorization_token_output(
            registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        image = docker.Image(
            name,
            image_name=pulumi.Output.concat(repository.url, ":", _tag(name, args)),
            build=_build(args),
            registry=docker.RegistryArgs(
                server=repository.url, username=token.user_name, password=pulumi.Output.secret(token.password)
            ),
            opts=pulumi.ResourceOptions.merge(
                child_of(self, repository.settled),
                pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[freeing(name, repository, self)])),
            ),
        )

        self.uri = image.repo_digest
        self.repository_arn = repository.arn
        self.repository_name = repository.name
        self.repository_url = repository.url
        self.register_outputs(
            {
                "uri": self.uri,
                "repository_arn": self.repository_arn,
                "repository_name": self.repository_name,
                "repository_url": self.repository_url,
            }
        )

    def _repository(self, name: str, args: ContainerImageArgs) -> Repository:
        if args.repository is not None:
            return existing_repository(args.repository, self)
        return make_repository(
            name,
            self,
            keep_images=args.keep_images,
            force_delete=args.force_delete,
            kms_key_arn=args.kms_key_arn,
            pull_accounts=args.pull_accounts,
            tags=args.tags,
        )


def _problems(args: ContainerImageArgs) -> Iterator[str | None]:
    if not Path(args.context).is_dir():
        yield f"context must be a folder, got {args.context!r}"
    elif not (Path(args.context) / args.dockerfile).is_file():
        yield f"dockerfile {args.dockerfile!r} is not in {args.context}"
    yield from (image_problem(one, name="cache_from") for one in args.cache_from)
    yield too_low("keep_images", args.keep_images, 1)
    yield from accounts_problems(args.pull_accounts)
    if args.repository is not None:
        yield repository_name_problem(args.repository)
        owners = {
            "keep_images": args.keep_images != KEEP_IMAGES,
            "force_delete": args.force_delete,
            "pull_accounts": args.pull_accounts,
            "kms_key_arn": args.kms_key_arn,
        }
        if given := [name for name, value in owners.items() if value]:
            yield f"repository {args.repository} is there, and its owner's: leave out {', '.join(given)}, or repository"


def _tag(name: str, args: ContainerImageArgs) -> str:
    """A tag of the content's; in a repository that others push to, it says whose it is.

    Two builds of the same content are two images, and ECR lets nobody push the second one under the tag of the first.
    """
    content = content_tag(
        Path(args.context),
        Path(args.context, args.dockerfile),
        platform=args.architecture.docker_platform,
        target=args.target,
        args=args.build_args,
        cache_from=args.cache_from,
    )
    stack = pulumi.get_stack()[:64]  # of the 128 characters that a tag may have
    return f"{stack}-{name}-{content}" if args.repository is not None else content


def _build(args: ContainerImageArgs) -> docker.DockerBuildArgs:
    inline = {"BUILDKIT_INLINE_CACHE": "1"} if args.cache_from else {}
    return docker.DockerBuildArgs(
        context=args.context,
        dockerfile=Path(args.context, args.dockerfile).as_posix(),
        platform=args.architecture.docker_platform,
        target=args.target,
        args={**args.build_args, **inline},
        builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
        cache_from=docker.CacheFromArgs(images=list(args.cache_from)) if args.cache_from else None,
    )
