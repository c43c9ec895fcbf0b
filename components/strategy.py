"""How a new version of a service takes over from the old one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import pulumi_aws as aws

from .checks import out_of_range, refuse
from .deployment_alarms import DeploymentAlarms

DAY = 24 * 60
"""Minutes that ECS keeps two versions for at most, at each step (ECS API Reference, "DeploymentConfiguration")."""
_PERCENT, _LEAST = {"canary": 10, "linear": 20}, {"canary": 0.1, "linear": 3.0}
_STEP_MINUTES = {"canary": 5, "linear": 3}
_BAKE_MINUTES = 5


class DeploymentStrategy(StrEnum):
    """How requests move from the old version's tasks to the new one's.

    Source: Amazon ECS Developer Guide, "Amazon ECS service deployment controllers and strategies".
    """

    ROLLING = "rolling"
    """Task by task, within one target group."""
    BLUE_GREEN = "blue_green"
    """All at once, when all of the new version's tasks are there; the old ones wait beside them."""
    CANARY = "canary"
    """A small share first, and after some minutes the rest."""
    LINEAR = "linear"
    """In equal steps, some minutes apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentConfiguration:
    """How a new version takes over, and what takes it back.

    Source: ECS API Reference, "DeploymentConfiguration", "CanaryConfiguration", "LinearConfiguration".
    """

    strategy: DeploymentStrategy = DeploymentStrategy.ROLLING
    """`rolling`, `blue_green`, `canary` or `linear`. Default: rolling."""
    percent: float | None = None
    """Share of the requests that moves first (canary, 0.1 to 100), or in each step (linear, 3 to 100), in tenths.
    Default: 10 for a canary, 20 for linear."""
    step_minutes: int | None = None
    """Minutes that a canary has its small share, or between two steps of linear, 0 to 1440. Default: 5 and 3."""
    bake_minutes: int | None = None
    """Minutes for which the old version's tasks stay when the new one has all requests, 0 to 1440: an alarm in them
    takes it back at once. Not for rolling, where ECS derives them from the alarms. Default: 5; without alarms 0."""
    alarms: DeploymentAlarms | None = None
    """What takes a new version back. Default: for all but rolling, with the defaults."""
    approval_minutes: int | None = None
    """Minutes to wait for somebody's word, 1 to 1440, before the new version gets its first request; without it the new
    version is taken back. Not for rolling. Default: nobody is asked."""
    prepared: bool = False
    """Whether a rolling service has all that the others need: the step from rolling to them, and back. Default: no."""

    def __post_init__(self) -> None:
        """Refuse what ECS would refuse, and what the strategy has no use for.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(_problems(self))

    @property
    def shifts(self) -> bool:
        """Whether ECS moves requests between two target groups."""
        return self.strategy is not DeploymentStrategy.ROLLING

    @property
    def two_groups(self) -> bool:
        """Whether the service has two target groups, a rule that ECS changes, and the role that lets it."""
        return self.shifts or self.prepared

    @property
    def watched(self) -> DeploymentAlarms | None:
        """The alarms, if any."""
        alarms = DeploymentAlarms() if self.alarms is None and self.shifts else self.alarms
        return alarms if alarms and alarms.watch else None

    @property
    def bake(self) -> int:
        """Minutes for which the old version's tasks stay."""
        if self.bake_minutes is not None:
            return self.bake_minutes
        return _BAKE_MINUTES if self.shifts and self.watched else 0

    @property
    def share(self) -> float:
        """Percent of the requests that move first, or in each step."""
        return _PERCENT.get(self.strategy, 100) if self.percent is None else self.percent

    @property
    def step(self) -> int:
        """Minutes between two steps."""
        return _STEP_MINUTES.get(self.strategy, 0) if self.step_minutes is None else self.step_minutes

    @property
    def minutes(self) -> int:
        """Minutes that a deployment takes by itself, beside the start and the end of tasks.

        All steps but the last, the time that the old version's tasks stay, and the longest wait for somebody's word.
        `ops.serving` counts the same of what ECS tells.
        """
        steps = {DeploymentStrategy.CANARY: 1, DeploymentStrategy.LINEAR: math.ceil(100 / self.share) - 1}
        return steps.get(self.strategy, 0) * self.step + self.bake + (self.approval_minutes or 0)

    @property
    def inputs(self) -> "aws.ecs.ServiceDeploymentConfigurationArgsDict | None":
        """As a service takes it.

        With one target group nothing: ECS rolls unless told otherwise. With two, rolling and its bake time are said
        too, as the provider sends what was there before for what is left out.
        """
        if not self.two_groups:
            return None
        said: aws.ecs.ServiceDeploymentConfigurationArgsDict = {
            "strategy": self.strategy.name,
            "bake_time_in_minutes": str(self.bake),
        }
        if self.strategy is DeploymentStrategy.CANARY:
            said["canary_configuration"] = {
                "canary_percent": self.share,
                "canary_bake_time_in_minutes": str(self.step),
            }
        if self.strategy is DeploymentStrategy.LINEAR:
            said["linear_configuration"] = {"step_percent": self.share, "step_bake_time_in_minutes": str(self.step)}
        if self.approval_minutes:
            minutes = str(self.approval_minutes)
            # POST_SCALE_UP comes once, with every task there and no request moved; the stages of the shift come at
            # each step (ECS API Reference, "DeploymentLifecycleHook").
            said["lifecycle_hooks"] = [
                {
                    "target_type": "PAUSE",
                    "lifecycle_stages": ["POST_SCALE_UP"],
                    "timeout_configuration": {"action": "ROLLBACK", "timeout_in_minutes": minutes},
                }
            ]
        return said

    def conflicts(
        self, *, is_balanced: bool, signs_in: bool, is_sticky: bool, is_all_spot: bool, counts_requests: bool
    ) -> Iterator[str]:
        """What is wrong between it and the rest of a service, which is that...

        Args:
            is_balanced: the service gets requests from a load balancer.
            signs_in: people sign in before they get through.
            is_sticky: a client stays with one task.
            is_all_spot: no task of it runs on Fargate but on Spot.
            counts_requests: its number of tasks follows the requests of a target group.
        """
        word = self.strategy if self.shifts else "prepared"
        if not is_balanced:
            if self.two_groups:
                yield f"{word} moves a load balancer's requests, and this service gets none: leave it out"
            elif self.watched:
                yield "alarms watch a load balancer's requests, and this service gets none: leave them out"
            return
        if self.two_groups and signs_in:
            yield f"{word} takes a rule that only forwards, and authentication adds another action: leave out one"
        if self.two_groups and is_sticky:
            yield (
                f"{word} divides requests between two target groups, where AWS takes no stickiness to a task without "
                "one to a group, which would hold clients back from the new version: leave out one"
            )
        if self.shifts and is_all_spot:
            yield (
                f"{word} needs both versions to run through, and AWS may take back every task of a service that is on "
                "FARGATE_SPOT alone: have some on FARGATE, such as capacity: {base: 1}"
            )
        if self.two_groups and counts_requests:
            yield (
                f"{word} moves requests between two target groups, and scaling.requests_per_target counts those of "
                "one, which AWS does not support: scale by cpu, memory or a queue"
            )


def _problems(given: DeploymentConfiguration) -> Iterator[str | None]:
    steps = given.strategy in _PERCENT
    if given.percent is not None:
        yield _percent_problem(given.strategy, given.percent) if steps else _useless("percent", given, "canary, linear")
    if given.step_minutes is not None:
        in_range = out_of_range("step_minutes", given.step_minutes, 0, DAY)
        yield in_range if steps else _useless("step_minutes", given, "canary, linear")
    others = "blue_green, canary, linear"
    if given.bake_minutes is not None:
        in_range = out_of_range("bake_minutes", given.bake_minutes, 0, DAY)
        yield in_range if given.shifts else _useless("bake_minutes", given, others)
        if given.shifts and given.bake_minutes and not given.watched:
            yield (
                f"bake_minutes is {given.bake_minutes}, and without alarms nothing would happen in them: have alarms, "
                "or set bake_minutes: 0"
            )
    if given.approval_minutes is not None:
        in_range = out_of_range("approval_minutes", given.approval_minutes, 1, DAY)
        yield in_range if given.shifts else _useless("approval_minutes", given, others)
    if given.prepared and given.shifts:
        yield f"prepared is for rolling, got strategy {given.strategy}, which has all it needs: leave it out"


def _percent_problem(strategy: DeploymentStrategy, percent: float) -> str | None:
    least = _LEAST[strategy]
    if least <= percent <= 100 and math.isclose(percent * 10, round(percent * 10)):
        return None
    return f"percent must be from {least:g} to 100 for {strategy}, in tenths, got {percent:g}"


def _useless(key: str, given: DeploymentConfiguration, strategies: str) -> str:
    return f"{key} is for {strategies}, got strategy {given.strategy}: leave it out, or choose one of them"
