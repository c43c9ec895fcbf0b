"""The stack's file: whether the program takes it, and what the policies say of it."""

from collections.abc import Iterator
from datetime import date

from ops import check
from ops.doctor.surroundings import Surroundings
from ops.doctor.verdict import Verdict, missing, ok, unknown
from ops.words import counted

FILE, POLICIES = "stack file", "policies"


def file(around: Surroundings) -> Iterator[Verdict]:
    """Settings that are complete and allowed."""
    if around.program:
        resources = sum(not one.component for one in around.program.made)
        yield ok(FILE, f"Pulumi.{around.stack}.yaml makes {counted(resources, 'resource')} in {around.region}")
    else:
        yield missing(FILE, around.problem, f"mend Pulumi.{around.stack}.yaml")


def policies(around: Surroundings) -> Iterator[Verdict]:
    """No violation that no exception covers."""
    if not around.program:
        yield unknown(POLICIES, "the stack file comes first")
        return
    report = check.judged(around.program, date.today())
    violations, ended = len(report.violations), len(report.expired)
    if report.passed:
        yield ok(POLICIES, f"no violation, {len(report.exempted)} accepted by exceptions")
    else:
        found = f"{counted(violations, 'violation')}, {counted(ended, 'exception')} ended"
        yield missing(POLICIES, found, f"python -m ops check --stack {around.stack}")
