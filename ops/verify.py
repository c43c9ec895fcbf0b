"""`ops verify`: whether what serves is what the stack last deployed, and runs the images that it was to."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from components.failed_deployment import explanation
from components.failed_deployment import revision as family_and_number
from ops.aws_error import passes
from ops.deployed import Deployed
from ops.scaling_bounds import Bounds, bounds
from ops.serving import Serving, described, gone, servings
from ops.steadiness import Looks
from ops.target_health import counts, targets_of_each

POLL_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What is found of a service."""

    service: str
    """Name in the stack file."""
    cluster: str
    """ARN of its cluster; empty where ECS has no such service any more."""
    asked: str
    """Family and revision that the stack deployed."""
    serves: str
    """Family and revision that ECS works towards; empty without one."""
    rollout: str
    """`COMPLETED`, `IN_PROGRESS` or `FAILED`."""
    running: int
    """Tasks that run."""
    desired: int
    """Tasks that should run."""
    targets: Mapping[str, int]
    """How many targets of its load balancer are in which state, such as healthy."""
    problem: str
    """Why it does not serve as deployed; empty when it does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobVerdict:
    """What is found of a job, which serves nobody: the image with which its next run starts."""

    job: str
    """Name in the stack file."""
    asked: str
    """Family and revision that the stack deployed."""
    problem: str
    """Why it does not run what was to be deployed; empty when it does."""


def verify(
    deployed: Deployed, names: Sequence[str], wait: float, images: Mapping[str, str] | None = None
) -> list[Verdict]:
    """How each service is; all of the stack's when none is named.

    Args:
        deployed: the stack.
        names: of services in the stack file.
        wait: seconds for which services may come to serve; one that does so must go on for a while of them, as `Looks`
            has it. A look that AWS throttles or has a fault at, or that is lost on the way, is repeated meanwhile.
        images: addresses whose digests the services must run, by their names; none: whichever was deployed.

    Raises:
        OpsError: there is no such service.
    """
    asked = [*dict.fromkeys(names)] or deployed.services
    found = _serving(deployed, asked, wait)
    return [replace(one, problem=one.problem or _of_service(deployed, one.service, images or {})) for one in found]


def verify_jobs(deployed: Deployed, images: Mapping[str, str]) -> list[JobVerdict]:
    """Whether the jobs that images are named for run just these.

    Args:
        deployed: the stack.
        images: addresses whose digests services and jobs must run, by their names.

    Raises:
        OpsError: the stack was deployed without one of these names.
    """
    asked = {name: deployed.job(name)["task_definition"] for name in images if name not in deployed.services}
    return [
        JobVerdict(job=name, asked=family_and_number(one), problem=_other_image(deployed, name, one, images[name]))
        for name, one in asked.items()
    ]


def _serving(deployed: Deployed, asked: Sequence[str], wait: float) -> list[Verdict]:
    deadline, looks = time.monotonic() + wait, {name: Looks() for name in asked}
    while True:
        try:
            found, at = _verdicts(deployed, asked), time.monotonic()
            for one in found:
                looks[one.service].add(one.problem, at)
            if at >= deadline or all(seen.are_enough(at) for seen in looks.values()):
                return [replace(one, problem=one.problem or looks[one.service].doubt(at)) for one in found]
        except Exception as error:
            if not passes(error) or time.monotonic() >= deadline:
                raise
        time.sleep(POLL_SECONDS)


def _verdicts(deployed: Deployed, names: Sequence[str]) -> list[Verdict]:
    now = servings(described(deployed, names))
    targets = targets_of_each(deployed, now)
    empty = [name for name, one in now.items() if one and one.primary and not one.primary.desired_count]
    scaling = bounds(deployed, empty) if empty else {}
    return [judge(deployed, name, one, counts(targets[name]), scaling.get(name)) for name, one in now.items()]


def _of_service(deployed: Deployed, name: str, images: Mapping[str, str]) -> str:
    """What is wrong with a service's image; nothing when no certain one is wanted."""
    return (
        _other_image(deployed, name, deployed.service(name)["task_definition"], images[name]) if name in images else ""
    )


def _other_image(deployed: Deployed, name: str, asked: str, address: str) -> str:
    """What is wrong with the image of the revision that was deployed; nothing when it has the address's digest."""
    wanted = address.partition("@")[2]
    containers = deployed.client("ecs").describe_task_definition(taskDefinition=asked)["taskDefinition"]
    image = next((one["image"] for one in containers["containerDefinitions"] if one["name"] == name), "")
    if image.partition("@")[2] == wanted:
        return ""
    return f"{family_and_number(asked)} runs {image}, and not {wanted} of the images that were to be deployed"


def show(
    deployed: Deployed, verdicts: Sequence[Verdict], write: Callable[[str], object], jobs: Sequence[JobVerdict] = ()
) -> None:
    """Print the verdicts for people, with what ECS says where a service does not serve."""
    for one in verdicts:
        write(line(one))
        if one.problem and one.cluster:
            known = deployed.service(one.service)
            write(explanation(one.cluster, known["service"], known["task_definition"]))
    for job in jobs:
        write(f"{job.job}: {job.problem or f'{job.asked} is what its next run starts'}")


def line(verdict: Verdict) -> str:
    """A verdict in a line."""
    targets = ", ".join(f"{count} {state}" for state, count in verdict.targets.items())
    tasks = f"{verdict.running} of {verdict.desired} tasks" + (f", targets: {targets}" if targets else "")
    if verdict.problem:
        return f"{verdict.service}: {verdict.problem} ({tasks})"
    return f"{verdict.service}: {verdict.asked} serves with {tasks}"


def as_values(verdicts: Sequence[Verdict], jobs: Sequence[JobVerdict] = ()) -> dict[str, Any]:
    """The verdicts for scripts."""
    return {
        "passed": not any(one.problem for one in (*verdicts, *jobs)),
        "services": [asdict(one) for one in verdicts],
        "jobs": [asdict(one) for one in jobs],
    }


def judge(
    deployed: Deployed, name: str, now: Serving | None, targets: Mapping[str, int], scaling: Bounds | None
) -> Verdict:
    """Whether a service serves as the stack deployed it.

    Args:
        deployed: the stack.
        name: of the service in the stack file.
        now: how ECS has it; nothing when it has it no more.
        targets: how many targets of its load balancer are in which state, without those that drain.
        scaling: between how many tasks it scales by itself, which matters where none is to run; None when it does not.
    """
    asked = deployed.service(name)["task_definition"]
    primary = now.primary if now else None
    return Verdict(
        service=name,
        cluster=now.cluster if now else "",
        asked=family_and_number(asked),
        serves=family_and_number(now.task_definition) if now else "",
        rollout=now.rollout if now else "",
        running=primary.running_count if primary else 0,
        desired=primary.desired_count if primary else 0,
        targets=targets,
        problem=_problem(deployed, name, now, targets, scaling) if now else gone(deployed, name),
    )


def _problem(deployed: Deployed, name: str, now: Serving, targets: Mapping[str, int], scaling: Bounds | None) -> str:
    primary, asked = now.primary, deployed.service(name)["task_definition"]
    revision = family_and_number(asked)
    if not primary:
        return f"{revision} was deployed, but ECS works towards no deployment"
    if primary.task_definition != asked:
        return f"{revision} was deployed, but {_another(deployed.stack, asked, primary.task_definition)}"
    if now.rollout != "COMPLETED":
        return f"the rollout of {revision} is {now.rollout}"
    if not primary.desired_count:
        return "" if scaling and not scaling.min else f"no task is to run: {_scaled_to_none(deployed, name, scaling)}"
    if primary.running_count < primary.desired_count:  # more do so while it scales in
        return f"{primary.running_count} of {primary.desired_count} tasks of {revision} run"
    if now.target_groups and targets.get("healthy", 0) < primary.desired_count:
        return f"{targets.get('healthy', 0)} of {primary.desired_count} tasks of {revision} are healthy targets"
    return ""


def _another(stack: str, asked: str, serves: str) -> str:
    """That another revision serves, by how it came to, and what to do."""
    (family, _, number), (other_family, _, other) = asked.rpartition(":"), serves.rpartition(":")
    if family == other_family and int(other) > int(number):
        return (
            f"{family_and_number(serves)} serves, a newer one, as an `up` leaves it that did not come to its end. "
            f"pulumi up -s {stack} again brings it there"
        )
    return (
        f"{family_and_number(serves)} serves: ECS or somebody rolled back. pulumi up -s {stack} deploys the stack "
        "file's version again"
    )


def _scaled_to_none(deployed: Deployed, name: str, scaling: Bounds | None) -> str:
    """How a service came to have no task, and what brings it some: no deployment and no schedule leave it so."""
    if not scaling:
        return (
            f"somebody scaled it to 0. pulumi up -s {deployed.stack} puts the stack file's desired_count back; until "
            f"then: python -m ops scale {name} 1 --stack {deployed.stack}"
        )
    return (  # no `up` changes the number of one that scales
        f"somebody scaled it to 0, though it scales by itself, from {scaling.shown}. It has them again by aws ecs "
        f"update-service --region {deployed.region} --cluster {deployed.cluster} "
        f"--service {deployed.service(name)['service']} --desired-count {scaling.min}"
    )
