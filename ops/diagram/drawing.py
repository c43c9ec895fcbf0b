"""A picture as SVG, by itself: no font, no link, no script. It follows the reader's choice of dark and light."""

from collections.abc import Iterator
from html import escape

import svg

from ops.diagram.picture import SIZES, Arrow, Box, Picture, Text

_HEAD = "ops-diagram-head"
_STYLE = """
.ops-diagram { --ink: #1b1f24; --dim: #57606a; --line: #6e7781; --page: #ffffff; --card: #ffffff; --public: #e6f4ea;
  --private: #e8f0fb; --web: #fff1dd; --accent: #b35900; --blue: #1d5fb4; --green: #1e7a3c; color-scheme: light dark;
  font-family: Helvetica, Arial, "Liberation Sans", sans-serif; background: var(--page); }
@media (prefers-color-scheme: dark) { .ops-diagram { --ink: #e6edf3; --dim: #a0a9b4; --line: #8b949e; --page: #0d1117;
  --card: #161b22; --public: #12261a; --private: #111f33; --web: #2f2211; --accent: #e8a04c; --blue: #6cb0ff;
  --green: #56c271; } }
.ops-diagram rect { fill: none; stroke: var(--line); stroke-width: 1; }
.ops-diagram .none { stroke: none; }
.ops-diagram .region { stroke-dasharray: 6 4; }
.ops-diagram .vpc { stroke: var(--green); stroke-width: 2; }
.ops-diagram .zone { stroke: var(--blue); stroke-dasharray: 3 3; }
.ops-diagram .public { fill: var(--public); stroke: none; }
.ops-diagram .private { fill: var(--private); stroke: none; }
.ops-diagram .balancer, .ops-diagram .task { fill: var(--web); stroke: var(--accent); }
.ops-diagram .job { fill: var(--web); stroke: var(--accent); stroke-dasharray: 4 3; }
.ops-diagram .outside, .ops-diagram .gate, .ops-diagram .nat, .ops-diagram .files, .ops-diagram .aside,
.ops-diagram .cluster, .ops-diagram .group { fill: var(--card); }
.ops-diagram text { fill: var(--ink); }
.ops-diagram .title, .ops-diagram .name { font-weight: bold; }
.ops-diagram .line { fill: var(--dim); }
.ops-diagram .label { fill: var(--ink); }
.ops-diagram path { fill: none; stroke: var(--ink); stroke-width: 1.4; }
.ops-diagram .head { fill: var(--ink); stroke: none; }
"""
_ROUND = 6
"""Radius of corners."""
_ASCENT = 0.8
"""Where a line's letters stand, from the top of its room, in parts of the font's size."""


def draw(picture: Picture) -> str:
    """The picture as an `<svg>` element."""
    elements: list[svg.Element] = [
        svg.Title(text=escape(picture.title)),
        svg.Style(text=_STYLE),
        svg.Defs(elements=[_head()]),
        *(part for box in picture.boxes for part in _box(box)),
        *(part for arrow in picture.arrows for part in _arrow(arrow)),
    ]
    return str(
        svg.SVG(
            xmlns="http://www.w3.org/2000/svg",
            class_=["ops-diagram"],
            extra={"role": "img"},
            viewBox=svg.ViewBoxSpec(0, 0, round(picture.width), round(picture.height)),
            width=round(picture.width),
            height=round(picture.height),
            elements=elements,
        )
    )


def _head() -> svg.Element:
    tip = svg.Path(d=[svg.M(0, 0), svg.L(8, 4), svg.L(0, 8), svg.Z()], class_=["head"])
    return svg.Marker(
        id=_HEAD,
        markerWidth=8,
        markerHeight=8,
        refX=7,
        refY=4,
        orient="auto",
        markerUnits="userSpaceOnUse",
        elements=[tip],
    )


def _box(box: Box) -> Iterator[svg.Element]:
    x, y, width, height = (round(value, 1) for value in (box.x, box.y, box.width, box.height))
    yield svg.Rect(x=x, y=y, width=width, height=height, rx=_ROUND, class_=[box.style])
    yield from map(_text, box.texts)


def _text(text: Text) -> svg.Element:
    size = SIZES[text.style]
    return svg.Text(
        x=round(text.x, 1),
        y=round(text.y + 2 + size * _ASCENT, 1),
        font_size=size,
        class_=[text.style],
        text=escape(text.words),
    )


def _arrow(arrow: Arrow) -> Iterator[svg.Element]:
    (x, y), *rest = ((round(x, 1), round(y, 1)) for x, y in arrow.points)
    yield svg.Path(d=[svg.M(x, y), *(svg.L(*point) for point in rest)], marker_end=f"url(#{_HEAD})")
    if arrow.label:
        yield _text(arrow.label)
