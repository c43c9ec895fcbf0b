"""The stages of pipelines: what runs after what, on which artifacts."""

import json
from collections.abc import Iterator, Mapping

import pulumi
import pulumi_aws as aws

from . import build_project
from .build_project import BUILD, CHECK, DEPLOY, DRIFT, IMAGES, OPERATE, SOURCE, VERIFY, Job, Made
from .delivery_pipeline_args import DeliveryEnvironment, DeliveryPipelineArgs

REVIEW_LINK = "REVIEW_LINK"
"""Variable of a review: where its log is, without `https://`."""
NOTHING = "-"
"""What a variable of a pipeline has that nobody set, as none may be empty."""
VARIABLES: Mapping[str, tuple[str, str]] = {
    "COMMAND": ("help", "rollback, remove, cancel (frees a locked state); help does nothing"),
    "SERVICE": (NOTHING, "rollback: the service"),
    "CONFIRM": (NOTHING, "remove: the stack's name once more"),
}
"""What somebody tells a pipeline that operates a stack: its default, and what it is."""
_MINUTES_OF_A_DAY = 24 * 60


def review_of(environment: DeliveryEnvironment) -> Job:
    """The review before an environment's approval."""
    return build_project.review(f"Review{environment.title}")


def source(args: DeliveryPipelineArgs, connection_arn: pulumi.Input[str]) -> "aws.codepipeline.PipelineStageArgsDict":
    """The stage that names a commit, which each job clones with its history.

    Source: AWS CodePipeline User Guide, "CodeStarSourceConnection for Bitbucket Cloud, GitHub, ... actions": with a
    trigger of its own a pipeline detects no changes beside it.
    """
    action: aws.codepipeline.PipelineStageActionArgsDict = {
        "name": SOURCE,
        "category": "Source",
        "owner": "AWS",
        "provider": "CodeStarSourceConnection",
        "version": "1",
        "namespace": SOURCE,
        "output_artifacts": [SOURCE],
        "configuration": {
            "ConnectionArn": connection_arn,
            "FullRepositoryId": args.repository,
            "BranchName": args.branch,
            "OutputArtifactFormat": "CODEBUILD_CLONE_REF",
            "DetectChanges": "false",
        },
    }
    return {"name": SOURCE, "actions": [action]}


def before_any_stack(projects: Made) -> "list[aws.codepipeline.PipelineStageArgsDict]":
    """The stages of a commit alone: is it good, and its images, once for all environments."""
    return [_stage("Check", _run("Check", CHECK, projects)), _stage("Build", _run("Build", BUILD, projects))]


def of_environment(
    args: DeliveryPipelineArgs, environment: DeliveryEnvironment, projects: Made, topic_arn: pulumi.Input[str]
) -> "Iterator[aws.codepipeline.PipelineStageArgsDict]":
    """The stages of one environment: as asked a review that somebody approves; a deployment that is verified.

    One execution at a time is in a stage, so that a verification sees its own deployment, and a review is written when
    the approval before it is decided. A deployment that fails, or is not verified, is followed, as asked, by the last
    one of the stage that succeeded, so that the stack is what was approved last. ECS has taken back the services by
    then, and nothing else: load balancer, roles and the engine's state are as the failed deployment left them.
    Source: AWS CodePipeline User Guide, "How pipeline executions work", "Configure a stage for automatic rollback".
    """
    title = environment.title
    if environment.needs_approval:
        review = _run(f"Review{title}", review_of(environment), projects, namespace=f"Review{title}")
        yield _stage(f"Review{title}", review, _approval(args, environment, topic_arn))
    deploy = _run(f"Deploy{title}", DEPLOY, projects)
    stage = _stage(f"Deploy{title}", deploy, _run(f"Verify{title}", VERIFY, projects))
    if args.roll_back:
        stage["on_failure"] = {"result": "ROLLBACK"}
    yield stage


def drift(environments: Mapping[str, Made]) -> "aws.codepipeline.PipelineStageArgsDict":
    """The stage that compares each stack with AWS, all at once.

    Args:
        environments: projects of each environment, by its title.
    """
    actions = [_run(f"Drift{title}", DRIFT, projects) for title, projects in environments.items()]
    return {"name": "Drift", "actions": actions}


def operate(projects: Made) -> "aws.codepipeline.PipelineStageArgsDict":
    """The stage that does to a stack what somebody asks for."""
    action = _run("Operate", OPERATE, projects)
    given = [{"name": name, "value": f"#{{variables.{name}}}", "type": "PLAINTEXT"} for name in VARIABLES]
    action["configuration"] = {**_configuration(OPERATE, projects), "EnvironmentVariables": json.dumps(given)}
    return _stage("Operate", action)


def variables() -> "list[aws.codepipeline.PipelineVariableArgsDict]":
    """What somebody may say who starts a pipeline that operates a stack."""
    return [
        {"name": name, "default_value": default, "description": what} for name, (default, what) in VARIABLES.items()
    ]


def trigger(args: DeliveryPipelineArgs) -> "aws.codepipeline.PipelineTriggerArgsDict":
    """Pushes to the branch that change more than what is ignored.

    Source: AWS CodePipeline User Guide, "Add trigger with code push or pull request event types".
    """
    push: aws.codepipeline.PipelineTriggerGitConfigurationPushArgsDict = {"branches": {"includes": [args.branch]}}
    files: aws.codepipeline.PipelineTriggerGitConfigurationPushFilePathsArgsDict = {}
    if args.paths:
        files["includes"] = list(args.paths)
    if args.ignored_paths:
        files["excludes"] = list(args.ignored_paths)
    if files:
        push["file_paths"] = files
    return {
        "provider_type": "CodeStarSourceConnection",
        "git_configuration": {"source_action_name": SOURCE, "pushes": [push]},
    }


def _approval(
    args: DeliveryPipelineArgs, environment: DeliveryEnvironment, topic_arn: pulumi.Input[str]
) -> "aws.codepipeline.PipelineStageActionArgsDict":
    stack, title = environment.stack, environment.title
    return {
        "name": f"Approve{title}",
        "category": "Approval",
        "owner": "AWS",
        "provider": "Manual",
        "version": "1",
        "timeout_in_minutes": args.approval_days * _MINUTES_OF_A_DAY,
        "configuration": {
            "NotificationArn": topic_arn,
            "ExternalEntityLink": f"https://#{{Review{title}.{REVIEW_LINK}}}",
            "CustomData": f"Deploy commit #{{{SOURCE}.CommitId}} to {stack}? What that changes, interrupts and costs, "
            f"and what the policies say, is at the end of the log of the review, behind the link.",
        },
    }


def _run(
    name: str, job: Job, projects: Made, *, namespace: str | None = None
) -> "aws.codepipeline.PipelineStageActionArgsDict":
    action: aws.codepipeline.PipelineStageActionArgsDict = {
        "name": name,
        "category": "Build",
        "owner": "AWS",
        "provider": "CodeBuild",
        "version": "1",
        "input_artifacts": [SOURCE, IMAGES] if job.images else [SOURCE],
        "configuration": _configuration(job, projects),
    }
    if job.writes:
        action["output_artifacts"] = [job.writes]
    if namespace:
        action["namespace"] = namespace
    return action


def _configuration(job: Job, projects: Made) -> dict[str, pulumi.Input[str]]:
    return {"ProjectName": projects[job.name].name, "PrimarySource": SOURCE}


def _stage(
    name: str, *actions: "aws.codepipeline.PipelineStageActionArgsDict"
) -> "aws.codepipeline.PipelineStageArgsDict":
    """A stage whose actions run one after another."""
    for order, action in enumerate(actions, 1):
        action["run_order"] = order
    return {"name": name, "actions": list(actions)}
