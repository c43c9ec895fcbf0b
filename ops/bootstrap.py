"""`ops bootstrap`: what an account needs before CI can deliver to it, made once and after each change of its file."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from bootstrap.settings import Account
from ops import process
from ops.aim import Aim, aim
from ops.bootstrap_next import next_steps
from ops.bootstrap_state import FIRST, State
from ops.deployed import NO_ENGINE, PLAIN
from ops.error import OpsError
from ops.where import FOLDER, names_of, settings_of

_SERVICES = {
    "ecs.amazonaws.com": "ECS",
    "elasticloadbalancing.amazonaws.com": "load balancers",
    "ecs.application-autoscaling.amazonaws.com": "scaling of services",
}
"""Services of AWS's that act in the account by a role of their own, and what for."""
_TAKEN = re.compile(r"has been taken|already exists")
_ADVICE = (
    (
        re.compile(r"currently locked by|the stack is locked", re.IGNORECASE),
        "its state is locked: another bootstrap runs, or one was ended. See first that no other runs, then: "
        "{pulumi} cancel --yes",
    ),
    (
        re.compile(r"(?s)(OpenIDConnectProvider|OIDC provider).*(EntityAlreadyExists|already exists)", re.IGNORECASE),
        "the account has an identity provider of this CI: existing_provider: true, under bootstrap:github or "
        "bootstrap:circleci in {file}, leaves it as it is. It must take the audience that "
        "docs/delivery-security.md names",
    ),
    (
        re.compile(r"cannot be deleted\s+because it is protected|DeleteConflict|Cannot delete a policy attached"),
        "an environment that {file} names no more has a boundary, which the roles of its stack need: remove the stack "
        "first (make remove), then {pulumi} state unprotect --yes 'URN', with the boundary's URN from above, and make "
        "bootstrap again",
    ),
    (
        re.compile(r"EntityAlreadyExists|AlreadyOwnedByYou|AlreadyExists"),
        "something of that name is there, and not in this state: an earlier bootstrap left it, or was ended on another "
        "machine, whose {folder} has its state. docs/delivery.md says how to take it over",
    ),
    (
        re.compile(r"AccessDenied|not authorized to perform|UnauthorizedOperation"),
        "the bootstrap takes an administrator of the account, as it makes roles: aws sts get-caller-identity says who "
        "these credentials are",
    ),
)


def bootstrap(folder: Path, stack: str, show: Callable[[str], object]) -> int:
    """Deploy `bootstrap/` where this shell leads, bring its state into the bucket, and say what is left to do.

    It can be run at any time: what is there stays as it is.

    Args:
        folder: of the program.
        stack: of the file in `bootstrap/`.
        show: gets each line.

    Returns:
        The engine's exit code.

    Raises:
        OpsError: the file is wrong or has example values, these credentials are another account's, or there is no
            engine.
    """
    _, account = settings_of(folder, stack)
    _refuse_examples(Aim(folder / FOLDER, stack), account)
    aimed = aim(folder / FOLDER, stack)
    state = State(aimed, names := names_of(folder, account, aimed.account))
    state.ensure_stack()  # it asks the engine, so that nothing is made where there is none
    for line in service_roles(aimed):
        show(line)
    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack, *PLAIN]
    ended = process.streamed(command, aimed.folder, state.environment(state.url), show, NO_ENGINE)
    if ended.code:
        for line in advice(aimed, state.url, ended.said):
            show(f"what next: {line}")
        return ended.code
    state.move(show)
    for line in next_steps(folder, names, account):
        show(line)
    return 0


def service_roles(aimed: Aim) -> Iterator[str]:
    """Make the roles that services of AWS take themselves, where the account has none; a line for each that is made.

    They are the account's, for all that is in it, and so in no stack's state: they stay.
    Source: IAM User Guide, "Create a service-linked role".
    """
    from botocore.exceptions import ClientError  # it takes a while to load

    iam = aimed.client("iam")
    for service, use in _SERVICES.items():
        try:
            iam.create_service_linked_role(AWSServiceName=service)
        except ClientError as error:
            if not _TAKEN.search(str(error)):
                raise
        else:
            yield f"Made the account's role for {use} ({service})"


def advice(aimed: Aim, url: str | None, said: str) -> Iterator[str]:
    """What to do after the engine failed, by what it said: the first that fits.

    Args:
        aimed: the stack.
        url: where its state is; None where the shell's `pulumi` knows.
        said: the engine.
    """
    state = f"PULUMI_CONFIG_PASSPHRASE= PULUMI_BACKEND_URL={shlex.quote(url)} " if url else ""
    words = {
        "file": f"{FOLDER}/Pulumi.{aimed.stack}.yaml",
        "folder": f"{FOLDER}/{FIRST}",
        "pulumi": f"{state}pulumi --cwd {FOLDER} --stack {aimed.stack}",
    }
    found = next((text for pattern, text in _ADVICE if pattern.search(said)), None)
    if found:
        yield found.format(**words)


def _refuse_examples(aimed: Aim, account: Account) -> None:
    """They are nobody's; the local cloud takes them, as it is nobody's either."""
    if account.examples and not aimed.is_local:
        raise OpsError(
            f"{FOLDER}/Pulumi.{aimed.stack}.yaml has the example values {' and '.join(account.examples)}: put your "
            "account (aws sts get-caller-identity) and your repository there, and leave out the CI that you do not use"
        )
