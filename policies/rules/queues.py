"""SQS queues."""

from collections.abc import Iterator

from policies import tokens as t
from policies.documents import open_to_all
from policies.graph import UNKNOWN, Resource
from policies.rule import Fault, Severity, of_resource, shown


@of_resource(
    t.QUEUE,
    controls=("SQS.1", "CKV_AWS_27"),
    severity=Severity.MEDIUM,
    fix="aws.sqs.Queue(sqs_managed_sse_enabled=True), or kms_master_key_id=... of a key of your own",
)
def queue_encrypted(queue: Resource) -> Iterator[Fault]:
    """A queue says how it is encrypted: with SQS's own keys, or with one of the account's."""
    managed, key = queue.get("sqsManagedSseEnabled"), queue.get("kmsMasterKeyId")
    if UNKNOWN not in (managed, key) and managed is not True and not key:
        yield Fault(shown("sqsManagedSseEnabled", managed), "sqsManagedSseEnabled: true, or a kmsMasterKeyId")


@of_resource(
    t.QUEUE,
    t.QUEUE_POLICY,
    controls=("SQS.3", "CKV_AWS_168", "CKV_AWS_387"),
    severity=Severity.CRITICAL,
    fix="name the principals in aws.sqs.QueuePolicy, or add a condition such as aws:SourceArn",
)
def queue_not_public(resource: Resource) -> Iterator[Fault]:
    """Not everybody may send to a queue, or read it."""
    if open_to_all(resource.get("policy")):
        yield Fault("Allow for Principal *", "principals by name, or a condition")
