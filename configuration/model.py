"""What every part of a stack file has in common."""

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_WRITES_SCHEMA = Path(sys.argv[0]).name == "settings.py"
"""Descriptions are for the schema alone: to read them from the source takes as long as all the rest."""


class Model(BaseModel):
    """Strict and closed: no value is converted, no key is ignored."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        defer_build=True,  # a part's own validator is never asked: the whole stack's is
        use_attribute_docstrings=_WRITES_SCHEMA,
    )
