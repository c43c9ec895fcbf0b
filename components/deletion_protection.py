"""What stands before everything else when a stack is destroyed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True, slots=True)
class DeletionProtectionArgs:
    """Inputs of `DeletionProtection`."""

    of: Sequence[pulumi.Resource]
    """What is protected: every component of the program, and with each its children."""
    enabled: bool = True
    """Whether it refuses. Before it may be left out, an `up` turns it off. Default: it does."""
    formerly: Sequence[str] = ()
    """Other names that it may have had: the way out may be another one today. Default: none."""


class DeletionProtection(pulumi.ComponentResource):
    """Let `pulumi destroy` fail before it deletes anything, instead of half-way.

    The engine deletes what depends on others first, and looks at the protection of each resource only when its turn
    comes: services are gone before a protected load balancer stops it. This depends on everything, so its turn is the
    first, and nobody else's comes. The engine quotes its name: let that be the way out.
    Creates: nothing.
    Costs: nothing.
    Source: Pulumi documentation, "protect" and "dependsOn".
    """

    def __init__(self, name: str, args: DeletionProtectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Protect what is made so far.

        Args:
            name: what to do first, without spaces. It is no name of AWS's, and may be long.
            args: what is protected.
            opts: as of any component.
        """
        known = [pulumi.Alias(name=other) for other in args.formerly if other != name]
        guarded = pulumi.ResourceOptions(protect=args.enabled, depends_on=[*args.of], aliases=known)
        super().__init__("fargate:index:DeletionProtection", name, {}, pulumi.ResourceOptions.merge(guarded, opts))
        self.register_outputs({})
