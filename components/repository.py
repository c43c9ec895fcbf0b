"""ECR repositories: one that a component makes for its images, or one that is there."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from . import iam
from .image_uri import REPOSITORY_NAME
from .look_up import look_up
from .names import child_of, with_name

KEEP_IMAGES = 30
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """Where images are pushed to."""

    name: pulumi.Output[str]
    """Name that ECR knows it by."""
    arn: pulumi.Output[str]
    """What an execution role is allowed to pull from."""
    url: pulumi.Output[str]
    """Address, without a tag."""
    registry_id: pulumi.Output[str]
    """Account that it belongs to."""
    settled: list[pulumi.Resource]
    """What must be there before the first image is."""


def make_repository(
    name: str,
    parent: pulumi.Resource,
    *,
    keep_images: int,
    force_delete: bool,
    kms_key_arn: pulumi.Input[str] | None,
    pull_accounts: Sequence[str],
    tags: Mapping[str, str],
    repository_name: str | None = None,
) -> Repository:
    """Make a repository with immutable tags that is scanned on push, and say what it keeps and who else may pull.

    Args:
        name: of every resource.
        parent: of every resource.
        keep_images: images that stay, newest first.
        force_delete: whether it is deleted with its images; otherwise it stays behind.
        kms_key_arn: key that encrypts the images; ECR's own when None.
        pull_accounts: other accounts whose principals may pull, once a policy of their own lets them too.
        tags: the component's.
        repository_name: what ECR knows it by; Pulumi's auto-name when None.
    """
    made = aws.ecr.Repository(
        name,
        name=repository_name,
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True},
        encryption_configurations=[{"encryption_type": "KMS", "kms_key": kms_key_arn}] if kms_key_arn else None,
        force_delete=force_delete,
        tags=with_name(name, tags),
        # ECR deletes no repository that has images: one that is replaced, or no longer wanted, stays behind.
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=not force_delete),
    )
    settled: list[pulumi.Resource] = [
        aws.ecr.LifecyclePolicy(name, repository=made.name, policy=_lifecycle(keep_images), opts=child_of(parent))
    ]
    if pull_accounts:
        policy = made.arn.apply(lambda arn: iam.pull_from(arn, pull_accounts))
        settled.append(aws.ecr.RepositoryPolicy(name, repository=made.name, policy=policy, opts=child_of(parent)))
    return Repository(
        name=made.name, arn=made.arn, url=made.repository_url, registry_id=made.registry_id, settled=settled
    )


def existing_repository(name: str, parent: pulumi.Resource | None, registry_id: str | None = None) -> Repository:
    """A repository that others made.

    Args:
        name: ECR's.
        parent: whose provider asks.
        registry_id: account that it belongs to; the stack's own when None.

    Raises:
        pulumi.RunError: ECR has none of this name.
    """
    found = look_up(
        f"the ECR repository {name}",
        lambda: aws.ecr.get_repository(name=name, registry_id=registry_id, opts=pulumi.InvokeOptions(parent=parent)),
    )
    return Repository(
        name=pulumi.Output.from_input(found.name),
        arn=pulumi.Output.from_input(found.arn),
        url=pulumi.Output.from_input(found.repository_url),
        registry_id=pulumi.Output.from_input(found.registry_id),
        settled=[],
    )


def repository_name_problem(name: str) -> str | None:
    """What ECR would say to a repository's name (ECR API Reference, "CreateRepository")."""
    if 2 <= len(name) <= 256 and re.fullmatch(REPOSITORY_NAME, name):
        return None
    return (
        "repository must have 2 to 256 lower-case letters and digits, with single hyphens, dots, underscores and "
        f"slashes between them, such as team/app, got {name!r}"
    )


def account_problem(name: str, account: str) -> str | None:
    """What is wrong with an account's id."""
    return (
        None if _ACCOUNT.fullmatch(account) else f"{name} must be an account's id, 12 digits in quotes, got {account!r}"
    )


def accounts_problems(accounts: Sequence[str]) -> Iterator[str | None]:
    """What is wrong with the accounts that may pull."""
    yield from (account_problem("pull_accounts", one) for one in accounts)
    if len(set(accounts)) < len(accounts):
        yield f"pull_accounts must name each account once, got {', '.join(accounts)}"


def _lifecycle(keep: int) -> str:
    """Untagged images go after a week, tagged ones when enough newer ones are there."""
    untagged = {
        "rulePriority": 1,
        "description": "untagged for a week",
        "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
        "action": {"type": "expire"},
    }
    many = {
        "rulePriority": 2,
        "description": f"all but the newest {keep}",
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": keep},
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [untagged, many]})
