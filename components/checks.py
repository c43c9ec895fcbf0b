"""Checks of plain inputs: every problem of a component's arguments is told at once."""

from collections.abc import Iterable


def refuse(problems: Iterable[str | None]) -> None:
    """Accept arguments without a problem.

    Raises:
        ValueError: all problems, in one message.
    """
    found = [problem for problem in problems if problem]
    if found:
        raise ValueError("; ".join(found))


def out_of_range(name: str, value: int, low: int, high: int) -> str | None:
    """The problem with a number outside its bounds, which belong to the range."""
    return None if low <= value <= high else f"{name} must be from {low} to {high}, got {value}"
