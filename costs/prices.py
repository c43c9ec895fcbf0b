"""What AWS asks for a unit of something, by region: the table in prices.json, with its date and its sources."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("prices.json")


class NoPrices(ValueError):
    """A region that the table has not; the message says which it has, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """The prices of one region, in USD without tax and free tier."""

    region: str
    """Of what they are."""
    as_of: str
    """Day on which they were looked up."""
    usd: Mapping[str, float]
    """For one unit, by the price's name."""
    units: Mapping[str, str]
    """What one unit is, such as `GB`."""


def prices(region: str) -> Prices:
    """The prices of a region.

    Raises:
        NoPrices: the table has none for it.
    """
    table = load()
    entries: Mapping[str, Mapping[str, Any]] = table["prices"]
    if region not in regions():
        raise NoPrices(
            f"no prices for region {region!r}: there are those of {', '.join(regions())}; with AWS credentials, "
            "`python -m ops cost --refresh` asks AWS for those of the stack's region too"
        )
    return Prices(
        region=region,
        as_of=table["as_of"],
        usd={name: entry["regions"][region]["usd"] for name, entry in entries.items()},
        units={name: entry["unit"] for name, entry in entries.items()},
    )


def regions() -> list[str]:
    """The regions that every price is known of."""
    of_each = [set(entry["regions"]) for entry in load()["prices"].values()]
    return sorted(set.intersection(*of_each))


@functools.cache
def load() -> dict[str, Any]:
    """The table: its date, and for each price its unit, and for each region its USD and where that was read."""
    return json.loads(TABLE.read_text(encoding="utf-8"))
