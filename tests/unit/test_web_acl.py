import re

import pytest

from components import Firewall, WebAcl, WebAclArgs

ACL = "aws:wafv2/webAcl:WebAcl"
GROUP = "arn:aws:wafv2:ap-northeast-1:123456789012:regional/rulegroup/ours/0a1b"


def acl(**arguments):
    return lambda: WebAcl("waf", WebAclArgs(resource_arn="arn:balancer", **arguments))


def rules(cloud):
    return {one["name"]: one for one in cloud.one(ACL).inputs["rules"]}


def test_what_it_blocks_without_being_told(deploy, cloud):
    made = deploy(acl(tags={"team": "a"}))
    inputs = cloud.one(ACL).inputs
    assert (inputs["scope"], inputs["defaultAction"]) == ("REGIONAL", {"allow": {}})
    assert inputs["visibilityConfig"]["cloudwatchMetricsEnabled"] is True
    found = rules(cloud)
    assert [one["priority"] for one in inputs["rules"]] == [0, 1, 2, 3, 4]
    assert list(found) == [
        "rate-limit",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesAnonymousIpList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    ]
    limit = found.pop("rate-limit")
    assert limit["action"] == {"block": {}}
    assert limit["statement"] == {"rateBasedStatement": {"limit": 2000, "aggregateKeyType": "IP"}}
    for name, rule in found.items():
        assert rule["overrideAction"] == {"none": {}}
        assert rule["statement"] == {"managedRuleGroupStatement": {"vendorName": "AWS", "name": name}}
    assert deploy.known(made.arn) == "arn:WebAcl:waf"


def test_a_first_week_that_only_counts(deploy, cloud):
    deploy(acl(firewall=Firewall(count_only=True, rule_groups=(GROUP,))))
    found = rules(cloud)
    assert found.pop("rate-limit")["action"] == {"count": {}}
    assert {tuple(one["overrideAction"]) for one in found.values()} == {("count",)}


def test_rule_groups_of_one_s_own_come_before_aws_s(deploy, cloud):
    deploy(acl(firewall=Firewall(rule_groups=(GROUP,), rate_limit=None)))
    first = cloud.one(ACL).inputs["rules"][0]
    assert (first["name"], first["priority"]) == ("ours", 0)
    assert first["statement"] == {"ruleGroupReferenceStatement": {"arn": GROUP}}


def test_what_it_blocks_is_logged_without_secrets(deploy, cloud):
    made = deploy(acl(kms_key_arn="arn:key", log_retention_days=365))
    group = cloud.one("aws:cloudwatch/logGroup:LogGroup")
    assert group.name == "aws-waf-logs-waf"
    assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) == (365, "arn:key")
    configuration = cloud.one("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
    assert configuration.delete_before_replace, "both are the ACL's one"
    logging = configuration.inputs
    assert logging["logDestinationConfigs"] == ["arn:aws:logs:ap-northeast-1:123456789012:log-group:aws-waf-logs-waf"]
    assert [one["singleHeader"]["name"] for one in logging["redactedFields"]] == ["authorization", "cookie"]
    assert logging["loggingFilter"]["defaultBehavior"] == "DROP"
    assert deploy.known(made.log_group_name) == "aws-waf-logs-waf-1234567"


def test_it_stands_in_front_of_the_load_balancer(deploy, cloud):
    deploy(acl())
    assert cloud.one("aws:wafv2/webAclAssociation:WebAclAssociation").inputs == {
        "resourceArn": "arn:balancer",
        "webAclArn": "arn:WebAcl:waf",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"managed_rules": ("AWSManagedRulesComonRuleSet",)},
            "managed_rules: unknown rule group 'AWSManagedRulesComonRuleSet': did you mean 'AWSManagedRulesCommonRule",
        ),
        ({"managed_rules": ("Mine",)}, "managed_rules: unknown rule group 'Mine': known are AWSManagedRulesCommon"),
        ({"managed_rules": ("AWSManagedRulesUnixRuleSet",) * 2}, "rule 'AWSManagedRulesUnixRuleSet' is there 2 times"),
        ({"rule_groups": (GROUP.replace("ours", "rate-limit"),)}, "rule 'rate-limit' is there 2 times"),
        ({"rule_groups": (GROUP, GROUP.replace("0a1b", "2c3d"))}, "rule 'ours' is there 2 times"),
        ({"rule_groups": ("ours",)}, "rule_groups: must be ARNs of regional rule groups, got 'ours'"),
        ({"rate_limit": 9}, "rate_limit must be from 10 to 2000000000, got 9"),
        ({"managed_rules": (), "rate_limit": None}, "a firewall needs a rule"),
    ],
)
def test_what_waf_would_refuse(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Firewall(**arguments)


def test_a_retention_that_cloudwatch_does_not_know_is_refused():
    with pytest.raises(ValueError, match="log_retention_days must be one of"):
        WebAclArgs(resource_arn="arn:balancer", log_retention_days=8)  # type: ignore[arg-type] - what is tested
