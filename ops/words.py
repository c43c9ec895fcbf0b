"""Words of every command's output."""


def counted(count: int, word: str) -> str:
    """`1 task`, `2 tasks`, `1,000 tasks`."""
    return f"{count:,} {word}{'s' * (count != 1)}"
