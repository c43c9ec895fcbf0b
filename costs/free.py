"""The types that cost nothing themselves."""

from policies import tokens as t

FREE = frozenset(
    {
        *(t.VPC, t.SUBNET, t.ROUTE, t.ROUTE_TABLE, t.ROUTE_TABLE_ASSOCIATION, t.INTERNET_GATEWAY),
        *(t.DEFAULT_VPC, t.NETWORK_ACL, t.NETWORK_ACL_ASSOCIATION, t.NETWORK_ACL_RULE, t.ADDRESS_ASSOCIATION),
        *(t.SECURITY_GROUP, t.DEFAULT_SECURITY_GROUP, t.SECURITY_GROUP_RULE, t.INGRESS_RULE, t.EGRESS_RULE),
        *(t.ENDPOINT_ROUTE_TABLE, "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"),
        t.FLOW_LOG,  # what it writes is its log group's
        *(t.LISTENER, t.LISTENER_RULE, t.TARGET_GROUP, t.WEB_ACL_ASSOCIATION, t.WEB_ACL_LOGGING),
        *("aws:acm/certificate:Certificate", "aws:acm/certificateValidation:CertificateValidation"),
        "aws:route53/record:Record",  # queries of aliases are free, those of proofs are few
        *(t.BUCKET_ENCRYPTION, t.BUCKET_LIFECYCLE, t.BUCKET_LOGGING, t.BUCKET_NOTIFICATION, t.BUCKET_OWNERSHIP),
        *(t.BUCKET_POLICY, t.BUCKET_PUBLIC_ACCESS, t.BUCKET_VERSIONING),
        *(t.FILE_SYSTEM_POLICY, t.ACCESS_POINT, t.MOUNT_TARGET),
        *(t.REPOSITORY_LIFECYCLE, t.REPOSITORY_POLICY),
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        t.TASK_DEFINITION,  # its tasks are the service's
        *("aws:appautoscaling/target:Target", "aws:appautoscaling/scheduledAction:ScheduledAction"),
        "aws:servicediscovery/httpNamespace:HttpNamespace",  # for Service Connect
        *(t.ROLE, t.ROLE_POLICY, t.POLICY, t.POLICY_ATTACHMENT, t.ROLE_POLICY_ATTACHMENT, t.ROLE_POLICY_ATTACHMENTS),
        *(t.KEY_POLICY, "aws:kms/alias:Alias", t.TOPIC_POLICY, t.QUEUE_POLICY),
        *(t.QUEUE, t.TOPIC),  # up to a million messages a month; dead letters and alarms are few
        "aws:sns/topicSubscription:TopicSubscription",  # up to a thousand emails a month
        "aws:budgets/budget:Budget",  # without actions
        *("aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"),  # for AWS's own events
        *("aws:codeconnections/connection:Connection", "aws:iam/openIdConnectProvider:OpenIdConnectProvider"),
    }
)
"""Without charge, or below what AWS gives to every account each month."""
