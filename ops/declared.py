"""What the local cloud's provider declares of AWS's types: what forces a replacement, what is rehearsed."""

from collections.abc import Mapping
from functools import cache
from typing import Any


@cache
def declared() -> Mapping[str, Any] | None:
    """The types that it declares; None where the local cloud, or a package that it needs, is not installed."""
    try:
        from localcloud.providers.aws import RESOURCES  # it takes a while to load
    except ImportError:
        return None
    return RESOURCES
