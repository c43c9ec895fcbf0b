"""Names of time zones."""

import zoneinfo

from .checks import hint


def zone_problem(zone: str) -> str | None:
    """What is wrong with an IANA name such as `Asia/Tokyo`."""
    known = zoneinfo.available_timezones()
    if zone in known:
        return None
    return f"time_zone {zone!r} is unknown: {hint(zone, known, 'it must be one such as Asia/Tokyo')}"
