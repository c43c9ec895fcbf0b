"""Where a command on a running stack acts: on whose account, or on this machine's local cloud. It is told first."""

from pathlib import Path

from ops import deployed
from ops.deployed import LOCAL, Deployed
from ops.error import OpsError
from ops.interrupt import can_be_caught
from ops.output import note
from ops.stack_file import NO_ACCOUNT, refuse_another_account

_SAME_CLOUD = (
    f"A shell's pulumi and its AWS credentials must mean one cloud: {LOCAL} turns both to the local cloud, and a new "
    "shell with credentials of the stack's account means AWS"
)


def reach(folder: Path, stack: str) -> Deployed:
    """A stack that runs, once standard error has said where: `Target: account 123456789012, eu-west-1, stack dev`.

    From then on Ctrl-C is an exception, so that what was begun can be ended.

    Args:
        folder: of its program.
        stack: its name.

    Raises:
        OpsError: it was never deployed; or the account that this shell's credentials are of is not the one that it was
            deployed to, or none that `aws:allowedAccountIds` names.
        botocore.exceptions.BotoCoreError: there are no credentials, or nobody answers.
        botocore.exceptions.ClientError: AWS does not know them.

    Source: AWS STS API Reference, "GetCallerIdentity", which needs no permission.
    """
    can_be_caught()
    found = deployed.Deployed(folder, stack)
    if found.is_local:
        note(f"Target: local cloud at {found.endpoint}, stack {stack}")
    elif found.account == NO_ACCOUNT:
        raise OpsError(
            f"stack {stack} was deployed to a local cloud, but this shell's AWS credentials lead to AWS. {_SAME_CLOUD}"
        )
    account = str(found.client("sts").get_caller_identity()["Account"])
    if not found.is_local:
        note(f"Target: account {account}, {found.region}, stack {stack}")
    _refuse_another(found, account)
    return found


def _refuse_another(found: Deployed, account: str) -> None:
    """Refuse to act where the stack is not."""
    if found.account not in ("", account):
        raise OpsError(
            f"stack {found.stack} was deployed to account {found.account}, but this shell's AWS credentials are those "
            f"of {account}. {_SAME_CLOUD}"
        )
    if not found.is_local:
        refuse_another_account(found.file, found.stack, account)
