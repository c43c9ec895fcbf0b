"""What is true of every test."""

import os

for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(name, None)  # a make that a test types is no part of the one that runs the tests
