"""The repository that CI builds images into, before stacks take them over by digest."""

from dataclasses import dataclass, field

import pulumi

from components.names import check_name
from components.repository import make_repository

from .names import Names

KEEP_IMAGES = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildsRepositoryArgs:
    """Inputs of `BuildsRepository`."""

    names: Names
    """What it is called."""
    kms_key_arn: pulumi.Input[str]
    """ARN of the key that encrypts the images."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""


class BuildsRepository(pulumi.ComponentResource):
    """An ECR repository with immutable tags, scanned on push, that keeps the newest 100 images.

    A stack has its own copy of what it runs: an image that expires here stops no task.
    Creates: repository, lifecycle policy.
    Costs: 0.10 USD a month and GB; layers that images share count once.
    Source: Amazon ECR User Guide, "Image tag immutability", "Automate the cleanup of images by using lifecycle
    policies".
    """

    url: pulumi.Output[str]
    """Address, without a tag."""

    def __init__(self, name: str, args: BuildsRepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:BuildsRepository", check_name(name), {}, opts)
        made = make_repository(
            name,
            self,
            repository_name=args.names.builds_repository,
            keep_images=KEEP_IMAGES,
            force_delete=False,
            kms_key_arn=args.kms_key_arn,
            pull_accounts=(),
            tags=args.tags,
        )
        self.url = made.url
        self.register_outputs({"url": self.url})
