"""The policy pack: what the engine starts for `pulumi preview --policy-pack policies`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the engine runs this folder, not the package in it

from policies.analyzer import serve

if __name__ == "__main__":
    serve()
