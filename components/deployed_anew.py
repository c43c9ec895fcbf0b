"""Whether an `up` deploys a service, or leaves it as it is."""

from collections.abc import Mapping
from typing import Any

import pulumi

from .hook_name import hook_name

_NO_DEPLOYMENT = frozenset({"tags", "tagsAll"})


class DeployedAnew:
    """Notes that a service was made or changed; a change of its tags alone begins no deployment.

    Args:
        name: of the service in the program.

    Source: Pulumi documentation, "Resource hooks"; ECS API Reference, "UpdateService".
    """

    def __init__(self, name: str) -> None:
        self.hook = pulumi.ResourceHook(hook_name(f"{name}-deployed"), self._note)
        """That is called after it was created or updated."""
        self.is_so = False
        """Whether it was, so far."""

    def _note(self, args: pulumi.ResourceHookArgs) -> None:
        self.is_so |= _asked(args.old_inputs) != _asked(args.new_inputs)


def _asked(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (inputs or {}).items() if name not in _NO_DEPLOYMENT}
