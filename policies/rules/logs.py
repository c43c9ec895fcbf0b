"""Log groups, alarms, and the topics that alarms are sent to."""

from collections.abc import Iterator

from policies import tokens as t
from policies.documents import open_to_all
from policies.graph import UNKNOWN, Resource
from policies.rule import Fault, Severity, expect, expect_set, of_resource, shown

_SHORTEST = 365


@of_resource(
    t.LOG_GROUP,
    controls=("CloudWatch.16", "CKV_AWS_66", "CKV_AWS_338"),
    severity=Severity.LOW,
    fix="`log_retention_days: 365` in the stack file; elsewhere aws.cloudwatch.LogGroup(retention_in_days=365)",
)
def log_retention(group: Resource) -> Iterator[Fault]:
    """Logs are kept for a year, and not for ever by neglect."""
    days = group.get("retentionInDays")
    if days is not UNKNOWN and (days is None or int(days) < _SHORTEST):
        yield Fault(shown("retentionInDays", days and int(days)), f"retentionInDays: {_SHORTEST} or more")


@of_resource(
    t.LOG_GROUP,
    controls=("CKV_AWS_158",),
    severity=Severity.LOW,
    fix="`customer_key: true` in the stack file; elsewhere aws.cloudwatch.LogGroup(kms_key_id=...)",
)
def log_encrypted(group: Resource) -> Iterator[Fault]:
    """Logs are encrypted with a key of the account's own."""
    yield from expect_set(group, "kmsKeyId", "kmsKeyId of a KMS key")


@of_resource(
    t.ALARM,
    t.COMPOSITE_ALARM,
    controls=("CKV_AWS_319",),
    severity=Severity.HIGH,
    fix="leave actions_enabled out of aws.cloudwatch.MetricAlarm",
)
def alarm_acts(alarm: Resource) -> Iterator[Fault]:
    """An alarm tells somebody."""
    yield from expect(alarm, "actionsEnabled", True, None)


@of_resource(
    t.TOPIC,
    controls=("SNS.1", "CKV_AWS_26"),
    severity=Severity.MEDIUM,
    fix="aws.sns.Topic(kms_master_key_id=...) of a key whose policy lets cloudwatch.amazonaws.com use it",
    source='Amazon SNS Developer Guide, "Managing Amazon SNS encryption keys": alarms cannot use alias/aws/sns',
)
def topic_encrypted(topic: Resource) -> Iterator[Fault]:
    """A topic is encrypted with a key that alarms may use, which AWS's own is not."""
    key = topic.get("kmsMasterKeyId")
    if key is not UNKNOWN and (not key or str(key).endswith("alias/aws/sns")):
        yield Fault(shown("kmsMasterKeyId", key), "a KMS key of the account's own")


@of_resource(
    t.TOPIC,
    t.TOPIC_POLICY,
    controls=("SNS.4", "CKV_AWS_169", "CKV_AWS_385"),
    severity=Severity.CRITICAL,
    fix="name the principals in aws.sns.TopicPolicy, or add a condition such as aws:SourceAccount",
)
def topic_not_public(resource: Resource) -> Iterator[Fault]:
    """Not everybody may publish to a topic, or listen to it."""
    if open_to_all(resource.get("policy")):
        yield Fault("Allow for Principal *", "principals by name, or a condition")
