"""What a stack may cost in a month, by its configuration."""

import json
import math
from collections.abc import Mapping

KEY = "fargate:budget"
"""Where a stack's configuration has it."""
REGION = "aws:region"


def budget(config: Mapping[str, str]) -> float | None:
    """USD that a stack may cost in a month; None when nobody said.

    Raises:
        ValueError: it is no number, or none that a month can cost.
    """
    text = config.get(KEY, "").strip()
    if text in ("", "null"):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{KEY} must be a number of USD a month, such as 200; got {text!r}")
    return float(value)
