"""What a pipeline delivers, from where, and who decides."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from .architecture import Architecture
from .checks import out_of_range, refuse
from .cron import cron_problem
from .log_retention import LogRetentionDays, retention_problem
from .names import name_problem, role_path_problem
from .topic import email_problems

_REPOSITORY = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+")
_BRANCH = re.compile(r"[\w./-]+")
_VARIABLE = re.compile(r"[A-Za-z_]\w*")
LONGEST_STACK = 20
"""Characters of an environment's name."""
_MOST_POLICIES = 10
"""Of a role, unless AWS has raised that (IAM User Guide, "IAM and AWS STS quotas")."""
_MOST_PATTERNS, _LONGEST_PATTERN = 8, 255
"""Of a trigger's includes or excludes (CodePipeline API Reference, "GitFilePathFilterCriteria")."""
_MOST_ENVIRONMENTS = 10
"""So that the pipelines' role may name every project: its policy takes 10,240 characters (IAM User Guide, "IAM and AWS
STS quotas")."""
_LONGEST_APPROVAL = 60
_TAKEN = ("STACK", "COMMAND", "SERVICE", "CONFIRM")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryEnvironment:
    """A stack that a pipeline deploys."""

    stack: str
    """Its name: lower-case letters, digits and single hyphens, 20 characters at most."""
    preview_policy_arns: Sequence[pulumi.Input[str]]
    """Managed policies of the jobs that only look: review, verify, drift. Plain: how many there are, 10 at most."""
    deploy_policy_arns: Sequence[pulumi.Input[str]]
    """Managed policies of the jobs that deploy, roll back and remove. Plain: as above."""
    needs_approval: bool = False
    """Whether somebody reads a review and says yes before it is deployed. Default: nobody is asked."""

    @property
    def title(self) -> str:
        """Its name in the names of stages, such as `Prod`."""
        return _title(self.stack)

    def problems(self) -> Iterator[str]:
        """What AWS would refuse of it."""
        if problem := name_problem(self.stack, LONGEST_STACK):
            yield f"stack: {problem}"
        for kind, arns in (("preview", self.preview_policy_arns), ("deploy", self.deploy_policy_arns)):
            if len(arns) > _MOST_POLICIES:
                yield f"stack {self.stack}: {kind}_policy_arns must be at most {_MOST_POLICIES}, got {len(arns)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryPipelineArgs:
    """Inputs of `DeliveryPipeline`."""

    repository: str
    """Repository of GitHub's, as `owner/name`."""
    environments: Sequence[DeliveryEnvironment]
    """Stacks in the order in which a change reaches them, 1 to 10. Plain: each has stages of its own."""
    build_policy_arns: Sequence[pulumi.Input[str]]
    """Managed policies of the job that builds and pushes images. Plain: how many there are, 10 at most."""
    connection_arn: pulumi.Input[str] | None = None
    """Connection of CodeConnections to GitHub. Plain whether there is one. Default: a new one, which somebody must
    confirm in the console before anything runs."""
    branch: str = "main"
    """Branch whose pushes are delivered. Default: `main`."""
    paths: Sequence[str] = ()
    """Patterns of the files, one of which a push must change, 8 at most. Default: any."""
    ignored_paths: Sequence[str] = ("*.md", "**/*.md", "docs/**")
    """Patterns of files that start nothing where a push changes no others, 8 at most. Default: documentation."""
    variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Environment of every job but `check`, such as `PULUMI_BACKEND_URL`; nothing secret. Default: none."""
    buildspecs: str = "bootstrap/buildspecs"
    """Folder of the repository with the jobs' buildspecs, `check.yml` to `operate.yml`. Default: as here."""
    approval_days: int = 7
    """Days that an approval is waited for, 1 to 60; then it counts as refused. Default: 7, as CodePipeline's own."""
    roll_back: bool = True
    """Whether the last deployment that succeeded follows one that fails or is not verified. Default: it does."""
    drift_schedule: str | None = "0 18 * * ? *"
    """When the stacks are compared with AWS, as a cron expression in UTC. Default: 18:00 each day; None for never."""
    emails: Sequence[str] = ()
    """Addresses that are told of failures and asked for approval, once each is confirmed. Default: none."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key of artifacts, logs and topic; its policy lets logs and events use it, as that of `CustomerKey` does. Plain
    whether there is one. Default: a key of its own."""
    log_retention_days: LogRetentionDays = 365
    """Days that the jobs' logs are kept. Default: 365."""
    architecture: Architecture = Architecture.X86_64
    """Processor of the jobs: that of the tasks builds their images without emulation. Default: x86-64."""
    role_path: str | None = None
    """Path of the roles' names, such as `/fargate-delivery/`. Default: `/`."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    """Added to every child that takes tags; wins over `Name`. Default: none."""

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse, and stages that could not be told apart.

        Raises:
            ValueError: every problem, in one message.
        """
        refuse(_problems(self))


def _problems(args: DeliveryPipelineArgs) -> Iterator[str | None]:
    if not _REPOSITORY.fullmatch(args.repository):
        yield f"repository must be owner/name, such as example/shop, got {args.repository!r}"
    if not _BRANCH.fullmatch(args.branch):
        yield f"branch must be one branch's name, not a pattern, got {args.branch!r}"
    yield from (problem for one in args.environments for problem in one.problems())
    yield from stages_problems([one.stack for one in args.environments])
    if len(args.build_policy_arns) > _MOST_POLICIES:
        yield f"build_policy_arns must be at most {_MOST_POLICIES}, got {len(args.build_policy_arns)}"
    yield from _pattern_problems("paths", args.paths)
    yield from _pattern_problems("ignored_paths", args.ignored_paths)
    for name in args.variables:
        if not _VARIABLE.fullmatch(name) or name.startswith("CODEBUILD_") or name in _TAKEN:
            yield f"variables: {name!r} is no name that a job's variable can have"
    yield out_of_range("approval_days", args.approval_days, 1, _LONGEST_APPROVAL)
    if args.drift_schedule is not None and (problem := cron_problem(args.drift_schedule)):
        yield f"drift_schedule: {problem}"
    yield from (f"emails: {problem}" for problem in email_problems(args.emails))
    yield retention_problem("log_retention_days", args.log_retention_days)
    yield role_path_problem(args.role_path)


def stages_problems(stacks: Sequence[str]) -> Iterator[str]:
    """What is wrong with stacks of which each is to have stages in a pipeline."""
    if problem := out_of_range("environments", len(stacks), 1, _MOST_ENVIRONMENTS):
        yield problem
    for title, count in Counter(map(_title, stacks)).items():
        if count > 1:
            yield f"environments: {count} of them have stages of the same name, {title}"


def _title(stack: str) -> str:
    return "".join(part.capitalize() for part in stack.split("-"))


def _pattern_problems(name: str, patterns: Sequence[str]) -> Iterator[str]:
    if len(patterns) > _MOST_PATTERNS:
        yield f"{name} must be at most {_MOST_PATTERNS} patterns, got {len(patterns)}"
    for pattern in patterns:
        if not 0 < len(pattern) <= _LONGEST_PATTERN:
            yield f"{name}: a pattern must have 1 to {_LONGEST_PATTERN} characters, got {len(pattern)}"
