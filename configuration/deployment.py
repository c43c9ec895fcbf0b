"""How a stack's services take over a new version, and what of them does not fit that."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from components import Capacity
from components.registration import ALTERNATE, SHIFT, alternate_problem
from components.strategy import DeploymentConfiguration

from .values import mapping


def short_deployment(value: object) -> object:
    """A word alone as the mapping that it stands for."""
    return {"strategy": value} if isinstance(value, str) else value


def deployment_problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Services whose way to take over a new version does not fit what else they say."""
    services = mapping(values.get("services"))
    for name, service in services.items():
        said = mapping(service)
        deployment = _deployment(said.get("deployment"))
        if not deployment:
            continue
        taken = {f"{name}{ALTERNATE}", f"{name}{SHIFT}"} & services.keys() if deployment.two_groups else ()
        conflicts = deployment.conflicts(
            is_balanced=said.get("kind", "web") == "web",
            signs_in=bool(said.get("authentication")),
            is_sticky=said.get("stickiness") is not None,
            is_all_spot=_is_all_spot(said.get("capacity")),
            counts_requests=mapping(said.get("scaling")).get("requests_per_target") is not None,
        )
        problems = (alternate_problem(name, deployment), *conflicts)
        yield from (f"services.{name}.deployment: {problem}" for problem in problems if problem)
        for other in sorted(taken):
            yield f"services.{other}: resources of service {name} are named so, by its deployment: take another name"


def _deployment(given: object) -> DeploymentConfiguration | None:
    """What a stack file says; nothing where the model tells what is wrong with it."""
    if given is None:
        return None
    try:
        return TypeAdapter(DeploymentConfiguration).validate_json(json.dumps(short_deployment(given)), strict=True)
    except ValidationError:
        return None


def _is_all_spot(capacity: object) -> bool:
    mix = mapping(capacity)
    return capacity == Capacity.FARGATE_SPOT or (mix.get("fargate") == 0 and not mix.get("base"))
