"""A table's figures as a picture: bars side by side, by the standard's own elements, in light and in dark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import svg

WIDTH = 760
LABELS = 190
"""Room for what a row is about, before its bars."""
NOTES = 80
"""Room for a row's note, behind its bars."""
VALUES = 70
"""Room for a bar's own figure."""
BAR, GAP, TOP = 16, 12, 66
STYLE = """
svg { font-family: Helvetica, Arial, "Liberation Sans", sans-serif; font-size: 13px; }
.page { fill: #ffffff; } text { fill: #1b1f24; } .dim { fill: #57606a; }
.title { font-size: 15px; font-weight: bold; } .note { font-weight: bold; }
.bar0 { fill: #1d5fb4; } .bar1 { fill: #b9c2cc; }
@media (prefers-color-scheme: dark) { .page { fill: #0d1117; } text { fill: #e6edf3; } .dim { fill: #a0a9b4; }
  .bar0 { fill: #6cb0ff; } .bar1 { fill: #545d68; } }
"""


@dataclass(frozen=True)
class Row:
    """What is measured once, by each side."""

    label: str
    values: Sequence[float]
    note: str = ""
    """Such as the ratio of the first to the second."""


@dataclass(frozen=True)
class Chart:
    """A picture of rows of bars."""

    name: str
    """Of its file, without `.svg`."""
    title: str
    sides: Sequence[str]
    """One or two, for the legend; the first is the project's own."""
    rows: Sequence[Row]
    unit: str = "s"
    notes: str = "ratio"
    """What the rows' notes are."""

    def __str__(self) -> str:
        """The whole picture."""
        height = TOP + len(self.rows) * self._pitch + GAP
        elements: list[svg.Element] = [
            svg.Title(text=escape(self.title)),
            svg.Style(text=STYLE),
            svg.Rect(width=WIDTH, height=height, class_=["page"]),
            _text(GAP, 24, self.title, "title"),
            *self._legend(),
            *(part for number, row in enumerate(self.rows) for part in self._row(number, row)),
        ]
        view = svg.ViewBoxSpec(0, 0, WIDTH, height)
        named = {"role": "img"}
        return str(svg.SVG(width=WIDTH, height=height, viewBox=view, extra=named, elements=elements)) + "\n"

    @property
    def _pitch(self) -> int:
        return len(self.sides) * BAR + GAP

    def _legend(self) -> Iterator[svg.Element]:
        x = LABELS
        for number, side in enumerate(self.sides):
            yield svg.Rect(x=x, y=40, width=12, height=12, class_=[f"bar{number}"])
            yield _text(x + 18, 51, side, "dim")
            x += 40 + 8 * len(side)
        yield _text(WIDTH - GAP, 51, self.notes, "dim", anchor="end")

    def _row(self, number: int, row: Row) -> Iterator[svg.Element]:
        y, most = TOP + number * self._pitch, max(value for one in self.rows for value in one.values)
        middle = y + len(row.values) * BAR / 2 + 4
        yield _text(GAP, middle, row.label)
        for place, value in enumerate(row.values):
            length = round((WIDTH - LABELS - NOTES - VALUES) * value / most, 1)
            yield svg.Rect(x=LABELS, y=y + place * BAR, width=length, height=BAR - 2, class_=[f"bar{place}"])
            digits = 0 if most >= 100 else 1 if most >= 10 else 2
            yield _text(LABELS + length + 6, y + place * BAR + 12, f"{value:.{digits}f} {self.unit}", "dim")
        yield _text(WIDTH - GAP, middle, row.note, "note", anchor="end")


def _text(x: float, y: float, words: str, style: str = "", *, anchor: str = "start") -> svg.Element:
    return svg.Text(x=x, y=y, text=escape(words), class_=[style] if style else None, text_anchor=anchor)  # type: ignore[arg-type]
