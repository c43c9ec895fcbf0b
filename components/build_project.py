"""The jobs of a pipeline: CodeBuild projects, and the roles that they act as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from . import delivery_iam
from .architecture import Architecture
from .delivery_pipeline_args import DeliveryPipelineArgs
from .iam import Place
from .names import child_of, with_name

SOURCE, IMAGES = "Source", "Images"
"""Artifacts that jobs are given: the repository, and the images that were built from it, by digest."""
Made = dict[str, "aws.codebuild.Project"]
"""Projects by their jobs' names."""
_MACHINES = {
    Architecture.X86_64: ("LINUX_CONTAINER", "aws/codebuild/amazonlinux-x86_64-standard:5.0"),
    Architecture.ARM64: ("ARM_CONTAINER", "aws/codebuild/amazonlinux-aarch64-standard:3.0"),
}
"""AWS CodeBuild User Guide, "Docker images provided by CodeBuild"."""
_WAITS = 60
"""Minutes for which a job waits for a machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One kind of work, which the buildspec of its name describes."""

    name: str
    """Of its buildspec, and in its project's name."""
    minutes: int = 30
    """After which it is stopped."""
    images: bool = False
    """Whether it is given the images."""
    writes: str | None = None
    """Artifact that it makes."""
    builds: bool = False
    """Whether it runs Docker, for which CodeBuild gives it root's rights over its host."""
    alone: bool = False
    """Whether CodeBuild refuses, and does not queue, a second one of the same stack beside it."""


CHECK = Job(name="check", minutes=60)
BUILD = Job(name="build", minutes=60, writes=IMAGES, builds=True)
VERIFY, DRIFT = Job(name="verify", images=True), Job(name="drift")
DEPLOY = Job(name="deploy", minutes=120, images=True, alone=True)
OPERATE = Job(name="operate", minutes=120, alone=True)


def review(artifact: str) -> Job:
    """The job that tells what a deployment would change, whose text is an artifact of its own."""
    return Job(name="review", images=True, writes=artifact)


@dataclass(frozen=True, kw_only=True, slots=True)
class Projects:
    """Makes projects that share a bucket, a key and a connection."""

    name: str
    """Of the component, with which every name begins."""
    parent: pulumi.Resource
    """Of everything that is made."""
    args: DeliveryPipelineArgs
    """Inputs of the component."""
    place: pulumi.Output[Place]
    """Where it is."""
    bucket_arn: pulumi.Output[str]
    """Where artifacts are."""
    key_arn: pulumi.Input[str]
    """Key of artifacts and logs."""
    connection_arn: pulumi.Output[str]
    """By which jobs clone the repository."""

    def make(
        self, role: str, jobs: Sequence[Job], policy_arns: Sequence[pulumi.Input[str]] = (), stack: str | None = None
    ) -> Made:
        """The projects of jobs that act as one role, by the jobs' names.

        Args:
            role: what it is for; with the stack its name, and that of the log.
            jobs: what they do.
            policy_arns: managed policies of the role, beside what every job needs.
            stack: the one that they work on. Default: none, as for jobs before any stack.
        """
        named = self._named(role, stack)
        log = aws.cloudwatch.LogGroup(
            named,
            name=f"/aws/codebuild/{named}",
            retention_in_days=self.args.log_retention_days,
            kms_key_id=self.key_arn,
            tags=with_name(named, self.args.tags),
            opts=child_of(self.parent),
        )
        projects = [self._named(job.name, stack) for job in jobs]
        acting = self._role(named, projects)
        granted = [self._job_policy(named, acting, jobs, log.arn), *self._attachments(named, acting, policy_arns)]
        return {job.name: self._project(job, stack, acting, log, granted) for job in jobs}

    def _named(self, part: str, stack: str | None) -> str:
        return "-".join(filter(None, (self.name, part, stack)))

    def _role(self, named: str, projects: Sequence[str]) -> "aws.iam.Role":
        return aws.iam.Role(
            named,
            path=self.args.role_path,
            description=f"{', '.join(projects)} of CodeBuild",
            assume_role_policy=self.place.apply(lambda place: delivery_iam.jobs_trust(place, projects)),
            tags=with_name(named, self.args.tags),
            opts=child_of(self.parent),
        )

    def _job_policy(
        self, named: str, role: "aws.iam.Role", jobs: Sequence[Job], log_arn: pulumi.Output[str]
    ) -> pulumi.Resource:
        known = pulumi.Output.all(
            log_group_arn=log_arn,
            bucket_arn=self.bucket_arn,
            key_arn=self.key_arn,
            connection_arn=self.connection_arn,
        )
        reads = [SOURCE, IMAGES] if any(job.images for job in jobs) else [SOURCE]
        writes = [job.writes for job in jobs if job.writes]
        repository = self.args.repository
        return aws.iam.RolePolicy(
            named,
            role=role.name,
            policy=known.apply(
                lambda arns: delivery_iam.run_jobs(**arns, repository=repository, reads=reads, writes=writes)
            ),
            opts=child_of(self.parent),
        )

    def _attachments(
        self, named: str, role: "aws.iam.Role", policy_arns: Sequence[pulumi.Input[str]]
    ) -> list[pulumi.Resource]:
        return [
            aws.iam.RolePolicyAttachment(
                f"{named}-{number}", role=role.name, policy_arn=arn, opts=child_of(self.parent)
            )
            for number, arn in enumerate(policy_arns, 1)
        ]

    def _project(
        self,
        job: Job,
        stack: str | None,
        role: "aws.iam.Role",
        log: "aws.cloudwatch.LogGroup",
        granted: list[pulumi.Resource],
    ) -> "aws.codebuild.Project":
        named = self._named(job.name, stack)
        return aws.codebuild.Project(
            named,
            name=named,
            description=f"{job.name} {stack or self.args.repository}",
            service_role=role.arn,
            source={"type": "CODEPIPELINE", "buildspec": f"{self.args.buildspecs}/{job.name}.yml"},
            artifacts={"type": "CODEPIPELINE"},
            environment=self._environment(job, stack),
            logs_config={"cloudwatch_logs": {"group_name": log.name, "stream_name": job.name}},
            encryption_key=self.key_arn,
            cache={"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]} if job.builds else None,
            build_timeout=job.minutes,
            queued_timeout=_WAITS,
            concurrent_build_limit=1 if job.alone else None,
            tags=with_name(named, self.args.tags),
            opts=child_of(self.parent, depends_on=granted),
        )

    def _environment(self, job: Job, stack: str | None) -> "aws.codebuild.ProjectEnvironmentArgsDict":
        kind, image = _MACHINES[self.args.architecture]
        given: Mapping[str, pulumi.Input[str]] = {} if job is CHECK else self.args.variables
        first = self.args.environments[0].stack
        known = stack or (first if job.builds else None)
        variables = {**({"STACK": known} if known else {}), **given}
        return {
            "type": kind,
            "image": image,
            "compute_type": "BUILD_GENERAL1_SMALL",
            "privileged_mode": job.builds,
            "environment_variables": [{"name": name, "value": value} for name, value in variables.items()],
        }
