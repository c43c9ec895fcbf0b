"""The arrows of a picture, led along the lanes that are kept free for them."""

from collections import Counter

from ops.diagram import architecture
from ops.diagram.architecture import CLIENTS, ENDPOINTS, GATEWAY, INTERNET, TASKS, Architecture
from ops.diagram.cards import merged, together
from ops.diagram.grid import LANE, SLOT, Grid
from ops.diagram.picture import GAP, LABEL, PAD, Box, Picture, Text, label, width_of


class Arrows:
    """Leads the arrows of one picture between boxes that are placed."""

    def __init__(self, of: Architecture, grid: Grid, picture: Picture, placed: dict[str, Box]) -> None:
        self._of, self._grid, self._picture, self._placed = of, grid, picture, placed
        self._labels = merged(way for way in of.ways if {way.source, way.target} <= placed.keys())
        self._slots: Counter[tuple[float, float]] = Counter()

    def lead(self) -> None:
        """Lead all of them."""
        for index, balancer in enumerate(self._of.balancers):
            self._in(index, balancer.id)
            self._on(index, balancer.id)
        self._out()
        self._to_endpoints()
        for target in self._grid.tracks:
            self._to(target)

    def _in(self, index: int, balancer: str) -> None:
        """Requests: from the internet by the gateway, or from clients inside, to a load balancer."""
        x, end = self._grid.way_in(index), self._placed[balancer]
        at = end.y + SLOT / 2
        if words := self._labels.get((CLIENTS, balancer)):
            start = self._placed[CLIENTS]
            y = self._slot(start, start.x)
            text = self._below(start, index, words)
            self._picture.arrow((start.x, y), (x, y), (x, at), (end.x, at), label=text)
        if words := self._labels.get((INTERNET, balancer)):
            start, gate = self._placed[INTERNET], self._placed.get(GATEWAY)
            text = self._below(start, index, words)
            if gate:
                self._picture.arrow((x, start.bottom), (x, gate.y), label=text)
                self._picture.arrow((x, gate.bottom), (x, at), (end.x, at))
            else:
                self._picture.arrow((x, start.bottom), (x, at), (end.x, at), label=text)

    def _below(self, start: Box, index: int, words: str) -> Text:
        """What requests are made, below who makes them; with the load balancer's name, where there are several."""
        one = self._of.balancers[index]
        alike = [other for other in self._of.balancers if other.public is one.public]
        told = f"{one.name}: {words}" if len(alike) > 1 else words
        y = start.bottom + 4 + LABEL * alike.index(one)
        return Text(self._grid.x, y, width_of(told, "label"), LABEL, told, "label")

    def _on(self, index: int, balancer: str) -> None:
        """From a load balancer to tasks: one arrow to each of their boxes."""
        start, x = self._placed[balancer], self._grid.way_on(index)
        y = start.bottom - SLOT / 2
        reached: dict[float, tuple[Box, list[str]]] = {}
        for (source, target), words in self._labels.items():
            if source == balancer:
                box = self._placed[target]
                reached.setdefault(box.y, (box, []))[1].append(words)
        for box, words in reached.values():
            at = self._slot(box, box.x)
            text = label(box.x - LANE, at - 1, together(words))
            self._picture.arrow((start.x, y), (x, y), (x, at), (box.x, at), label=text)

    def _out(self) -> None:
        """From tasks to the internet, by NAT gateways where there are some."""
        for (source, target), words in self._labels.items():
            match source, target:
                case architecture.TASKS, architecture.GATEWAY:
                    self._straight_out(self._placed[TASKS], self._placed[GATEWAY], words)
                case architecture.GATEWAY, architecture.INTERNET:
                    self._to_internet(self._placed[GATEWAY], self._placed[INTERNET], words)
                case nat, architecture.GATEWAY:
                    self._from_nat(self._placed[nat], self._placed[GATEWAY])
                case architecture.TASKS, nat if nat != ENDPOINTS:
                    self._to_nat(self._placed[TASKS], self._placed[nat], words)

    def _to_nat(self, start: Box, end: Box, words: str) -> None:
        """Up, beside what stands in the private subnet of its column; around a load balancer that is between."""
        x = self._column_of(end) + self._grid.way_up
        if all(one.public for one in self._of.balancers):
            self._picture.arrow((x, start.y), (x, end.bottom), label=label(x - 6, start.y - 1, words))
            return
        y, lane, below = start.y + LABEL + LANE, self._grid.way_out + LANE, end.bottom + GAP - 4
        text = label(start.right - PAD, start.y + LABEL + LABEL / 2, words)
        told = (TASKS, GATEWAY) in self._labels or self._slot(start, start.right) > start.y + SLOT
        points = (start.right, y), (lane, y), (lane, below), (x, below), (x, end.bottom)
        self._picture.arrow(*points, label=None if told else text)

    def _from_nat(self, start: Box, gate: Box) -> None:
        """On one line with all other NAT gateways, and up. What is sent there is told below and above."""
        x, y, lane = start.right - 2 * LANE, start.y - GAP / 2, self._grid.way_out
        self._picture.arrow((x, start.y), (x, y), (lane, y), (lane, gate.bottom))

    def _straight_out(self, start: Box, gate: Box, words: str) -> None:
        """Without a NAT gateway."""
        y, lane = start.y + LABEL, self._grid.way_out
        text = label(start.right - PAD, y + LABEL / 2, words)
        self._picture.arrow((start.right, y), (lane, y), (lane, gate.bottom), label=text)

    def _to_internet(self, gate: Box, internet: Box, words: str) -> None:
        lane = self._grid.way_out
        text = label(lane - 6, internet.bottom + 4 + LABEL, words)
        self._picture.arrow((lane, gate.y), (lane, internet.bottom), label=text)

    def _column_of(self, box: Box) -> float:
        """Where the column of a box begins; the last one's of a box across all of them."""
        starts = [self._grid.column_at(index) for index in range(len(self._grid.zones))]
        return max(start for start in starts if start < box.right)

    def _to_endpoints(self) -> None:
        words = self._labels.get((TASKS, ENDPOINTS))
        if words:
            start, end = self._placed[TASKS], self._placed[ENDPOINTS]
            x = end.x + 2 * PAD + width_of(words, "label")
            self._picture.arrow((x, start.bottom), (x, end.y), label=label(x - 6, end.y - 8, words))

    def _to(self, target: str) -> None:
        """From everybody who calls a service, or mounts a file system, on one track to it."""
        end, x = self._placed[target], self._grid.track(target)
        callers = {source: words for (source, to), words in self._labels.items() if to == target}
        callers = {source: words for source, words in callers.items() if source in self._tasks}
        at = self._slot(end, end.right)
        told = together(callers.values())
        text = Text(end.right + LANE, at - 1 - LABEL, width_of(told, "label"), LABEL, told, "label")
        for source in callers:
            start = self._placed[source]
            y = self._slot(start, start.right)
            self._picture.arrow((start.right, y), (x, y), (x, at), (end.right, at), label=text)
            text = None

    @property
    def _tasks(self) -> set[str]:
        return {one.id for one in self._of.tasks}

    def _slot(self, box: Box, side: float) -> float:
        """The next height at a side of a box that no arrow has."""
        taken = self._slots[box.y, side]
        self._slots[box.y, side] += 1
        return box.y + PAD / 2 + SLOT * taken + LABEL
