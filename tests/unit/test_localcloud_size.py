import ast
from pathlib import Path

import localcloud

LIMIT = 6010
"""Each resource type takes statements: a declaration, and what AWS refuses of it. Schedules that run tasks take 130,
names between services 105, file systems 90, signing in and stickiness 75; what an engine that was killed left behind,
and its lock, take 130, strategies and alarms 65. Topics, dashboards, rules, log filters and budgets take 90, what AWS
refuses of them and of alarms 70, that notices arrive, and only where policies let them, 130, and pages of log events
20. Policies, identity providers, build projects and pipelines take 80, what AWS refuses of them 60. IAM that is
enforced, with the resources, tags, boundaries and passed roles of each call, takes 230, engines that act as a role, and
a state in a bucket, 90. Fidelity takes 310: what is declared, measured and shown. That resources are imported takes 45,
programs with packages of their own 50, calls that are recorded, and what a second emulator found wrong, 110. What goes
wrong on a busy machine, or while two engines work at once, takes 10."""


def statements(file: Path) -> int:
    """Logical lines: a statement counts once, however it is laid out; texts that document count nothing."""
    found = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.stmt))
    return sum(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in found)


def test_the_local_cloud_stays_small():
    total = sum(statements(file) for file in Path(localcloud.__file__ or "").parent.rglob("*.py"))
    assert total <= LIMIT
