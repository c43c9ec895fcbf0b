"""An image that was built elsewhere, copied as it is into a repository of its own."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .checks import refuse, too_low
from .image_uri import FixedImage, fixed_image
from .names import check_name
from .repository import KEEP_IMAGES, accounts_problems, make_repository


@dataclass(frozen=True, kw_only=True, slots=True)
class PromotedImageArgs:
    """Inputs of `PromotedImage`."""

    source: str
    """Image of an ECR repository, of any account and region, by its digest. Plain: it is checked before anything
    deploys. The credentials of the stack pull it."""
    keep_images: int = KEEP_IMAGES
    """Images that stay in the repository, newest first; a service's older revisions need theirs. Default: 30."""
    force_delete: bool = False
    """Delete the repository with its images on destroy. Default: it stays behind, with its images."""
    pull_accounts: tuple[str, ...] = ()
    """Other accounts that may pull, by their ids; a policy of theirs must let their principals do so. Default: none."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the images. A change makes a new repository, into which the image is copied again while its
    source is still there. Default: ECR's own, AES-256."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what could not be copied.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(_problems(self))


class PromotedImage(pulumi.ComponentResource):
    """Take over an image by its digest: the very bytes that another stack built and ran.

    They are copied during `up`, once, into a repository that belongs to this stack, under a tag made of the digest.
    From then on the source is not asked for again: its stack may be destroyed. A preview copies nothing.
    Creates: ECR repository (immutable tags, scanned on push), its lifecycle policy, a policy for the accounts that may
    pull.
    Costs: stored images by the GB, a second time; between regions the traffic of one copy.
    Source: OCI Distribution Specification; Amazon ECR User Guide, "Using HTTP API authentication", "Blob mounting".
    """

    uri: pulumi.Output[str]
    """The copy by digest, as a task definition wants it; known once it is there."""
    repository_arn: pulumi.Output[str]
    """What an execution role is allowed to pull from."""
    repository_name: pulumi.Output[str]
    """Name that ECR knows the repository by."""
    repository_url: pulumi.Output[str]
    """Address of the repository, without a tag."""

    def __init__(self, name: str, args: PromotedImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:PromotedImage", check_name(name), {}, opts)
        source = fixed_image(args.source)
        repository = make_repository(
            name,
            self,
            keep_images=args.keep_images,
            force_delete=args.force_delete,
            kms_key_arn=args.kms_key_arn,
            pull_accounts=args.pull_accounts,
            tags=args.tags,
        )
        invoke = pulumi.InvokeOutputOptions(parent=self)
        theirs = aws.ecr.get_authorization_token_output(
            registry_id=source.registry_id, region=source.region, opts=invoke
        )
        ours = aws.ecr.get_authorization_token_output(registry_id=repository.registry_id, opts=invoke)
        copied = pulumi.Output.all(
            repository.url, ours.user_name, ours.password, theirs.user_name, theirs.password
        ).apply(lambda known: _promote(source, *known))

        self.uri = pulumi.Output.unsecret(copied)  # the password went into it, and is not in it
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


def _problems(args: PromotedImageArgs) -> Iterator[str | None]:
    try:
        fixed_image(args.source)
    except ValueError as error:
        yield str(error)
    yield too_low("keep_images", args.keep_images, 1)
    yield from accounts_problems(args.pull_accounts)


async def _promote(source: FixedImage, url: str, user: str, password: str, their_user: str, their_password: str) -> str:
    """The copy's address; outside of previews it is there then. Other resources are made meanwhile."""
    if not pulumi.runtime.is_dry_run():
        # It brings an HTTP client, which other stacks need not load.
        from .image_copy import RegistryRepository, copy_image

        await asyncio.to_thread(
            copy_image,
            RegistryRepository(source.repository, their_user, their_password),
            RegistryRepository(url, user, password),
            source.digest,
            _tag(source.digest),
        )
    return f"{url}@{source.digest}"


def _tag(digest: str) -> str:
    """As ECR lets go of what has no tag."""
    return f"promoted-{digest.removeprefix('sha256:')[:24]}"
