"""An `up` whose engine is killed, and the one that follows."""

import re
from dataclasses import dataclass

from tests.local.harness import Project, Ran, eventually
from tests.local.inventory import Found, missing, orphans

WORDS = {"+": "created", "~": "updated", "+-": "replaced", "-": "deleted", "same": "unchanged"}


@dataclass(frozen=True)
class Moment:
    """When the engine is killed: `seconds` after the nth line of its output that has these words."""

    words: str
    nth: int = 1
    seconds: float = 0

    def __str__(self) -> str:
        """For a table."""
        times = f", time {self.nth}" if self.nth > 1 else ""
        return f"`{self.words.strip(' (')}`{times}" + (f" + {self.seconds:g} s" if self.seconds else "")


FIRST_DEPLOY = (
    Moment(" created (", 1),
    Moment(" creating (", 12),
    Moment(" created (", 9),
    Moment(" created (", 15),
    Moment(" created (", 22),
    Moment(" created (", 34),
    Moment("docker:index:Image web creating"),
    Moment("Successfully tagged"),
    Moment("ecs:TaskDefinition web creating"),
    Moment("ecs:Service web creating", seconds=1),
)
UPDATE = (
    Moment(" creating (", 1),
    Moment(" refreshing (", 20),
    Moment(" created (", 2),
    Moment("docker:index:Image web updating"),
    Moment("Successfully tagged"),
    Moment("ecs:TaskDefinition web creating replacement"),
    Moment("ecs:TaskDefinition web replaced"),
    Moment("ecs:Service web updating"),
    Moment("ecs:Service web updating", seconds=1),
    Moment("ecs:Service web updated"),
)


@dataclass(frozen=True)
class Outcome:
    """What came after."""

    killed: Ran
    up: Ran
    """The next `up`."""
    orphans: Found
    """Resources that no state knows."""
    missing: Found
    """Resources of the state that are not there."""
    again: Ran
    """The `up` after that."""

    @property
    def good(self) -> bool:
        """Whether the first `up` repaired everything and the second found nothing to do."""
        well = self.up.code == 0 == self.again.code and set(self.again.changes) == {"same"}
        return well and not self.orphans and not self.missing

    @property
    def said(self) -> str:
        """What the `up` that repaired took over and did."""
        taken = re.search(r"killed while it made (.*): taken over", self.up.out)
        counts = [f"{count} {WORDS[word]}" for word, count in self.up.changes.items()]
        return "; ".join([*([f"took over {taken[1]}"] if taken else []), ", ".join(counts)])


def killed(project: Project, moment: Moment, before: Found) -> Outcome:
    """Kill an `up` at a moment, and repeat it twice."""
    ran = project.killed_up(moment.words, nth=moment.nth, seconds=moment.seconds)
    assert ran.code == -9, f"{moment} never came:\n{ran.out}"
    up = project.up(ok=False)
    return Outcome(ran, up, orphans(project, before), missing(project), project.up(ok=False))


def serves(project: Project, text: str) -> bool:
    """Whether the page asked for is served, by as many tasks as were asked for."""
    outputs, ecs = project.outputs(), project.cloud.client("ecs")
    eventually(lambda: text in project.cloud.get(outputs["url"]).text, 20)
    cluster = outputs["cluster"]
    eventually(lambda: len(ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"]) == 1, 20)
    return True
