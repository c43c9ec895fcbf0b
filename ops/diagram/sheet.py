"""A picture that grows from above: each box is placed below the last one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from ops.diagram.architecture import Architecture
from ops.diagram.grid import MARGIN, Grid
from ops.diagram.picture import GAP, PAD, Box, Picture, card, lines


class Sheet:
    """What the boxes of one picture are placed on."""

    def __init__(self, of: Architecture, grid: Grid) -> None:
        self.of, self.grid = of, grid
        self.picture = Picture(title=of.title)
        self.placed: dict[str, Box] = {}
        """The ends of arrows, by what ways call them."""
        self.ends = {end for way in of.ways for end in (way.source, way.target)}
        """What some arrow leads from or to."""
        self.y = float(MARGIN)
        """Where the next box begins."""

    @property
    def room(self) -> float:
        """How wide all columns are."""
        return self.grid.end - self.grid.x

    def put(self, end: str, box: Box, below: float = GAP) -> None:
        """Place a box that arrows lead from or to."""
        self.placed[end] = self.picture.add(box)
        self.y = box.bottom + below

    def across(self, style: str, name: str, details: Sequence[str]) -> Box:
        """A box that lies across all columns."""
        return card(self.grid.x + PAD, self.y, self.room - 2 * PAD, style, name, details)

    @contextmanager
    def around(self, boxes: Sequence[Box], pad: float = PAD) -> Iterator[None]:
        """Boxes that reach down to below what is placed meanwhile."""
        at, start = len(self.picture.boxes), self.y
        self.picture.boxes += boxes
        yield
        bottom = self.y + pad - (GAP if self.y > start else 0)
        for index, box in enumerate(boxes, at):
            self.picture.boxes[index] = replace(box, height=bottom - box.y)
        if boxes:
            self.y = bottom + GAP

    @contextmanager
    def frame(self, style: str, words: str, left: float, right: float) -> Iterator[None]:
        """A box with a title above all that is placed meanwhile."""
        texts = lines(self.grid.x, self.y + PAD - 4, self.room, [(words, "name")])
        box = Box(x=left, y=self.y, width=right - left, height=0, style=style, texts=texts)
        self.y = texts[-1].bottom + PAD - 4
        with self.around([box]):
            yield

    def rows(self, left: float, right: float, least: float, cells: Sequence[tuple[str, str, Sequence[str]]]) -> None:
        """Place boxes side by side, in rows as high as their highest.

        Args:
            left: where rows begin.
            right: where they end.
            least: how wide a box is at least.
            cells: style, name and details of each.
        """
        gap = GAP / 2
        across = max(1, int((right - left + gap) // (least + gap)))
        width = (right - left + gap) / across - gap
        for start in range(0, len(cells), across):
            row = [
                card(left + index * (width + gap), self.y, width, *cell)
                for index, cell in enumerate(cells[start : start + across])
            ]
            height = max(box.height for box in row)
            self.picture.boxes += [replace(box, height=height) for box in row]
            self.y += height + gap
        self.y += GAP - gap
