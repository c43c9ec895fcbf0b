"""Who may take CI's roles: exact repositories, branches and environments of one CI, and nobody else.

Sources: IAM User Guide, "Create a role for OpenID Connect federation" and "Available keys for AWS OIDC federation";
GitHub docs, "OpenID Connect reference"; CircleCI docs, "Using OpenID Connect tokens in jobs".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .names import Names
from .settings import Circleci, Github

GITHUB_HOST = "token.actions.githubusercontent.com"
GITHUB_AUDIENCE = "sts.amazonaws.com"
CIRCLECI_HOST = "oidc.circleci.com"
MAIN = "refs/heads/main"
BUILD, PREVIEW, DEPLOY = "build", "preview", "deploy"
_ANY_USER = "-".join("?" * length for length in (8, 4, 4, 4, 12))
"""A UUID of whoever started a job. A `*` would also match a branch that is named like the rest of a subject."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """What a role is for: it is named by it."""

    kind: str
    """`build`, `preview` or `deploy`."""
    environment: str = ""
    """The stack; empty for `build`, which is none's."""
    pull_requests: bool = False
    """Whether a job of a pull request may take it, whose code nobody has approved yet. Default: it may not."""

    @property
    def name(self) -> str:
        """Such as `deploy-dev`."""
        return f"{self.kind}-{self.environment}" if self.environment else self.kind


def uses(environments: Sequence[str], unattended: Sequence[str] = ()) -> list[Use]:
    """Every role: one that builds, and for each environment one that only looks and one that deploys.

    Who looks at a stack reads its state, and the secrets in that. So a pull request's jobs, whose code nobody has
    approved, may look at those environments only that nobody approves a deployment of.

    Args:
        environments: that are delivered.
        unattended: those of them that nobody approves a deployment of. Default: none.
    """
    both = [
        (
            Use(kind=PREVIEW, environment=environment, pull_requests=environment in unattended),
            Use(kind=DEPLOY, environment=environment),
        )
        for environment in environments
    ]
    return [Use(kind=BUILD), *(use for pair in both for use in pair)]


def trust(names: Names, use: Use, github: Github | None, circleci: Circleci | None) -> dict[str, Any]:
    """A role's trust policy: a statement for each CI."""
    statements = [
        _statement(provider_arn(names, GITHUB_HOST), github_condition(github, use)) if github else None,
        _statement(provider_arn(names, circleci_host(circleci)), circleci_condition(circleci, use))
        if circleci
        else None,
    ]
    return {"Version": "2012-10-17", "Statement": [one for one in statements if one]}


def provider_arn(names: Names, host: str) -> str:
    """The ARN of an identity provider, which IAM names by its address."""
    return names.iam_arn(f"oidc-provider/{host}")


def circleci_host(circleci: Circleci) -> str:
    """An organization's issuer, without the scheme."""
    return f"{CIRCLECI_HOST}/org/{circleci.organization_id}"


def github_subject(github: Github) -> str:
    """How a repository's subjects begin, in the one of two forms that its tokens have.

    Immutable ones carry both numbers, so that nobody who takes over a name gets in.
    """
    owner, _, name = github.repository.partition("/")
    if github.organization_id is None:
        return f"repo:{owner}/{name}"
    return f"repo:{owner}@{github.organization_id}/{name}@{github.repository_id}"


def github_condition(github: Github, use: Use) -> dict[str, Any]:
    """What a token of GitHub's must say: all of it, word by word.

    A job with an `environment` has that in its subject instead of its branch, so that a role that deploys is taken by
    one that its environment let pass; the branch is asked for beside it. A pull request from a fork gets no token.
    A reusable workflow's jobs have the subject of the repository that calls it.
    """
    begins = github_subject(github)
    subject: str | list[str] = f"{begins}:ref:{MAIN}"
    if use.pull_requests:
        subject = [f"{begins}:pull_request", subject]
    elif use.kind == DEPLOY:
        subject = f"{begins}:environment:{use.environment}"
    equals = {f"{GITHUB_HOST}:aud": GITHUB_AUDIENCE, f"{GITHUB_HOST}:sub": subject}
    if use.kind == DEPLOY:
        equals[f"{GITHUB_HOST}:ref"] = MAIN
    return {"StringEquals": equals}


def circleci_condition(circleci: Circleci, use: Use) -> dict[str, Any]:
    """What a token of CircleCI's (`CIRCLE_OIDC_TOKEN_V2`) must say.

    Its subject ends in repository and branch, with whoever started the job before them. AWS can ask for the project,
    and for no context: who may use a context is CircleCI's to say. Its tokens know no pull
    requests: a role that these may take is taken on any branch.
    """
    host = circleci_host(circleci)
    origin = f"org/{circleci.organization_id}/project/{circleci.project_id}/user/{_ANY_USER}"
    branch = "refs/heads/*" if use.pull_requests else MAIN
    return {
        "StringEquals": {
            f"{host}:aud": circleci.organization_id,
            f"{host}:{CIRCLECI_HOST}/project-id": circleci.project_id,
        },
        "StringLike": {f"{host}:sub": f"{origin}/vcs-origin/github.com/{circleci.repository}/vcs-ref/{branch}"},
    }


def _statement(provider: str, condition: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
