"""`ops check`: every policy over a stack that is not deployed yet."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console

from costs.budget import budget
from ops import offline
from ops.stack_file import StackFileError
from ops.words import counted
from policies.evaluate import Report, evaluate
from policies.exemption import Exemption, parse
from policies.rule import Finding
from policies.rules import RULES

_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


def report(folder: Path, stack: str, today: date) -> Report:
    """What the policies find in a stack, by the exceptions that hold on a day.

    Raises:
        StackFileError: the stack's file is missing or wrong.
    """
    return judged(offline.run(folder, stack), today)


def judged(found: offline.Stack, today: date) -> Report:
    """What the policies find in a program's resources, by the exceptions that hold on a day.

    Raises:
        StackFileError: the file's exceptions or its budget are wrong.
    """
    try:
        exemptions = parse(found.file.config)
        budget(found.file.config)
    except ValueError as error:
        raise StackFileError(str(error)) from None
    return evaluate(found.graph, exemptions, today)


def show(out: Console, stack: str, report: Report) -> None:
    """Print a report for people."""
    for severity, found in groupby(report.violations, key=lambda one: one.rule.severity):
        out.print(f"{severity.upper()}", style=_STYLES[severity])
        for finding in found:
            out.print("\n".join(_lines(finding)), markup=False)
        out.print()
    for exemption in report.expired:
        out.print(f"ended on {exemption.last_day}: {_of(exemption)}: renew or remove it", style="red", markup=False)
    if report.exempted:
        out.print("Exceptions used")
    for exemption, names in _used(report):
        out.print(f"  {_of(exemption)} until {exemption.last_day}: {exemption.reason} ({names})", markup=False)
    for exemption in report.unneeded:
        out.print(f"note: {_of(exemption)} is no longer needed", markup=False)
    out.print(_summary(stack, report), style="green" if report.passed else "red")


def as_json(report: Report) -> str:
    """A report for scripts."""
    return json.dumps(as_values(report), indent=2)


def as_values(report: Report) -> dict[str, Any]:
    """A report as plain values."""
    return {
        "passed": report.passed,
        "violations": [_values(one) for one in report.violations],
        "exempted": [
            {**_values(one), "reason": exemption.reason, "until": str(exemption.last_day)}
            for one, exemption in report.exempted
        ],
        "expired": [_exemption_values(one) for one in report.expired],
        "unneeded": [_exemption_values(one) for one in report.unneeded],
    }


def _lines(finding: Finding) -> Iterator[str]:
    yield f"  {finding.rule.id}: {finding.resource.type} {finding.resource.name}"
    yield f"    got     {finding.got}"
    yield f"    wanted  {finding.wanted}"
    yield f"    fix     {finding.rule.fix}"


def _used(report: Report) -> Iterator[tuple[Exemption, str]]:
    """Each exception with the resources that it is used for."""
    for exemption in dict.fromkeys(exemption for _, exemption in report.exempted):
        names = dict.fromkeys(finding.resource.name for finding, one in report.exempted if one == exemption)
        yield exemption, ", ".join(names)


def _of(exemption: Exemption) -> str:
    where = "" if exemption.resource == "*" else f" for {exemption.resource}"
    return f"exception of {', '.join(exemption.rules)}{where}"


def _summary(stack: str, report: Report) -> str:
    violations, ended = len(report.violations), len(report.expired)
    return (
        f"{stack}: {len(RULES)} rules, {counted(violations, 'violation')}, "
        f"{len(report.exempted)} accepted by exceptions" + (f", {counted(ended, 'exception')} ended" if ended else "")
    )


def _values(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "severity": finding.rule.severity.value,
        "controls": list(finding.rule.controls),
        "type": finding.resource.type,
        "resource": finding.resource.name,
        "got": finding.got,
        "wanted": finding.wanted,
        "fix": finding.rule.fix,
    }


def _exemption_values(exemption: Exemption) -> dict[str, Any]:
    return {
        "rules": list(exemption.rules),
        "resource": exemption.resource,
        "reason": exemption.reason,
        "until": str(exemption.last_day),
    }
