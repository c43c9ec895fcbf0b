"""What an app may do in AWS."""

import re
from collections.abc import Sequence
from typing import Annotated, cast

from pydantic import BeforeValidator, field_validator

from components import iam
from components.checks import refuse

from .model import Model

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"\*|arn:[^\s:]+:[^\s:]+:[^\s:]*:[^\s:]*:\S+")
_OPERATOR = re.compile(
    "(ForAllValues:|ForAnyValue:)?(String(Not)?(Equals(IgnoreCase)?|Like)|Arn(Not)?(Equals|Like)|"
    "(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)|Bool|BinaryEquals|(Not)?IpAddress|Null)(IfExists)?"
)
"""As in the IAM User Guide, "IAM JSON policy elements: Condition operators"."""


def short_values(value: object) -> object:
    """A value alone as the list that it stands for."""
    if isinstance(value, str):
        return (value,)
    return tuple(cast(list[object], value)) if isinstance(value, list) else value


Values = Annotated[tuple[str, ...], BeforeValidator(short_values, json_schema_input_type=str | tuple[str, ...])]


class Permission(Model):
    """A statement that allows something (IAM User Guide, "IAM JSON policy elements")."""

    actions: tuple[str, ...]
    """Such as `s3:GetObject`; one at least."""
    resources: tuple[str, ...]
    """ARNs that they are allowed on, one at least; `*` for what AWS lets nobody narrow."""
    conditions: dict[str, dict[str, Values]] = {}
    """Conditions, as IAM writes them: `{StringEquals: {s3:prefix: public}}`."""

    @field_validator("actions")
    @classmethod
    def _actions(cls, actions: tuple[str, ...]) -> tuple[str, ...]:
        none = None if actions else "must name one action at least, such as s3:GetObject"
        wrong = (one for one in actions if not _ACTION.fullmatch(one))
        refuse((none, *(f"action must be like s3:GetObject, got {one!r}" for one in wrong)))
        return actions

    @field_validator("resources")
    @classmethod
    def _resources(cls, resources: tuple[str, ...]) -> tuple[str, ...]:
        none = None if resources else "must name one resource at least, such as arn:aws:s3:::BUCKET/*"
        wrong = (one for one in resources if not _RESOURCE.fullmatch(one))
        refuse((none, *(f"resource must be an ARN such as arn:aws:s3:::BUCKET/*, or *, got {one!r}" for one in wrong)))
        return resources

    @field_validator("conditions")
    @classmethod
    def _conditions(cls, conditions: dict[str, dict[str, Values]]) -> dict[str, dict[str, Values]]:
        wrong = (one for one in conditions if not _OPERATOR.fullmatch(one))
        refuse(f"condition must have an operator of IAM's such as StringEquals, got {one!r}" for one in wrong)
        return conditions


def policy(permissions: Sequence[Permission]) -> str | None:
    """The policy document of these statements; None without any."""
    return iam.document([_statement(one) for one in permissions]) if permissions else None


def _statement(permission: Permission) -> dict[str, object]:
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Action": list(permission.actions),
        "Resource": list(permission.resources),
    }
    return statement | ({"Condition": permission.conditions} if permission.conditions else {})
