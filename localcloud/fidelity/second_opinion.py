"""What another emulator says to the same calls, as a section of docs/fidelity.md."""

from collections.abc import Mapping
from typing import Any

VERDICTS = ("accepted", "differs", "refused", "not implemented", "not asked")
HEAD = """## A second opinion

The calls of a fresh `up` of dev and prod, kept by `LOCALCLOUD_CALLS` with their answers, made once more in their order
against [moto](https://docs.getmoto.org) {moto}, another emulator than ministack {ministack}, which this cloud is.
Each call counts once, however often it was made. **Accepted**: moto takes it, and its answer says the same in what
a declaration reads, or, where nothing is described, in what was sent. **Differs**: it is taken, and the answers say
different things. **Refused**: one of the two takes it. Written by `python -m tests.local.second_opinion`, and held by
`tests/local/test_second_opinion.py`, which fails where a difference has no reason, or a reason no difference.
"""


def second_opinion_section(data: Mapping[str, Any]) -> str:
    """The section, of what `localcloud/fidelity/second_opinion.json` holds."""
    lacking = ", ".join(f"`{name}`" for name in data["lacking"]) or "none"
    stacks = [f"| {name} | {_counts(counts)} |" for name, counts in data["stacks"].items()]
    services = [f"| {name} | {one['operations']} | {_counts(one)} |" for name, one in data["services"].items()]
    differences = [
        f"| `{one['call']}` | {', '.join(f'`{what}`' for what in one['what'])} | {one['why']} |"
        for one in data["differences"]
    ]
    head = f"{' | '.join(VERDICTS)} |"
    return "\n".join(
        [
            HEAD.format(**data["emulators"]),
            *(f"| stack | {head}", f"| --- |{' ---: |' * len(VERDICTS)}", *stacks, ""),
            *(f"| service | operations | {head}", f"| --- |{' ---: |' * (len(VERDICTS) + 1)}", *services, ""),
            f"Operations that moto lacks, or that need what it lacks: {lacking}.\n",
            *("| call | what differs | why |", "| --- | --- | --- |", *differences),
        ]
    )


def _counts(counts: Mapping[str, int]) -> str:
    return " | ".join(str(counts.get(verdict, 0)) for verdict in VERDICTS)
