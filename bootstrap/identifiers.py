"""How GitHub, CircleCI and AWS name what delivery is about."""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field


def _like(pattern: str, wanted: str) -> Callable[[str], str]:
    """A check that a text is as it must be."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {wanted}, got {value!r}")
        return value

    return check


Id = Annotated[int, Field(ge=1)]
Repository = Annotated[
    str, AfterValidator(_like(r"[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+", "OWNER/NAME, such as example/shop"))
]
Uuid = Annotated[
    str,
    AfterValidator(
        _like(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "a UUID in small letters, such as 01234567-89ab-cdef-0123-456789abcdef",
        )
    ),
]
Connection = Annotated[
    str,
    AfterValidator(
        _like(
            r"arn:[\w-]+:(codeconnections|codestar-connections):[\w-]+:\d{12}:connection/[0-9a-f-]{36}",
            "a connection's, such as arn:aws:codeconnections:REGION:ACCOUNT:connection/UUID",
        )
    ),
]
