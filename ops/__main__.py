"""The command line: `python -m ops COMMAND --stack NAME`."""

import sys

from ops.interrupt import ends_the_process

if __name__ == "__main__":
    with ends_the_process():
        from ops.cli import main  # only now: imports take long enough to be interrupted

        sys.exit(main())
