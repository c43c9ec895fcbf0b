"""Where everything of a picture lies: boxes in boxes, and arrows in lanes that are kept free for them."""

from ops.diagram.architecture import Architecture
from ops.diagram.arrows import Arrows
from ops.diagram.boxes import boxes
from ops.diagram.grid import grid
from ops.diagram.picture import Picture
from ops.diagram.sheet import Sheet


def layout(of: Architecture) -> Picture:
    """The picture of a stack: a column a zone, requests led in to the left of them, what goes out to the right."""
    sheet = Sheet(of, grid(of))
    boxes(sheet)
    Arrows(of, sheet.grid, sheet.picture, sheet.placed).lead()
    return sheet.picture
