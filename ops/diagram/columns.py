"""The zones of a picture as columns, their subnets, and what lies across them: it is in each of these zones."""

from collections.abc import Iterator
from contextlib import contextmanager

from ops.diagram import titles
from ops.diagram.cluster import tasks
from ops.diagram.grid import SLOT, head, subnet_words
from ops.diagram.picture import GAP, PAD, Box, card, lines
from ops.diagram.sheet import Sheet

_INSET = 6
"""Between a zone and its subnets."""


def columns(sheet: Sheet) -> None:
    """Place the zones, and all that is in them."""
    found: list[Box] = []
    for index, zone in enumerate(sheet.grid.zones):
        x, width = sheet.grid.column_at(index), sheet.grid.column
        texts = lines(x + PAD, sheet.y + 4, width - 2 * PAD, [(head(zone), "name")])
        found.append(Box(x=x, y=sheet.y, width=width, height=0, style="zone", texts=texts))
    sheet.y = max(box.texts[-1].bottom for box in found) + _INSET
    with sheet.around(found, _INSET):
        across_columns(sheet)


def across_columns(sheet: Sheet) -> None:
    """Place public subnets, then private ones; the tasks in these, unless there are none."""
    zones = sheet.grid.zones
    private = any(zone.private for zone in zones) or not any(zone.public for zone in zones)
    with _subnets(sheet, "public"):
        _balancers(sheet, public=True)
        _nats(sheet)
        if not private:
            tasks(sheet)
    with _subnets(sheet, "private"):
        _balancers(sheet, public=False)
        if private:
            tasks(sheet)


@contextmanager
def _subnets(sheet: Sheet, kind: str) -> Iterator[None]:
    """The subnets of each zone, around what is placed meanwhile; nothing where there are none."""
    found: list[Box] = []
    for index, zone in enumerate(sheet.grid.zones):
        if words := [*subnet_words(kind, getattr(zone, kind))]:
            x, width = sheet.grid.column_at(index) + _INSET, sheet.grid.column - 2 * _INSET
            texts = lines(x + _INSET, sheet.y + 4, width - 2 * _INSET, words)
            found.append(Box(x=x, y=sheet.y, width=width, height=0, style=kind, texts=texts))
    if found:
        sheet.y = max(box.texts[-1].bottom for box in found) + _INSET
    with sheet.around(found, _INSET):
        yield


def _balancers(sheet: Sheet, *, public: bool) -> None:
    for one in sheet.of.balancers:
        if one.public is public:
            at = sheet.grid.x + PAD, sheet.y, sheet.room - 2 * PAD
            sheet.put(one.id, card(*at, "balancer", titles.of_balancer(one), one.details, 2 * SLOT))


def _nats(sheet: Sheet) -> None:
    """NAT gateways, each in its zone, below the line on which all of them reach the internet."""
    regional = sheet.of.network.regional_nats if sheet.of.network else ()
    if regional or any(zone.nats for zone in sheet.grid.zones):
        sheet.y += _INSET  # for that line
    for nat in regional:
        sheet.put(nat, sheet.across("nat", titles.REGIONAL_NAT, ()))
    top, below = sheet.y, sheet.y
    for index, zone in enumerate(sheet.grid.zones):
        sheet.y = top
        for nat in zone.nats:
            x = sheet.grid.column_at(index) + PAD
            sheet.put(nat, card(x, sheet.y, sheet.grid.column - 2 * PAD, "nat", titles.NAT, ()), GAP)
        below = max(below, sheet.y)
    sheet.y = below
