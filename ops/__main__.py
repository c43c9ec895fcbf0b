"""The command line: `python -m ops COMMAND --stack NAME`."""

import sys

from ops.cli import main

if __name__ == "__main__":
    sys.exit(main())
