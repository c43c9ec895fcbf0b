"""What a stack costs."""

from collections.abc import Iterator, Mapping
from typing import Any

from costs.budget import REGION, budget
from costs.estimate import Estimate, estimate
from costs.prices import NoPrices
from policies import tokens as t
from policies.graph import Graph, Resource
from policies.rule import Fault, Severity, of_graph

_DEAREST = 3


@of_graph(
    t.STACK,
    severity=Severity.MEDIUM,
    fix="`python -m ops cost` tells what costs what; use less of it, or raise `budget` in the stack file",
    source="costs/prices.json, with the source of each price",
)
def within_budget(stack: Resource, graph: Graph) -> Iterator[Fault]:
    """A stack costs no more in a month than its file's `budget` in USD, by the estimate's own assumptions."""
    config = _known(stack.get("config"))
    allowed = budget(config)
    if allowed is None:
        return
    try:
        found = estimate(graph, config.get(REGION, ""))
    except NoPrices as error:
        yield Fault(str(error), "a region whose prices are known, or no budget")
        return
    if found.total > allowed:
        yield Fault(f"{found.total:.2f} USD a month: {_dearest(found)}", f"{allowed:.2f} or less")
    if found.not_priced:
        unknown = ", ".join(f"{line.type} {line.name}" for line in found.not_priced)
        yield Fault(f"resources whose price nobody knows: {unknown}", "a price of each, as a budget needs")


def _known(config: Any) -> dict[str, str]:  # noqa: ANN401 - a property may be anything
    """What is known of a stack's configuration."""
    values: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
    return {key: value for key, value in values.items() if isinstance(value, str)}


def _dearest(found: Estimate) -> str:
    lines = sorted(found.lines, key=lambda line: -line.usd)[:_DEAREST]
    return ", ".join(f"{line.name} ({line.type.rpartition(':')[2]}) {line.usd:.2f}" for line in lines) + ", …"
