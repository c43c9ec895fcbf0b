"""Policy documents of IAM, keys, buckets and topics: their statements, and what those allow."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from policies.graph import UNKNOWN, Value, account_of, as_list, at, document, has_unknown

NARROWING = frozenset(
    {
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "aws:sourceorgid", "aws:sourcevpc"),
        *("aws:sourcevpce", "aws:principalorgid", "aws:principalaccount", "aws:principalarn", "kms:calleraccount"),
    }
)
"""Condition keys of which one value is one account, organization, network or caller."""
_ARNS = ("aws:sourcearn", "aws:principalarn")
_POSITIVE = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")


class Test(NamedTuple):
    """One test of a condition. All of a condition's must hold."""

    operator: str
    """As it is written."""
    key: str
    """In lower case."""
    values: tuple[str, ...]
    """Any of them may be met."""

    @property
    def kind(self) -> str:
        """Its operator in lower case, as AWS does not tell cases apart."""
        return self.operator.lower()

    @property
    def positive(self) -> bool:
        """Whether it holds only for a request that has the key, with one of the values."""
        return self.kind.removeprefix("foranyvalue:") in _POSITIVE

    @property
    def narrow(self) -> bool:
        """Whether what meets it is known, rather than anybody's."""
        is_narrow = _is_of_one_account if self.key in _ARNS else _is_literal
        return self.positive and all(map(is_narrow, self.values))


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
    def denies(self) -> bool:
        """Whether it denies."""
        return at(self.values, "Effect") == "Deny"

    @property
    def actions(self) -> list[str]:
        """What it is about. To allow all but some is to allow everything; to deny all but some denies none for sure."""
        return self._but_for("NotAction") or _only_texts(at(self.values, "Action"))

    @property
    def resources(self) -> list[str]:
        """Which resources it is about, with all but some as above."""
        return self._but_for("NotResource") or _only_texts(at(self.values, "Resource"))

    @property
    def principals(self) -> list[tuple[str, str]]:
        """Who it is about, as pairs such as `("Service", "ecs-tasks.amazonaws.com")`, with all but some as above."""
        principal = self._but_for("NotPrincipal") or at(self.values, "Principal")
        if not isinstance(principal, dict):
            return [("AWS", str(one)) for one in as_list(principal)]
        return [(kind, str(name)) for kind in principal for name in as_list(at(principal, kind))]

    @property
    def everybody(self) -> bool:
        """Whether it is about everybody."""
        return any(is_anything(name) for _, name in self.principals)

    @property
    def tests(self) -> list[Test]:
        """What its condition wants."""
        condition = at(self.values, "Condition")
        found = condition if isinstance(condition, dict) else {}
        return [
            Test(str(operator), str(key).lower(), tuple(map(str, as_list(wanted))))
            for operator, tests in found.items()
            for key, wanted in (tests.items() if isinstance(tests, dict) else ())
        ]

    def narrowed(self, keys: Collection[str] = NARROWING) -> bool:
        """Whether its condition says by one of some keys for whom it is, or might."""
        unknown = has_unknown(at(self.values, "Condition"))
        return unknown or any(test.narrow for test in self.tests if test.key in keys)

    def may(self, action: str, resources: set[str]) -> bool:
        """Whether it allows an action on a resource, which goes by any of some names."""
        does = any(covers(pattern, action) for pattern in self.actions)
        return self.allows and does and any(fnmatchcase(one, ours) for ours in self.resources for one in resources)

    def _but_for(self, name: str) -> list[str]:
        return ["*"] if self.allows and at(self.values, name) else []


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
    return any(one.allows and one.everybody and not one.narrowed() for one in statements(value))


def refuses_plain(statement: Statement, service: str) -> bool:
    """Whether a statement denies everything of a service to everybody without TLS, whatever else is so."""
    plain = [
        test.kind in ("bool", "boolifexists")
        and test.key == "aws:securetransport"
        and [value.lower() for value in test.values] == ["false"]
        for test in statement.tests
    ]
    every_action = any(covers(action, f"{service}:One", f"{service}:any") for action in statement.actions)
    return statement.denies and statement.everybody and every_action and plain == [True]


def covers(pattern: str, *actions: str) -> bool:
    """Whether an action of a statement, which may have wildcards, is all of some actions."""
    return all(fnmatchcase(action.lower(), pattern.lower()) for action in actions)


def is_anything(pattern: str) -> bool:
    """Whether a pattern is nothing but `*`."""
    return bool(pattern) and not pattern.strip("*")


def _only_texts(value: Value) -> list[str]:
    return [one for one in as_list(value) if isinstance(one, str)]


def _is_literal(value: str) -> bool:
    return not {"*", "?", "$"} & set(value)


def _is_of_one_account(arn: str) -> bool:
    """An ARN of one account, or of a resource that has no account in its ARN, such as a bucket."""
    owner = account_of(arn) or "".join(arn.split(":")[5:])
    return bool(owner) and _is_literal(owner)
