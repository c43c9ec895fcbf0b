"""docs/permissions.md: `python -m bootstrap.permissions.table` writes it; with `--check` it says if that is current."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import TABLES
from .app import USE, USE_OWN, Actions
from .grant import RUN, Grant, Where
from .images import PUSH_BUILDS, REGISTRY

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
INTRODUCTION = f"""\
# What CI's roles may do

Written by `python -m bootstrap.permissions.table` from the tables that `make bootstrap` deploys. Who takes which role,
and what all of this keeps out, is in [who may do what](delivery-security.md).

An action is there for a reason. **{RUN}**: the runs of
[test_least_privilege.py](../tests/local/test_least_privilege.py) need it; they also fail for an action with this
reason that they do not need. Every other action says who needs it: a file and function of terraform-provider-aws,
which Pulumi's AWS provider is made of, a page of AWS's documentation, or a file of this repository. The preview role
has what says `preview`, and nothing else.

| on | resources |
| --- | --- |
{chr(10).join(f"| *{one.name.lower()}* | those {one.value} |" for one in Where)}
| `{{state}}`, `{{builds}}` | the bucket of the state, and the repository of builds |
| `{{roles}}`, `{{boundary}}` | the roles of the stack, and the policy that bounds each of them |

No deploy or preview role does anything with the key of the state but to use it, or with the repository of builds but
to take images from it, whatever else allows it.
"""
BOUNDARY = """\
## boundary

A role of a stack's tasks and jobs does what its own policy says and this table lets it. No more: what makes, changes or
removes anything of AWS's is not here. It reaches nothing of a state, its key and the repository of builds, no role of
the account, and nothing that a tag says is another environment's or project's. Another action for an app is added to
`bootstrap/permissions/app.py`.

| actions | on |
| --- | --- |
"""


def document() -> str:
    """The whole page."""
    sections = TABLES | {"registry, of one environment": REGISTRY, "build": PUSH_BUILDS}
    return "\n".join([INTRODUCTION, *(_section(name, grants) for name, grants in sections.items()), _boundary()])


def _boundary() -> str:
    rows = [*_uses(USE, "whatever no tag says is another's"), *_uses(USE_OWN, "*own*")]
    others = (
        ("`ssm:GetParametersByPath`", "parameters below `/{project}/{environment}/`"),
        ("`ecs:TagResource`", "a task that it starts"),
        ("`iam:PassRole`", "`{roles}`, to tasks"),
        ("`sts:AssumeRole`, `sts:TagSession`", "roles of other accounts"),
    )
    return BOUNDARY + "\n".join([*rows, *(f"| {actions} | {on} |" for actions, on in others), ""])


def _uses(actions: Actions, on: str) -> Iterator[str]:
    for service, some in actions.items():
        yield f"| {', '.join(f'`{service}:{one}`' for one in some)} | {on} |"


def _section(name: str, grants: tuple[Grant, ...]) -> str:
    rows = [row for grant in grants for row in _rows(grant)]
    return "\n".join([f"## {name}", "", "| statement | actions | on | why |", "| --- | --- | --- | --- |", *rows, ""])


def _rows(grant: Grant) -> Iterator[str]:
    """One for each reason."""
    named = f"{grant.name}, preview" if grant.previews else grant.name
    for reason, actions in _by_reason(grant.actions).items():
        told = ", ".join(f"`{grant.service}:{action}`" for action in sorted(actions))
        yield f"| {named} | {told} | {_on(grant)} | {f'**{reason}**' if reason == RUN else reason} |"


def _by_reason(actions: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for action, reason in actions.items():
        found.setdefault(reason, []).append(action)
    return found


def _on(grant: Grant) -> str:
    arns = ", ".join(f"`{one}`" for one in grant.on if one != "*")
    keys = ", ".join(f"`{key}`" for conditions in grant.only_if.values() for key in conditions)
    told = [f"*{grant.where.name.lower()}*", arns, f"with {keys}" if keys else ""]
    return ", ".join(one for one in told if one)


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it; 1 when it is older than the tables."""
    if "--check" not in arguments:
        DOCUMENT.write_text(document(), encoding="utf-8")
        return 0
    if DOCUMENT.is_file() and DOCUMENT.read_text(encoding="utf-8") == document():
        return 0
    print(f"{DOCUMENT.name} is older than the tables: python -m bootstrap.permissions.table", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
