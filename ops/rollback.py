"""`ops rollback`: an older revision serves again, until the next `up`."""

from collections.abc import Callable
from dataclasses import dataclass

from components.deployment import failure
from components.failed_deployment import revision as family_and_number
from ops.deployed import Deployed
from ops.error import OpsError
from ops.rollout import STALE_SECONDS, Change, Outcome, is_over
from ops.serving import Serving, serving
from ops.task_revisions import Revision, Revisions, missing_images, served


@dataclass(frozen=True, slots=True)
class Rollback:
    """One way back of a service, without the engine: quick, and the stack file stays as it is."""

    deployed: Deployed
    """The stack."""
    service: str
    """Name of the service in the stack file."""
    show: Callable[[str], object]
    """Gets each line for the user."""

    def run(self, to: str | None, timeout: float) -> Outcome:
        """Let a revision serve, and wait until it does, if it is to be waited for.

        Args:
            to: a revision or a digest. None: the revision before the one that serves.
            timeout: seconds to wait, beside those that the service's strategy takes by itself; ECS goes on after them.
                0: nobody waits.

        Raises:
            OpsError: it was never deployed here, or its image is gone. Nothing was changed then.
        """
        now, revisions = serving(self.deployed, self.service), Revisions(self.deployed, self.service)
        ecs, serves = self.deployed.client("ecs"), now.task_definition
        if to is None:
            target = revisions.before(serves, served(ecs, now.cluster, now.service))
        else:
            target = revisions.wanted(to, serves)
        if target.arn == serves:
            self.show(f"{family_and_number(serves)} serves already: nothing to do.")
            return Outcome(service=self.service, revision=family_and_number(serves), waited=True, problem="")
        self._refuse_without_image(target)
        self.show(f"{self.service}: from {family_and_number(serves)} to {target.shown}")
        change = Change(self.deployed, self.service, self.show)
        change.say_minutes(now)
        ecs.update_service(cluster=now.cluster, service=now.service, taskDefinition=target.arn)
        if not timeout:
            return change.unwatched(target.arn)
        problem = change.wait(
            _over(target.arn),
            lambda later: failure(target.arn, later.deployments) or "",
            timeout + now.strategy_minutes * 60,
        )
        if not problem:
            self._say_what_next(target)
        return change.outcome(now, target.arn, problem)

    def _refuse_without_image(self, target: Revision) -> None:
        if gone := list(missing_images(self.deployed, target.images)):
            raise OpsError(
                f"{family_and_number(target.arn)} cannot start: {', '.join(gone)} is not in ECR any more. "
                "Build that version again: check out its commit, and pulumi up"
            )

    def _say_what_next(self, target: Revision) -> None:
        stack = self.deployed.stack
        self.show(
            f"{family_and_number(target.arn)} serves, until the next `up`: that deploys the version of the stack file "
            f"again, and `pulumi preview -s {stack}` shows it as a change of the service. To keep this one, check out "
            f"its commit, or put its image into Pulumi.{stack}.yaml in place of build:\n  image: {target.images[0]}"
        )


def _over(asked: str) -> Callable[[Serving, float], bool]:
    """Whether it is over, once ECS knows of it; what it says before is of the revision before."""
    seen = False

    def over(now: Serving, waited: float) -> bool:
        nonlocal seen
        seen = seen or now.task_definition == asked or waited > STALE_SECONDS
        return seen and is_over(now, asked)

    return over
