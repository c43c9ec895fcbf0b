"""The boxes of a picture, placed from above: internet, region, VPC and its gateways, columns, what stands beside it."""

from collections.abc import Sequence
from dataclasses import replace

from ops.diagram import titles
from ops.diagram.architecture import CLIENTS, GATEWAY, INTERNET, Network
from ops.diagram.columns import across_columns, columns
from ops.diagram.grid import MARGIN, SLOT
from ops.diagram.picture import GAP, LABEL, PAD, Box, card, lines
from ops.diagram.sheet import Sheet

_ASIDE = 225
"""How wide a box beside the VPC is at least."""


def boxes(sheet: Sheet) -> None:
    """Place every box of a picture."""
    left, right = sheet.grid.left, sheet.grid.right
    _title(sheet)
    _internet(sheet)
    with sheet.frame("region", titles.of_region(sheet.of), left - PAD, right + PAD):
        if network := sheet.of.network:
            with sheet.frame("vpc", titles.of_network(network), left, right):
                _gateways(sheet, network)
                _clients(sheet)
                columns(sheet)
        else:
            across_columns(sheet)
        if sheet.of.asides:
            sheet.rows(left, right, _ASIDE, [("aside", one.name, one.details) for one in sheet.of.asides])
    sheet.picture.width = right + PAD + MARGIN
    sheet.picture.height = sheet.y - GAP + MARGIN


def _title(sheet: Sheet) -> None:
    left, width = sheet.grid.left, sheet.grid.right - sheet.grid.left
    texts = lines(left, sheet.y, width, [(sheet.of.title, "title")])
    height = texts[-1].bottom - sheet.y
    sheet.picture.add(Box(x=left, y=sheet.y, width=width, height=height, style="none", texts=texts))
    sheet.y += height + PAD


def _internet(sheet: Sheet) -> None:
    """The internet, and room for the labels of its arrows."""
    if INTERNET in sheet.ends:
        public = sum(one.public for one in sheet.of.balancers)
        only = [f"only {cidr}" for cidr in sheet.of.clients] if public else []
        sheet.put(INTERNET, _between_lanes(sheet, "outside", titles.INTERNET, only), PAD + max(1, public) * LABEL)


def _gateways(sheet: Sheet, network: Network) -> None:
    if network.gateways:
        box = _between_lanes(sheet, "gate", titles.of_gateways(network), ())
        sheet.put(GATEWAY, replace(box, x=box.x + 4, width=box.width - 8))


def _clients(sheet: Sheet) -> None:
    """Who asks an internal load balancer, and room for the labels of the arrows."""
    if CLIENTS in sheet.ends:
        internal = sum(not one.public for one in sheet.of.balancers)
        tall = internal * SLOT + PAD
        box = card(sheet.grid.x, sheet.y, sheet.room, "outside", titles.CLIENTS, sheet.of.clients, tall)
        sheet.put(CLIENTS, box, PAD + internal * LABEL)


def _between_lanes(sheet: Sheet, style: str, name: str, details: Sequence[str]) -> Box:
    """A box as wide as the VPC, lanes and all, with its texts where the columns are."""
    grid = sheet.grid
    box = card(grid.x - PAD, sheet.y, sheet.room + 2 * PAD, style, name, details)
    return replace(box, x=grid.left, width=grid.right - grid.left)
