"""docs/replacements.md: what an `up` replaces, here and by the AWS provider. `python -m tests.replacements [--check]`.

What replaces here is declared (`localcloud/providers/aws`). The provider's rules are not in Pulumi's SDK: its
docstrings name four of them. They stand in `tests/replacements.yaml`, as read in the source of the provider that
Pulumi's is made of.
"""

import copy
import importlib
import inspect
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from localcloud.providers.aws import RESOURCES
from localcloud.providers.declare import Resource
from ops import offline, offline_plan
from tests.local.harness import PARTS, ROOT

PAGE = ROOT / "docs" / "replacements.md"
RULES: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
NOT_INPUTS = {"tags", "tagsAll", "region"}
SOURCE = "https://github.com/hashicorp/terraform-provider-aws/blob"
HEAD = """<!-- Written by `python -m tests.replacements`. Do not edit. -->

# What an `up` replaces

Which change of a stack file makes a new resource, and which property of AWS's resources does so, on the local cloud and
by the AWS provider. What a replacement means for users and data says `python -m ops plan`
([guard rails](reliability.md#guard-rails)).

## Keys of a stack file

Each is set in the stack's file as it is, and compared as `python -m ops plan --against` compares. The switches of
network and load balancer, tried on a stack that runs, are in [Network and edge](network-and-edge.md).

| key | stack | replaces | changes in place |
| --- | --- | --- | --- |
"""
TYPES = """
A new `ecs/taskDefinition` is a revision: tasks of the old one serve until those of the new one do. A name that goes,
such as a service's or a job's, takes its resources with it, and another name makes new ones.

## Properties

What replaces here is what the local cloud's providers declare. "If taken away" names what changes in place, but is
replaced when it is given no more. What replaces on AWS is what the provider does: Pulumi's is made of HashiCorp's,
whose source was read, each type at one revision, which need not be that of the version used. What its column names
replaces whether it changes or goes; what else goes does not. Where the last column is empty, both agree, as far as was
read: what Pulumi adds was not, nor what a revision does not have yet, and nothing was run on AWS. The docstrings of
Pulumi's SDK name four of these rules, and so cannot tell the others. `region` replaces everywhere.

| type | replaces here | also if taken away | the provider, by its source | differs |
| --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Rules:
    """What the provider's source says of a type."""

    source: str
    revision: str
    replaces: frozenset[str]
    conditions: Mapping[str, str]
    """When a property replaces that may also change in place."""
    unknown: frozenset[str]

    @property
    def link(self) -> str:
        """To what was read."""
        return f"[{self.source}]({SOURCE}/{self.revision}/internal/service/{self.source})"

    def said(self, name: str) -> bool | None:
        """Whether a property replaces; None where that depends, or the revision does not have it."""
        return None if name in self.conditions or name in self.unknown else name in self.replaces


def rules() -> dict[str, Rules]:
    """What was read, by type token."""
    return {
        f"aws:{name}": Rules(
            source=one["source"],
            revision=one["revision"],
            replaces=frozenset(one["replaces"]),
            conditions=one.get("if", {}),
            unknown=frozenset(one.get("unknown", ())),
        )
        for name, one in RULES["read"].items()
    }


def inputs(resource: Resource) -> list[str]:
    """The properties of a type, those of every type left out."""
    return sorted(resource.properties - NOT_INPUTS)


def taken_away(token: str) -> list[str]:
    """The properties of a type that change in place and replace it when they are given no more, as some must not be."""
    resource = RESOURCES[token]
    may_go = set(inputs(resource)) - required(token) - resource.kept
    return sorted(name for name in may_go if resource.is_replaced_by(name, {}) and not resource.replaces(name))


def required(token: str) -> set[str]:
    """The properties that Pulumi's SDK lets nobody leave out."""
    module, _, kind = token.removeprefix("aws:").partition("/")
    arguments = getattr(importlib.import_module(f"pulumi_aws.{module}"), f"{kind.rpartition(':')[2]}Args").__init__
    found = (name for name, one in inspect.signature(arguments).parameters.items() if one.default is one.empty)
    return {re.sub("_(.)", lambda letter: letter[1].upper(), name.rstrip("_")) for name in found}


def differences() -> dict[str, str]:
    """What replaces here and not there, or the reverse, as `type property`, with its reason; "" where it has none."""
    found: dict[str, str] = {}
    for token, read in rules().items():
        gone = taken_away(token)
        for name in inputs(RESOURCES[token]):
            said, key = read.said(name), f"{token.removeprefix('aws:')} {name}"
            if said is not None and (RESOURCES[token].replaces(name) != said or (name in gone and not said)):
                found[key] = RULES["differ"].get(key, "")
    return found


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(_keys()) + "\n" + TYPES + "\n".join(map(_row, sorted(RESOURCES))) + "\n"


def _row(token: str) -> str:
    resource, read, why = RESOURCES[token], rules().get(token), differences()
    short = token.removeprefix("aws:")
    here = _names(name for name in inputs(resource) if resource.replaces(name))
    there = [_names(sorted(read.replaces & set(inputs(resource)))), read.link] if read else ["not read"]
    said = [f"`{name}` if {when}" for name, when in read.conditions.items() if name in inputs(resource)] if read else []
    found = [f"`{name}`: {why[f'{short} {name}']}" for name in inputs(resource) if f"{short} {name}" in why]
    gone = ", ".join(f"`{name}`" for name in taken_away(token))
    rules_there = "; ".join([*there[:1], *said, *there[1:]])
    return f"| {short.rpartition(':')[0]} | {here} | {gone} | {rules_there} | {' '.join(found)} |"


def _names(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _keys() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        before = {stack: _run(Path(folder), stack, {}) for stack in sorted({one["stack"] for one in RULES["keys"]})}
        for one in RULES["keys"]:
            edits = {one["key"]: one["value"], **one.get("with", {})}
            plan = offline_plan.compared(before[one["stack"]], _run(Path(folder), one["stack"], edits), "now")
            ops = [sorted({_short(change.type) for change in plan.changes if change.op == op}) for op in OPS]
            yield f"| `{one['key']}` | {one['stack']} | {' | '.join(map(_names, ops))} |"


OPS = ("replace", "update")


def _short(token: str) -> str:
    return token.removeprefix("aws:").rpartition(":")[0].removeprefix("docker:")


def _run(folder: Path, stack: str, edits: Mapping[str, Any]) -> offline.Stack:
    """The program with a stack's file that has more in it: keys by their dotted path, without `fargate:`."""
    for part in PARTS:
        if not (folder / part).exists() and part != f"Pulumi.{stack}.yaml":
            (folder / part).symlink_to(ROOT / part)
    document = copy.deepcopy(yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text()))
    for path, value in edits.items():
        first, *rest = path.split(".")
        within, keys = document["config"], [f"fargate:{first}", *rest]
        for key in keys[:-1]:
            within = within.setdefault(key, {})
        within[keys[-1]] = value
    (folder / f"Pulumi.{stack}.yaml").unlink(missing_ok=True)
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document))
    return offline.run(folder, stack)


def main() -> int:
    """Write the page, or with `--check` say whether it is current."""
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text)
    elif not PAGE.is_file() or PAGE.read_text() != text:
        print(f"{PAGE.name} is older than what it is made of: python -m tests.replacements", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
