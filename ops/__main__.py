"""The command line: `python -m ops COMMAND --stack NAME`."""

import sys

from ops.interrupt import ends_the_process

if __name__ == "__main__":
    with ends_the_process():
        try:
            from ops.cli import main  # only now: imports take long enough to be interrupted
        except ModuleNotFoundError as missing:
            way = "make install, then source .venv/bin/activate"
            print(f"error: {sys.executable} has no {missing.name}: {way}", file=sys.stderr)
            sys.exit(2)
        sys.exit(main())
