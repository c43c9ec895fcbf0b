"""A picture as a Mermaid flowchart, which GitHub and GitLab draw in a page."""

from collections.abc import Iterator, Sequence

from ops.diagram import titles
from ops.diagram.architecture import CLIENTS, ENDPOINTS, GATEWAY, INTERNET, TASKS, Architecture, Network, Zone
from ops.diagram.cards import Group, groups, merged
from ops.diagram.measure import wrap

_ESCAPED = {letter: f"#{ord(letter)};" for letter in '#"<>&`*_\\|{}[]'}
"""What Mermaid might read as its own, by its code (Mermaid, "Flowcharts - Basic Syntax", entity codes)."""
_PLAIN = (INTERNET, CLIENTS, GATEWAY, ENDPOINTS, TASKS, "region", "vpc", "public", "private")
"""Names that are as good for Mermaid."""
_ROOM = 420
"""How wide a node's lines become, in pixels of a usual font."""


def flowchart(of: Architecture) -> str:
    """The picture of a stack, as Mermaid's text."""
    return "\n".join(["flowchart TB", *_Flowchart(of).lines(), ""])


class _Flowchart:
    """Writes one flowchart."""

    def __init__(self, of: Architecture) -> None:
        self._of = of
        self._ids: dict[str, str] = {}
        self._labels = merged(of.ways)
        self._ends = {end for ends in self._labels for end in ends}

    def lines(self) -> Iterator[str]:
        """Every line but the first."""
        if INTERNET in self._ends:
            yield self._node(INTERNET, titles.INTERNET, self._only())
        yield from self._part("region", titles.of_region(self._of), [*self._network(), *self._asides()])
        yield from self._arrows()

    def _only(self) -> list[str]:
        return [f"only {cidr}" for cidr in self._of.clients if any(one.public for one in self._of.balancers)]

    def _network(self) -> Iterator[str]:
        network = self._of.network
        inside = [*self._gateways(network), *self._tier(network, "public"), *self._tier(network, "private")]
        yield from self._part("vpc", titles.of_network(network), inside) if network else inside

    def _gateways(self, network: Network | None) -> Iterator[str]:
        if network and network.gateways:
            yield self._node(GATEWAY, titles.of_gateways(network))
        if CLIENTS in self._ends:
            yield self._node(CLIENTS, titles.CLIENTS, self._of.clients)

    def _tier(self, network: Network | None, kind: str) -> Iterator[str]:
        """The subnets of a kind, with what is in them."""
        zones = network.zones if network else ()
        public, private = (any(getattr(zone, one) for zone in zones) for one in ("public", "private"))
        inside = [
            self._node(one.id, titles.of_balancer(one), one.details)
            for one in self._of.balancers
            if one.public is (kind == "public")
        ]
        if kind == "public" and network:
            inside += self._nats(network)
        if (kind == "private") is (private or not public):
            inside += self._tasks(network)
        in_subnets = any(getattr(zone, kind) for zone in zones) and inside
        yield from self._part(kind, f"{kind.capitalize()} subnets", inside) if in_subnets else inside

    def _nats(self, network: Network) -> Iterator[str]:
        for nat in network.regional_nats:
            yield self._node(nat, titles.REGIONAL_NAT)
        for zone in network.zones:
            for nat in zone.nats:
                yield self._node(nat, titles.NAT, [zone.name])

    def _tasks(self, network: Network | None) -> Iterator[str]:
        if self._of.tasks:
            inside = [self._group(group) for group in groups(self._of)]
            yield from self._part(TASKS, titles.of_tasks(self._of), inside)
        if network and network.interfaces:
            yield self._node(ENDPOINTS, titles.ENDPOINTS, [", ".join(network.interfaces)])
        for system in self._of.file_systems:
            yield self._node(system.id, titles.of_file_system(system), system.details)

    def _group(self, group: Group) -> str:
        names = wrap(", ".join(one.name for one in group.cells), _ROOM) if group.cells else []
        node = self._node(group.ids[0], group.name, [*group.details, *names])
        self._ids |= dict.fromkeys(group.ids, self._ids[group.ids[0]])
        return node

    def _asides(self) -> Iterator[str]:
        """What no arrow leads to: the subnets, whose box would be in the arrows' way, and what is not in the VPC."""
        if zones := self._of.network.zones if self._of.network else ():
            yield self._node("zones", "Zones and subnets", [line for zone in zones for line in _of_zone(zone)])
        for one in self._of.asides:
            yield self._node(one.name, one.name, one.details)

    def _arrows(self) -> Iterator[str]:
        """Each arrow once, also where many services share a node."""
        found: dict[tuple[str, str], dict[str, None]] = {}
        for (source, target), words in self._labels.items():
            if source in self._ids and target in self._ids:
                found.setdefault((self._ids[source], self._ids[target]), {})[words] = None
        for (source, target), labels in found.items():
            yield f'    {source} -- "{_text(", ".join(labels))}" --> {target}'

    def _node(self, id: str, name: str, details: Sequence[str] = ()) -> str:  # noqa: A002 - Mermaid's word
        return f'    {self._named(id)}["{_lines([name, *details])}"]'

    def _part(self, id: str, title: str, inside: Sequence[str]) -> Iterator[str]:  # noqa: A002 - as above
        """A box around some lines; nothing around nothing."""
        yield f'    subgraph {self._named(id)} ["{_text(title)}"]'
        yield from (f"    {line}" for line in inside)
        yield "    end"

    def _named(self, id: str) -> str:  # noqa: A002 - as above
        """A name that Mermaid takes, for whatever a thing is called."""
        return self._ids.setdefault(id, id if id in _PLAIN else f"n{len(self._ids) + 1}")


def _of_zone(zone: Zone) -> Iterator[str]:
    """Its name, where it is known, and its subnets, a line each."""
    if zone.name:
        yield zone.name
    for kind, subnets in (("public", zone.public), ("private", zone.private)):
        for subnet in subnets:
            yield f"{kind} {', '.join(subnet.ranges) or subnet.name}"


def _lines(words: Sequence[str]) -> str:
    return "<br/>".join(map(_text, words))


def _text(words: str) -> str:
    return "".join(_ESCAPED.get(letter, letter) for letter in words)
