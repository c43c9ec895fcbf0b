"""What a web ACL lets through: AWS's managed rules, a rate limit, rule groups of your own."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pulumi_aws as aws  # its types in quotes: to load them costs every program time, and few have a firewall

from .checks import hint, out_of_range, refuse

MANAGED_RULES = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesAdminProtectionRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesPHPRuleSet",
    "AWSManagedRulesWordPressRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
)
"""AWS's rule groups without a price of their own (AWS WAF Developer Guide, "AWS Managed Rules rule groups list"). Those
for bots, accounts and denial of service cost extra and want settings: give them by a rule group of your own."""
RULE_GROUP = r"arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional/rulegroup/[^/]+/[^/]+"
_RATE, _RATE_LIMITS = "rate-limit", (10, 2_000_000_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Firewall:
    """The rules of a web ACL, asked in this order: rate limit, rule groups of your own, AWS's managed rules."""

    managed_rules: tuple[str, ...] = (
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesAnonymousIpList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    )
    """AWS's rule groups. Default: bad and anonymous addresses, known bad inputs, the common rules."""
    rate_limit: int | None = 2000
    """Requests that one address may make in five minutes, 10 to 2,000,000,000. Default: 2000; None is no limit."""
    rule_groups: tuple[str, ...] = ()
    """ARNs of rule groups of your own, regional ones of the stack's region. Default: none."""
    count_only: bool = False
    """Whether rules only count what they would block: for a first week, in which the log shows whom they would hit.
    Default: they block."""

    def __post_init__(self) -> None:
        """Refuse what AWS WAF would refuse.

        Raises:
            ValueError: a rule group is unknown, twice or no ARN, there is no rule, or a number is out of its
                bounds.
        """
        refuse(_problems(self))

    def rules(self) -> "list[aws.wafv2.WebAclRuleArgsDict]":
        """The web ACL's rules, each with its priority."""
        rules = [*self._rate_rules(), *self._groups()]
        for priority, rule in enumerate(rules):
            rule["priority"] = priority
        return rules

    def _rate_rules(self) -> "Iterator[aws.wafv2.WebAclRuleArgsDict]":
        if self.rate_limit:
            yield {
                "name": _RATE,
                "priority": 0,
                "statement": {"rate_based_statement": {"limit": self.rate_limit, "aggregate_key_type": "IP"}},
                "action": {"count": {}} if self.count_only else {"block": {}},
                "visibility_config": visibility(_RATE),
            }

    def _groups(self) -> "Iterator[aws.wafv2.WebAclRuleArgsDict]":
        own: Iterator[tuple[str, aws.wafv2.WebAclRuleStatementArgsDict]] = (
            (arn.split("/")[2], {"rule_group_reference_statement": {"arn": arn}}) for arn in self.rule_groups
        )
        managed: Iterator[tuple[str, aws.wafv2.WebAclRuleStatementArgsDict]] = (
            (name, {"managed_rule_group_statement": {"vendor_name": "AWS", "name": name}})
            for name in self.managed_rules
        )
        for name, statement in (*own, *managed):
            yield {
                "name": name,
                "priority": 0,
                "statement": statement,
                "override_action": {"count": {}} if self.count_only else {"none": {}},
                "visibility_config": visibility(name),
            }


def visibility(name: str) -> "aws.wafv2.WebAclVisibilityConfigArgsDict":
    """Metrics and samples of a rule, or of the whole web ACL."""
    return {"cloudwatch_metrics_enabled": True, "metric_name": name, "sampled_requests_enabled": True}


def _problems(firewall: Firewall) -> Iterator[str | None]:
    for name in firewall.managed_rules:
        if name not in MANAGED_RULES:
            yield f"managed_rules: unknown rule group {name!r}: {hint(name, MANAGED_RULES)}"
    for arn in firewall.rule_groups:
        if not re.fullmatch(RULE_GROUP, arn):
            yield f"rule_groups: must be ARNs of regional rule groups, got {arn!r}"
    own = [arn.split("/")[2] for arn in firewall.rule_groups if re.fullmatch(RULE_GROUP, arn)]
    for name, count in Counter((*([_RATE] if firewall.rate_limit else []), *own, *firewall.managed_rules)).items():
        if count > 1:
            yield f"rule {name!r} is there {count} times: rules must differ by name"
    if firewall.rate_limit is not None:
        yield out_of_range("rate_limit", firewall.rate_limit, *_RATE_LIMITS)
    if not (firewall.managed_rules or firewall.rule_groups or firewall.rate_limit):
        yield "a firewall needs a rule: managed_rules, rate_limit or rule_groups"
