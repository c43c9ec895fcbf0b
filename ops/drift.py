"""`ops drift`: what AWS has otherwise than the stack's state says, such as after a change by hand. Nothing is changed.

The engine reads every resource anew and compares; what the program leaves to AWS, such as a count of tasks that scaling
decides, is no drift. Rules that were added to the stack's security groups are no resources of its, so they are looked
for beside that.

Source: Pulumi docs, "pulumi refresh" (`--preview-only`); Amazon EC2 API Reference, "DescribeSecurityGroupRules".
"""

import json
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from ops.aim import Aim
from ops.error import OpsError
from ops.plan import component_of, kind_of, name_of, shown
from ops.preview import asked, is_unknown, why
from ops.words import code, counted

GROUP = "aws:ec2/securityGroup:SecurityGroup"
_MOST_SHOWN = 120
"""Characters of a value."""
_MASK = "[secret]"
"""What the engine writes in place of a secret value."""
_CONFIRMED = "PULUMI_SKIP_CONFIRMATIONS"
"""Variable by which somebody has said yes to everything (Pulumi docs, "Environment variables")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that is other than deployed."""

    component: str
    """Class and name of the component that the resource is part of; empty for one that stands alone."""
    resource: str
    """Type and name of the resource."""
    what: str
    """What is other, in words."""


def drift(aimed: Aim) -> list[Difference] | None:
    """What is other than deployed, by component.

    Returns:
        None where nothing is deployed: the state knows no such stack, or has nothing in it.

    Raises:
        OpsError: there is no engine, it says no, or does not say what it has compared.
        botocore.exceptions.ClientError: AWS does not tell the rules of security groups.
    """
    command = ["pulumi", "refresh", "--preview-only", "--json", "--non-interactive", "--stack", aimed.stack]
    environment = aimed.environment()
    environment.pop(_CONFIRMED, None)  # it means --yes to the engine, which refuses that beside --preview-only
    ran, found = asked(aimed.folder, command, environment)
    if is_unknown(ran, aimed.stack):
        return None
    if ran.returncode:
        raise OpsError(f"the state of stack {aimed.stack} cannot be compared. The engine said:\n{why(ran, found)}")
    if found.keys().isdisjoint(("steps", "duration")):  # the latter is at the end of whatever it compared
        said = ran.stderr.strip() or "nothing"
        raise OpsError(
            f"the state of stack {aimed.stack} cannot be compared: the engine gave no answer. It said: {said}"
        )
    steps: Sequence[Mapping[str, Any]] = found.get("steps", [])
    if not steps:
        return None
    differences = [*(one for step in steps for one in _of(step)), *_rules(aimed, steps)]
    return sorted(differences, key=lambda one: (one.component, one.resource))


def text(stack: str, found: Sequence[Difference] | None) -> str:
    """The differences for people."""
    lines: list[str] = []
    for component, differences in groupby(found or (), key=lambda one: one.component):
        lines.append(component or "alone")
        lines += [f"  {one.resource}: {one.what}" for one in differences]
    return "".join(f"{line}\n" for line in [*lines, _summary(stack, found)])


def markdown(stack: str, found: Sequence[Difference]) -> str:
    """The differences as an issue's text."""
    rows = [f"| {one.component or 'alone'} | {one.resource} | {code(one.what)} |" for one in found]
    table = ["| component | resource | now |", "| --- | --- | --- |", *rows, ""] if rows else []
    lines = [f"## Drift of stack {stack}", "", _summary(stack, found), "", *table, *_what_next(stack, found)]
    return "".join(f"{line}\n" for line in lines)


def as_values(stack: str, found: Sequence[Difference] | None) -> dict[str, Any]:
    """The differences for scripts."""
    differences = [asdict(one) for one in found or ()]
    return {"stack": stack, "deployed": found is not None, "drifted": bool(found), "differences": differences}


def _of(step: Mapping[str, Any]) -> Iterator[Difference]:
    """What the engine finds of one resource."""
    old: Mapping[str, Any] = step.get("oldState") or {}
    if step["op"] == "delete":
        yield _difference(step["urn"], old, "is not there any more")
    elif step["op"] == "update":
        new: Mapping[str, Any] = step.get("newState") or {}
        for path in sorted(step.get("detailedDiff") or ()):
            yield _difference(step["urn"], old, _changed(path, old, new))


def _changed(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What a property is, and was; after a deploy that was ended halfway only the inputs tell the two apart.

    Of one that has a secret in it, on either side, nothing is told: what AWS returned need not be marked as one.
    """
    name = path.partition(".")[0].partition("[")[0]
    if any(_MASK in json.dumps(one.get(part, {}).get(name)) for one in (old, new) for part in ("outputs", "inputs")):
        return f"{path} differs, which has a secret in it"
    for part in ("outputs", "inputs"):
        was, now = (_value(one.get(part, {}).get(name)) for one in (old, new))
        if was != now:
            return f"{path} is {now}, deployed was {was}"
    return f"{path} differs"


def _difference(urn: str, state: Mapping[str, Any], what: str) -> Difference:
    return Difference(
        component=component_of(state.get("parent", "")), resource=shown(kind_of(urn), name_of(urn)), what=what
    )


def _rules(aimed: Aim, steps: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    """The rules of the stack's security groups that are none of its resources."""
    states = [(step["urn"], step.get("oldState") or {}) for step in steps]
    known = {str(state.get("id")) for _, state in states}
    groups = {str(state["id"]): (urn, state) for urn, state in states if kind_of(urn) == GROUP}
    if not groups:
        return
    asks = aimed.client("ec2").get_paginator("describe_security_group_rules")
    for page in asks.paginate(Filters=[{"Name": "group-id", "Values": sorted(groups)}]):
        for rule in page["SecurityGroupRules"]:
            if rule["SecurityGroupRuleId"] not in known and rule["GroupId"] in groups:
                urn, state = groups[rule["GroupId"]]
                yield _difference(urn, state, _rule(rule))


def _rule(rule: Mapping[str, Any]) -> str:
    """A rule in words."""
    ranges = [rule.get("CidrIpv4"), rule.get("CidrIpv6"), rule.get("PrefixListId")]
    other = next(filter(None, ranges), "") or (rule.get("ReferencedGroupInfo") or {}).get("GroupId", "")
    first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
    ports = "every port" if first == -1 else f"port {first}" if first == last else f"ports {first} to {last}"
    way = f"to {other}" if rule["IsEgress"] else f"from {other}"
    protocol = "any protocol" if rule["IpProtocol"] == "-1" else rule["IpProtocol"]
    return f"has a rule that the stack did not make, {rule['SecurityGroupRuleId']}: {protocol}, {ports}, {way}"


def _value(value: object) -> str:
    written = "nothing" if value is None else json.dumps(value, sort_keys=True)
    return written if len(written) <= _MOST_SHOWN else reprlib.repr(written[:_MOST_SHOWN])[1:-1]


def _summary(stack: str, found: Sequence[Difference] | None) -> str:
    if found is None:
        return f"{stack}: nothing is deployed where pulumi is logged in, and so there is nothing to compare"
    if not found:
        return f"{stack}: AWS has what was deployed"
    resources = len({(one.component, one.resource) for one in found})
    return f"{stack}: {counted(resources, 'resource')} {'is' if resources == 1 else 'are'} other than deployed"


def _what_next(stack: str, found: Sequence[Difference]) -> list[str]:
    if not found:
        return []
    return [
        f"`make deploy STACK={stack}` deploys what the stack file says again. Rules that the stack did not make stay: "
        "remove them by hand. What is to stay belongs into the stack file."
    ]
