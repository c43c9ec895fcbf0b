"""What is left to do once an account is ready for delivery, as lines and commands to type."""

import json
from collections.abc import Iterator
from pathlib import Path

from bootstrap.names import Names
from bootstrap.settings import Account, Circleci, Github, Settings
from ops.stack_file import NO_ACCOUNT, read, stacks
from ops.where import missing_lines, stack_lines

_OWN_CONFIG = 'not job.ssh.enabled and not (pipeline.config_source starts-with "api")'
"""What is asked of each job of CircleCI that gets a token."""
_API = "https://circleci.com/api/v2"
_JSON = "--header 'Content-Type: application/json' --header \"Circle-Token: $CIRCLE_TOKEN\""


def next_steps(folder: Path, names: Names, account: Account) -> Iterator[str]:
    """What is left, in the order in which it is to be done.

    Args:
        folder: of the program.
        names: of the account's delivery.
        account: what its file says.
    """
    settings = account.settings
    yield ""
    if names.account == NO_ACCOUNT:
        yield "This was a rehearsal. On AWS, with the number of your account, this would be left, once:"
    else:
        stacks_named = ", ".join(settings.environments)
        yield f"Account {names.account} is ready for delivery of {stacks_named}. What is left, once:"
    for environment in settings.environments:
        yield from _stack(folder, names, environment)
    if settings.github:
        yield from _github(settings.github, settings)
    if settings.circleci:
        yield from _circleci(settings.circleci, settings.environments)
    if settings.codepipeline and not settings.codepipeline.connection_arn:
        yield ""
        yield "AWS CodePipeline: confirm the new connection to GitHub, which output connection_arn names"
        yield f"  https://{names.region}.console.aws.amazon.com/codesuite/settings/connections"
    yield ""
    yield "Commit these files and push them to main: docs/delivery.md has what happens then"


def _stack(folder: Path, names: Names, environment: str) -> Iterator[str]:
    yield ""
    if environment not in stacks(folder):
        yield f"Pulumi.{environment}.yaml: write it, for example by copying another, with these lines under config:"
        lines = stack_lines(names, environment)
    else:
        lines = missing_lines(read(folder, environment), names, environment)
        if not lines:
            yield f"Pulumi.{environment}.yaml: nothing"
            return
        yield f"Pulumi.{environment}.yaml: under config, which makes the roles of a stack that runs anew:"
    yield from (f"  {key}: {value}" for key, value in lines.items())


def _github(github: Github, settings: Settings) -> Iterator[str]:
    """An environment each, for main alone; all but the unattended ones wait for a reviewer.

    Source: GitHub docs, "REST API endpoints for deployment environments", "... for deployment branch policies".
    """
    yield ""
    yield "GitHub: environments for main alone. REVIEWER is a number: gh api users/NAME --jq .id"
    for environment in settings.environments:
        rules = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
        text = json.dumps(rules)
        if settings.needs_approval(environment):
            text = f'{{"reviewers": [{{"type": "User", "id": REVIEWER}}], "prevent_self_review": true, {text[1:]}'
        path = f"repos/{github.repository}/environments/{environment}"
        yield f"  echo '{text}' | gh api --method PUT {path} --input -"
        yield f"  gh api --method POST {path}/deployment-branch-policies -f name=main"


def _circleci(circleci: Circleci, environments: tuple[str, ...]) -> Iterator[str]:
    """Contexts without a variable: a job with one gets a token, and who may use one is said there.

    None is for a job that somebody looks into by SSH, or whose config is not the repository's; those that deploy are
    for main. Source: CircleCI docs, "Using contexts", Expression restrictions; API v2, "Create context restriction".
    """
    yield ""
    yield "CircleCI: contexts, which stay empty. CONTEXT is the id in the address of its page (Organization Settings,"
    yield "Contexts); CIRCLE_TOKEN an administrator's. Restrict those that deploy to a security group there too"
    for name in ("preview", *environments):
        rule = _OWN_CONFIG if name == "preview" else f'{_OWN_CONFIG} and pipeline.git.branch == "main"'
        body = json.dumps({"restriction_type": "expression", "restriction_value": rule})
        yield f"  circleci context create --org-id {circleci.organization_id} aws-{name}"
        yield f"  curl --fail-with-body {_JSON} --data '{body}' {_API}/context/CONTEXT/restrictions  # of aws-{name}"
