"""What pipelines tell by events, and what the clock starts."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from . import delivery_iam
from .iam import Place
from .names import child_of, with_name
from .notices import tell

_FAILED = (
    "An execution of the pipeline <pipeline> failed; what comes after the stage that failed was not run. See which, "
    "why, and where its job's log is: aws codepipeline list-action-executions --pipeline-name <pipeline> "
    "--filter pipelineExecutionId=<execution> --region <region>"
)
_WORDS = {"pipeline": "$.detail.pipeline", "execution": "$.detail.execution-id", "region": "$.region"}


def tell_of_failures(
    name: str,
    *,
    pipelines: Sequence[str],
    topic_arn: pulumi.Input[str],
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> None:
    """Make the rule by which a topic is told of executions that fail, approvals that nobody gave among them.

    Source: AWS CodePipeline User Guide, "Monitoring CodePipeline events".

    Args:
        name: of the component that it belongs to.
        pipelines: names of those whose executions count.
        topic_arn: where to; its policy must let EventBridge.
        tags: added to the rule; wins over `Name`.
        parent: of rule and target.
    """
    pattern = {
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "detail": {"state": ["FAILED"], "pipeline": list(pipelines)},
    }
    tell(
        f"{name}-failed",
        description="An execution of a pipeline failed",
        pattern=json.dumps(pattern, sort_keys=True),
        values=_WORDS,
        text=_FAILED,
        topic_arn=topic_arn,
        tags=tags,
        parent=parent,
    )


def start_by_the_clock(
    name: str,
    *,
    cron: str,
    pipeline_arn: pulumi.Output[str],
    place: pulumi.Output[Place],
    role_path: str | None,
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> None:
    """Make the rule that starts a pipeline, and the role that it starts it as.

    Source: Amazon EventBridge User Guide, "Creating a rule that runs on a schedule in Amazon EventBridge".

    Args:
        name: of rule, role and target.
        cron: when, in UTC.
        pipeline_arn: what is started.
        place: where it is.
        role_path: path of the role's name; `/`, if none.
        tags: added to rule and role; wins over `Name`.
        parent: of all of it.
    """
    rule = aws.cloudwatch.EventRule(
        name,
        description="Compare the stacks with AWS",
        schedule_expression=f"cron({cron})",
        tags=with_name(name, tags),
        opts=child_of(parent),
    )
    role = aws.iam.Role(
        name,
        path=role_path,
        description="Starts a pipeline by the clock",
        assume_role_policy=pulumi.Output.all(place, rule.arn).apply(
            lambda known: delivery_iam.clock_trust(known[0], known[1])
        ),
        tags=with_name(name, tags),
        opts=child_of(parent),
    )
    policy = aws.iam.RolePolicy(
        name, role=role.name, policy=pipeline_arn.apply(delivery_iam.start_pipeline), opts=child_of(parent)
    )
    aws.cloudwatch.EventTarget(
        name, rule=rule.name, arn=pipeline_arn, role_arn=role.arn, opts=child_of(parent, depends_on=[policy])
    )
