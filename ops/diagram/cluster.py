"""The tasks of a picture, and below them what they reach in their subnets: endpoints and file systems."""

from ops.diagram import titles
from ops.diagram.architecture import ENDPOINTS, TASKS
from ops.diagram.cards import Group
from ops.diagram.grid import SLOT
from ops.diagram.picture import LABEL, PAD, Box, card
from ops.diagram.sheet import Sheet

_CELL = 200
"""How wide a cell of a table is at least."""


def tasks(sheet: Sheet) -> None:
    """Place the tasks, their endpoints and their file systems."""
    if sheet.grid.groups:
        sheet.y += LABEL  # of the arrow to a NAT gateway
        _cluster(sheet)
    left, right = sheet.grid.cards
    network = sheet.of.network
    if network and network.interfaces:
        sheet.y += LABEL if ENDPOINTS in sheet.ends else 0
        details = [", ".join(network.interfaces)]
        sheet.put(ENDPOINTS, card(left, sheet.y, right - left, "gate", titles.ENDPOINTS, details))
    for one in sheet.of.file_systems:
        at = left, sheet.y, right - left
        sheet.put(one.id, card(*at, "files", titles.of_file_system(one), one.details, 2 * LABEL + PAD))


def _cluster(sheet: Sheet) -> None:
    at, outer = len(sheet.picture.boxes), sheet.across("cluster", titles.of_tasks(sheet.of), ())
    sheet.y = outer.bottom - 2
    with sheet.around([outer]):
        for group in sheet.grid.groups:
            box = _table(sheet, group) if group.cells else _card(sheet, group)
            sheet.placed |= dict.fromkeys(group.ids, box)
    sheet.placed[TASKS] = sheet.picture.boxes[at]


def _card(sheet: Sheet, group: Group) -> Box:
    """One service or job."""
    left, right = sheet.grid.cards
    tall = PAD + SLOT * max(_sent(sheet, group), _taken(sheet, group), 1)
    box = card(left, sheet.y, right - left, _style(group), group.name, group.details, tall)
    sheet.put(group.ids[0], box)
    return box


def _table(sheet: Sheet, group: Group) -> Box:
    """Many services or jobs in one box, a cell each."""
    left, right = sheet.grid.cards
    at, tall = len(sheet.picture.boxes), PAD + SLOT * max(1, _taken(sheet, group))
    outer = card(left, sheet.y, right - left, "group", group.name, group.details, tall)
    sheet.y = outer.bottom
    with sheet.around([outer]):
        cells = [(_style(group), one.name, one.details) for one in group.cells]
        sheet.rows(left + PAD, right - PAD, _CELL, cells)
    return sheet.picture.boxes[at]


def _style(group: Group) -> str:
    return "job" if group.job else "task"


def _sent(sheet: Sheet, group: Group) -> int:
    """How many arrows a card has to its right: those that it sends, and the one that it is reached by."""
    tracks = sheet.grid.tracks
    ways = {(way.source, way.target) for way in sheet.of.ways if way.target in tracks}
    return sum(source in group.ids for source, _ in ways) + any(one in tracks for one in group.ids)


def _taken(sheet: Sheet, group: Group) -> int:
    """How many arrows a card has to its left: one from each load balancer."""
    behind = [one.id for one in sheet.of.balancers]
    return len({way.source for way in sheet.of.ways if way.target in group.ids and way.source in behind})
