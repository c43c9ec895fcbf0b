"""A part of a stack file, as a page shows it, told by its keys and completed to a file that can be loaded."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import settings
from bootstrap.settings import NAMESPACE as BOOTSTRAP
from bootstrap.settings import parse as parse_account
from configuration.job import JobSettings
from configuration.namespaces import NAMESPACE, NAMESPACES
from configuration.service import ServiceSettings
from configuration.stack import Settings
from ops import engine_yaml

ELLIPSES = {"sha256:…": f"sha256:{'0' * 64}"}
"""What pages leave out, and what stands for it here."""
ACCOUNT = {
    "aws:region": "ap-northeast-1",
    "aws:allowedAccountIds": ["123456789012"],
    f"{BOOTSTRAP}:environments": ["dev", "prod"],
    f"{BOOTSTRAP}:github": {"repository": "example/shop"},
}
LEAST = {
    "aws:region": "ap-northeast-1",
    f"{NAMESPACE}:environment": "dev",
    f"{NAMESPACE}:load_balancer": {"domain": {"zone": "example.com", "names": ["*.example.com"]}},
    f"{NAMESPACE}:services": {"web": {"build": "./app"}},
}


def load(text: str, folder: Path, flat: Any) -> None:
    """Load a part, completed; the apps that it builds are made in an empty folder, which is the working directory.

    Raises:
        ValueError: it is no part of a stack file.
        settings.ConfigError: what the program says to it.
    """
    for short, whole in ELLIPSES.items():
        text = text.replace(short, whole)
    config = completed(engine_yaml.read(text))
    if any(key.startswith(f"{BOOTSTRAP}:") for key in config):
        parse_account(flat({**ACCOUNT, **config}), "Pulumi.account.yaml")
        return
    for context, dockerfile in _builds(config):
        (folder / context).mkdir(parents=True, exist_ok=True)
        (folder / context / dockerfile).write_text("FROM scratch\n")
    whole = text if re.match("(?m)^config:", text) else f"config:\n{textwrap.indent(text, '  ')}"
    settings.parse(flat(config), "page", text=whole)


def completed(part: object) -> dict[str, Any]:
    """The configuration of a file that has a part, with its namespaces.

    Raises:
        ValueError: it is none.
    """
    config = _namespaced(part)
    if any(key.startswith(f"{BOOTSTRAP}:") for key in config):
        return config
    return {**LEAST, **config}


def _namespaced(part: object) -> dict[str, Any]:
    if not isinstance(part, dict) or not part:
        raise ValueError("no mapping")
    if "config" in part:
        return dict(part["config"])
    if all(key.partition(":")[0] in (*NAMESPACES, BOOTSTRAP) for key in part):
        return dict(part)
    for fields, whole in (
        (Settings.model_fields, lambda: {f"{NAMESPACE}:{key}": value for key, value in part.items()}),
        (ServiceSettings.model_fields, lambda: {f"{NAMESPACE}:services": {"web": _with_image(part)}}),
        (JobSettings.model_fields, lambda: {f"{NAMESPACE}:jobs": {"job": part}}),
    ):
        if set(part) <= set(fields):
            return whole()
    if all(_has_keys_of(ServiceSettings.model_fields, one) for one in part.values()):
        return {f"{NAMESPACE}:services": part}
    if all(_has_keys_of(JobSettings.model_fields, one) for one in part.values()):
        return {f"{NAMESPACE}:jobs": part}
    raise ValueError(
        f"no part of a stack file has the keys {', '.join(map(str, part))}: begin it with config: or fargate:KEY:, "
        "or say above it what it is instead: <!-- other: … -->"
    )


def _with_image(service: dict[str, Any]) -> dict[str, Any]:
    return service if service.keys() & {"build", "image"} else {"build": "./app", **service}


def _has_keys_of(fields: Iterable[str], value: object) -> bool:
    return isinstance(value, dict) and bool(value) and set(value) <= set(fields)


def _builds(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Folder and file of every image that is built."""
    for kind in ("services", "jobs"):
        for one in config.get(f"{NAMESPACE}:{kind}", {}).values():
            build = one.get("build") if isinstance(one, dict) else None
            if isinstance(build, str):
                yield build, "Dockerfile"
            elif isinstance(build, dict):
                yield build.get("context", "app"), build.get("dockerfile", "Dockerfile")
