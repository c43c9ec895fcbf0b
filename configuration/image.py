"""Where a service's image comes from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pulumi
from pydantic import Field, ValidationInfo, field_validator, model_validator

from components import Architecture, ContainerImageArgs, PromotedImageArgs
from components.checks import refuse
from components.existing_image import ExistingImage, image_at, tagged_image
from components.image_uri import fixed_image, image_problem
from components.repository import account_problem, accounts_problems, repository_name_problem

from .model import Model
from .values import lists_as_tuples, mapping


class Build(Model):
    """What an image is built from."""

    context: str
    """Folder, relative to the program's."""
    dockerfile: str = Field(default="Dockerfile", validate_default=True)
    """Dockerfile, relative to `context`."""
    target: str | None = None
    """Stage to build; the last when left out."""
    args: dict[str, str] = {}
    """Build arguments; never a secret."""
    cache_from: tuple[str, ...] = ()
    """Images whose layers are taken where they fit, by their addresses."""
    repository: str | None = None
    """Name of an ECR repository of the account that is there, which other stacks may share; one of the stack's own when
    left out."""
    pull_accounts: tuple[str, ...] = ()
    """Other accounts that may pull from the stack's own repository, by their ids."""

    @field_validator("context")
    @classmethod
    def _folder(cls, context: str) -> str:
        if Path(context).is_absolute():
            raise ValueError(f"must be relative to the program's folder, got {context}")
        if not Path(context).is_dir():
            raise ValueError(f"no folder {context} beside __main__.py: make it, or name the folder of your app")
        return context

    @field_validator("dockerfile")
    @classmethod
    def _file(cls, dockerfile: str, info: ValidationInfo) -> str:
        context = info.data.get("context")
        if context and not Path(context, dockerfile).is_file():
            raise ValueError(f"no file {dockerfile} in {context}: add it, or name another with dockerfile")
        return dockerfile

    @field_validator("cache_from")
    @classmethod
    def _caches(cls, images: tuple[str, ...]) -> tuple[str, ...]:
        refuse(image_problem(one, name="cache_from") for one in images)
        return images

    @field_validator("repository")
    @classmethod
    def _repository(cls, repository: str | None) -> str | None:
        refuse((repository_name_problem(repository) if repository is not None else None,))
        return repository

    @field_validator("pull_accounts")
    @classmethod
    def _accounts(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        refuse(accounts_problems(accounts))
        return accounts

    @model_validator(mode="after")
    def _owner(self) -> Self:
        if self.repository is not None and self.pull_accounts:
            raise ValueError("pull_accounts is for a repository of the stack's own: leave it out, or repository")
        return self

    def image(
        self, *, architecture: Architecture, force_delete: bool, kms_key_arn: pulumi.Input[str] | None
    ) -> ContainerImageArgs:
        """The component's inputs.

        Args:
            architecture: the stack's.
            force_delete: whether a repository of its own goes with its images.
            kms_key_arn: key that encrypts the images in one of its own.
        """
        own = self.repository is None
        return ContainerImageArgs(
            context=self.context,
            dockerfile=self.dockerfile,
            target=self.target,
            build_args=self.args,
            cache_from=self.cache_from,
            architecture=architecture,
            repository=self.repository,
            force_delete=own and force_delete,
            pull_accounts=self.pull_accounts,
            kms_key_arn=kms_key_arn if own else None,
        )


class ImageSettings(Model):
    """An image that is there: by its address, by a tag of an ECR repository, or taken over from another stack."""

    uri: str | None = None
    """Address of an image of any registry, with a digest or a tag; a text alone means this."""
    repository: str | None = None
    """Name of an ECR repository whose `tag` is looked up at each preview: a tag that was moved is deployed."""
    tag: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")
    """Tag in the repository."""
    registry_id: str | None = None
    """Account that the repository belongs to; the stack's own when left out."""
    promote: str | None = None
    """Address of an image that another stack built, with its digest; it is copied into a repository of this stack."""
    pull_accounts: tuple[str, ...] = ()
    """Other accounts that may pull the copy, by their ids."""

    @field_validator("pull_accounts")
    @classmethod
    def _accounts(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        refuse(accounts_problems(accounts))
        return accounts

    @model_validator(mode="after")
    def _possible(self) -> Self:
        refuse(self._problems())
        return self

    def _problems(self) -> Iterator[str | None]:
        if [self.uri, self.repository, self.promote].count(None) != 2:
            yield (
                "an image is either its address, or a repository with a tag, such as {repository: team/app, tag: v3}, "
                "or promote with the address of one that another stack built"
            )
        if self.uri is not None:
            yield image_problem(self.uri)
        if self.repository is not None:
            yield repository_name_problem(self.repository)
        if (self.repository is None) != (self.tag is None):
            yield "repository and tag go together, such as {repository: team/app, tag: v3}"
        if self.registry_id is not None:
            yield account_problem("registry_id", self.registry_id)
            yield "registry_id says whose the repository is: name that too" if self.repository is None else None
        if self.pull_accounts and self.promote is None:
            yield "pull_accounts is for a repository of the stack's own: leave it out, or use promote or build"
        if self.promote is not None:
            try:
                fixed_image(self.promote)
            except ValueError as error:
                yield str(error)

    def promoted(self, *, force_delete: bool, kms_key_arn: pulumi.Input[str] | None) -> PromotedImageArgs:
        """The inputs of the component that copies it.

        Args:
            force_delete: whether the copy's repository goes with its images.
            kms_key_arn: key that encrypts the images in it.
        """
        return PromotedImageArgs(
            source=str(self.promote),
            force_delete=force_delete,
            pull_accounts=self.pull_accounts,
            kms_key_arn=kms_key_arn,
        )

    @property
    def existing(self) -> ExistingImage:
        """The image, unless it is to be promoted.

        Raises:
            pulumi.RunError: ECR has no such tag.
        """
        if self.uri is not None:
            return image_at(self.uri)
        return tagged_image(str(self.repository), str(self.tag), self.registry_id)


def short_image(value: object) -> object:
    """An address alone, as the mapping that it stands for; a mapping's lists as a strict model takes them."""
    if isinstance(value, str):
        return {"uri": value}
    return lists_as_tuples(keys) if (keys := mapping(value)) else value


def short_build(value: object) -> object:
    """A folder alone, as the mapping that it stands for; a mapping's lists as a strict model takes them from Python."""
    if isinstance(value, str):
        return {"context": value}
    return lists_as_tuples(keys) if (keys := mapping(value)) else value
