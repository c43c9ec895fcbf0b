"""Words of every command's output."""

import html


def counted(count: int, word: str) -> str:
    """`1 task`, `2 tasks`, `1,000 tasks`."""
    return f"{count:,} {word}{'s' * (count != 1)}"


def code(text: str) -> str:
    """A text in a table of Markdown, as it is: no bar ends its cell, and nothing in it is a mark."""
    return f"<code>{html.escape(text, quote=False).replace('|', '&#124;')}</code>"
