"""The pages of this repository, read as CommonMark: their code blocks, headings, links and words in backticks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
WHERE = ("*.md", "docs/**/*.md", "examples/**/*.md", "localcloud/**/*.md", "bootstrap/**/*.md", "bench/**/*.md")
MARKS = ("walk", "writes", "edits", "only", "other")
"""What the comment directly above a fence may say: CONTRIBUTING.md has what each of them means."""
_BETWEEN = re.compile(rf", (?=(?:{'|'.join(MARKS)}): )")
_COMMENT = re.compile(r"<!-- (\w+: .+?) -->")


class PageError(ValueError):
    """A page that cannot be read as it was meant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """What stands on a page."""

    page: str
    """Path of its page, from the root of the repository."""
    line: int
    """Where it begins, from 1; a block with its opening fence."""

    @property
    def place(self) -> str:
        """`page:line`, by which a test of it is named, and editors open it."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Block(Placed):
    """One fenced block."""

    language: str
    """First word after the fence."""
    marks: dict[str, str]
    """What the comment directly above it says, by `MARKS`."""
    text: str
    """What stands between the fences."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said(Placed):
    """A link's target, or words in backticks."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell(Placed):
    """One cell of a table, below its head."""

    column: str
    """What stands at its column's head, as it is written."""
    text: str
    """What stands in it, as it is written."""
    code: tuple[str, ...]
    """Its words in backticks."""


class Page:
    """One page."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.tokens: list[Token] = MarkdownIt("commonmark").enable("table").parse(text)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Its fenced blocks, in their order."""
        return tuple(self._blocks())

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Where a link into it may lead, by GitHub's rule: the headings, a number after those that come again."""
        seen: dict[str, int] = {}
        found = set[str]()
        for before, token in zip(self.tokens, self.tokens[1:], strict=False):
            if before.type == "heading_open":
                anchor = _anchor(token)
                times = seen[anchor] = seen.get(anchor, -1) + 1
                found.add(f"{anchor}-{times}" if times else anchor)
        named = (name for token in self.tokens for name in re.findall(r'<a (?:id|name)="([^"]+)"', token.content))
        return frozenset({*found, *named})

    @cached_property
    def links(self) -> tuple[Said, ...]:
        """Targets of its links and pictures."""
        kinds = {"link_open": "href", "image": "src"}
        return tuple(
            Said(page=self.path, line=line, text=str(one.attrs[kinds[one.type]]))
            for line, one in self._inline()
            if one.type in kinds
        )

    @cached_property
    def code(self) -> tuple[Said, ...]:
        """Words in backticks."""
        return tuple(
            Said(page=self.path, line=line, text=one.content)
            for line, one in self._inline()
            if one.type == "code_inline"
        )

    @cached_property
    def texts(self) -> tuple[Said, ...]:
        """Its headings, paragraphs and cells, as they are written, each with the line where it begins."""
        found: list[Said] = []
        line = 0
        for token in self.tokens:
            line = token.map[0] + 1 if token.map else line
            if token.type == "inline":
                found.append(Said(page=self.path, line=line, text=token.content))
        return tuple(found)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of its tables."""
        return tuple(self._cells())

    def _cells(self) -> Iterator[Cell]:
        heads: list[str] = []
        row: list[Token] = []
        line = 0
        for kind, token in zip(["", *(one.type for one in self.tokens)], self.tokens, strict=False):
            if token.type == "thead_open":
                heads = []
            elif token.type == "tr_open":
                row, line = [], (token.map or [0])[0] + 1
            elif kind == "th_open":
                heads.append(token.content)
            elif kind == "td_open":
                code = tuple(one.content for one in token.children or () if one.type == "code_inline")
                column = heads[len(row)]
                row.append(token)
                yield Cell(page=self.path, line=line, column=column, text=token.content, code=code)

    def _blocks(self) -> Iterator[Block]:
        above: Token | None = None
        for token in self.tokens:
            if token.type == "fence":
                (line, _), language = token.map or [0, 0], token.info.strip().partition(" ")[0]
                comment = above.content if above and above.map and above.map[1] == line else ""
                marks = _marks(comment, f"{self.path}:{line + 1}")
                yield Block(page=self.path, line=line + 1, language=language, marks=marks, text=token.content)
            above = token if token.type == "html_block" else None

    def _inline(self) -> Iterator[tuple[int, Token]]:
        line = 0
        for token in self.tokens:
            line = token.map[0] + 1 if token.map else line
            at = line
            for child in token.children or ():
                at += child.type in ("softbreak", "hardbreak")
                yield at, child


def tell(problems: Iterable[str]) -> None:
    """Fail if there are problems, with a line for each.

    Raises:
        AssertionError: there are.
    """
    if told := "\n".join(problems):
        raise AssertionError(told)


@cache
def pages() -> tuple[Page, ...]:
    """Every page, by its path."""
    files = {file for where in WHERE for file in ROOT.glob(where)}
    return tuple(Page(str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")) for file in sorted(files))


def blocks(*languages: str) -> list[Block]:
    """Every block of these languages, of all pages; of no language in particular: all."""
    return [one for page in pages() for one in page.blocks if not languages or one.language in languages]


def _marks(comment: str, place: str) -> dict[str, str]:
    found = _COMMENT.fullmatch(comment.strip())
    if not found:
        return {}
    marks = dict(part.split(": ", 1) for part in _BETWEEN.split(found[1]))
    if unknown := sorted(set(marks) - set(MARKS)):
        raise PageError(f"{place}: unknown mark {', '.join(unknown)}: choose from {', '.join(MARKS)}")
    return marks


def _anchor(heading: Token) -> str:
    """The words of a heading, small, without punctuation, joined by hyphens (GitHub Docs, "Section links")."""
    words = "".join(one.content for one in heading.children or () if one.type in ("text", "code_inline"))
    return re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
