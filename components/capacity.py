"""What tasks run on."""

from dataclasses import dataclass
from enum import StrEnum

from .checks import out_of_range, refuse


class Capacity(StrEnum):
    """What a service's tasks run on."""

    FARGATE = "FARGATE"
    """At the full price, and never taken back for others."""
    FARGATE_SPOT = "FARGATE_SPOT"
    """Up to 70 % cheaper; AWS may take a task back with two minutes' notice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityMix:
    """A number of tasks on Fargate, and how the others are divided."""

    base: int = 0
    """Tasks that are on Fargate before any is on Spot, 0 to 100,000. Default: 0."""
    fargate: int = 1
    """Share of Fargate in the other tasks, 0 to 1000. Default: 1."""
    fargate_spot: int = 1
    """Share of Spot in the other tasks, 0 to 1000. Default: 1, as many as on Fargate."""

    def __post_init__(self) -> None:
        """Refuse what ECS would refuse (ECS API Reference, "CapacityProviderStrategyItem").

        Raises:
            ValueError: a number that is out of its bounds, or no share at all.
        """
        refuse(
            (
                out_of_range("base", self.base, 0, 100_000),
                out_of_range("fargate", self.fargate, 0, 1000),
                out_of_range("fargate_spot", self.fargate_spot, 0, 1000),
                None if self.fargate or self.fargate_spot else "fargate or fargate_spot must be more than 0",
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """One capacity provider of a service's strategy."""

    provider: Capacity
    """Its name."""
    weight: int
    """Its share."""
    base: int = 0
    """Tasks that it gets first."""


def is_all_spot(capacity: Capacity | CapacityMix) -> bool:
    """Whether no task runs on Fargate but on Spot."""
    if isinstance(capacity, CapacityMix):
        return not capacity.base and not capacity.fargate
    return capacity is Capacity.FARGATE_SPOT


def shares(capacity: Capacity | CapacityMix) -> tuple[Share, ...]:
    """The strategy of a service."""
    if isinstance(capacity, Capacity):
        return (Share(provider=capacity, weight=1),)
    return (
        Share(provider=Capacity.FARGATE, weight=capacity.fargate, base=capacity.base),
        Share(provider=Capacity.FARGATE_SPOT, weight=capacity.fargate_spot),
    )
