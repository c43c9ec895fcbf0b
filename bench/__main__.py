"""The figures of docs/benchmarks.md and docs/reliability.md: `python -m bench [NAME] ...`, a name of `PARTS`.

Without a name, `program`, `offline` and `local` are run.

Times are compared as ratios of medians, and every round of one comparison runs all sides in turn, so that a busy
machine slows them alike. A part that was not run keeps its section of its page, and so does one that found what must
not be, such as a lost request: its table is printed, and the exit code is 1.
"""

import os
import platform
import re
import sys
from pathlib import Path

from bench import against_cdk, kills, local_cloud, offline, program, rollout, soak
from bench.timing import NotGoodError

PAGES = (Path("docs/benchmarks.md"), Path("docs/reliability.md"))
PARTS = {
    "program": program.program_table,
    "offline": offline.offline_table,
    "cdk": against_cdk.cdk_table,
    "local": local_cloud.local_table,
    "fresh": local_cloud.fresh_table,
    "soak": soak.soak_table,
    "kills": kills.kills_table,
    "rollout": rollout.rollout_table,
}


def main(names: list[str]) -> int:
    """Run the named parts, print their tables, and keep each in the page that has a place for it."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"no part {', '.join(unknown)}: choose from {', '.join(PARTS)}", file=sys.stderr)
        return 2
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    code = 0
    for name in names or ("program", "offline", "local"):
        try:
            section = f"{PARTS[name]()}\n\nMeasured with `python -m bench {name}` on {machine}.\n"
        except NotGoodError as problem:
            print(f"\n{problem}\n\n{name}: not good, and kept in no page", flush=True)
            code = 1
            continue
        print(f"\n{section}", flush=True)
        _keep(name, section)
    return code


def _keep(name: str, section: str) -> None:
    between = re.compile(f"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(between.sub(lambda found: found[1] + section + found[2], text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
