"""Waiting for what ECS was asked to do with a service of a running stack."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from components.failed_deployment import explanation, one_line
from components.failed_deployment import revision as family_and_number
from ops.aws_error import passes
from ops.deployed import Deployed
from ops.serving import Serving, serving
from ops.words import counted

POLL_SECONDS = 2.0
STALE_SECONDS = 6.0
"""For which an answer of ECS may be older than the change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of it."""

    service: str
    """Name in the stack file."""
    revision: str
    """Family and revision that was to serve."""
    waited: bool
    """Whether it was waited for; else nothing is known."""
    problem: str
    """Why it does not serve; empty when it does."""

    def as_values(self) -> dict[str, Any]:
        """The same for scripts."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Change:
    """A service that ECS is at work on."""

    deployed: Deployed
    """The stack."""
    service: str
    """Name of the service in the stack file."""
    show: Callable[[str], object]
    """Gets each line for the user."""

    @property
    def later(self) -> str:
        """How to look at it again."""
        return f"python -m ops verify {self.service} --stack {self.deployed.stack} --wait 600"

    def wait(self, over: Callable[[Serving, float], bool], failed: Callable[[Serving], str], timeout: float) -> str:
        """Why it failed, or nothing once it is brought about.

        Whatever keeps us from watching is a reason too, and no error: the service was changed. Where AWS was only asked
        too often, has a fault, or is not reached for a while, it is asked again until the time is over.

        Args:
            over: whether ECS has brought it about, or given it up, by how it is now and the seconds since.
            failed: why it failed once it is over; empty when it did not.
            timeout: seconds to wait; ECS goes on after them.
        """
        begun, lost = time.monotonic(), ""
        while True:
            try:
                now, waited, lost = serving(self.deployed, self.service), time.monotonic() - begun, ""
                if over(now, waited):
                    return failed(now)
            except Exception as error:  # noqa: BLE001 - the service was changed, whatever keeps us from watching it
                lost = f"how it goes on cannot be read: {one_line(error)}; ECS goes on: {self.later}"
                waited = time.monotonic() - begun
                if not passes(error):
                    return lost
            if waited > timeout:
                return lost or f"not done after {timeout:.0f} s, and ECS goes on: {self.later}"
            time.sleep(POLL_SECONDS)

    def say_minutes(self, now: Serving) -> None:
        """Tell what the service's strategy takes by itself, where it takes anything."""
        if now.strategy_minutes:
            more = counted(now.strategy_minutes, "minute")
            self.show(f"ECS takes {more} more for it, as its deployments are {now.strategy}.")

    def outcome(self, now: Serving, asked: str, problem: str) -> Outcome:
        """What became of it, told to the user with ECS's own words when it failed.

        Args:
            now: how it was before.
            asked: ARN of the task definition that was to serve.
            problem: why it does not.
        """
        if problem:
            self.show(f"{self.service}: {problem}.\n{explanation(now.cluster, now.service, asked)}")
        return Outcome(service=self.service, revision=family_and_number(asked), waited=True, problem=problem)

    def unwatched(self, asked: str) -> Outcome:
        """What is known of it when nobody waits."""
        self.show(f"ECS goes on: {self.later}")
        return Outcome(service=self.service, revision=family_and_number(asked), waited=False, problem="")


def is_over(now: Serving, asked: str) -> bool:
    """Whether ECS has brought a deployment of a revision about, or given it up."""
    if now.rollouts.get(asked) == "FAILED":
        return True
    primary = now.primary
    steady = primary is not None and primary.running_count == primary.desired_count and now.is_alone
    return steady and now.rollout == "COMPLETED"
