"""The words of a picture: numbers, sizes, lists."""

from collections.abc import Sequence

from policies.graph import Resource, Value, as_list, at, texts
from policies.openings import EVERY_PORT, TCP, Opening

NAMED = 5
"""Names that are told of a list, before the rest is counted."""
_SPOKEN = {80: "HTTP", 443: "HTTPS", 2049: "NFS"}
"""What is spoken on a port of TCP that nothing says more of."""


def number(value: Value) -> str:
    """A number without needless zeros; a question mark where it is not known."""
    return f"{value:g}" if isinstance(value, int | float) else str(value) if isinstance(value, str) else "?"


def some(values: Sequence[str]) -> str:
    """A list: all of it when it is short, else its beginning and how many more there are."""
    left = len(values) - NAMED
    return ", ".join(values) if left <= 1 else f"{', '.join(values[:NAMED])} and {left} more"


def names(resources: Sequence[Resource]) -> str:
    """The logical names of resources."""
    return some(sorted(one.name for one in resources))


def port_label(opening: Opening, spoken: str | None = None) -> str:
    """Protocol and port of an opening, such as `HTTPS 443`; `all traffic` where it opens everything.

    Args:
        opening: of a security group.
        spoken: what is known to be spoken there, such as a target group's protocol.
    """
    ports = opening.ports
    if ports is None:
        return "a port that AWS will know"
    if opening.every_protocol:
        return "all traffic"
    low, high = ports
    tcp = opening.protocol in TCP
    name = (spoken or _SPOKEN.get(low if low == high else -1, "TCP")) if tcp else opening.protocol.upper()
    return f"{name} {'every port' if ports == EVERY_PORT else low if low == high else f'{low}-{high}'}"


def conditions(rule: Resource) -> str:
    """Which requests a listener's rule takes, such as `api.example.com /v1/*`."""
    found = [_condition(one) for one in as_list(rule.get("conditions"))]
    return " and ".join(one for one in found if one)


def _condition(condition: Value) -> str:
    header = at(condition, "httpHeader.httpHeaderName")
    values = [text for text in texts(condition) if text != header]
    name = f"{header}: " if isinstance(header, str) else ""
    return name + some(values)
