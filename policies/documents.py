"""Policy documents of IAM, keys, buckets and topics: their statements, and what those allow."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from policies.graph import UNKNOWN, Value, as_list, at, document


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement of a policy document."""

    values: Value
    """What the document says."""

    @property
    def allows(self) -> bool:
        """Whether it allows, rather than denies."""
        return at(self.values, "Effect") == "Allow"

    @property
    def actions(self) -> list[str]:
        """What it is about; everything, where it only says what it is not about."""
        return ["*"] if at(self.values, "NotAction") else as_list(at(self.values, "Action"))

    @property
    def resources(self) -> list[str]:
        """Which resources it is about; everything, where it only says which not."""
        return ["*"] if at(self.values, "NotResource") else as_list(at(self.values, "Resource"))

    @property
    def principals(self) -> list[tuple[str, str]]:
        """Who it is about, as pairs such as `("Service", "ecs-tasks.amazonaws.com")`."""
        principal = at(self.values, "Principal")
        if not isinstance(principal, dict):
            return [("AWS", str(one)) for one in as_list(principal)]
        return [(kind, str(name)) for kind in principal for name in as_list(at(principal, kind))]

    @property
    def conditions(self) -> dict[str, list[tuple[str, str]]]:
        """Each condition key, in lower case, with its operators and values."""
        found: dict[str, list[tuple[str, str]]] = {}
        condition = at(self.values, "Condition")
        for operator in condition if isinstance(condition, dict) else ():
            tests = at(condition, operator)
            for key in tests if isinstance(tests, dict) else ():
                found.setdefault(str(key).lower(), []).extend((str(operator), str(one)) for one in as_list(tests[key]))
        return found

    def may(self, action: str, resources: set[str]) -> bool:
        """Whether it allows an action on a resource, which goes by any of some names."""
        does = any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in self.actions)
        return self.allows and does and any(fnmatchcase(one, str(ours)) for ours in self.resources for one in resources)


def statements(value: Value) -> Iterator[Statement]:
    """The statements of a document; none when it is unknown."""
    for statement in as_list(at(document(value), "Statement")):
        if statement is not UNKNOWN:
            yield Statement(values=statement)


def is_known(value: Value) -> bool:
    """Whether a document can be judged."""
    return document(value) is not UNKNOWN


def open_to_all(value: Value) -> bool:
    """Whether a statement allows everybody, without a condition that narrows it."""
    every = (one for one in statements(value) if one.allows and not one.conditions)
    return any(name == "*" for statement in every for _, name in statement.principals)
