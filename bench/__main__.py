"""The figures of docs/benchmarks.md and docs/reliability.md: `python -m bench [NAME] ...`, a name of `PARTS`.

Without a name, all are run but those of a quarter of an hour each: `soak`, `kills` and `rollout`.

Times are compared as ratios of medians, and every round of one comparison runs all sides in turn, so that a busy
machine slows them alike. A part that was not run keeps its section of its page and its pictures, and so does one that
cannot be measured here, and one that found what must not be, such as a lost request: its table is printed, and the exit
code is 1.
"""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import against_cdk, kills, local_cloud, offline, program, rollout, scale, soak
from bench.timing import NotGoodError, NotMeasuredError, Section

PAGES = (Path("docs/benchmarks.md"), Path("docs/reliability.md"))
PICTURES = Path("docs/benchmarks")


@dataclass(frozen=True)
class Part:
    """A section of a page."""

    measure: Callable[[], Section | str]
    minutes: int
    """About, on 2 cores."""
    alone: bool = False
    """Run only by its name."""


PARTS = {
    "program": Part(program.program_table, 2),
    "offline": Part(offline.offline_table, 2),
    "cdk": Part(against_cdk.cdk_table, 2),
    "local": Part(local_cloud.local_table, 2),
    "fresh": Part(local_cloud.fresh_table, 4),
    "scale": Part(scale.scale_table, 13),
    "soak": Part(soak.soak_table, 15, alone=True),
    "kills": Part(kills.kills_table, 15, alone=True),
    "rollout": Part(rollout.rollout_table, 15, alone=True),
}


def main(names: Sequence[str]) -> int:
    """Run the named parts, print their tables, and keep each in the page that has a place for it."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"no part {', '.join(unknown)}: choose from {', '.join(PARTS)}", file=sys.stderr)
        return 2
    names = names or [name for name, part in PARTS.items() if not part.alone]
    minutes = sum(PARTS[name].minutes for name in names)
    print(f"{', '.join(names)}: about {minutes} minutes on 2 cores that do nothing else", flush=True)
    return max([_run(name) for name in names])


def _run(name: str) -> int:
    """Measure a part; its exit code."""
    try:
        found = PARTS[name].measure()
    except NotMeasuredError as reason:
        print(f"\n{name}: not measured, and its section stays as it is: {reason}", flush=True)
        return 0
    except (NotGoodError, AssertionError, subprocess.SubprocessError) as problem:
        print(f"\n{problem}\n\n{name}: not good, and kept in no page", flush=True)
        return 1
    section = found if isinstance(found, Section) else Section(found)
    _keep(name, section)
    print(f"\n{section.text}", flush=True)
    return 0


def _keep(name: str, section: Section) -> None:
    """Write a section into its page, with its pictures beside the page."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    pictures = "".join(f"\n\n![{chart.title}](benchmarks/{chart.name}.svg)" for chart in section.charts)
    text = f"{section.text}{pictures}\n\nMeasured with `python -m bench {name}` on {machine}.\n"
    for chart in section.charts:
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{chart.name}.svg").write_text(str(chart), encoding="utf-8")
    between = re.compile(f"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    for page in PAGES:
        kept = page.read_text(encoding="utf-8")
        page.write_text(between.sub(lambda found: found[1] + text + found[2], kept), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
