"""What of a stack is rehearsed on the local cloud, by what its providers declare, and what is not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from ops.declared import declared
from ops.offline import Made

_AWS, _DOCKER = "aws:", "docker:"
"""Packages whose resources an engine makes in a cloud."""


class Extent(StrEnum):
    """How much of what a resource does on AWS happens on the local cloud."""

    WHOLE = "no known difference"
    """Nothing is declared to be otherwise than on AWS."""
    PARTLY = "in part"
    """Some properties are recorded only."""
    IDLE = "made, without effect"
    """AWS's calls are made and told back, and nothing comes of it."""
    RECORDED = "recorded only"
    """AWS's calls are checked, and not made."""
    REFUSED = "refused"
    """The local cloud does not know the type."""


def rehearsal(made: Sequence[Made]) -> dict[str, Any] | None:
    """How many resources have no known difference, and what is missing of the others; None without a local cloud."""
    types = declared()
    if types is None:
        return None
    extents: Counter[Extent] = Counter()
    missing: dict[tuple[Extent, str], list[str]] = {}
    for one in made:
        if one.type.startswith((_AWS, _DOCKER)):
            extent, notes = _judged(one, types)
            extents[extent] += 1
            for note in notes:
                missing.setdefault((extent, note), []).append(f"{one.name} ({one.type.rpartition(':')[2]})")
    order = list(Extent)
    return {
        "resources": extents.total(),
        "extents": {extent.value: extents[extent] for extent in order if extents[extent]},
        "missing": [
            {"extent": extent.value, "what": what, "resources": names}
            for (extent, what), names in sorted(missing.items(), key=lambda item: order.index(item[0][0]))
        ],
    }


def _judged(one: Made, types: Mapping[str, Any]) -> tuple[Extent, list[str]]:
    """A resource's extent, and what is missing of it."""
    resource = types.get(one.type)
    if resource is None:
        return (Extent.REFUSED, ["nobody has declared the type"]) if one.type.startswith(_AWS) else (Extent.WHOLE, [])
    try:
        told = resource.only_recorded(one.inputs)
    except (AttributeError, KeyError, TypeError):
        told = ["depends on what only AWS will tell"]
    if resource.recorded:
        return Extent.RECORDED, told
    if resource.idle:
        return Extent.IDLE, [resource.idle, *told]
    return (Extent.PARTLY, told) if told else (Extent.WHOLE, [])
