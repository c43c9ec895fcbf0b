"""What the account's ECR registry does by itself in the stack's region."""

from typing import Self

from pydantic import model_validator

from components import Destination, PullThrough, RegistryArgs, Upstream

from .model import Model


class RegistrySettings(Model):
    """Settings of the account's registry in the region: one stack at most has them."""

    pull_through: dict[Upstream, PullThrough] = {}
    """Registries whose images are had through the account's own, by name: `docker-hub`, `github`, `gitlab`, `azure`
    with a `credential_arn`, `ecr-public`, `kubernetes`, `quay` with `{}`."""
    replicate_to: tuple[Destination, ...] = ()
    """Regions, of this account or another, that images are copied to once they are pushed."""
    replicate_prefixes: tuple[str, ...] = ()
    """Beginnings of the names of the repositories that are copied; all when left out."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _ = self.args
        return self

    @property
    def is_set(self) -> bool:
        """Whether the registry is to do anything."""
        return bool(self.pull_through or self.replicate_to)

    @property
    def args(self) -> RegistryArgs:
        """The component's input."""
        return RegistryArgs(
            pull_through=self.pull_through,
            replicate_to=self.replicate_to,
            replicate_prefixes=self.replicate_prefixes,
        )
