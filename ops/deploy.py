"""`ops deploy`, `ops remove`, `ops cancel`: the engine's commands as delivery runs them, and what to do when they fail.

Source: Pulumi docs, "pulumi up", "pulumi destroy", "pulumi stack init", "pulumi cancel".
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ops import images, process
from ops.aim import Aim
from ops.deployed import LOCAL, NO_ENGINE, PLAIN
from ops.error import OpsError
from ops.where import BACKEND, PROVIDER, backend_of, check_ready

_LOCKED = re.compile(r"currently locked by|the stack is locked", re.IGNORECASE)
_REFUSED = re.compile(
    r"AccessDenied|PermissionDenied|UnauthorizedOperation|not authorized to perform|AuthorizationError"
)
_ACTION = re.compile(r"not authorized to perform:? ([\w-]+:[\w*]+)(?: on resource:? (\S+))?")
_EXPIRED = re.compile(r"ExpiredToken|RequestExpired|security token included in the request is expired")
_NO_STATE = re.compile(r"NoSuchBucket|failed to open bucket|could not list bucket|PULUMI_ACCESS_TOKEN must be set")
_NO_SECRETS = re.compile(
    r"passphrase must be set|secrets (?:manager|provider).*(?:denied|not found)|NotFoundException: Alias"
)


def deploy(aimed: Aim, given: Path | None, show: Callable[[str], object]) -> int:
    """Bring a stack to what its file says; a stack that is new is made in the state first.

    Args:
        aimed: the stack.
        given: file of the images that it takes over; none: those that it was delivered with, if it was.
        show: gets each line of the engine's, and at the end what to do where it failed.

    Returns:
        The engine's exit code.

    Raises:
        OpsError: there is no engine, no file of images that fits, the stack cannot be made in the state, or its file
            lacks what its role needs.
    """
    if not aimed.is_local:
        check_ready(aimed.folder, aimed.stack)
    with images.taken_over(aimed, given) as file:
        _in_state(aimed, show)
        arguments = ["up", "--yes", "--skip-preview", *pack(aimed), "--stack", aimed.stack]
        return _engine(aimed, arguments, file, show)


def remove(aimed: Aim, show: Callable[[str], object]) -> int:
    """Destroy everything in a stack; its name stays in the state.

    Args:
        aimed: the stack.
        show: gets each line of the engine's, and at the end what to do where it failed.

    Returns:
        The engine's exit code.

    Raises:
        OpsError: there is no engine.
    """
    return _engine(aimed, ["destroy", "--yes", "--skip-preview", "--stack", aimed.stack], None, show)


def cancel(aimed: Aim, show: Callable[[str], object]) -> int:
    """Free a stack's state from the lock that a job left which was killed. One that still runs would go on without it.

    Args:
        aimed: the stack.
        show: gets each line of the engine's, and at the end what to do where it failed.

    Returns:
        The engine's exit code.

    Raises:
        OpsError: there is no engine.
    """
    return _engine(aimed, ["cancel", "--yes", "--stack", aimed.stack], None, show)


def advice(aimed: Aim, said: str) -> Iterator[str]:
    """What to do after the engine failed, by what it said."""
    if _LOCKED.search(said):
        yield (
            f"the state of stack {aimed.stack} is locked: another job deploys it, or one was ended before it was done. "
            "See first that no other runs, as two at once break a state. Then, with the same credentials: "
            f"make cancel STACK={aimed.stack} CONFIRM={aimed.stack}; where only CI has them, its operation cancel"
        )
    if _EXPIRED.search(said):
        yield (
            "the AWS credentials have expired: sign in anew, or in CI start the job again; a longer session is "
            "the role's MaxSessionDuration. What was done until then is in the state"
        )
    elif _REFUSED.search(said):
        yield _refused(said)
    if _NO_STATE.search(said):
        yield (
            "this shell's pulumi finds no state: pulumi whoami -v names where it looks. In CI that is "
            f"PULUMI_BACKEND_URL, which python -m ops where --stack {aimed.stack} prints, and make bootstrap makes the "
            f"bucket; for the local cloud: {LOCAL}"
        )
    if _NO_SECRETS.search(said):
        yield f"the secrets in the state cannot be read: {PROVIDER} must name the key that make bootstrap made"


def _refused(said: str) -> str:
    found = _ACTION.search(said)
    what = f"{found[1]}{f' on {found[2]}' if found[2] else ''}" if found else "what the engine says above"
    return (
        f"these credentials may not do {what}. Is it the role of this stage (aws sts get-caller-identity)? If it is, "
        "bootstrap/permissions says what it may: add it there, and make bootstrap"
    )


def _in_state(aimed: Aim, show: Callable[[str], object]) -> None:
    """See that the state knows the stack, and make it there where it does not. What this shell has selected stays."""
    ended = _answer(aimed, ["stack", "--show-name", "--stack", aimed.stack])
    if "no stack named" in ended.said:
        _refuse_a_second(aimed)
        provider = os.environ.get(PROVIDER)
        encrypted = ["--secrets-provider", provider] if provider else []
        ended = _answer(aimed, ["stack", "init", aimed.stack, "--no-select", *encrypted])
        if not ended.code:
            show(ended.said)
    if ended.code:
        what_next = "".join(f"\n{line}" for line in advice(aimed, ended.said))
        raise OpsError(f"stack {aimed.stack} cannot be had. The engine said:\n{ended.said}{what_next}")


def _refuse_a_second(aimed: Aim) -> None:
    """A stack that CI delivers has its state in the account's bucket: elsewhere a second one would be made of it.

    Raises:
        OpsError: this shell's pulumi looks elsewhere.
    """
    wanted, got = backend_of(aimed.folder, aimed.stack), os.environ.get(BACKEND)
    if not aimed.is_local and wanted not in (None, got):
        raise OpsError(
            f"stack {aimed.stack} is not in the state of this shell's pulumi, and would be made a second time: its own "
            f"is in {wanted}, and {BACKEND} is {got or 'not set'}. Say that first:\n"
            f'  eval "$(.venv/bin/python -m ops where --stack {aimed.stack} --as deploy --format shell)"'
        )


def _answer(aimed: Aim, words: list[str]) -> process.Ended:
    command = ["pulumi", *words, *PLAIN]
    return process.answer(command, aimed.folder, aimed.environment(), "", NO_ENGINE)


def pack(aimed: Aim) -> list[str]:
    """The program's own policies, if it has some."""
    policies = aimed.folder / "policies"
    return ["--policy-pack", str(policies)] if (policies / "PulumiPolicy.yaml").is_file() else []


def _engine(aimed: Aim, arguments: list[str], file: Path | None, show: Callable[[str], object]) -> int:
    command = ["pulumi", *arguments, *PLAIN]
    ended = process.streamed(command, aimed.folder, aimed.environment(file), show, NO_ENGINE)
    if ended.code:
        for line in advice(aimed, ended.said):
            show(f"what next: {line}")
    return ended.code
