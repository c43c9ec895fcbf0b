"""What a stack costs in a month."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from costs.assumptions import Assumptions
from costs.free import FREE
from costs.meters import METERS
from costs.prices import Prices, prices
from costs.use import Month, Use
from policies import tokens as t
from policies.graph import Graph, Resource

NO_COMPONENT = "the stack itself"
_AWS = "aws:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What one resource costs in a month, or why that is in no sum."""

    component: str
    """The component of the program that it belongs to, the outermost, such as `Network network`."""
    type: str
    """Pulumi's token."""
    name: str
    """Logical name."""
    usd: float
    """What it costs."""
    what: str
    """How that comes about, or why nothing is counted."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What is the same in another estimate."""
        return self.component, self.type, self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What a stack costs in a month of 730 hours, or of as many as are assumed."""

    region: str
    """Whose prices it is by."""
    as_of: str
    """Day on which those were looked up."""
    assumptions: Mapping[str, float]
    """What was assumed."""
    lines: Sequence[Line]
    """What costs something, by component, the dearest first."""
    not_counted: Sequence[Line]
    """What costs something beside, and is in no sum."""
    not_priced: Sequence[Line]
    """Resources of types that nobody has judged: they may cost anything."""
    free: Mapping[str, int]
    """The types that cost nothing, with how many there are."""

    @property
    def total(self) -> float:
        """USD a month."""
        return sum(line.usd for line in self.lines)

    @property
    def by_component(self) -> dict[str, list[Line]]:
        """The lines of each component, the dearest first."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.component, []).append(line)
        return dict(sorted(found.items(), key=lambda item: -sum(line.usd for line in item[1])))


def estimate(graph: Graph, region: str, assumed: Assumptions | None = None) -> Estimate:
    """What the resources of a graph cost in a month. Only AWS's are looked at.

    Raises:
        NoPrices: the table has none of the region.
    """
    month = Month(graph=graph, assumed=assumed or Assumptions())
    table = prices(region)
    components = _components(graph)
    lines: list[Line] = []
    not_counted: list[Line] = []
    not_priced: list[Line] = []
    free: Counter[str] = Counter()
    for one in graph.resources:
        where = components.get(one.parent, NO_COMPONENT)
        if one.type in METERS:
            uses = list(METERS[one.type](one, month))
            counted = [use for use in uses if isinstance(use, Use) and use.quantity]
            others = [use for use in uses if not isinstance(use, Use)]
            if counted:
                usd = sum(_usd(use, table) for use in counted)
                lines.append(_line(one, where, usd, " + ".join(_told(use, table) for use in counted)))
            not_counted += [_line(one, where, 0, use.why) for use in others]
            free.update([] if counted or others else [one.type])
        elif one.type in FREE:
            free.update([one.type])
        elif one.type.startswith(_AWS):
            not_priced.append(_line(one, where, 0, "nobody has judged what this type costs"))
    return Estimate(
        region=region,
        as_of=table.as_of,
        assumptions=dict(month.assumed),
        lines=sorted(lines, key=lambda line: (line.component, -line.usd, line.name, line.type)),
        not_counted=not_counted,
        not_priced=not_priced,
        free=dict(sorted(free.items())),
    )


def _line(one: Resource, component: str, usd: float, what: str) -> Line:
    return Line(component=component, type=one.type, name=one.name, usd=usd, what=what)


def _usd(use: Use, table: Prices) -> float:
    return use.quantity * table.usd[use.price] * (1 - (use.spot_discount or 0) / 100)


def _told(use: Use, table: Prices) -> str:
    discount = "" if use.spot_discount is None else f" on Spot, {use.spot_discount:g} % off"
    return f"{use.quantity:,.6g} {table.units[use.price]} at {table.usd[use.price]:g}{discount}"


def _components(graph: Graph) -> dict[str, str]:
    """The outermost component that each resource is in, or is, by URN."""
    by_urn = {one.urn: one for one in graph.resources}
    return {urn: _outermost(one, by_urn) for urn, one in by_urn.items() if not _is_stack(one)}


def _outermost(one: Resource, by_urn: Mapping[str, Resource]) -> str:
    *_, last = _upwards(one, by_urn)
    return f"{last.type.rpartition(':')[2]} {last.name}"


def _upwards(one: Resource | None, by_urn: Mapping[str, Resource]) -> Iterator[Resource]:
    while one and not _is_stack(one):
        yield one
        one = by_urn.get(one.parent)


def _is_stack(one: Resource) -> bool:
    return one.type == t.STACK
