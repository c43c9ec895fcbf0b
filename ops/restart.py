"""`ops restart`: new tasks of the revision that serves, which take over as a new version's would."""

from collections.abc import Callable

from components.failed_deployment import revision as family_and_number
from ops.deployed import Deployed
from ops.error import OpsError
from ops.rollout import STALE_SECONDS, Change, Outcome, is_over
from ops.scaling_bounds import bounds
from ops.serving import Serving, serving, serving_of


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

    Source: ECS API Reference, "UpdateService", on `forceNewDeployment`, and "Deployment": the newest is `PRIMARY`.
    """
    now = serving(deployed, service)
    if not now.primary or not now.primary.desired_count:
        raise OpsError(f"{service} has no tasks to restart: {_way_to_some(deployed, service)}")
    change = Change(deployed, service, show)
    show(f"{service}: new tasks of {family_and_number(now.task_definition)}, in place of {now.primary.running_count}")
    change.say_minutes(now)
    answer = deployed.client("ecs").update_service(cluster=now.cluster, service=now.service, forceNewDeployment=True)
    new = serving_of(answer["service"])
    asked, seen = new.task_definition, _Seen(new)
    if not timeout:
        return change.unwatched(asked)
    problem = change.wait(
        lambda later, waited: seen.begun(later, waited) and (seen.gave_way(later) or is_over(later, asked)),
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
    """Both deployments are of one revision, so they are told apart by their ids.

    That of the new one is in the answer that began it. What was read before may be older than the deployment that
    served, and what is read after it may be older than the new one.
    """

    def __init__(self, new: Serving) -> None:
        self._new, self._begun = _id(new), False

    def begun(self, now: Serving, waited: float) -> bool:
        """Whether an answer is of now: it knows of the new one, or is too late to be an old one."""
        self._begun = self._begun or _id(now) == self._new or waited > STALE_SECONDS
        return self._begun

    def gave_way(self, now: Serving) -> bool:
        """Whether ECS works towards another one again."""
        return _id(now) != self._new


def _id(now: Serving) -> str:
    """Of the deployment that ECS works towards; empty without one."""
    return now.primary.id if now.primary else ""


def _failed(asked: str, now: Serving, *, gave_way: bool) -> str:
    tasks = f"the new tasks of {family_and_number(asked)}"
    if gave_way and now.primary and now.task_definition != asked:
        return f"{tasks} gave way to another version: {family_and_number(now.task_definition)} serves"
    if gave_way:
        return f"{tasks} did not come to serve, and ECS went back to those before"
    return f"{tasks} did not come to serve, and ECS gave up" if now.rollouts.get(asked) == "FAILED" else ""
