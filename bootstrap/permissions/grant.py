"""A line of the tables that say what a role may do, and the statement of IAM's that it becomes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..names import Names

Document = dict[str, Any]
"""A policy in IAM's words."""

RUN = "run"
"""The reason of an action without which the runs of tests/local/test_least_privilege.py fail."""

MANAGED_POLICY = 6144
"""Characters that a managed policy may have, white space apart (IAM User Guide, "IAM and AWS STS quotas")."""


class Where(StrEnum):
    """On which resources an action is allowed, beside those that the ARNs of a grant name."""

    ANYWHERE = "of the account"
    """Services without regions."""
    HERE = "of the account's region"
    """What AWS lets nobody narrow further, and what only reads."""
    NEW = "that no tag says is another stack's"
    """What makes and tags: the new thing has no tags yet, and may get no other stack's."""
    OWN = "tagged as the stack's"
    """What changes and removes: the tags `project` and `environment` must be there, and be the stack's."""


MADE_BY = {
    service: {"Null": {f"{service}:CreateAction": "false"}}
    for service in ("ec2", "ecs", "elasticfilesystem", "elasticloadbalancing")
}
"""The condition that tags are given by the call that makes a thing, in services that tell IAM: what is there already
keeps its own, or would be the stack's by a tag."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """Actions of one service that are allowed together."""

    name: str
    """Of the statement (`Sid`): letters and digits, once in a policy."""
    service: str
    """IAM's prefix, such as `elasticloadbalancing`."""
    actions: Mapping[str, str]
    """Why each action is needed: `run`, or who says so elsewhere."""
    where: Where
    on: tuple[str, ...] = ("*",)
    """ARNs, in which `{partition}`, `{region}`, `{account}`, `{project}`, `{environment}` stand for the stack's, and
    `{boundary}`, `{builds}`, `{roles}`, `{state}` for ARNs of delivery's."""
    only_if: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Further conditions, with the same words in them."""
    previews: bool = False
    """Whether the preview role has it too, since it only reads."""

    @property
    def full_actions(self) -> list[str]:
        """The actions with their service."""
        return sorted(f"{self.service}:{action}" for action in self.actions)


def policy(grants: Iterable[Grant], names: Names, environment: str) -> Document:
    """The policy that grants become for one environment's stack.

    Args:
        grants: of one service, or of several that belong together.
        names: of delivery in the account.
        environment: the stack's name.
    """
    return {"Version": "2012-10-17", "Statement": [_statement(one, names, environment) for one in grants]}


def because(reason: str, *actions: str) -> dict[str, str]:
    """Actions that are needed for one reason."""
    return dict.fromkeys(actions, reason)


def _statement(grant: Grant, names: Names, environment: str) -> Document:
    words = _words(names, environment)
    resources = [one.format_map(words) for one in grant.on]
    statement = {
        "Sid": grant.name,
        "Effect": "Allow",
        "Action": _alone(grant.full_actions),
        "Resource": _alone(resources),
    }
    conditions = _merged(_CONDITIONS[grant.where], grant.only_if)
    filled = {operator: _filled(keys, words) for operator, keys in conditions.items()}
    return statement | ({"Condition": filled} if filled else {})


def _words(names: Names, environment: str) -> dict[str, str]:
    return {
        "partition": names.partition,
        "region": names.region,
        "account": names.account,
        "project": names.project,
        "environment": environment,
        "boundary": names.boundary_arn(environment),
        "builds": names.builds_repository_arn,
        "key_alias": names.key_alias,
        "roles": names.iam_arn(f"role{names.stack_role_path(environment)}*"),
        "state": names.state_bucket_arn,
    }


_HERE = {"StringEquals": {"aws:RequestedRegion": "{region}"}}
_NO_OTHERS_TAGS = {f"aws:RequestTag/{tag}": f"{{{tag}}}" for tag in ("project", "environment")}
_OWN_TAGS = {f"aws:ResourceTag/{tag}": f"{{{tag}}}" for tag in ("project", "environment")}
_CONDITIONS: Mapping[Where, Mapping[str, Mapping[str, Any]]] = {
    Where.ANYWHERE: {},
    Where.HERE: _HERE,
    Where.NEW: _HERE | {"StringEqualsIfExists": _OWN_TAGS | _NO_OTHERS_TAGS},
    Where.OWN: {"StringEquals": _HERE["StringEquals"] | _OWN_TAGS, "StringEqualsIfExists": _NO_OTHERS_TAGS},
}


def _merged(*conditions: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for one in conditions:
        for operator, keys in one.items():
            merged.setdefault(operator, {}).update(keys)
    return merged


def _filled(keys: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    def fill(value: Any) -> Any:  # noqa: ANN401 - a text, or several
        return value.format_map(words) if isinstance(value, str) else [one.format_map(words) for one in value]

    return {key: fill(value) for key, value in keys.items()}


def _alone(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
