"""What the checks say, for people and for scripts."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from ops.doctor.examine import is_ready, nothing_missing
from ops.doctor.verdict import State, Verdict

_STYLES = {State.OK: "green", State.MISSING: "bold red", State.UNKNOWN: "yellow"}


def show(out: Console, stack: str, verdicts: Sequence[Verdict]) -> None:
    """Print each with what mends it, and how many there are of each kind."""
    wide = max(len(one.subject) for one in verdicts)
    for one in verdicts:
        out.print(f"{one.state:<9}", style=_STYLES[one.state], end="  ")
        found = one.found.replace("\n", f"\n{'':<{wide + 13}}")
        out.print(f"{one.subject:<{wide}}  {found}")
        if one.mend:
            out.print(f"{'':<{wide + 13}}-> {one.mend}")
    said, style = _verdict(verdicts)
    out.print(f"{stack}: {said}", style=style)


def as_values(stack: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The same as plain values."""
    checks = [{"subject": v.subject, "state": str(v.state), "found": v.found, "mend": v.mend} for v in verdicts]
    unknown = Counter(one.state for one in verdicts)[State.UNKNOWN]
    return {"stack": stack, "ready": is_ready(verdicts), "unknown": unknown, "checks": checks}


def _verdict(verdicts: Sequence[Verdict]) -> tuple[str, str]:
    """All of them in a few words, and their colour: `ready` is said only where nothing is left that is not known."""
    count = Counter(one.state for one in verdicts)
    told = ", ".join(f"{count[state]} {state}" for state in State if count[state])
    if is_ready(verdicts):
        return f"ready for its first up: {told}", "green"
    if nothing_missing(verdicts):
        return f"nothing is missing, {count[State.UNKNOWN]} not known, {count[State.OK]} ok", "yellow"
    return f"not ready: {told}", "red"
