"""What nobody knows before a month is over, and an estimate has to assume."""

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

HOURS_OF_THE_LONGEST_MONTH = 744


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumptions:
    """How much of everything is used in a month. The defaults are light use, around the clock."""

    hours: float = 730
    """Hours that everything is there, 0 to 744."""
    scaled: float = 0
    """How far services that scale are between their fewest tasks (0) and their most (100), in percent."""
    spot_discount: float = 0
    """Percent that Spot takes off a task's price. AWS says up to 70, and promises none."""
    nat_gb: float = 10
    """GB through the NAT gateways together; through the interface endpoints where there is no NAT."""
    internet_gb: float = 1
    """GB out to the internet through the load balancers together."""
    million_requests: float = 0.1
    """Millions of requests that the firewall looks at."""
    log_gb: float = 1
    """GB that each log group, and each bucket of logs, takes in."""
    image_gb: float = 1
    """GB of images that each repository keeps."""
    file_gb: float = 1
    """GB of files that each file system keeps, and of which all is read and written once."""
    job_minutes: float = 5
    """Minutes that each run of a job takes, 1 at least as AWS counts."""
    insights_metrics: float = 21
    """Metrics that Container Insights makes of each service and its tasks, beside 11 of the cluster."""

    def __post_init__(self) -> None:
        """Refuse what no month can have.

        Raises:
            ValueError: every problem, in one message.
        """
        problems = [problem for field in fields(self) if (problem := _problem(field.name, getattr(self, field.name)))]
        if problems:
            raise ValueError("; ".join(problems))

    def __iter__(self) -> Iterator[tuple[str, float]]:
        """Each with its value, in the order in which they are told."""
        return ((field.name, getattr(self, field.name)) for field in fields(self))


NAMES = tuple(field.name for field in fields(Assumptions))
_MOST = {"hours": HOURS_OF_THE_LONGEST_MONTH, "scaled": 100, "spot_discount": 100}


def parse(texts: Sequence[str]) -> Assumptions:
    """Assumptions from texts such as `nat_gb=50`; the default of each that none names, the last of one named twice.

    Raises:
        ValueError: every problem, in one message.
    """
    values: dict[str, float] = {}
    problems: list[str] = []
    for text in texts:
        name, _, value = text.partition("=")
        if name not in NAMES:
            problems.append(f"no assumption {name!r}{_nearest(name)}")
            continue
        try:
            values[name] = float(value)
        except ValueError:
            problems.append(f"{name} must be a number, such as {name}={getattr(Assumptions(), name):g}; got {value!r}")
    problems += [problem for name, value in values.items() if (problem := _problem(name, value))]
    if problems:
        raise ValueError("; ".join(problems))
    return Assumptions(**values)


def _problem(name: str, value: float) -> str | None:
    most = _MOST.get(name, math.inf)
    if 0 <= value <= most and math.isfinite(value):
        return None
    return f"{name} must be {f'0 to {most}' if name in _MOST else '0 or more'}, got {value:g}"


def _nearest(word: str) -> str:
    near = difflib.get_close_matches(word, NAMES, n=1)
    return f": did you mean {near[0]!r}?" if near else f"; known are {', '.join(NAMES)}"
