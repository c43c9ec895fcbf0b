"""A picture before it is drawn: boxes, the texts in them, arrows. Everything is in pixels, from the top left."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ops.diagram import measure

PAD = 12
"""Between a box and what is in it."""
GAP = 14
"""Between boxes."""
SMALL = 12
"""Size of labels."""
LABEL = 16
"""Height of a label."""
SIZES = {"title": 20, "name": measure.SIZE, "line": measure.SIZE, "label": SMALL}
"""Font sizes by style."""
_BOLD = ("title", "name")


class Text(NamedTuple):
    """A line of text, with the room that it takes."""

    x: float
    y: float
    width: float
    height: float
    words: str
    style: str

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Where what is below may begin."""
        return self.y + self.height


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A rectangle, and the texts in it."""

    x: float
    y: float
    width: float
    height: float
    style: str
    """What it is, such as `vpc` or `task`: how it looks."""
    texts: tuple[Text, ...] = ()

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrow:
    """A line of straight pieces, with a head at its end."""

    points: tuple[tuple[float, float], ...]
    label: Text | None = None


@dataclass(kw_only=True, slots=True)
class Picture:
    """What is drawn: boxes in their order, so that an inner one covers its outer one, then arrows."""

    title: str
    width: float = 0
    height: float = 0
    boxes: list[Box] = field(default_factory=list[Box])
    arrows: list[Arrow] = field(default_factory=list[Arrow])

    def add(self, box: Box) -> Box:
        """Put a box on top of what is there."""
        self.boxes.append(box)
        return box

    def arrow(self, *points: tuple[float, float], label: Text | None = None) -> None:
        """Lead an arrow along some points."""
        self.arrows.append(Arrow(points=points, label=label))

    @property
    def texts(self) -> Iterator[Text]:
        """Every text."""
        for box in self.boxes:
            yield from box.texts
        for arrow in self.arrows:
            if arrow.label:
                yield arrow.label


def width_of(words: str, style: str) -> float:
    """The room that a line takes."""
    return measure.width(words, SIZES[style], bold=style in _BOLD)


def lines(x: float, y: float, room: float, words: Iterable[tuple[str, str]]) -> tuple[Text, ...]:
    """Texts below one another, each wrapped to the room.

    Args:
        x: where they begin.
        y: where the first begins.
        room: how wide they may be.
        words: each with its style.
    """
    found: list[Text] = []
    for text, style in words:
        size = SIZES[style]
        for line in measure.wrap(text, room, size, bold=style in _BOLD):
            top = found[-1].bottom if found else y
            found.append(Text(x, top, width_of(line, style), size + 4, line, style))
    return tuple(found)


def flowed(details: Sequence[str], room: float) -> list[str]:
    """Details side by side, as many as a line has room for."""
    found: list[str] = []
    for detail in details:
        longer = f"{found[-1]} · {detail}" if found else detail
        if found and width_of(longer, "line") <= room:
            found[-1] = longer
        else:
            found.append(detail)
    return found


def card(x: float, y: float, width: float, style: str, name: str, details: Sequence[str], tall: float = 0) -> Box:
    """A box with a name in bold, and details below it.

    Args:
        x: its left edge.
        y: its upper edge.
        width: how wide it is.
        style: how it looks.
        name: in bold.
        details: below, side by side where there is room.
        tall: how high it is at least.
    """
    room = width - 2 * PAD
    words = [(name, "name"), *((line, "line") for line in flowed(details, room))]
    texts = lines(x + PAD, y + PAD - 4, room, words)
    return Box(x=x, y=y, width=width, height=max(tall, texts[-1].bottom + PAD - 4 - y), style=style, texts=texts)


def label(right: float, bottom: float, words: str) -> Text:
    """A label of an arrow, by where it ends."""
    width = width_of(words, "label")
    return Text(right - width, bottom - LABEL, width, LABEL, words, "label")
