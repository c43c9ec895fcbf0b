"""Logs, alarms, dashboards, events, topics and budgets.

Names of files are those of terraform-provider-aws, internal/service, which Pulumi's provider is made of.
"""

from .grant import RUN, Grant, Where, because

_UPDATE = "a change that the runs do not make: "
_DASHBOARDS = (
    "arn:{partition}:cloudwatch::{account}:dashboard/{project}-{environment}",
    "arn:{partition}:cloudwatch::{account}:dashboard/{project}-{environment}-*",
)
_LINES = "ops/logs.py: what a task said"
_WITH = "Service Authorization Reference: tags that come with a new one; the local cloud does not ask for them"

GRANTS = (
    Grant(
        name="LookAtLogs",
        service="logs",
        actions=because(RUN, "DescribeLogGroups", "DescribeMetricFilters", "ListTagsForResource"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="ReadLogs",
        service="logs",
        actions=because(RUN, "DescribeLogStreams", "GetLogEvents") | because(_LINES, "FilterLogEvents"),
        where=Where.OWN,
        previews=True,
    ),
    Grant(
        name="MakeLogs",
        service="logs",
        actions=because(RUN, "CreateLogGroup", "TagResource"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeLogs",
        service="logs",
        actions=because(
            RUN,
            *("CreateLogStream", "DeleteLogGroup", "DeleteMetricFilter", "PutLogEvents", "PutMetricFilter"),
            "PutRetentionPolicy",
        )
        | because(
            _UPDATE + "logs/group.go, resourceGroupUpdate",
            *("AssociateKmsKey", "DeleteRetentionPolicy", "DisassociateKmsKey", "UntagResource"),
        ),
        where=Where.OWN,
    ),
    Grant(
        name="LookAtAlarms",
        service="cloudwatch",
        actions=because(RUN, "DescribeAlarms", "GetDashboard", "ListTagsForResource"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeAlarms",
        service="cloudwatch",
        actions=because(RUN, "PutMetricAlarm") | because(_WITH, "TagResource"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeAlarms",
        service="cloudwatch",
        actions=because(RUN, "DeleteAlarms") | because(_UPDATE + "cloudwatch/tags_gen.go, updateTags", "UntagResource"),
        where=Where.OWN,
    ),
    Grant(
        name="KeepDashboards",
        service="cloudwatch",
        actions=because(RUN, "DeleteDashboards", "PutDashboard"),
        where=Where.HERE,
        on=_DASHBOARDS,
    ),
    Grant(
        name="LookAtEvents",
        service="events",
        actions=because(RUN, "DescribeRule", "ListTagsForResource", "ListTargetsByRule"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeEvents",
        service="events",
        actions=because(RUN, "PutRule", "TagResource"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeEvents",
        service="events",
        actions=because(RUN, "DeleteRule", "PutTargets", "RemoveTargets")
        | because(_UPDATE + "events/tags_gen.go, updateTags", "UntagResource"),
        where=Where.OWN,
    ),
    Grant(
        name="LookAtTopics",
        service="sns",
        actions=because(RUN, "GetSubscriptionAttributes", "GetTopicAttributes", "ListTagsForResource"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeTopics",
        service="sns",
        actions=because(RUN, "CreateTopic", "TagResource"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeTopics",
        service="sns",
        actions=because(RUN, "DeleteTopic", "SetTopicAttributes", "Subscribe")
        | because(_UPDATE + "sns/tags_gen.go, updateTags", "UntagResource"),
        where=Where.OWN,
    ),
    Grant(
        name="ChangeSubscriptions",
        service="sns",
        actions=because(RUN, "Unsubscribe")
        | because(_UPDATE + "sns/topic_subscription.go, resourceTopicSubscriptionUpdate", "SetSubscriptionAttributes"),
        where=Where.HERE,
    ),
    Grant(
        name="LookAtBudgets",
        service="budgets",
        actions=because(RUN, "ListTagsForResource", "ViewBudget"),
        where=Where.ANYWHERE,
        previews=True,
    ),
    Grant(
        name="LookAtBills",
        service="billing",
        actions=because(
            "Service Authorization Reference, AWS Budget Service: ViewBudget asks for it", "GetBillingViewData"
        ),
        where=Where.ANYWHERE,
        previews=True,
    ),
    Grant(
        name="KeepBudgets",
        service="budgets",
        actions=because(RUN, "ModifyBudget")
        | because(_WITH, "TagResource")
        | because(_UPDATE + "budgets/tags_gen.go, updateTags", "UntagResource"),
        where=Where.ANYWHERE,
        on=("arn:{partition}:budgets::{account}:budget/observability-*",),
    ),
)
