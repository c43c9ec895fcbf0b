"""Checks of plain inputs: every problem of a component's arguments is told at once."""

import difflib
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


def not_whole(name: str, value: float) -> str | None:
    """The problem with a number that is to be a whole one; neither `true` nor `1.0` is."""
    return None if type(value) is int else f"{name} must be a whole number, got {value}"


def not_one_of(name: str, value: int, allowed: Sequence[int]) -> str | None:
    """The problem with a number that is none of those allowed."""
    return None if value in allowed else f"{name} must be one of {list(allowed)}, got {value}"


def hint(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """What to say to an unknown word: the one that was meant, or `otherwise`, or else every word."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise or f"known are {', '.join(words)}"
