"""Names of time zones."""

import difflib
import zoneinfo


def zone_problem(zone: str) -> str | None:
    """What is wrong with an IANA name such as `Asia/Tokyo`."""
    known = zoneinfo.available_timezones()
    if zone in known:
        return None
    near = difflib.get_close_matches(zone, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "it must be one such as Asia/Tokyo"
    return f"time_zone {zone!r} is unknown: {hint}"
