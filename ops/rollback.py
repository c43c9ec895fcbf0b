"""`ops rollback`: an older revision serves again, until the next `up`."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from components.deployment import failure
from components.failed_deployment import explanation, one_line
from components.failed_deployment import revision as family_and_number
from ops.deployed import Deployed
from ops.error import OpsError
from ops.serving import Serving, serving
from ops.task_revisions import Revision, Revisions, missing_images, served

POLL_SECONDS = 2.0
STALE_SECONDS = 6.0
"""For which an answer of ECS may be older than the change."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """One way back of a service, without the engine: quick, and the stack file stays as it is."""

    deployed: Deployed
    """The stack."""
    service: str
    """Name of the service in the stack file."""
    show: Callable[[str], None]
    """Gets each line for the user."""

    def run(self, to: str | None, timeout: float) -> bool:
        """Let a revision serve, and wait until it does.

        Args:
            to: a revision or a digest. None: the revision before the one that serves.
            timeout: seconds to wait, beside those that the service's strategy takes by itself; ECS goes on after them.

        Returns:
            Whether it serves.

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
            return True
        self._refuse_without_image(target)
        self.show(f"{self.service}: from {family_and_number(serves)} to {target.shown}")
        if now.strategy_minutes:
            self.show(f"ECS takes {now.strategy_minutes} minutes more for it, as its deployments are {now.strategy}.")
        ecs.update_service(cluster=now.cluster, service=now.service, taskDefinition=target.arn)
        try:
            reason = self._wait(target.arn, timeout + now.strategy_minutes * 60)
        except Exception as error:  # noqa: BLE001 - the service was changed, whatever keeps us from watching it
            reason = f"how it goes on cannot be read: {one_line(error)}; ECS goes on: {self._later}"
        if reason:
            self.show(f"{self.service}: {reason}.\n{explanation(now.cluster, now.service, target.arn)}")
            return False
        self._say_what_next(target)
        return True

    def _refuse_without_image(self, target: Revision) -> None:
        if gone := list(missing_images(self.deployed, target.images)):
            raise OpsError(
                f"{family_and_number(target.arn)} cannot start: {', '.join(gone)} is not in ECR any more. "
                "Build that version again: check out its commit, and pulumi up"
            )

    def _wait(self, asked: str, timeout: float) -> str | None:
        """Why it does not serve, or None once it does."""
        begun, seen = time.monotonic(), False
        while True:
            now, waited = serving(self.deployed, self.service), time.monotonic() - begun
            seen = seen or now.task_definition == asked or waited > STALE_SECONDS
            if seen and _is_over(now, asked):
                return failure(asked, now.deployments)
            if waited > timeout:
                waited_for = f"{family_and_number(asked)} does not serve after {timeout:.0f} s (--timeout)"
                return f"{waited_for}, and ECS goes on: {self._later}"
            time.sleep(POLL_SECONDS)

    @property
    def _later(self) -> str:
        """How to look at it again."""
        return f"python -m ops verify {self.service} --stack {self.deployed.stack} --wait 600"

    def _say_what_next(self, target: Revision) -> None:
        stack = self.deployed.stack
        self.show(
            f"{family_and_number(target.arn)} serves, until the next `up`: that deploys the version of the stack file "
            f"again, and `pulumi preview -s {stack}` shows it as a change of the service. To keep this one, check out "
            f"its commit, or put its image into Pulumi.{stack}.yaml in place of build:\n  image: {target.images[0]}"
        )


def _is_over(now: Serving, asked: str) -> bool:
    """Whether ECS has brought it about, or given it up."""
    if now.rollouts.get(asked) == "FAILED":
        return True
    primary = now.primary
    steady = primary is not None and primary.running_count == primary.desired_count and now.is_alone
    return steady and now.rollout == "COMPLETED"
