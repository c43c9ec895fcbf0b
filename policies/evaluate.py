"""All rules over a stack's resources, and what its exceptions make of the findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from policies.exemption import Exemption
from policies.graph import Graph
from policies.rule import Finding
from policies.rules import RULES


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was found."""

    violations: tuple[Finding, ...]
    """What no exception covers, or one that no longer holds; the worst first."""
    exempted: tuple[tuple[Finding, Exemption], ...]
    """What an exception covers, with it."""
    expired: tuple[Exemption, ...]
    """Exceptions whose last day has passed: each is a violation of its own."""
    unneeded: tuple[Exemption, ...]
    """Exceptions that hold, and that cover nothing any more."""

    @property
    def passed(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.violations and not self.expired


def evaluate(graph: Graph, exemptions: Sequence[Exemption], today: date) -> Report:
    """Judge every resource by every rule."""
    return judge(findings(graph), exemptions, today)


def findings(graph: Graph) -> list[Finding]:
    """Every violation of a stack, covered or not."""
    return [
        finding for rule in RULES for resource in graph.of(*rule.types) for finding in rule.findings(resource, graph)
    ]


def judge(found: Sequence[Finding], exemptions: Sequence[Exemption], today: date) -> Report:
    """Sort findings into those that exceptions cover and those that they do not."""
    holding = [one for one in exemptions if one.holds(today)]
    cover = [(one, next((e for e in holding if e.covers(one.rule.id, one.resource.name)), None)) for one in found]
    exempted = tuple((finding, exemption) for finding, exemption in cover if exemption)
    needed = [e for e in holding if any(e.covers(one.rule.id, one.resource.name) for one in found)]
    return Report(
        violations=tuple(sorted((finding for finding, exemption in cover if not exemption), key=_worst_first)),
        exempted=exempted,
        expired=tuple(one for one in exemptions if one not in holding),
        unneeded=tuple(one for one in holding if one not in needed),
    )


def _worst_first(finding: Finding) -> tuple[int, str, str]:
    return -finding.rule.severity.rank, finding.rule.id, finding.resource.name
