"""docs/policies.md: `python -m policies.table` writes it, with `--check` it says whether the written one is current."""

import sys
from collections.abc import Iterator
from pathlib import Path

from policies.rule import Rule
from policies.rules import FILES, rules_of

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "policies.md"

SOURCES = {
    "CKV": "Checkov, policy index",
    "CIS": "CIS AWS Foundations Benchmark",
    "CT.": "AWS Control Tower, controls library",
    "AWSGuard": "Pulumi AWSGuard",
}
"""Where a control is described, by how its id begins; all others are AWS Security Hub's."""
SECURITY_HUB = "AWS Security Hub User Guide, controls reference"

NOT_COVERED = {
    "EC2.10": "nothing in the VPC calls EC2's own API",
    "EC2.57, EC2.58, EC2.60": "tasks on Fargate are not instances that Systems Manager manages",
    "EC2.172": "blocking public access for the whole VPC would cut off the public load balancer",
    "CKV_AWS_152": "an Application Load Balancer always balances across zones",
    "CKV_AWS_143": "object lock is for records that the law wants kept; nothing here is one",
    "CKV_AWS_144": "a copy of logs in another region costs more than it is worth; a stack that needs one adds it",
    "SecretsManager.3": "whether a secret is used is known to CloudTrail, not to the program",
}
"""Controls for the same types that no rule covers, each with its reason."""

INTRODUCTION = """\
# Policies

The rules that every stack must pass. A rule judges what the program yields, by the published control that it stands
for, and says what a resource has, what it should have, and how to mend that. What is unknown before a deploy is not
judged before it.

## Where they run

| where | command | fails |
| --- | --- | --- |
| unit tests | `.venv/bin/pytest tests/unit/test_policies.py` | for a rule that misses its planted fault |
| before a deploy | `python -m ops check --stack prod` | for every violation, in every stack |
| in the engine | `pulumi preview --policy-pack policies` | in prod, and where no environment is named |
| this page | `python -m policies.table --check` | when it is older than the rules |

`ops check` runs the program against an AWS that is only pretended: it needs no engine, no account and no Docker. With
`--json` it is for scripts. In the engine, in dev and staging, a violation is told and stops nothing. A rule about one
resource judges it there before it is made; one about several, when all are known.

## Exceptions

A finding that is accepted stands in the stack file, with its reason and its last day:

```yaml
config:
  fargate:exceptions:
    - rules: [target-encrypted]   # ids, from the tables below
      resource: web               # logical name; * and ? match as in a shell; every resource when left out
      reason: the app does not serve TLS; its port is open to the load balancer alone
      until: 2027-06-30           # after this day it covers nothing, and fails until it is renewed or removed
```

A week of `firewall.count_only` needs one too: of `firewall-blocks-known-attacks`, with the week's last day as `until`.
A rule that does not exist, an empty reason and a date that is none are refused. An exception that covers nothing any
more is noted.

## In other programs

The pack needs nothing of this program: it judges the `aws:*` resources of any Pulumi program, in any language.

```console
pulumi preview --policy-pack /path/to/this/repository/policies
```

`make install` in this repository gives the pack its Python. The other program's stack file may have
`fargate:environment`, where `dev` and `staging` make violations advisory, `fargate:exceptions`, and `fargate:budget`.
Single rules get another level with `--policy-pack-config levels.json`:

```json
{"log-retention": "advisory", "balancer-has-firewall": "disabled"}
```
"""


def document() -> str:
    """The page."""
    parts = [INTRODUCTION, "## Rules\n"]
    for file in FILES:
        parts += [f"### {_heading(file.__doc__)}\n", "\n".join(_table(rules_of(file))) + "\n"]
    parts += ["## Controls that are not covered, and why\n", "\n".join(_not_covered()) + "\n"]
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether the written one is current."""
    if arguments == ["--check"]:
        current = DOCUMENT.is_file() and DOCUMENT.read_text(encoding="utf-8") == document()
        if not current:
            print("docs/policies.md is stale: python -m policies.table", file=sys.stderr)
        return 0 if current else 1
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


def _table(rules: tuple[Rule, ...]) -> Iterator[str]:
    yield "| rule | wants | severity | controls | fix | source |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule in rules:
        controls = ", ".join(rule.controls) or "none"
        yield f"| `{rule.id}` | {rule.title} | {rule.severity} | {controls} | {rule.fix} | {_source(rule)} |"


def _source(rule: Rule) -> str:
    named = {
        next((source for start, source in SOURCES.items() if one.startswith(start)), SECURITY_HUB)
        for one in rule.controls
    }
    return "; ".join([*([rule.source] if rule.source else []), *sorted(named)])


def _not_covered() -> Iterator[str]:
    yield "| control | why |"
    yield "| --- | --- |"
    for control, reason in NOT_COVERED.items():
        yield f"| {control} | {reason} |"


def _heading(text: str | None) -> str:
    return (text or "").partition("\n")[0].removesuffix(".").partition(":")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
