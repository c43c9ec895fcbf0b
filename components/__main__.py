"""`python -m components`, and `python -m fargate_components` where the package is installed: its reference."""

import sys

from .reference.page import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
