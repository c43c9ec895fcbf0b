"""`python -m ops.write_stack STACK FILE`: what the program of this folder makes of a stack, for another process."""

import pickle
import sys
from pathlib import Path

from ops import offline
from ops.error import OpsError


def main(stack: str, file: str) -> int:
    """Run the program and keep the stack in a file; exit code 2, with what is wrong on stderr, where it has none."""
    try:
        found = offline.run(Path.cwd(), stack)
    except OpsError as error:
        print(error, file=sys.stderr)
        return 2
    Path(file).write_bytes(pickle.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
