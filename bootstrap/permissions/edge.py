"""The edge: load balancers, certificates and records.

Names of files are those of terraform-provider-aws, internal/service, which Pulumi's provider is made of.
"""

from .grant import MADE_BY, RUN, Grant, Where, because

_UPDATE = "a change that the runs do not make: "

GRANTS = (
    Grant(
        name="LookAtBalancers",
        service="elasticloadbalancing",
        actions=because(
            RUN,
            *("DescribeListeners", "DescribeLoadBalancerAttributes", "DescribeLoadBalancers", "DescribeRules"),
            *("DescribeTags", "DescribeTargetGroupAttributes", "DescribeTargetGroups", "DescribeTargetHealth"),
        )
        | because("elbv2/listener.go, resourceListenerRead", "DescribeListenerAttributes")
        | because("elbv2/load_balancer.go, resourceLoadBalancerRead", "DescribeCapacityReservation"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeBalancers",
        service="elasticloadbalancing",
        actions=because(RUN, "CreateLoadBalancer", "CreateTargetGroup"),
        where=Where.NEW,
    ),
    Grant(
        name="TagNewBalancers",
        service="elasticloadbalancing",
        actions=because(RUN, "AddTags"),
        where=Where.NEW,
        only_if=MADE_BY["elasticloadbalancing"],
    ),
    Grant(
        name="ChangeBalancers",
        service="elasticloadbalancing",
        actions=because(
            RUN,
            *("CreateListener", "CreateRule", "DeleteListener", "DeleteLoadBalancer", "DeleteRule"),
            "DeleteTargetGroup",
            *("ModifyLoadBalancerAttributes", "ModifyTargetGroupAttributes"),
        )
        | because(_UPDATE + "elbv2/listener.go, resourceListenerUpdate", "ModifyListener", "ModifyListenerAttributes")
        | because(_UPDATE + "elbv2/listener_rule.go, resourceListenerRuleUpdate", "ModifyRule", "SetRulePriorities")
        | because(_UPDATE + "elbv2/target_group.go, resourceTargetGroupUpdate", "ModifyTargetGroup")
        | because(
            _UPDATE + "elbv2/load_balancer.go, resourceLoadBalancerUpdate",
            *("AddTags", "RemoveTags", "SetIpAddressType", "SetSecurityGroups", "SetSubnets"),
        ),
        where=Where.OWN,
    ),
    Grant(
        name="LookAtCertificates",
        service="acm",
        actions=because(RUN, "DescribeCertificate", "ListTagsForCertificate"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeCertificates",
        service="acm",
        actions=because(RUN, "AddTagsToCertificate", "RequestCertificate"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeCertificates",
        service="acm",
        actions=because(RUN, "DeleteCertificate")
        | because(
            _UPDATE + "acm/certificate.go, resourceCertificateUpdate",
            *("RemoveTagsFromCertificate", "UpdateCertificateOptions"),
        ),
        where=Where.OWN,
    ),
    Grant(
        name="LookAtZones",
        service="route53",
        actions=because(RUN, "GetHostedZone", "ListResourceRecordSets")
        | because("route53/zone_data_source.go, dataSourceZoneRead", "ListHostedZones", "ListTagsForResource")
        | because("route53/record.go, waitChangeInsync", "GetChange"),
        where=Where.ANYWHERE,
        previews=True,
    ),
    Grant(
        name="ChangeRecords",
        service="route53",
        actions=because(RUN, "ChangeResourceRecordSets"),
        where=Where.ANYWHERE,
        on=("arn:{partition}:route53:::hostedzone/*",),
        # A call has one record at least, so that there is always a type.
        only_if={"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME"]}},
    ),
)
