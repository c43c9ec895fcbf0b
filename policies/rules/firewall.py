"""Web ACLs before load balancers."""

from collections.abc import Iterator

from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource, Value, as_list, at, has_unknown
from policies.rule import Fault, Severity, expect, expect_set, of_graph, of_resource, shown

_GROUPS = ("AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAnonymousIpList")
_GROUP = "statement.managedRuleGroupStatement"
_GROUP_NAME = f"{_GROUP}.name"
_LOGS = "aws-waf-logs-"


@of_resource(
    t.WEB_ACL,
    controls=("WAF.10", "CKV_AWS_175"),
    severity=Severity.MEDIUM,
    fix="aws.wafv2.WebAcl(rules=[...])",
)
def firewall_has_rules(acl: Resource) -> Iterator[Fault]:
    """A web ACL has rules."""
    yield from expect_set(acl, "rules", "one rule at least")


@of_resource(
    t.WEB_ACL,
    controls=("WAF.12",),
    severity=Severity.MEDIUM,
    fix="visibility_config={cloudwatch_metrics_enabled: True, ...} on the web ACL and on each rule",
)
def firewall_metrics(acl: Resource) -> Iterator[Fault]:
    """A web ACL, and each of its rules, is counted in CloudWatch."""
    yield from expect(acl, "visibilityConfig.cloudwatchMetricsEnabled", True)
    for rule in as_list(acl.get("rules")):
        enabled = at(rule, "visibilityConfig.cloudwatchMetricsEnabled")
        if enabled is not True and enabled is not UNKNOWN:
            yield Fault(f"rule {at(rule, 'name')} without metrics", "cloudwatchMetricsEnabled: true")


@of_resource(
    t.WEB_ACL,
    controls=("CKV_AWS_192", "CKV2_AWS_76"),
    severity=Severity.HIGH,
    fix="`firewall.count_only: false`, both in `firewall.managed_rules`; elsewhere override_action={none: {}}",
    source='AWS WAF Developer Guide, "AWS Managed Rules rule groups list"',
)
def firewall_blocks_known_attacks(acl: Resource) -> Iterator[Fault]:
    """A web ACL blocks known bad inputs, such as Log4j's, and anonymous addresses, and does not merely count them."""
    rules = as_list(acl.get("rules"))
    if acl.get("rules") is UNKNOWN or has_unknown([at(rule, _GROUP_NAME) for rule in rules]):
        return
    for name in _GROUPS:
        groups = [rule for rule in rules if at(rule, _GROUP_NAME) == name]
        harmless = {one for rule in groups for one in _let_through(rule)}
        if not groups:
            yield Fault(f"no {name}", f"{name}, blocking")
        elif all(at(rule, "overrideAction.count") is not None for rule in groups):
            yield Fault(f"{name} only counts", f"{name}, blocking")
        elif harmless:
            yield Fault(f"{name} without {', '.join(sorted(harmless))}", f"{name}, with every rule blocking")


@of_graph(
    t.WEB_ACL,
    t.WEB_ACL_LOGGING,
    controls=("WAF.11", "CKV2_AWS_31"),
    severity=Severity.LOW,
    fix="aws.wafv2.WebAclLoggingConfiguration to a log group whose name starts with aws-waf-logs-",
    source='AWS WAF Developer Guide, "Sending web ACL traffic logs to a CloudWatch Logs log group"',
)
def firewall_logs(resource: Resource, graph: Graph) -> Iterator[Fault]:
    """What a web ACL decides is logged, under a name that WAF may write to."""
    if resource.type == t.WEB_ACL:
        if not graph.referrers(resource, "resourceArn", t.WEB_ACL_LOGGING):
            yield Fault("no logging", "a WebAclLoggingConfiguration")
        return
    for group in graph.targets(resource, "logDestinationConfigs", t.LOG_GROUP):
        name = group.get("name")
        if isinstance(name, str) and not name.startswith(_LOGS):
            yield Fault(shown("log group", name), f"a name that starts with {_LOGS}")


def _let_through(rule: Value) -> Iterator[str]:
    """The rules of a group that are told to count, or to allow, what they find."""
    for override in as_list(at(rule, f"{_GROUP}.ruleActionOverrides")):
        if any(at(override, f"actionToUse.{action}") is not None for action in ("count", "allow")):
            yield str(at(override, "name"))
