"""How much room a text takes, without a font: rather too much than too little.

The widths are those of DejaVu Sans, the widest of the usual sans-serif fonts, in thousandths of the font's size.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

SIZE = 13
"""Of every font, in pixels, but for titles and labels."""
BOLD = 1.12
"""How much wider letters are in bold."""
_WIDTHS = {"ijl|'": 280, " .,:;!I·": 400, 'frt-()[]/\\"*': 500, "m@%wW": 1000, "M&": 880}
_WIDTH_OF = {letter: width for letters, width in _WIDTHS.items() for letter in letters}
_LOWER, _UPPER, _WIDE = 640, 790, 1100
_BREAKS = "-/.:_@*"
"""After these a long word may go on in the next line."""


@lru_cache(maxsize=4096)
def width(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """The width of a text, in pixels."""
    return sum(map(_width_of, text)) * size / 1000 * (BOLD if bold else 1)


def wrap(text: str, room: float, size: float = SIZE, *, bold: bool = False) -> list[str]:
    """A text in lines that are no wider than the room, all of it: what has no space is broken where it can be."""
    lines = [""]
    for word in text.split():
        for index, piece in enumerate(_pieces(word, room, size, bold=bold)):
            longer = f"{lines[-1]} {piece}".strip() if index == 0 else lines[-1] + piece
            if width(longer, size, bold=bold) <= room:
                lines[-1] = longer
            else:
                lines.append(piece)
    return [line for line in lines if line] or [""]


def _pieces(word: str, room: float, size: float, *, bold: bool) -> Iterator[str]:
    """The word, or where it is wider than the room its parts."""
    if width(word, size, bold=bold) <= room:
        yield word
        return
    piece = ""
    for letter in word:
        if piece and (piece[-1] in _BREAKS or width(piece + letter, size, bold=bold) > room):
            yield piece
            piece = ""
        piece += letter
    yield piece


def _width_of(letter: str) -> int:
    if letter in _WIDTH_OF:
        return _WIDTH_OF[letter]
    if ord(letter) > 0x7F:
        return _WIDE if unicodedata.east_asian_width(letter) in "WF" else 1000
    return _UPPER if letter.isupper() else _LOWER
