"""What ECS tells by events, passed on to a topic in words that people read; and who may publish to the topic."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from . import iam
from .iam import Place
from .names import child_of, with_name
from .watched import where_to_look

MOST_CHARACTERS = 2048
"""Of a rule's pattern, unless AWS has raised that (Amazon EventBridge User Guide, "Amazon EventBridge quotas")."""
_LONGEST_CLUSTER = 320
"""Characters of a cluster's ARN: its name has up to 255 (Amazon ECS API Reference, "CreateCluster")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """An event of ECS's that somebody is told of."""

    suffix: str
    """Of its rule's name."""
    description: str
    """What it is, for who finds the rule."""
    pattern: Callable[[str], dict[str, Any]]
    """Which events those are, by the cluster's ARN (Amazon EventBridge User Guide, "Creating event patterns")."""
    values: Mapping[str, str]
    """Where an event has the words that the text names in `<>`."""
    text: str
    """What is told; `{status}` and `{logs}` are where to look closer."""


FAILED_DEPLOYMENT = Notice(
    suffix="deployment-failed",
    description="A deployment of a service failed",
    pattern=lambda cluster: {
        **_events("ECS Deployment State Change", eventName=["SERVICE_DEPLOYMENT_FAILED"]),
        "resources": [{"prefix": f"{cluster.replace(':cluster/', ':service/')}/"}],
    },
    values={"service": "$.resources[0]", "reason": "$.detail.reason"},
    text="A deployment of <service> failed: <reason> The version before it serves, if there is one. See why: "
    "{status}; {logs}",
)
"""Ended by the circuit breaker or by an alarm (Amazon ECS Developer Guide, "Amazon ECS service deployment state change
events")."""
AWAITED_APPROVAL = Notice(
    suffix="approval",
    description="A deployment of a service waits for approval",
    pattern=lambda cluster: _events("ECS Hook State Change", eventName=["HOOK_AWAITING_ACTION"], clusterArn=[cluster]),
    values={
        "service": "$.detail.serviceArn",
        "deployment": "$.detail.serviceDeploymentArn",
        "hook": "$.detail.hookId",
        "end": "$.detail.expiresAt",
        "region": "$.region",
    },
    text="The new version of <service> gets no request before somebody says so, and is taken back at <end>. Let it: "
    "aws ecs continue-service-deployment --service-deployment-arn <deployment> --hook-id <hook> --region <region> "
    "--action CONTINUE; or end it: --action ROLLBACK",
)
"""A pause of `DeploymentConfiguration.approval_minutes` (Amazon ECS Developer Guide, "Amazon ECS service deployment
hook state change events")."""


def failed_runs(containers: Iterable[str]) -> list[Notice]:
    """A task outside services that did not start, or whose own container ended with another exit code than 0.

    As many rules as the names need, each with a pattern that EventBridge takes; the first keeps its name. Why a task
    stopped is free text, and not told: the text would break where that has quotes or line ends.
    Source: Amazon ECS Developer Guide, "Amazon ECS task state change events"; Amazon EventBridge User Guide, "Amazon
    EventBridge input transformation".

    Args:
        containers: whose exit codes count; what runs beside them may be ended by a signal.
    """
    groups: list[list[str]] = [[]]
    for name in sorted({*containers}):
        first = len(groups) == 1
        if groups[-1] and len(_json(_of_runs("x" * _LONGEST_CLUSTER, [*groups[-1], name], first))) > MOST_CHARACTERS:
            groups.append([])
        groups[-1].append(name)
    return [_failed_run(place, names) for place, names in enumerate(groups, 1)]


def _failed_run(place: int, containers: list[str]) -> Notice:
    return Notice(
        suffix="run-failed" if place == 1 else f"run-failed-{place}",
        description="A run of a job failed",
        pattern=lambda cluster: _of_runs(cluster, containers, place == 1),
        values={
            "definition": "$.detail.taskDefinitionArn",
            "task": "$.detail.taskArn",
            "cluster": "$.detail.clusterArn",
            "region": "$.region",
        },
        text="A run of <definition> failed. See why: aws ecs describe-tasks --cluster <cluster> --tasks <task> "
        "--region <region> (ECS knows it for an hour); what it wrote: {logs}",
    )


def _of_runs(cluster: str, containers: list[str], first: bool) -> dict[str, Any]:
    """The pattern of one of the rules; the first one also takes what did not start, whatever its name."""
    ended: dict[str, Any] = {"containers": {"name": containers, "exitCode": [{"anything-but": [0]}]}}
    return _events(
        "ECS Task State Change",
        clusterArn=[cluster],
        lastStatus=["STOPPED"],
        group=[{"prefix": "family:"}],  # that of a service's tasks is service:NAME
        **({"$or": [{"stopCode": ["TaskFailedToStart"]}, ended]} if first else ended),
    )


def _events(detail_type: str, **detail: list[Any] | dict[str, Any]) -> dict[str, Any]:
    return {"source": ["aws.ecs"], "detail-type": [detail_type], "detail": detail}


def pass_on(
    name: str,
    notice: Notice,
    *,
    cluster_arn: pulumi.Input[str],
    topic_arn: pulumi.Input[str],
    look: str | None,
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> None:
    """Make the rule of a notice, with the topic as its target.

    Args:
        name: of the component that it belongs to.
        notice: what is passed on.
        cluster_arn: whose events.
        topic_arn: where to; its policy must let EventBridge.
        look: what people type who look closer, as `ObservabilityArgs.look`.
        tags: added to the rule; wins over `Name`.
        parent: of rule and target.
    """
    tell(
        f"{name}-{notice.suffix}",
        description=notice.description,
        pattern=pulumi.Output.from_input(cluster_arn).apply(lambda arn: _json(notice.pattern(arn))),
        values=notice.values,
        text=notice.text.format(status=where_to_look(look, "status"), logs=where_to_look(look, "logs")),
        topic_arn=topic_arn,
        tags=tags,
        parent=parent,
    )


def tell(
    name: str,
    *,
    description: str,
    pattern: pulumi.Input[str],
    values: Mapping[str, str],
    text: str,
    topic_arn: pulumi.Input[str],
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> None:
    """Make a rule that tells a topic of events, in words.

    Args:
        name: of rule and target.
        description: what it tells of, for who finds the rule.
        pattern: the events, as JSON.
        values: what of an event goes into the words, by path.
        text: the words, with `<name>` for each value.
        topic_arn: where to; its policy must let EventBridge.
        tags: added to the rule; wins over `Name`.
        parent: of rule and target.
    """
    rule = aws.cloudwatch.EventRule(
        name, description=description, event_pattern=pattern, tags=with_name(name, tags), opts=child_of(parent)
    )
    aws.cloudwatch.EventTarget(
        name,
        rule=rule.name,
        arn=topic_arn,
        input_transformer={"input_paths": dict(values), "input_template": json.dumps(text)},
        opts=child_of(parent),
    )


def topic_policy(topic_arn: str, place: Place, *, budgets: bool) -> str:
    """Who may publish to a topic: alarms of this account and region, EventBridge, as asked this account's budgets.

    Nobody may without TLS. EventBridge's statement has no condition, whoever's rule it is: it says nothing of its
    source to SNS, so that one would never be met. Beside these may who has a policy of IAM for it in this account.
    Source: Amazon EventBridge User Guide, "Using resource-based policies for Amazon EventBridge"; Amazon SNS Developer
    Guide, "Example cases for Amazon SNS access control"; AWS Cost Management User Guide, "Creating an Amazon SNS topic
    for budget notifications".

    Args:
        topic_arn: of the topic.
        place: where it is.
        budgets: whether budgets publish to it.
    """
    everywhere = f"arn:{place.partition}:budgets::{place.account}:*"
    of_budgets = {"StringEquals": {"aws:SourceAccount": place.account}, "ArnLike": {"aws:SourceArn": everywhere}}
    statements = [
        iam.without_tls("sns:Publish", topic_arn),
        _may_publish("cloudwatch", topic_arn) | {"Condition": place.only_from("cloudwatch", "alarm:*")},
        _may_publish("events", topic_arn),
    ]
    if budgets:
        statements.append(_may_publish("budgets", topic_arn) | {"Condition": of_budgets})
    return iam.document(statements)


def _may_publish(service: str, topic_arn: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
    }


def _json(value: object) -> str:
    """The same text for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
