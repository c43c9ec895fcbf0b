"""The names by which the world reaches a load balancer."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .checks import refuse

MAX_NAMES = 10
"""Of a certificate, unless AWS raises it (AWS Certificate Manager User Guide, "Quotas")."""
_MAX_FIRST = 64
"""Characters of a certificate's first name, which is its common name (ACM API Reference, "RequestCertificate")."""
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_ZONE = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_NAME = re.compile(rf"(\*\.)?{_ZONE.pattern}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """Host names in one public hosted zone of Route 53."""

    names: tuple[str, ...]
    """Host names, such as `www.example.com` or `*.example.com`, at most 10."""
    zone: str
    """The hosted zone that they are in, such as `example.com`; it must exist in this account."""

    def __post_init__(self) -> None:
        """Refuse names that no certificate or no record could have.

        Raises:
            ValueError: a name is malformed, twice, too long or outside the zone, or there are too many.
        """
        refuse(_problems(self.names, self.zone))

    @property
    def shown(self) -> str | None:
        """The name by which people are told of it: the first that is no wildcard."""
        return next((name for name in self.names if not name.startswith("*.")), None)

    def covers(self, host: str) -> bool:
        """Whether a certificate for these names is good for a host; a `*` stands for one label."""
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names


def _problems(names: tuple[str, ...], zone: str) -> Iterator[str]:
    if not _ZONE.fullmatch(zone):
        yield f"zone must be a domain such as example.com, in lower case, got {zone!r}"
    if not 1 <= len(names) <= MAX_NAMES:
        yield f"names must be 1 to {MAX_NAMES} host names, got {len(names)}"
    for name, count in Counter(names).items():
        if not _NAME.fullmatch(name):
            yield f"name must be a host such as www.{zone} or *.{zone}, in lower case, got {name!r}"
        elif name != zone and not name.endswith(f".{zone}"):
            yield f"name {name!r} is outside the zone {zone!r}: it must end with .{zone}"
        if count > 1:
            yield f"name {name!r} is there {count} times"
    if names and len(names[0]) > _MAX_FIRST:
        yield f"the first name may have {_MAX_FIRST} characters, got {len(names[0])}: put a shorter one first"
