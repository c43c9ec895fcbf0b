"""The stacks that are measured: this project's, its account's and its examples', each deployed as people deploy it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from localcloud.fidelity.measure import Measured, measure
from localcloud.home import Home, LocalCloudError
from localcloud.providers.aws.servicer import ADMINISTRATOR, Clients

REGION = "ap-northeast-1"
"""Of every stack here."""


def stacks(project: Path) -> dict[str, tuple[Path, str]]:
    """Folder and stack by the name in the report; dev comes first, whose network the example without one takes."""
    files = [
        *project.glob("Pulumi.*.yaml"),
        *project.glob("bootstrap/Pulumi.*.yaml"),
        *project.glob("examples/*/Pulumi.*.yaml"),
    ]
    return {
        (stack if file.parent == project else file.parent.name): (file.parent, stack)
        for file in sorted(files, key=lambda file: (len(file.parts), file))
        for stack in [file.name.split(".")[1]]
    }


def measure_all(home: Home) -> dict[str, Measured]:
    """Deploy each stack on the running local cloud, measure it, and destroy what was not there before, come what may.

    Raises:
        LocalCloudError: a stack does not deploy.
    """
    found: dict[str, Measured] = {}
    clients, states = Clients(home.endpoint, ADMINISTRATOR), dict[str, Any]()
    with ExitStack() as meanwhile:
        for name, (folder, stack) in stacks(home.project).items():
            config = _network_of(states["dev"]) if name == "existing-network" else {}
            states[name] = meanwhile.enter_context(_deployed(home, folder, stack, config))
            found[name] = measure(states[name], REGION, clients)
    return found


@contextmanager
def _deployed(home: Home, folder: Path, stack: str, config: Mapping[str, Any]) -> Iterator[Any]:
    """The state of a stack from its `up`, also of one that fails, to its `destroy`; what is protected stays."""
    before = '"resources"' in _pulumi(home, folder, "stack", "export", "--stack", stack, ok=False)
    given = [part for key, value in config.items() for part in ("--config", f"{key}={value}")]
    try:
        _pulumi(home, folder, "up", "--yes", "--skip-preview", "--stack", stack, *given, "--config-path")
        yield json.loads(_pulumi(home, folder, "stack", "export", "--show-secrets", "--stack", stack))
    finally:
        if not before:
            _pulumi(home, folder, "destroy", "--yes", "--skip-preview", "--stack", stack, ok=False)


def _pulumi(home: Home, folder: Path, *arguments: str, ok: bool = True) -> str:
    """What a pulumi command prints; "" where it fails and may.

    Raises:
        LocalCloudError: it fails.
    """
    done = subprocess.run([home.bin / "pulumi", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode and ok:
        raise LocalCloudError(f"pulumi {' '.join(arguments)} in {folder}:\n{done.stdout}{done.stderr}")
    return "" if done.returncode else done.stdout


def _network_of(state: Mapping[str, Any]) -> dict[str, str]:
    """What the example in an existing network is told: the network of a deployed stack, and an image that is there."""
    of = [one for one in state["deployment"]["resources"] if one["type"] == "aws:ec2/subnet:Subnet"]
    (image,) = (one["outputs"] for one in state["deployment"]["resources"] if one["type"] == "docker:index/image:Image")
    given = {"vpc_id": of[0]["inputs"]["vpcId"], "image": image["repoDigest"]}
    for tier in ("public", "private"):
        ids = [one["id"] for one in of if one["inputs"]["tags"]["tier"] == tier]
        given |= {f"{tier}_subnet_ids[{at}]": id for at, id in enumerate(ids)}
    return {f"existing-network:{key}": value for key, value in given.items()}
