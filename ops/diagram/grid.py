"""Where columns and lanes are, from left to right: known before anything is drawn."""

from collections.abc import Iterator
from dataclasses import dataclass

from ops.diagram.architecture import GATEWAY, INTERNET, TASKS, Architecture, Subnet, Zone
from ops.diagram.cards import MANY, Group, groups, merged, together
from ops.diagram.picture import GAP, PAD, width_of

MARGIN, LANE, SLOT = 16, 12, 24
"""Around everything; from one lane to the next; from one arrow of a card to the next."""
_FEW, _MANY = 720, 1280
"""How wide all columns are at least: with a card for each service, and with tables."""
_NO_ZONE = Zone(name="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """The columns and the lanes of a picture."""

    groups: tuple[Group, ...]
    """The boxes of the tasks."""
    zones: tuple[Zone, ...]
    """One a column; one without a name where nothing is known of zones."""
    x: float
    """Where the first column begins; to its left are two lanes for each load balancer: one in, one on to tasks."""
    column: float
    """How wide each is."""
    goes_out: bool
    """Whether there is a lane to the right of the columns, for the way to the internet."""
    before: float
    """Room to the left of cards, for the labels of requests."""
    after: float
    """Room to the right of cards, for the labels of calls and their tracks."""
    tracks: tuple[str, ...]
    """Who is called or mounted, each by a track of its own to the right of the cards."""

    @property
    def left(self) -> float:
        """The VPC's left edge."""
        return MARGIN + PAD

    @property
    def end(self) -> float:
        """Where the last column ends."""
        return self.x + self.column * len(self.zones) + GAP * (len(self.zones) - 1)

    @property
    def right(self) -> float:
        """The VPC's right edge."""
        return self.end + (3 * LANE if self.goes_out else PAD)

    @property
    def way_out(self) -> float:
        """The lane to the internet."""
        return self.end + LANE

    @property
    def way_up(self) -> float:
        """The lane from tasks to a NAT gateway, from the left edge of its column."""
        return self.column - PAD - 2 * LANE

    @property
    def cards(self) -> tuple[float, float]:
        """Where cards begin and end."""
        return self.x + PAD + self.before, self.end - PAD - self.after

    def way_in(self, balancer: int) -> float:
        """The lane on which requests reach a load balancer."""
        return self.left + LANE * (2 * balancer + 1)

    def way_on(self, balancer: int) -> float:
        """The lane on which they go on to tasks."""
        return self.way_in(balancer) + LANE

    def track(self, target: str) -> float:
        """The lane to who is called or mounted."""
        return self.end - PAD - LANE * (len(self.tracks) - self.tracks.index(target))

    def column_at(self, index: int) -> float:
        """Where a column begins."""
        return self.x + index * (self.column + GAP)


def grid(of: Architecture) -> Grid:
    """Where columns and lanes of a stack's picture are."""
    zones = (of.network.zones if of.network else ()) or (_NO_ZONE,)
    behind = {one.id for one in of.balancers}
    labels = merged(of.ways)
    inward = [label for (source, _), label in labels.items() if source in behind]
    tracks = _tracks(of)
    called = [together(way.label for way in of.ways if way.target == one) for one in tracks]
    return Grid(
        groups=tuple(groups(of)),
        zones=zones,
        x=MARGIN + PAD + LANE * (2 * len(of.balancers) + 1),
        column=_column(of, zones),
        goes_out=any(way.source == TASKS or way.target == INTERNET for way in of.ways),
        before=_widest(inward) + 2 * PAD if inward else PAD,
        after=_widest(called) + 2 * PAD + LANE * len(tracks) if tracks else PAD,
        tracks=tracks,
    )


def head(zone: Zone) -> str:
    """What stands above a column."""
    return f"zone {zone.name}" if zone.name else "subnets made elsewhere"


def subnet_words(kind: str, subnets: tuple[Subnet, ...]) -> Iterator[tuple[str, str]]:
    """What stands in the subnets of a column."""
    if not subnets:
        return
    yield f"{kind} subnet" if len(subnets) == 1 else f"{len(subnets)} {kind} subnets", "label"
    for subnet in subnets:
        for line in subnet.ranges or (subnet.name,):
            yield line, "label"


def _tracks(of: Architecture) -> tuple[str, ...]:
    """Who gets a track: in tables, relations are told in words."""
    if len(of.tasks) > MANY:
        return ()
    tasks = {one.id for one in of.tasks}
    ends = [*(one.id for one in of.tasks), *(one.id for one in of.file_systems)]
    called = {way.target for way in of.ways if way.source in tasks}
    return tuple(one for one in ends if one in called)


def _column(of: Architecture, zones: tuple[Zone, ...]) -> float:
    texts = [(head(zone), "name") for zone in zones]
    for zone in zones:
        texts += [*subnet_words("public", zone.public), *subnet_words("private", zone.private)]
    texts += [(together(way.label for way in of.ways if way.source in (TASKS, GATEWAY)), "label")]
    above = together(way.label for way in of.ways if INTERNET in (way.source, way.target))
    least = max(_MANY if len(of.tasks) > MANY else _FEW, 2 * width_of(above, "label") + 4 * PAD)
    share = (least - GAP * (len(zones) - 1)) / len(zones)
    return max(share, max(width_of(words, style) for words, style in texts) + 4 * PAD + 3 * LANE)


def _widest(labels: list[str]) -> float:
    return max(width_of(label, "label") for label in labels)
