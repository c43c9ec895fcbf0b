"""How a resource's use is told: so many units of something that has a price."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from costs.assumptions import Assumptions
from policies.graph import Graph, Resource, as_list, identifiers

Number = float | int


class Use(NamedTuple):
    """Units of one price in a month."""

    quantity: Number
    price: str
    """Name of the price."""
    spot_discount: Number | None = None
    """Percent that Spot takes off; None of what is not on Spot."""


class NotCounted(NamedTuple):
    """What is paid for as well, and in no sum."""

    why: str
    """By what it is paid, and why it is not counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """What uses depend on beside the resource itself."""

    graph: Graph
    """Every resource of the stack."""
    assumed: Assumptions
    """What nobody knows before the month is over."""

    def share(self, resource: Resource, total: Number) -> float:
        """A resource's part of what all of its type do together."""
        return total / len(self.graph.of(resource.type))

    def items(self, resource: Resource, path: str, *kinds: str) -> int:
        """How many a property lists: by what it depends on where the list is unknown; two where that is unknown too.

        Load balancers and endpoints that survive a zone are in two at least.
        """
        value = resource.get(path)
        return len(as_list(value)) or len(self.graph.targets(resource, path, *kinds)) or 2


Uses = Iterator[Use | NotCounted]
Meter = Callable[[Resource, Month], Uses]


def number(value: object, otherwise: float = 0) -> float:
    """A number that a property holds, as a number or as text; another where it is unknown or left out."""
    try:
        return float(value)  # type: ignore[arg-type] - what is no number says so
    except (TypeError, ValueError):
        return otherwise


def named_by(resource: Resource, text: object) -> bool:
    """Whether the last part of a text such as `service/cluster/web` is a resource's name."""
    return isinstance(text, str) and text.rpartition("/")[2] in identifiers(resource)
