"""The firewall of a load balancer, and its log.

Names of files are those of terraform-provider-aws, internal/service, which Pulumi's provider is made of.
"""

from .grant import RUN, Grant, Where, because

_FOR_BALANCERS = "AWS WAF Developer Guide, Associating or disassociating a web ACL with an AWS resource"
_TO_LOGS = "AWS WAF Developer Guide, Sending web ACL traffic logs to an Amazon CloudWatch Logs log group"
_UPDATE = "a change that the runs do not make: "

GRANTS = (
    Grant(
        name="UseFirewallAtBalancers",
        service="elasticloadbalancing",
        actions=because(_FOR_BALANCERS, "CreateWebACLAssociation", "DeleteWebACLAssociation", "SetWebAcl"),
        where=Where.NEW,
    ),
    Grant(
        name="LookAtFirewallOfBalancers",
        service="elasticloadbalancing",
        actions=because(_FOR_BALANCERS, "GetLoadBalancerWebACL"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="LookAtFirewalls",
        service="wafv2",
        actions=because(RUN, "GetLoggingConfiguration", "GetWebACL", "GetWebACLForResource", "ListTagsForResource"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeFirewalls",
        service="wafv2",
        actions=because(RUN, "AssociateWebACL", "CreateWebACL", "DisassociateWebACL", "TagResource"),
        where=Where.NEW,
    ),
    Grant(
        name="UseRuleSets",
        service="wafv2",
        actions=because(_UPDATE + "what a web ACL is made of, beside it", "UpdateWebACL"),
        where=Where.HERE,
        on=tuple(
            f"arn:{{partition}}:wafv2:{{region}}:*:regional/{one}/*"
            for one in ("ipset", "managedruleset", "regexpatternset", "rulegroup")
        ),
    ),
    Grant(
        name="ChangeFirewalls",
        service="wafv2",
        actions=because(RUN, "DeleteLoggingConfiguration", "DeleteWebACL", "PutLoggingConfiguration")
        | because(_UPDATE + "wafv2/web_acl.go, resourceWebACLUpdate", "UpdateWebACL")
        | because(_UPDATE + "wafv2/tags_gen.go, updateTags", "UntagResource"),
        where=Where.OWN,
    ),
    Grant(
        name="LogFirewalls",
        service="logs",
        actions=because(
            _TO_LOGS, "CreateLogDelivery", "DeleteLogDelivery", "DescribeResourcePolicies", "PutResourcePolicy"
        ),
        where=Where.HERE,
    ),
)
