"""What happens when the provider itself fails to create or update a service."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .failed_deployment import AGAIN, explanation, one_line, revision
from .hook_name import hook_name

ROLE_TRIES = 6
"""As often as a deployment is tried again whose infrastructure role ECS cannot assume yet."""
ROLE_SECONDS = 10.0
"""Before each of them: IAM needs some seconds until a new role is known everywhere."""
_ROLE_NOT_YET = "unable to assume the configured ECS Infrastructure Role"


def explaining(name: str, component: pulumi.Resource) -> pulumi.ErrorHook:
    """A hook that tells what ECS and the logs say when the provider itself failed to create or update the service.

    Its lines stand beside the provider's own error, which nothing here hides. It asks for another try in one case only:
    ECS refuses an infrastructure role that IAM has just made, before it does anything; then up to six times, for a
    minute in all.

    Args:
        name: of the service in the program.
        component: that the lines are shown at.

    Source: Pulumi documentation, "Resource hooks"; IAM User Guide, "Troubleshoot IAM", on changes that are not always
    visible at once.
    """

    async def explain(args: pulumi.ErrorHookArgs) -> bool:
        try:
            if args.errors and _ROLE_NOT_YET in args.errors[0]:
                return await _later(name, component, args.errors)
            if why := await asyncio.to_thread(_why, name, args):
                pulumi.log.error(why, component)
        except Exception as error:  # noqa: BLE001 - an error of the hook's would stand in place of the provider's
            pulumi.log.warn(f"service {name}: its failure is not explained: {one_line(error)}", component)
        return False

    return pulumi.ErrorHook(hook_name(f"{name}-explain"), explain)


async def _later(name: str, component: pulumi.Resource, errors: Sequence[str]) -> bool:
    """Whether to try again, after a while."""
    if sum(_ROLE_NOT_YET in error for error in errors) > ROLE_TRIES:
        return False
    pulumi.log.info(f"service {name}: ECS cannot assume its new role yet, and is asked again", component)
    await asyncio.sleep(ROLE_SECONDS)
    return True


def _why(name: str, args: pulumi.ErrorHookArgs) -> str | None:
    """What ECS and the logs say about a service that the provider failed to create or update."""
    given: Mapping[str, Any] = args.new_inputs or {}
    service = (args.id or "").rpartition("/")[2] or given.get("name")
    if not service or args.failed_operation not in ("create", "update"):
        return None
    why = explanation(given["cluster"], service, given["taskDefinition"])
    return why and f"service {name}: {revision(given['taskDefinition'])} does not serve.\n{why}\n{AGAIN}"
