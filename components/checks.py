"""Checks of plain inputs: every problem of a component's arguments is told at once."""

from collections.abc import Iterable, Sequence


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


def too_low(name: str, value: int, least: int) -> str | None:
    """The problem with a number below its bound."""
    return None if value >= least else f"{name} must be at least {least}, got {value}"


def not_one_of(name: str, value: int, allowed: Sequence[int]) -> str | None:
    """The problem with a number that is none of those allowed."""
    return None if value in allowed else f"{name} must be one of {list(allowed)}, got {value}"
