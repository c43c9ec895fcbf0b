"""`ops where`: what a job of CI needs to know of the account that a stack is delivered to, without asking AWS.

`bootstrap/Pulumi.*.yaml` says it: one file an account. Names are made of it as the bootstrap makes them.
"""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bootstrap.names import Names, project_of
from bootstrap.settings import Account, AccountFileError, Settings, parse
from configuration.values import mapping
from ops.error import OpsError
from ops.stack_file import NO_ACCOUNT, StackFile, read, stacks

FOLDER = "bootstrap"
BACKEND = "PULUMI_BACKEND_URL"
"""Environment variable that says where the engine keeps its state."""
PROVIDER = "PULUMI_SECRETS_PROVIDER"
"""Environment variable that names what encrypts the secrets in a new stack's state, such as `awskms://alias/…`."""
FALLBACK = "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER"
"""Environment variable by which the engine finds that in the state, where a stack's file does not name it."""
BUILDS = "BUILDS_REPOSITORY"
"""Environment variable with the address of the repository that images are built into."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """The account of a stack, as a file in `bootstrap/` describes it."""

    file: str
    """Name of the file, such as `Pulumi.account.yaml`."""
    account: Account
    """What it says."""
    names: Names
    """What its resources are called."""


def where(folder: Path, stack: str, use: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a job needs: who it is to be, and where state and images are.

    Args:
        folder: of the program.
        stack: its name.
        use: what the job does: `build`, `preview` or `deploy`.
        environment: of this process; by it GitHub Actions, CircleCI and CodeBuild say whose job it is.

    Returns:
        Values by name. `configured` is `false` where the job is not one of the repository that the file names, as in a
        fork; then `reason` says why, and nothing else is there.

    Raises:
        OpsError: no file names the stack, a file is wrong, or the stack's own file is not ready for delivery.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    is_local = bool(endpoint) and _is_loopback(endpoint)
    found = delivery(folder, stack, NO_ACCOUNT if is_local else None)
    if not is_local:
        if reason := _stranger(found, environment):
            return {"configured": "false", "reason": reason}
        _refuse_unready(folder, stack, found.names)
    names = found.names
    images = f"localhost:{urlsplit(endpoint).port}/{names.builds_repository}" if is_local else names.builds_address
    return {
        "configured": "true",
        "role_arn": names.role_arn(use if use == "build" else f"{use}-{stack}"),
        "account": names.account,
        "region": names.region,
        BACKEND: names.backend_url,
        PROVIDER: names.secrets_provider,
        FALLBACK: "true",
        BUILDS: images,
        "approval": "required" if found.account.settings.needs_approval(stack) else "none",
    }


def written(values: Mapping[str, str], form: str) -> str:
    """The values for a shell to evaluate, for scripts as JSON, or in lines as GitHub's files take them."""
    if form == "json":
        return json.dumps(values, indent=2) + "\n"
    if form == "shell":
        return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())
    return "".join(f"{name}={value}\n" for name, value in values.items())


def check_ready(folder: Path, stack: str) -> None:
    """See that a stack which CI delivers can be deployed by its role, as far as files tell.

    A stack that no file of `bootstrap/` names is left alone, as is one of a file with the example values.

    Raises:
        OpsError: its own file is not ready for delivery, a file of `bootstrap/` is wrong, or two name it.
    """
    if found := _delivered(folder, stack):
        _refuse_unready(folder, stack, found.names)


def backend_of(folder: Path, stack: str) -> str | None:
    """Where the state of a stack is that CI delivers: what `PULUMI_BACKEND_URL` must be.

    Returns:
        None of a stack that no file of `bootstrap/` names, or only one with the example values.

    Raises:
        OpsError: a file of `bootstrap/` is wrong, or two name the stack.
    """
    found = _delivered(folder, stack)
    return found.names.backend_url if found else None


def delivery(folder: Path, stack: str, account: str | None = None) -> Delivery:
    """The account that a stack is delivered to.

    Args:
        folder: of the program.
        stack: its name.
        account: number to go by, in place of the file's.

    Raises:
        OpsError: no file names the stack, more than one does, or one is wrong.
    """
    every = {name: settings_of(folder, name)[1] for name in _files(folder)}
    named = [name for name, one in every.items() if stack in one.settings.environments]
    if len(named) > 1:
        files = " and ".join(f"{FOLDER}/Pulumi.{name}.yaml" for name in named)
        raise OpsError(f"stack {stack} is delivered by {files}: name it in one of them, under bootstrap:environments")
    if not named:
        known = "; ".join(
            f"{FOLDER}/Pulumi.{name}.yaml has {', '.join(one.settings.environments)}" for name, one in every.items()
        )
        raise OpsError(f"no account is said for stack {stack}: name it under bootstrap:environments, where {known}")
    found = every[named[0]]
    return Delivery(file=f"Pulumi.{named[0]}.yaml", account=found, names=names_of(folder, found, account))


def settings_of(folder: Path, name: str) -> tuple[StackFile, Account]:
    """A file of `bootstrap/`, by its stack, and what it says.

    Raises:
        OpsError: there is none, or it is wrong.
    """
    file = read(folder / FOLDER, name)
    try:
        return file, parse(file.config, f"{FOLDER}/Pulumi.{name}.yaml")
    except AccountFileError as error:
        raise OpsError(str(error)) from None


def names_of(folder: Path, account: Account, number: str | None = None) -> Names:
    """What the resources of an account are called.

    Raises:
        OpsError: the program's name does not do for them, or it has none.
    """
    try:
        return account.names(project_of(folder), number)
    except ValueError as error:
        raise OpsError(str(error)) from None


def stack_lines(names: Names, stack: str, tags: Mapping[str, object] | None = None) -> dict[str, str]:
    """What a stack's file must say for delivery, as YAML; `tags` are those that it gives everything already."""
    return {
        "aws:allowedAccountIds": f'["{names.account}"]',
        "aws:defaultTags": json.dumps({"tags": {**(tags or {}), **names.stack_tags(stack)}}),
        "fargate:role_path": names.stack_role_path(stack),
        "fargate:permissions_boundary_arn": names.boundary_arn(stack),
    }


def missing_lines(file: StackFile, names: Names, stack: str) -> dict[str, str]:
    """Those of them that a stack's file does not say: it may name more accounts, and more tags."""
    tags = mapping(file.structured("aws:defaultTags").get("tags"))
    lines = stack_lines(names, stack, tags)
    said = {**file.config}
    if names.account in file.allowed_accounts:
        said["aws:allowedAccountIds"] = lines["aws:allowedAccountIds"]
    if names.stack_tags(stack).items() <= tags.items():
        said["aws:defaultTags"] = lines["aws:defaultTags"]
    return {key: value for key, value in lines.items() if said.get(key) != value}


def _delivered(folder: Path, stack: str) -> Delivery | None:
    """The account that CI delivers a stack to; None of one that no file names, or only one with the example values."""
    every = [settings_of(folder, name)[1] for name in stacks(folder / FOLDER)]
    named = any(stack in one.settings.environments and not one.examples for one in every)
    return delivery(folder, stack) if named else None


def _files(folder: Path) -> list[str]:
    found = stacks(folder / FOLDER)
    if not found:
        raise OpsError(
            f"no {FOLDER}/Pulumi.account.yaml in {folder}: it says who delivers what to which account. Run this in the "
            "folder of the program, or write one (docs/delivery.md, Bootstrap an account)"
        )
    return found


def _stranger(found: Delivery, environment: Mapping[str, str]) -> str:
    """Why a job is not to act; empty when it is.

    Raises:
        OpsError: it is of the repository that the file names, which it spells in another way.
    """
    file = f"{FOLDER}/{found.file}"
    if examples := found.account.examples:
        return f"{file} has the example values {' and '.join(examples)}: put your own there, and make bootstrap"
    wanted, got = _ci(found.account.settings, environment)
    if wanted is None:
        return f"{file} does not say {got}"
    if wanted != got and wanted.lower() == got.lower():  # AWS compares subjects letter by letter, and refuses every job
        raise OpsError(
            f"{file} names {wanted}, and CI writes {got}: put that there, with its capitals, and make bootstrap"
        )
    return "" if wanted == got else f"{file} names {wanted}, and this is {got}"


def _ci(settings: Settings, environment: Mapping[str, str]) -> tuple[str | None, str]:
    """What the file names of the CI that runs this, and what that CI says; None where the file does not know it.

    Sources: GitHub docs, "Variables reference"; CircleCI docs, "Project values and variables"; AWS CodeBuild User
    Guide, "Environment variables in build environments".
    """
    if repository := environment.get("GITHUB_REPOSITORY"):
        return (settings.github.repository, repository) if settings.github else (None, "bootstrap:github")
    if project := environment.get("CIRCLE_PROJECT_ID"):
        return (settings.circleci.project_id, project) if settings.circleci else (None, "bootstrap:circleci")
    if environment.get("CODEBUILD_BUILD_ID"):
        return ("", "") if settings.codepipeline else (None, "bootstrap:codepipeline")
    return "", ""  # at home


def _refuse_unready(folder: Path, stack: str, names: Names) -> None:
    """Without these lines a deploy would be refused by IAM half-way: roles know what is a stack's by tags and paths."""
    if missing := missing_lines(read(folder, stack), names, stack):
        lines = "\n".join(f"  {key}: {value}" for key, value in missing.items())
        raise OpsError(
            f"Pulumi.{stack}.yaml is not ready for delivery to account {names.account}. Put under its config:\n{lines}"
        )


def _is_loopback(url: str) -> bool:
    from ops.deployed import is_loopback  # it takes a second to load, and CI has no endpoint of its own

    return is_loopback(url)
