"""The figures of docs/benchmarks.md: `python -m bench [program] [local] [fresh] [cdk] [soak]`.

Without a name, `program` and `local` are run.

Times are compared as ratios of medians, and every round of one comparison runs all sides in turn, so that a busy
machine slows them alike. A part that was not run keeps its section of the page.
"""

import os
import platform
import re
import sys
from pathlib import Path

from bench import against_cdk, local_cloud, program, soak

PAGE = Path("docs/benchmarks.md")
PARTS = {
    "program": program.program_table,
    "cdk": against_cdk.cdk_table,
    "local": local_cloud.local_table,
    "fresh": local_cloud.fresh_table,
    "soak": soak.soak_table,
}


def main(names: list[str]) -> int:
    """Run the named parts, print their tables, and keep them in the page."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"no part {', '.join(unknown)}: choose from {', '.join(PARTS)}", file=sys.stderr)
        return 2
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    for name in names or ("program", "local"):
        section = f"{PARTS[name]()}\n\nMeasured with `python -m bench {name}` on {machine}.\n"
        print(f"\n{section}", flush=True)
        between = re.compile(f"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(between.sub(lambda found, new=section: found[1] + new + found[2], text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
