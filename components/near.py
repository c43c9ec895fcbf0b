"""What the parts of a VPC share."""

from dataclasses import dataclass

import pulumi

from .names import with_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Near:
    """The VPC that something is made in, and the component that makes it."""

    name: str
    """The component's, with which its children's names begin."""
    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    tags: dict[str, str]
    """The component's."""
    parent: pulumi.Resource
    """The component."""

    def child(self, suffix: str) -> str:
        """A child's name."""
        return f"{self.name}-{suffix}"

    def tags_of(self, suffix: str) -> dict[str, str]:
        """A child's tags."""
        return with_name(self.child(suffix), self.tags)
