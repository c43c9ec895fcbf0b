"""`ops scale`: another number of tasks, until the next `up`."""

from collections.abc import Callable

from ops.deployed import Deployed
from ops.error import OpsError
from ops.rollout import Change, Outcome
from ops.scaling_bounds import bounds
from ops.serving import Serving, serving
from ops.target_health import counts, targets_of


def scale(deployed: Deployed, service: str, count: int, timeout: float, show: Callable[[str], object]) -> Outcome:
    """Let another number of tasks of a service run.

    Args:
        deployed: the stack.
        service: its name in the stack file.
        count: tasks that should run, 0 to 5000; at 0 nobody answers its requests.
        timeout: seconds until they must run and be healthy targets; 0: nobody waits.
        show: gets each line for the user.

    Raises:
        OpsError: there is no such service, or it scales by itself. Nothing was changed then.

    Source: ECS API Reference, "UpdateService", on `desiredCount`.
    """
    now = serving(deployed, service)
    if own := bounds(deployed, [service]).get(service):
        raise OpsError(
            f"{service} scales by itself, from {own.shown}, and would undo it: change its `scaling` in "
            f"Pulumi.{deployed.stack}.yaml, and pulumi up -s {deployed.stack}"
        )
    change, asked = Change(deployed, service, show), now.task_definition
    before = now.primary.desired_count if now.primary else 0
    show(f"{service}: from {before} to {count} tasks, until the next `up`: that goes by the stack file's desired_count")
    if count == 0:
        show(f"warning: with no task {service} answers nothing, until it is scaled again or the next `up`")
    deployed.client("ecs").update_service(cluster=now.cluster, service=now.service, desiredCount=count)
    if not timeout:
        return change.unwatched(asked)
    problem = change.wait(lambda later, _: _runs(deployed, later, count), lambda _: "", timeout)
    if not problem:
        show(
            f"{service}: {count} tasks run"
            + (", and as many targets are healthy" if now.target_groups and count else "")
        )
    return change.outcome(now, asked, problem)


def _runs(deployed: Deployed, now: Serving, count: int) -> bool:
    """Whether so many tasks run, no others do, and requests reach each of them."""
    primary = now.primary
    if not primary or not now.is_alone or (primary.desired_count, primary.running_count) != (count, count):
        return False
    return not now.target_groups or counts(targets_of(deployed, now.target_groups)).get("healthy", 0) >= count
