"""What the policies say of a stack, each exception with what it accepts."""

from datetime import date
from typing import Any

from ops import check
from policies.evaluate import Report
from policies.rules import RULES


def policy_results(judged: Report, today: date) -> dict[str, Any]:
    """Violations, and the exceptions in use, the one that ends first before the others."""
    values = check.as_values(judged)
    accepted = values.pop("exempted")
    exceptions: dict[int, dict[str, Any]] = {}
    for (_, exemption), finding in zip(judged.exempted, accepted, strict=True):
        known = exceptions.setdefault(
            id(exemption),
            {
                "rules": list(exemption.rules),
                "resource": exemption.resource,
                "reason": exemption.reason,
                "until": str(exemption.last_day),
                "days_left": (exemption.last_day - today).days,
                "findings": [],
            },
        )
        known["findings"].append({key: one for key, one in finding.items() if key not in ("reason", "until")})
    return {
        "rules": len(RULES),
        **values,
        "accepted": len(accepted),
        "exceptions": sorted(exceptions.values(), key=lambda one: one["until"]),
    }
