"""Logical names, kept short enough for every name that AWS derives from them."""

import re
from collections.abc import Mapping

import pulumi

MAX_LENGTH = 24
"""Load balancers and target groups, which bear their component's name, take 32 characters (ELB API Reference,
"CreateTargetGroup"). Pulumi's suffix takes 8 of them."""

ROLE_PATH = r"^/([A-Za-z0-9_+=,.@-]+/)+$"
"""A path beside `/` itself, of what may be in a role's name too (IAM API Reference, "CreateRole")."""
LONGEST_ROLE_PATH = 512
_ALLOWED = re.compile(r"[a-z](-?[a-z0-9])*")
_TAKEN_BY_AWS = "internal-"


def check_name(name: str, most: int = MAX_LENGTH) -> str:
    """The name itself.

    Args:
        name: a component's.
        most: characters that it may have.

    Raises:
        ValueError: it is too long, or some AWS name that is made of it would be refused.
    """
    if problem := name_problem(name, most):
        raise ValueError(problem)
    return name


def name_problem(name: str, most: int = MAX_LENGTH) -> str | None:
    """What is wrong with a name, as in `check_name`."""
    if len(name) > most:
        return f"name {name!r} has {len(name)} characters, at most {most} are allowed"
    if not _ALLOWED.fullmatch(name):
        return (
            f"name {name!r} must start with a letter, end with a letter or digit, and have single hyphens, "
            "lower-case letters and digits only"
        )
    if name.startswith(_TAKEN_BY_AWS):
        return f"name {name!r} must not start with {_TAKEN_BY_AWS}, which AWS keeps for load balancers"
    return None


def role_path_problem(path: str | None) -> str | None:
    """What is wrong with the path of roles' names; nothing with none, which is IAM's own, `/`."""
    if path is None or (re.fullmatch(ROLE_PATH, path) and len(path) <= LONGEST_ROLE_PATH):
        return None
    return f"role_path must be a path such as /fargate/dev/, of {LONGEST_ROLE_PATH} characters at most, got {path!r}"


def with_name(name: str, tags: Mapping[str, str]) -> dict[str, str]:
    """A child's tags: its name, and the component's own tags, which win."""
    return {"Name": name, **tags}


def child_of(
    parent: pulumi.Resource, depends_on: list[pulumi.Resource] | None = None, *, retain: bool = False
) -> pulumi.ResourceOptions:
    """Options of a component's child; with `retain` it stays behind when it is no longer wanted."""
    return pulumi.ResourceOptions(parent=parent, depends_on=depends_on, retain_on_delete=retain or None)
