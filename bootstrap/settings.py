"""What `Pulumi.account.yaml` may say: who delivers which stacks to an account, and by which CI."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import ValidationError, ValidationInfo, field_validator, model_validator

from configuration.messages import nearest, problem
from configuration.model import Model
from configuration.values import texts

from .examples import examples
from .identifiers import Connection, Id, Repository, Uuid
from .names import LONGEST_PIPELINE, Names, environment_problem

NAMESPACE = "bootstrap"
_OTHERS = ("aws", "pulumi")
_SHARED = "fargate:exceptions"
"""What the policies read in any stack file."""
_DELIVERING = {"github", "circleci", "codepipeline"}
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}")


class AccountFileError(ValueError):
    """Every problem of the file, one a line."""


class Github(Model):
    """The repository whose GitHub Actions deliver."""

    repository: Repository
    """`OWNER/NAME`, with capitals as GitHub writes it."""
    organization_id: Id | None = None
    """Its owner's number, where subjects are immutable: of repositories made since 15 July 2026, or that chose it."""
    repository_id: Id | None = None
    """Its own number: `gh api repos/OWNER/NAME --jq '.owner.id, .id'` prints both."""
    existing_provider: bool = False
    """Whether the account has GitHub's identity provider already, of which it can have one only."""

    @model_validator(mode="after")
    def _both_ids(self) -> Self:
        if (self.organization_id is None) != (self.repository_id is None):
            raise ValueError("organization_id and repository_id go together: a subject has both or neither")
        return self


class Circleci(Model):
    """The project whose CircleCI workflows deliver."""

    organization_id: Uuid
    """UUID of the organization: Organization Settings, Overview."""
    project_id: Uuid
    """UUID of the project: Project Settings, Overview."""
    repository: Repository
    """`OWNER/NAME` at GitHub, which the project builds."""
    existing_provider: bool = False
    """Whether the account has the organization's identity provider already, of which it can have one only."""


class Codepipeline(Model):
    """The pipeline of AWS's that delivers."""

    repository: Repository
    """`OWNER/NAME` of the source."""
    connection_arn: Connection | None = None
    """ARN of a connection to where it is. Left out: a new one, which somebody must confirm in the console."""
    emails: tuple[str, ...] = ()
    """Who is told of failures and waiting approvals; each gets a message to confirm."""
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """Processor of its jobs, which build the images: that of the stacks, `fargate:architecture`."""

    @field_validator("emails")
    @classmethod
    def _addresses(cls, emails: tuple[str, ...]) -> tuple[str, ...]:
        from components.topic import email_problems  # it loads what makes resources, which other CIs' jobs do without

        if problems := list(email_problems(emails)):
            raise ValueError("; ".join(problems))
        return emails


class Settings(Model):
    """Delivery to an account."""

    environments: tuple[str, ...]
    """Stacks of the program that are delivered to it, in the order in which a change reaches them."""
    unattended: tuple[str, ...] = ()
    """Those of them that nobody approves a deployment of, and a pull request's jobs may look at: they read the state.
    Default: none, each waits for somebody."""
    registry: str | None = None
    """The one of them that may set rules of the account's registry, `fargate:registry`: a rule that copies images
    elsewhere copies every stack's. Default: none may."""
    github: Github | None = None
    """GitHub Actions."""
    circleci: Circleci | None = None
    """CircleCI."""
    codepipeline: Codepipeline | None = None
    """AWS CodePipeline."""

    @field_validator("environments")
    @classmethod
    def _stacks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if problems := list(_environments_problems(names)):
            raise ValueError("; ".join(problems))
        return names

    @field_validator("unattended")
    @classmethod
    def _delivered(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known: tuple[str, ...] = info.data.get("environments", names)
        if others := [name for name in names if name not in known]:
            raise ValueError(f"must be of environments, {', '.join(known)}, got {', '.join(others)}")
        return names

    @field_validator("registry")
    @classmethod
    def _one(cls, name: str | None, info: ValidationInfo) -> str | None:
        known: tuple[str, ...] = info.data.get("environments", (name,))
        if name is not None and name not in known:
            raise ValueError(f"must be one of environments, {', '.join(known)}, got {name}")
        return name

    def needs_approval(self, stack: str) -> bool:
        """Whether somebody must approve what is deployed to a stack."""
        return stack not in self.unattended


class Account(Model):
    """The file's settings, with those of the AWS provider that delivery goes by."""

    id: str
    """Twelve digits."""
    region: str
    """Such as `ap-northeast-1`."""
    settings: Settings
    """Who delivers what."""

    @property
    def examples(self) -> list[str]:
        """The values that are nobody's, as they stand in the file as it comes."""
        said: list[tuple[str, object]] = [("account", self.id)]
        for ci in filter(None, (self.settings.github, self.settings.circleci, self.settings.codepipeline)):
            for key, value in ci:
                said += [(key, one) for one in (value if key == "emails" else (value,))]
        return examples(said)

    def names(self, project: str, number: str | None = None) -> Names:
        """What delivery's resources are called.

        Args:
            project: name of the program.
            number: account to go by, in place of the file's.

        Raises:
            ValueError: the program's name does not do for them.
        """
        names = Names(project=project, account=number or self.id, region=self.region)
        if self.settings.codepipeline and len(names.pipeline) > LONGEST_PIPELINE:
            raise ValueError(
                f"name in Pulumi.yaml must have at most {LONGEST_PIPELINE - len(names.pipeline) + len(project)} "
                f"characters with {NAMESPACE}:codepipeline, whose roles are named by it, got {project!r}"
            )
        return names


def parse(config: Mapping[str, str], file: str) -> Account:
    """The settings of a whole configuration.

    Args:
        config: every key with its namespace, structured values as JSON.
        file: name of the stack file, for the message.

    Raises:
        AccountFileError: every problem, one a line.
    """
    values = {key.partition(":")[2]: _value(text) for key, text in config.items() if key.startswith(f"{NAMESPACE}:")}
    accounts = _value(config.get("aws:allowedAccountIds", ""))
    problems = [*_key_problems(config), *_aws_problems(config, accounts)]
    if not values.keys() & _DELIVERING:
        problems.append("bootstrap: nobody delivers: say github, circleci or codepipeline")
    settings = None
    try:
        settings = Settings.model_validate_json(json.dumps(values))
    except ValidationError as error:
        problems += [problem(one, Settings, NAMESPACE) for one in error.errors(include_url=False)]
    else:
        problems += [f"{NAMESPACE}:{one}" for one in _stages_problems(settings)]
    if problems or not settings:
        lines = "\n".join(f"  {one}" for one in problems)
        raise AccountFileError(f"{file} has {len(problems)} problem{'s' * (len(problems) > 1)}:\n{lines}")
    return Account(id=texts(accounts)[0], region=config["aws:region"], settings=settings)


def _value(text: str) -> object:
    """A top-level value reaches a program as text, whatever its file says."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _key_problems(config: Mapping[str, str]) -> Iterator[str]:
    for key in config:
        namespace = key.partition(":")[0]
        if namespace not in (NAMESPACE, *_OTHERS) and key != _SHARED:
            yield f"{key}: unknown namespace {namespace!r}{nearest(namespace, (NAMESPACE, *_OTHERS))}"


def _aws_problems(config: Mapping[str, str], accounts: object) -> Iterator[str]:
    """Delivery is to one account and region, since names are made of them."""
    region = config.get("aws:region")
    if not region:
        yield "aws:region: is required, such as ap-northeast-1"
    elif not _REGION.fullmatch(region):
        yield f"aws:region: must be one region's name, such as ap-northeast-1, got {region!r}"
    named = texts(accounts)
    if accounts != named or len(named) != 1 or not _ACCOUNT.fullmatch(named[0]):
        got = config.get("aws:allowedAccountIds", "nothing")
        yield f'aws:allowedAccountIds: must name one account in quotes, such as ["123456789012"], got {got}'


def _environments_problems(names: tuple[str, ...]) -> Iterator[str]:
    if not names:
        yield "must name one stack at least, such as [dev, prod]"
    yield from (problem for problem in map(environment_problem, names) if problem)
    if len(set(names)) < len(names):
        yield f"must name each stack once, got {', '.join(names)}"
    for short, long in ((one, other) for one in names for other in names if other.startswith(f"{one}-")):
        yield f"{long} begins as {short} does: what has no tags is known by how its name begins, so rename one of them"


def _stages_problems(settings: Settings) -> Iterator[str]:
    """What keeps the stacks from having stages of their own in a pipeline of AWS's."""
    if settings.codepipeline:
        from components.delivery_pipeline_args import stages_problems  # it loads what makes resources

        yield from stages_problems(settings.environments)
