"""Times of a service and of its load balancer that do not fit one another."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.graceful import deployment_problem, keep_alive_problem, stop_problem

from .load_balancer import LoadBalancerSettings
from .service import Kind, ServiceSettings
from .values import mapping


def timing_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the times of services that the load balancer reaches; the models tell bounds."""
    fields, edge = ServiceSettings.model_fields, LoadBalancerSettings.model_fields
    idle = _seconds(values.get("load_balancer"), "idle_timeout", edge["idle_timeout"].default)
    for name, service in mapping(values.get("services")).items():
        if mapping(service).get("kind", Kind.WEB) != Kind.WEB:
            continue
        keep_alive, stop, minutes, delay = (
            _seconds(service, key, fields[key].default)
            for key in ("keep_alive_timeout", "stop_timeout", "timeout_minutes", "deregistration_delay")
        )
        problems = {
            "keep_alive_timeout": keep_alive and idle and keep_alive_problem(keep_alive, idle),
            "stop_timeout": stop and delay and stop_problem(stop, delay),
            "timeout_minutes": minutes and delay and deployment_problem(minutes, delay),
        }
        yield from (f"services.{name}.{key}: {problem}" for key, problem in problems.items() if problem)


def _seconds(values: object, key: str, default: int | None) -> int | None:
    """A number as a stack file has it; none where it has something else."""
    found = mapping(values).get(key, default)
    return found if type(found) is int else None
