"""An image that is there: named by its address, or by a tag of an ECR repository that is resolved to its digest."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .image_uri import repository_arn
from .look_up import look_up
from .repository import existing_repository


@dataclass(frozen=True, kw_only=True, slots=True)
class ExistingImage:
    """What a task runs without anything being built."""

    uri: pulumi.Input[str]
    """Its address, as a task definition wants it."""
    repository_arn: pulumi.Input[str] | None
    """What an execution role is allowed to pull from; None where that needs no permission."""
    repository_url: pulumi.Input[str]
    """Address of its repository."""


def image_at(uri: str) -> ExistingImage:
    """An image of any registry, by its address."""
    return ExistingImage(uri=uri, repository_arn=repository_arn(uri), repository_url=uri.partition("@")[0])


def tagged_image(repository: str, tag: str, registry_id: str | None = None) -> ExistingImage:
    """What a tag of an ECR repository means now. A tag that is moved means another image at the next preview.

    Args:
        repository: its name.
        tag: such as `v3`.
        registry_id: account that the repository belongs to, whose policy must let this one pull; the stack's own when
            None.

    Raises:
        pulumi.RunError: ECR has no such repository, or no such tag in it.
    """
    found = look_up(
        f"the tag {tag} of the ECR repository {repository}",
        lambda: aws.ecr.get_image(repository_name=repository, image_tag=tag, registry_id=registry_id),
    )
    of = existing_repository(repository, None, registry_id)
    return ExistingImage(
        uri=pulumi.Output.concat(of.url, "@", found.image_digest), repository_arn=of.arn, repository_url=of.url
    )
