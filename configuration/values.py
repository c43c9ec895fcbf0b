"""Reading a stack's values before anything is known of them."""

from typing import Any, cast


def mapping(value: object) -> dict[str, Any]:
    """A mapping as it is, and an empty one for anything else."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def texts(value: object) -> list[str]:
    """The texts of a list, and none of anything else."""
    return [one for one in cast(list[Any], value) if isinstance(one, str)] if isinstance(value, list) else []


def mappings(value: object) -> list[dict[str, Any]]:
    """The mappings of a list, and none of anything else."""
    return [mapping(one) for one in cast(list[Any], value)] if isinstance(value, list) else []


def lists_as_tuples(values: dict[str, Any]) -> dict[str, Any]:
    """The values as a frozen dataclass takes them."""
    return {key: tuple(cast(list[Any], value)) if isinstance(value, list) else value for key, value in values.items()}
