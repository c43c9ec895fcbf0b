"""Settings as rows: what a stack file says, and what the defaults say where it says nothing."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple, cast

from pydantic import BaseModel

from policies.secret_names import is_secret

HIDDEN = "not shown: it looks like a secret"
"""What stands in place of a value that a stack file should not hold."""
_GROUPS = {
    "Image and size": ("build", "image", "cpu", "memory", "ephemeral_storage"),
    "Requests": (
        *("kind", "port", "paths", "hosts", "headers", "methods", "priority", "calls", "authentication", "stickiness"),
        "keep_alive_timeout",
    ),
    "Tasks": (
        *("schedule", "service", "enabled", "desired_count", "scaling", "capacity", "zone_rebalancing"),
        *("health_check", "container_health_check", "start_period"),
    ),
    "Deployment": (
        *("deployment", "pre_deploy", "timeout_minutes", "slow_start", "deregistration_delay", "stop_timeout"),
    ),
    "Containers": (
        *("command", "entry_point", "environment", "secrets", "user", "writable_paths", "volumes", "open_files"),
        *("init_process", "depends_on", "sidecars"),
    ),
    "Access and telemetry": ("permissions", "execute_command", "telemetry", "log_router"),
}
"""The settings of services and jobs by what people look for; those that are in none come last."""
_OTHERS = "More"


class Row(NamedTuple):
    """One setting."""

    name: str
    """Its path, as a stack file has it."""
    value: str
    """Its value as text."""
    default: bool
    """Whether it is the default's."""


Effective = Mapping[str, object]
"""What settings come to that are left out, by name."""


def rows(model: BaseModel, only: Collection[str], effective: Effective | None = None) -> list[Row]:
    """Settings of a part of a stack file, each within another one by its path.

    Args:
        model: the part.
        only: the settings that are wanted, in their order; the part need not have all.
        effective: what those come to that are left out.
    """
    parts = {name: (value, default) for name, value, default in _parts(model)}
    wanted = [(name, *parts[name]) for name in only if name in parts]
    return [row for name, value, default in wanted for row in _rows(name, (effective or {}).get(name, value), default)]


def groups(model: BaseModel, only: Collection[str], effective: Effective) -> list[dict[str, Any]]:
    """Settings of a service or a job, by what people look for."""
    known = {name for names in _GROUPS.values() for name in names}
    by_title = {**_GROUPS, _OTHERS: tuple(name for name in only if name not in known)}
    found = {
        title: rows(model, [name for name in names if name in only], effective) for title, names in by_title.items()
    }
    return [{"title": title, "settings": as_values(some)} for title, some in found.items() if some]


def as_values(found: Collection[Row]) -> list[dict[str, Any]]:
    """Rows for scripts, and for the page."""
    return [row._asdict() for row in found]


def _rows(path: str, value: object, default: bool) -> Iterator[Row]:
    """A setting, or those within it but for what is left out there."""
    parts = [*_parts(value)]
    said = [part for part in parts if not (part[2] and part[1] in (None, (), {}))]
    if parts and not default and all(is_default for _, _, is_default in parts):
        yield Row(path, "by its defaults", False)
    elif not said:
        yield Row(path, "none" if parts else _text(value), default)
    for name, one, is_default in said:
        yield from _rows(f"{path}.{name}", one, is_default)


def _parts(value: object) -> Iterator[tuple[str, object, bool]]:
    """What a value consists of, each part with its name and whether it is the default's."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            one = getattr(value, name)
            yield name, one, one == field.get_default(call_default_factory=True, validated_data={})
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            one = getattr(value, field.name)
            made = field.default_factory() if callable(field.default_factory) else field.default
            yield field.name, one, one == made
    elif isinstance(value, Mapping):
        for name, one in cast(Mapping[str, object], value).items():
            yield name, HIDDEN if type(one) is str and is_secret(name, one) else one, False
    elif isinstance(value, tuple) and not all(isinstance(one, str | int) for one in cast(tuple[object, ...], value)):
        yield from ((str(index), one, False) for index, one in enumerate(cast(tuple[object, ...], value)))


def _text(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | Mapping):
        return ", ".join(map(_text, cast(tuple[object, ...], value))) or "none"
    return HIDDEN if is_secret("", str(value)) else str(value) or '""'
