"""What is true of every test."""

import os

for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(name, None)  # a make that a test types is no part of the one that runs the tests
for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"):
    os.environ.pop(name, None)  # a repository that a test makes is not the one whose hook runs the tests
for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
    os.environ.pop(name, None)  # what a command prints is not for the terminal that the tests are started on
