"""Whether a service serves for more than a moment, by one look at it after the other."""

from dataclasses import dataclass

STEADY_SECONDS = 15.0
"""For which every look must be good, after one that was not. A task that ends soon after its start is started anew,
again and again, and one look between its start and its end finds a service that serves. An app that cannot work mostly
ends within seconds, so that of several looks in this time one finds it gone."""


@dataclass(slots=True)
class Looks:
    """What the looks at a service found so far."""

    problem: str = ""
    """Of the last look that was not good; empty while all were."""
    good_since: float | None = None
    """When the first was made of the looks that were good since."""
    has_fallen: bool = False
    """Whether one was not good after one that was."""

    def add(self, problem: str, at: float) -> None:
        """Count a look: what it found, and when."""
        if problem:
            self.has_fallen = self.has_fallen or self.good_since is not None
            self.problem, self.good_since = problem, None
        elif self.good_since is None:
            self.good_since = at

    def are_enough(self, at: float) -> bool:
        """Whether the service may be said to serve: all looks were good, or those of a while."""
        if self.good_since is None:
            return False
        return not self.problem or at - self.good_since >= STEADY_SECONDS

    def doubt(self, at: float) -> str:
        """Why a service that serves at the last look may not go on to, where there is no time for more of them.

        One that has come to serve is believed; one that did so before, and then did not, is not.
        """
        if self.good_since is None or not self.has_fallen or self.are_enough(at):
            return ""
        return f"it serves on and off: for {at - self.good_since:.0f} s now, and before that {self.problem}"
