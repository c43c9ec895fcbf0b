"""The page of a stack: one file that needs nothing else, by a template that escapes whatever it is given."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ops.error import OpsError
from ops.words import counted

_TEMPLATES = Path(__file__).with_name("templates")


def page(content: Mapping[str, Any]) -> str:
    """A stack's content as HTML."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(usd=_usd, counted=counted, by=_by, breakable=_breakable)
    return templates.get_template("page.html").render(
        content,
        style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of ours
        drawn=Markup(content["picture"]),  # noqa: S704 - `ops.diagram` has escaped what it writes
    )


def write_page(text: str, file: Path) -> Path:
    """Write the page, or what is on it; where it is.

    Raises:
        OpsError: the file cannot be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OpsError(f"cannot write {file}: {error.strerror}; --output names another file") from None
    return file


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"


def _breakable(name: str) -> Markup:
    """A name that may go on in the next line where its words end."""
    return Markup(re.sub(r"([._/:])", r"\1<wbr>", str(escape(name))))  # noqa: S704 - it is escaped


def _by(items: Sequence[Mapping[str, Any]], key: str) -> list[tuple[Any, list[Mapping[str, Any]]]]:
    """Items by what they have under a key, in the order in which that comes first."""
    found: dict[Any, list[Mapping[str, Any]]] = {}
    for item in items:
        found.setdefault(item[key], []).append(item)
    return [*found.items()]
