"""What is known of each property: measured.json and effects.yaml joined with what the providers declare."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from localcloud.fidelity.measure import Measured
from localcloud.fidelity.properties import IMAGE, Verdict
from localcloud.providers.aws import RESOURCES

HERE = Path(__file__).parent
MEASURED, EFFECTS = HERE / "measured.json", HERE / "effects.yaml"
LABELS = frozenset({"alarmDescription", "description", "displayName", "tags"})
LABEL = "a label: AWS does nothing by it either, but where a policy asks for tags"
UNPROVED = "no test shows that it does anything here"
WORKS = ("container", "request", "api")
"""By what it is seen that a property does its work. A `refusal` shows only that a wrong one is refused."""

Pair = tuple[str, str]
"""A type's token and a property."""


def extent(token: str) -> str:
    """How much of a type there is: emulated, idle, recorded or unsupported."""
    resource = RESOURCES.get(token)
    if resource is None:
        return "emulated" if token == IMAGE else "unsupported"
    return "recorded" if resource.recorded else "idle" if resource.idle else "emulated"


@dataclass(frozen=True)
class Report:
    """All that the page says."""

    measured: Mapping[str, Measured]
    """By stack."""
    effects: Mapping[str, Mapping[str, Mapping[str, str]]]
    """By type and property: `by` what an effect is seen, and the `test` that sees it."""
    functions: Mapping[str, list[str]]
    """By token: the stacks that call it."""

    @classmethod
    def load(cls) -> "Report":
        """As the files have it."""
        found: dict[str, Any] = yaml.safe_load(EFFECTS.read_text(encoding="utf-8"))
        measured = json.loads(MEASURED.read_text(encoding="utf-8"))
        return cls(measured=measured, effects=found["properties"], functions=found["functions"])

    def pairs(self, stacks: Iterable[str]) -> dict[Pair, Verdict]:
        """Every property that the stacks set, with its worst verdict."""
        found: dict[Pair, Verdict] = {}
        for verdict in reversed(Verdict):
            for token, of in (item for stack in stacks for item in self.measured[stack].items()):
                found |= {(token, name): verdict for name in of.get(verdict, ())}
        return dict(sorted(found.items()))

    @cached_property
    def all(self) -> dict[Pair, Verdict]:
        """Every property that a stack sets."""
        return self.pairs(self.measured)

    def works(self, pair: Pair) -> bool:
        """Whether a test sees what it does."""
        return self._seen_by(pair) in WORKS

    def refused(self, pair: Pair) -> bool:
        """Whether a test sees a refusal, and nothing else of it."""
        return self._seen_by(pair) == "refusal"

    def _seen_by(self, pair: Pair) -> str:
        return self.effects.get(pair[0], {}).get(pair[1], {}).get("by", "")

    def declared(self, pair: Pair) -> str:
        """Why nothing comes of a property, in the providers' own words; "" where they have none."""
        token, name = pair
        resource, top = RESOURCES.get(token), name.partition(".")[0]
        if resource is None:
            return ""
        named = (f"{top}:", f"{top}.", f"{top} ")
        noted = [note.partition(": ")[2] for note in self._notes(token) if note.startswith(named)]
        told = (
            resource.not_emulated.get(top),
            resource.unobeyed.get(top),
            *noted,
            resource.recorded,
            resource.idle,
        )
        return next((one for one in told if one), "")

    def reason(self, pair: Pair) -> str:
        """Why a property has no effect, but for a refusal."""
        token, name = pair
        whole = next((note for note in self._notes(token) if ": " not in note), UNPROVED)
        why = self.declared(pair) or (LABEL if name in LABELS else whole)
        return f"refused when wrong; otherwise: {why}" if self.refused(pair) else why

    def _notes(self, token: str) -> list[str]:
        of = (measured.get(token, {}).get("notes", ()) for measured in self.measured.values())
        return sorted({note for notes in of for note in notes})


def write(measured: Mapping[str, Measured]) -> None:
    """Keep what was measured: a line a type, so that differences are small."""
    stacks = (
        f"{json.dumps(stack)}: {{\n"
        + ",\n".join(f"  {json.dumps(token)}: {json.dumps(of)}" for token, of in types.items())
        for stack, types in measured.items()
    )
    MEASURED.write_text("{\n" + "\n},\n".join(stacks) + "\n}\n}\n", encoding="utf-8")
