"""A topic of SNS's that is encrypted, and the people who are told by it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pulumi
import pulumi_aws as aws

from . import notices
from .names import child_of, with_name
from .place import here

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def make_topic(
    name: str,
    *,
    kms_key_arn: pulumi.Input[str],
    emails: Sequence[str],
    tags: Mapping[str, str],
    parent: pulumi.Resource,
    budgets: bool = False,
) -> pulumi.Output[str]:
    """The ARN of a new topic, known once it takes what is published.

    Args:
        name: of the topic and its policy.
        kms_key_arn: key that encrypts it; its policy lets alarms and events use it, as that of `CustomerKey` does.
        emails: who is told, once each has confirmed the message that AWS sends.
        tags: added to the topic; wins over `Name`.
        parent: of all of it.
        budgets: whether budgets publish to it. Default: they do not.
    """
    topic = aws.sns.Topic(
        name,
        display_name=f"{pulumi.get_project()} {pulumi.get_stack()}",
        kms_master_key_id=kms_key_arn,
        tags=with_name(name, tags),
        opts=child_of(parent),
    )
    policy = aws.sns.TopicPolicy(
        name,
        arn=topic.arn,
        policy=pulumi.Output.all(topic.arn, here(parent)).apply(
            lambda known: notices.topic_policy(known[0], known[1], budgets=budgets)
        ),
        opts=child_of(parent),
    )
    for email in emails:
        aws.sns.TopicSubscription(
            f"{name}-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=child_of(parent)
        )
    return pulumi.Output.all(topic.arn, policy.id).apply(lambda known: known[0])


def email_problems(emails: Sequence[str]) -> Iterator[str]:
    """What is wrong with addresses that are to be told."""
    for email, count in Counter(emails).items():
        if not _EMAIL.fullmatch(email):
            yield f"{email!r} is no address such as team@example.com"
        if count > 1:
            yield f"{email!r} is there {count} times"
