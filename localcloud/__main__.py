"""`python -m localcloud`."""

import sys

if __name__ == "__main__":
    try:
        from localcloud.cli import main
    except ModuleNotFoundError as missing:
        way = "make install, then source .venv/bin/activate"
        sys.exit(f"error: {sys.executable} has no {missing.name}: {way}")
    sys.exit(main())
