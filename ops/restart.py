"""`ops restart`: new tasks of the revision that serves, which take over as a new version's would."""

from collections.abc import Callable

from components.deployment import failure
from components.failed_deployment import revision as family_and_number
from ops.deployed import Deployed
from ops.error import OpsError
from ops.rollout import Change, Outcome, is_over
from ops.scaling_bounds import bounds
from ops.serving import Serving, serving


def restart(deployed: Deployed, service: str, timeout: float, show: Callable[[str], object]) -> Outcome:
    """Replace the tasks of a service by new ones of the same revision.

    ECS starts them beside the old ones, and stops those once the new ones are healthy: no request is lost. They resolve
    their secrets and parameters anew; an image is pulled again by the digest that serves.

    Args:
        deployed: the stack.
        service: its name in the stack file.
        timeout: seconds until the new tasks must serve, beside those that its strategy takes; 0: nobody waits.
        show: gets each line for the user.

    Raises:
        OpsError: there is no such service, or no task of it is to run. Nothing was changed then.

    Source: ECS API Reference, "UpdateService", on `forceNewDeployment`.
    """
    now = serving(deployed, service)
    if not now.primary or not now.primary.desired_count:
        raise OpsError(f"{service} has no tasks to restart: {_way_to_some(deployed, service)}")
    change, asked, seen = Change(deployed, service, show), now.task_definition, _Seen(now.primary.id)
    show(f"{service}: new tasks of {family_and_number(asked)}, in place of {now.primary.running_count}")
    change.say_minutes(now)
    deployed.client("ecs").update_service(cluster=now.cluster, service=now.service, forceNewDeployment=True)
    if not timeout:
        return change.unwatched(asked)
    problem = change.wait(
        lambda later, _: seen.begun(later) and (seen.gave_way(later) or is_over(later, asked)),
        lambda later: _failed(asked, later, gave_way=seen.gave_way(later)),
        timeout + now.strategy_minutes * 60,
    )
    if not problem:
        show(f"{service}: new tasks of {family_and_number(asked)} serve.")
    return change.outcome(now, asked, problem)


def _way_to_some(deployed: Deployed, service: str) -> str:
    """How a service without tasks gets some."""
    stack = deployed.stack
    if own := bounds(deployed, [service]).get(service):
        return (
            f"it scales by itself, from {own.shown}; scaling.min of 1 or more in Pulumi.{stack}.yaml, then pulumi up "
            f"-s {stack}, gives it some"
        )
    return f"python -m ops scale {service} 1 --stack {stack}"


class _Seen:
    """Both deployments are of one revision, so they are told apart by their ids."""

    def __init__(self, before: str) -> None:
        self._before, self._new = before, ""

    def begun(self, now: Serving) -> bool:
        """Whether ECS has begun with the new one."""
        if not self._new and now.primary and now.primary.id != self._before:
            self._new = now.primary.id
        return bool(self._new)

    def gave_way(self, now: Serving) -> bool:
        """Whether it works towards another one again."""
        return now.primary is None or now.primary.id != self._new


def _failed(asked: str, now: Serving, *, gave_way: bool) -> str:
    if gave_way:
        return f"the new tasks of {family_and_number(asked)} did not come to serve, and ECS went back to those before"
    if now.rollouts.get(asked) == "FAILED":
        return f"the new tasks of {family_and_number(asked)} did not come to serve, and ECS gave up"
    return failure(asked, now.deployments) or ""
