"""What a check says: all is well, something is missing, or it could not be known."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands with what was looked at."""

    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One thing that a first `up` needs."""

    subject: str
    """What was looked at, such as `Elastic IP addresses`."""
    state: State
    """How it stands with it."""
    found: str
    """What was found; of what is not known, why."""
    mend: str = ""
    """The command, or what else to do; empty where there is nothing to do."""


def ok(subject: str, found: str, mend: str = "") -> Verdict:
    """It is there, though something may be better."""
    return Verdict(subject=subject, state=State.OK, found=found, mend=mend)


def missing(subject: str, found: str, mend: str) -> Verdict:
    """An `up` would fail, or reach somebody else's account."""
    return Verdict(subject=subject, state=State.MISSING, found=found, mend=mend)


def unknown(subject: str, why: str, mend: str = "") -> Verdict:
    """Nobody who was asked could say."""
    return Verdict(subject=subject, state=State.UNKNOWN, found=why, mend=mend)
