"""From a push to the last environment, by AWS CodePipeline."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from . import delivery_iam, pipeline_stages
from .build_project import BUILD, CHECK, DEPLOY, DRIFT, OPERATE, VERIFY, Made, Projects
from .customer_key import CustomerKey, CustomerKeyArgs
from .delivery_pipeline_args import LONGEST_STACK, DeliveryPipelineArgs
from .names import check_name, child_of, with_name
from .pipeline_events import start_by_the_clock, tell_of_failures
from .place import here
from .private_bucket import keep, lock_down
from .topic import make_topic

LONGEST_NAME = 64 - len("-preview--1234567") - LONGEST_STACK
"""A role's name takes 64 characters (IAM User Guide, "IAM and AWS STS quotas"): use, stack and Pulumi's suffix too."""
_KEPT = 30
"""Days of artifacts, and so how far back a stage can be rolled back."""


class DeliveryPipeline(pulumi.ComponentResource):
    """Pushes of a repository of GitHub's, checked, built once, and deployed to one environment after another.

    Stages: Source, Check, Build; for each environment a review with its approval, as asked, and a deployment with its
    verification. One execution at a time is in a stage, and none overtakes another. Jobs are projects of CodeBuild that
    run the repository's own Make targets. Only Build may run Docker, and its role can do nothing else; a role that
    deploys has no Docker. Whatever fails ends the execution and is told. Two more kinds of pipelines: `NAME-drift`
    compares the stacks with AWS by the clock, and `NAME-operate-STACK` does what its variables say who starts it: a
    rollback, a removal, or a state freed that a killed job left locked. Pipelines and projects bear the component's
    name as it is, as people type it: one of a name in an account and region. AWS runs each pipeline once when it is
    made; one that operates does nothing then.
    Creates: pipelines, one for drift if asked, and one for each environment; projects `check`, `build`, and for each
    environment `deploy`, `verify`, `operate`, as asked `review` and `drift`; a log and a role for `check`, `build`, and
    twice for each environment; the pipelines' role; a bucket for artifacts, which goes with its content; topic with
    its policy and subscriptions; rules for failures and for the clock, with the clock's role; as needed a connection
    and a `CustomerKey`.
    Costs: 0.002 USD a minute of an action (100 of a month are free; approvals are), 0.005 USD a minute of the smallest
    x86-64 job; the key; artifacts and logs by the GB.
    Source: AWS CodePipeline User Guide, "Pipeline structure reference", "Set or change the pipeline execution mode";
    AWS CodePipeline pricing; AWS CodeBuild pricing, as quoted in 2026.
    """

    pipeline_name: pulumi.Output[str]
    """Name of the pipeline that delivers."""
    connection_arn: pulumi.Output[str]
    """Connection to GitHub; one that is new waits for somebody to confirm it."""
    topic_arn: pulumi.Output[str]
    """Topic that is told of failures and approvals; others may subscribe to it too."""
    bucket_name: pulumi.Output[str]
    """Bucket of the artifacts."""

    def __init__(self, name: str, args: DeliveryPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fargate:index:DeliveryPipeline", check_name(name, LONGEST_NAME), {}, opts)
        self._name, self._args, self._place = name, args, here(self)
        self._key = self._made_key() if args.kms_key_arn is None else args.kms_key_arn
        bucket = self._bucket()
        self.bucket_name, self._bucket_arn = bucket.bucket, bucket.arn
        self.connection_arn = self._connection()
        self.topic_arn = make_topic(name, kms_key_arn=self._key, emails=args.emails, tags=args.tags, parent=self)
        self._common, self._of_stack = self._projects()
        self.pipeline_name = self._pipelines()
        self.register_outputs(
            {
                "pipeline_name": self.pipeline_name,
                "connection_arn": self.connection_arn,
                "topic_arn": self.topic_arn,
                "bucket_name": self.bucket_name,
            }
        )

    def _made_key(self) -> pulumi.Output[str]:
        return CustomerKey(self._name, CustomerKeyArgs(tags=self._args.tags), child_of(self)).arn

    def _bucket(self) -> "aws.s3.Bucket":
        name, opts = self._name, child_of(self)
        bucket = aws.s3.Bucket(name, force_destroy=True, tags=with_name(name, self._args.tags), opts=opts)
        lock_down(name, bucket.bucket, opts, kms_key_arn=self._key)
        keep(name, bucket.bucket, opts, days=_KEPT)
        return bucket

    def _connection(self) -> pulumi.Output[str]:
        name, args = self._name, self._args
        if args.connection_arn is not None:
            return pulumi.Output.from_input(args.connection_arn)
        connection = aws.codeconnections.Connection(
            name, name=name, provider_type="GitHub", tags=with_name(name, args.tags), opts=child_of(self)
        )
        connection.connection_status.apply(lambda status: _say_if_pending(status, name, self))
        return connection.arn

    def _projects(self) -> tuple[Made, dict[str, Made]]:
        """Projects by their jobs: those before any stack, and those of each environment by its title."""
        args = self._args
        maker = Projects(
            name=self._name,
            parent=self,
            args=args,
            place=self._place,
            bucket_arn=self._bucket_arn,
            key_arn=self._key,
            connection_arn=self.connection_arn,
        )
        common = maker.make("check", [CHECK]) | maker.make("build", [BUILD], args.build_policy_arns)
        of_stack: dict[str, Made] = {}
        for one in args.environments:
            looking = [
                *([pipeline_stages.review_of(one)] if one.needs_approval else []),
                VERIFY,
                *([DRIFT] if args.drift_schedule else []),
            ]
            looks = maker.make("preview", looking, one.preview_policy_arns, one.stack)
            acts = maker.make("deploy", [DEPLOY, OPERATE], one.deploy_policy_arns, one.stack)
            of_stack[one.title] = looks | acts
        return common, of_stack

    def _role(self, pipelines: Sequence[str]) -> tuple["aws.iam.Role", "aws.iam.RolePolicy"]:
        """The role of the pipelines, and what it may do; nobody else writes artifacts but their jobs."""
        name, args = self._name, self._args
        role = aws.iam.Role(
            name,
            path=args.role_path,
            description=f"{', '.join(pipelines)} of CodePipeline",
            assume_role_policy=self._place.apply(lambda place: delivery_iam.pipelines_trust(place, pipelines)),
            tags=with_name(name, args.tags),
            opts=child_of(self),
        )
        projects = [one for names in (self._common, *self._of_stack.values()) for one in names.values()]
        known = pulumi.Output.all(
            bucket_arn=self._bucket_arn,
            key_arn=self._key,
            connection_arn=self.connection_arn,
            project_arns=[project.arn for project in projects],
            topic_arn=self.topic_arn,
        )
        policy = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=known.apply(lambda arns: delivery_iam.run_pipelines(**arns, repository=args.repository)),
            opts=child_of(self),
        )
        writers = pulumi.Output.all(self._bucket_arn, role.arn, *[project.service_role for project in projects])
        aws.s3.BucketPolicy(
            name,
            bucket=self.bucket_name,
            policy=writers.apply(lambda arns: delivery_iam.artifacts_policy(arns[0], arns[1:])),
            opts=child_of(self),
        )
        return role, policy

    def _pipelines(self) -> pulumi.Output[str]:
        """The name of the pipeline that delivers; all of them are made."""
        name, args, stages = self._name, self._args, pipeline_stages
        operate = {f"{name}-operate-{one.stack}": self._of_stack[one.title] for one in args.environments}
        drift = f"{name}-drift" if args.drift_schedule else None
        names = [name, *([drift] if drift else []), *operate]
        role, policy = self._role(names)
        delivers = [
            *stages.before_any_stack(self._common),
            *(
                stage
                for one in args.environments
                for stage in stages.of_environment(args, one, self._of_stack[one.title], self.topic_arn)
            ),
        ]
        made = self._pipeline(name, delivers, role, policy, triggers=[stages.trigger(args)])
        if drift and args.drift_schedule:
            compares = self._pipeline(drift, [stages.drift(self._of_stack)], role, policy)
            start_by_the_clock(
                drift,
                cron=args.drift_schedule,
                pipeline_arn=compares.arn,
                place=self._place,
                role_path=args.role_path,
                tags=args.tags,
                parent=self,
            )
        for one, projects in operate.items():
            self._pipeline(one, [stages.operate(projects)], role, policy, variables=stages.variables())
        tell_of_failures(name, pipelines=names, topic_arn=self.topic_arn, tags=args.tags, parent=self)
        return made.name

    def _pipeline(
        self,
        name: str,
        stages: "list[aws.codepipeline.PipelineStageArgsDict]",
        role: "aws.iam.Role",
        policy: "aws.iam.RolePolicy",
        *,
        triggers: "list[aws.codepipeline.PipelineTriggerArgsDict] | None" = None,
        variables: "list[aws.codepipeline.PipelineVariableArgsDict] | None" = None,
    ) -> "aws.codepipeline.Pipeline":
        """A pipeline whose executions wait for each other."""
        return aws.codepipeline.Pipeline(
            name,
            name=name,
            pipeline_type="V2",
            execution_mode="QUEUED",
            role_arn=role.arn,
            artifact_stores=[
                {"location": self.bucket_name, "type": "S3", "encryption_key": {"id": self._key, "type": "KMS"}}
            ],
            stages=[pipeline_stages.source(self._args, self.connection_arn), *stages],
            triggers=triggers,
            variables=variables,
            tags=with_name(name, self._args.tags),
            opts=child_of(self, depends_on=[policy]),
        )


def _say_if_pending(status: str, name: str, connection: pulumi.Resource) -> None:
    """Say that nothing runs before somebody has confirmed the connection, as long as nobody has."""
    if status == "PENDING":
        pulumi.log.warn(
            f"connection {name} waits to be confirmed: in AWS's console, Developer Tools, Settings, Connections, "
            "choose it and Update pending connection; nothing is delivered before",
            resource=connection,
        )
