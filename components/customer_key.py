"""A key of the account's own, for what a stack encrypts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from . import iam
from .iam import Place
from .names import check_name, child_of, with_name
from .place import here

_LONGEST_WINDOW = 30
_LONGEST_NAME = 64
"""The alias takes 256 characters, with project and stack (KMS API Reference, "CreateAlias")."""
_TO_TOPICS = ("cloudwatch.amazonaws.com", "events.amazonaws.com")


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerKeyArgs:
    """Inputs of `CustomerKey`."""

    retain: bool = False
    """Whether the key stays behind when it is no longer wanted, as it must where something stays that it encrypts.
    Default: it is deleted, after 30 days."""
    logs: bool = True
    """Whether log groups may be encrypted with it, beside topics and what IAM policies allow. Default: they may."""
    budgets: bool = False
    """Whether AWS Budgets may tell topics that are encrypted with it. Default: it may not."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""


class CustomerKey(pulumi.ComponentResource):
    """A customer managed key for logs, images, files, secrets and topics, rotated once a year by AWS.

    Who may use it: whom the account's IAM policies let (ECR, EFS and Secrets Manager act for their caller), CloudWatch
    Logs for log groups of this account and region, CloudWatch alarms, EventBridge and as asked AWS Budgets for topics
    of this account and region.
    Creates: key, its alias `alias/PROJECT-STACK-NAME`. Deleted, it can be had back for 30 days.
    Costs: about 1 USD a month and version, up to three versions; requests beyond the free ones.
    Source: AWS KMS Developer Guide, "Key policies"; CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs
    using AWS KMS"; Amazon SNS Developer Guide, "Managing encryption keys and costs".
    """

    arn: pulumi.Output[str]
    """ARN of the key."""

    def __init__(self, name: str, args: CustomerKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:CustomerKey", check_name(name, _LONGEST_NAME), {}, opts)
        use = "logs, images, secrets, topics" if args.logs else "topics"
        key = aws.kms.Key(
            name,
            description=f"{pulumi.get_project()} {pulumi.get_stack()}: {use}",
            enable_key_rotation=True,
            deletion_window_in_days=_LONGEST_WINDOW,
            # The account's root may always change the policy below. KMS would ask whether the caller may too, of a
            # key that has no tags yet, by which alone a role of delivery may (AWS KMS API Reference, "CreateKey").
            bypass_policy_lockout_safety_check=True,
            policy=here(self).apply(lambda place: key_policy(place, logs=args.logs, budgets=args.budgets)),
            tags=with_name(name, args.tags),
            opts=child_of(self, retain=args.retain),
        )
        aws.kms.Alias(
            name,
            name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
            target_key_id=key.key_id,
            opts=child_of(self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


def key_policy(place: Place, *, logs: bool = True, budgets: bool = False) -> str:
    """Who may use the key. In a key's own policy the resource `*` is the key."""
    log_groups = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": place.arn("logs", "log-group:*")}}
    # EventBridge tells KMS no source (Amazon SNS Developer Guide, "Managing encryption keys and costs"), SNS the topic.
    topics = {"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": place.arn("sns", "*")}}
    logs_service = f"logs.{place.region}.amazonaws.com"
    statements = [_let({"AWS": place.root}, "kms:*")]
    if logs:
        statements.append(_let({"Service": logs_service}, *_ENCRYPT, *_DECRYPT, condition=log_groups))
    for service in (*_TO_TOPICS, *(["budgets.amazonaws.com"] if budgets else [])):
        statements.append(_let({"Service": service}, *_DECRYPT, condition=topics))
    return iam.document(statements)


_ENCRYPT = ("kms:DescribeKey", "kms:Encrypt*", "kms:ReEncrypt*")
_DECRYPT = ("kms:Decrypt*", "kms:GenerateDataKey*")


def _let(principal: Mapping[str, str], *actions: str, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": sorted(actions), "Resource": "*"}
    return statement | ({"Condition": condition} if condition else {})
