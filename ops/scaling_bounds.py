"""Which services scale by themselves, and how far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.deployed import Deployed

MOST_TARGETS = 50
"""That are asked for at once: as many as an answer holds."""
_DIMENSION = "ecs:service:DesiredCount"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Between how many tasks a service scales."""

    min: int
    """The fewest."""
    max: int
    """The most."""

    @property
    def shown(self) -> str:
        """In words."""
        return f"{self.min} to {self.max} tasks"


def bounds(deployed: Deployed, names: Sequence[str]) -> dict[str, Bounds]:
    """The bounds of those services that scale, by their names in the stack file.

    Application Auto Scaling is asked; a local cloud, which has none, scales nothing: there the stack file says it.

    Source: Application Auto Scaling API Reference, "DescribeScalableTargets".
    """
    if deployed.is_local:
        return dict(_of_file(deployed, names))
    ids = {f"service/{deployed.cluster}/{deployed.service(name)['service']}": name for name in names}
    return {ids[one["ResourceId"]]: _bounds(one) for one in _targets(deployed, list(ids))}


def _targets(deployed: Deployed, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    pages = deployed.client("application-autoscaling").get_paginator("describe_scalable_targets")
    for first in range(0, len(ids), MOST_TARGETS):
        some = list(ids[first : first + MOST_TARGETS])
        for page in pages.paginate(ServiceNamespace="ecs", ResourceIds=some, ScalableDimension=_DIMENSION):
            yield from page["ScalableTargets"]


def _bounds(target: Mapping[str, Any]) -> Bounds:
    return Bounds(min=target["MinCapacity"], max=target["MaxCapacity"])


def _of_file(deployed: Deployed, names: Sequence[str]) -> Iterator[tuple[str, Bounds]]:
    services = deployed.file.structured("fargate:services")
    for name in names:
        service: Mapping[str, Any] = services.get(name) or {}
        if scaling := service.get("scaling"):
            yield name, Bounds(min=scaling["min"], max=scaling["max"])
