"""All rules."""

from types import ModuleType

from policies.rule import Rule
from policies.rules import (
    cost,
    file_systems,
    firewall,
    iam,
    images,
    keys,
    load_balancer,
    logs,
    network,
    pipelines,
    queues,
    security_groups,
    storage,
    tasks,
    wiring,
)

FILES: tuple[ModuleType, ...] = (
    network,
    security_groups,
    load_balancer,
    firewall,
    storage,
    file_systems,
    images,
    tasks,
    iam,
    keys,
    logs,
    queues,
    pipelines,
    wiring,
    cost,
)
"""The modules that rules are written in."""


def rules_of(file: ModuleType) -> tuple[Rule, ...]:
    """The rules of a module, in the order in which they are written."""
    return tuple(rule for rule in vars(file).values() if isinstance(rule, Rule))


RULES: tuple[Rule, ...] = tuple(rule for file in FILES for rule in rules_of(file))
"""Every rule, in the order of its file."""

IDS: tuple[str, ...] = tuple(rule.id for rule in RULES)
"""Every rule's id."""
