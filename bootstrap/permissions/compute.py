"""What runs: clusters, services, tasks, their scaling, and the names that they call each other by.

Names of files are those of terraform-provider-aws, internal/service, which Pulumi's provider is made of.
"""

from .grant import MADE_BY, RUN, Grant, Where, because

_UPDATE = "a change that the runs do not make: "
_SCALING = "appautoscaling/target.go, policy.go, scheduled_action.go; the local cloud records them only"
_SIGINT = "ecs/service.go, rollback of a deployment that is interrupted (`sigint_rollback`)"
_ROLLBACK = "ops/rollback.py and ops/status.py: the versions that a service had"
_NO_MARK = "where IAM knows no resource of a namespace (Service Authorization Reference, AWS Cloud Map)"

GRANTS = (
    Grant(
        name="LookAtTasks",
        service="ecs",
        actions=because(
            RUN, "DescribeClusters", "DescribeServices", "DescribeTaskDefinition", "DescribeTasks", "ListTasks"
        )
        | because(
            _ROLLBACK,
            *("DescribeServiceDeployments", "DescribeServiceRevisions", "ListServiceDeployments"),
            "ListTaskDefinitions",
        )
        | because("ecs/tags_gen.go, listTags", "ListTagsForResource"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeTasks",
        service="ecs",
        actions=because(RUN, "CreateCluster", "CreateService", "RegisterTaskDefinition"),
        where=Where.NEW,
    ),
    Grant(
        name="TagNewTasks",
        service="ecs",
        actions=because(RUN, "TagResource"),
        where=Where.NEW,
        only_if=MADE_BY["ecs"],
    ),
    Grant(
        name="ChangeTasks",
        service="ecs",
        actions=because(
            RUN, "DeleteCluster", "DeleteService", "PutClusterCapacityProviders", "RunTask", "UpdateService"
        )
        | because("components/pre_deploy.py: a task that takes too long", "StopTask")
        | because(_SIGINT, "StopServiceDeployment")
        | because(_UPDATE + "ecs/cluster.go, resourceClusterUpdate", "UpdateCluster")
        | because(_UPDATE + "ecs/tags_gen.go, updateTags", "TagResource", "UntagResource"),
        where=Where.OWN,
    ),
    Grant(
        name="LookAtScaling",
        service="application-autoscaling",
        actions=because(
            _SCALING,
            *("DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions"),
            "ListTagsForResource",
        ),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeScaling",
        service="application-autoscaling",
        actions=because(_SCALING, "RegisterScalableTarget", "TagResource"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeScaling",
        service="application-autoscaling",
        actions=because(
            _SCALING,
            *("DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget", "PutScalingPolicy"),
            *("PutScheduledAction", "UntagResource"),
        ),
        where=Where.OWN,
    ),
    Grant(
        name="AlarmsOfScaling",
        service="cloudwatch",
        actions=because(
            "Application Auto Scaling User Guide, Identity-based policy examples: the alarms of target tracking",
            *("DeleteAlarms", "PutMetricAlarm"),
        ),
        where=Where.HERE,
        on=("arn:{partition}:cloudwatch:{region}:{account}:alarm:TargetTracking-service/*",),
    ),
    Grant(
        name="LookAtNames",
        service="servicediscovery",
        actions=because(RUN, "GetNamespace", "GetOperation", "ListTagsForResource"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeNames",
        service="servicediscovery",
        actions=because(RUN, "CreateHttpNamespace", "TagResource")
        | because(_UPDATE + "servicediscovery/tags_gen.go, updateTags, " + _NO_MARK, "UntagResource"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeNames",
        service="servicediscovery",
        actions=because(RUN, "DeleteNamespace")
        | because(_UPDATE + "servicediscovery/http_namespace.go, resourceHTTPNamespaceUpdate", "UpdateHttpNamespace"),
        where=Where.OWN,
    ),
)
