"""Who acts, and where the state is: by default this machine's administrator, and a folder.

In a local cloud that enforces IAM the shell may have a session of its STS, and the state may be in a bucket of its S3,
so that what a role of CI may do is tried with that role.
"""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from urllib.error import URLError

from localcloud.cloud import Cloud
from localcloud.home import Home, LocalCloudError

STATE = "LOCALCLOUD_STATE"
AGAIN = "assume the role again, or `unset AWS_SESSION_TOKEN` to act as the administrator"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@dataclass(frozen=True)
class Session:
    """A session of this cloud's STS."""

    principal: str
    credentials: dict[str, str]


def session(home: Home) -> Session | None:
    """The shell's session, when its credentials are one of this cloud's; None is the administrator.

    Credentials of a real account are not sent anywhere: the cloud is asked for the id of the access key only.

    Raises:
        LocalCloudError: the session has ended, or the shell means this cloud, which does not know the session.
    """
    credentials, cloud = {name: os.environ.get(name, "") for name in KEYS}, Cloud(home)
    if not all(credentials.values()) or not cloud.enforces:
        return None
    try:
        found = cloud.session(credentials["AWS_ACCESS_KEY_ID"])
    except (URLError, OSError):
        return None  # it does not run, which whoever needs it says
    if found and found["ends"] > time.time():
        return Session(found["principal"], credentials)
    if found:
        raise LocalCloudError(f"the session of {found['principal']} has expired: {AGAIN}")
    if os.environ.get("AWS_ENDPOINT_URL") != home.endpoint:
        return None
    raise LocalCloudError(
        f"this shell's credentials are no session of the local cloud, or one that has ended (they end with it): {AGAIN}"
    )


def serve(home: Home, session: Session) -> int:
    """Start an `aws` provider that acts as a session and ends with the engine; its port.

    The engine takes over this process with its open files: once it has ended, nobody holds the pipe's end any more.

    Raises:
        LocalCloudError: it does not start.
    """
    read, write = os.pipe()
    os.set_inheritable(write, True)
    with (home.logs / "providers.log").open("ab") as log:
        provider = subprocess.Popen(
            [sys.executable, "-m", "localcloud.providers", str(read)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | session.credentials | {"PYTHONPATH": str(home.project)},
            pass_fds=(read,),
            start_new_session=True,
        )
    os.close(read)
    port = provider.stdout.readline() if provider.stdout else b""
    if not port.strip().isdigit():
        raise Cloud(home).providers.died()
    return int(port)


def state(home: Home) -> dict[str, str]:
    """Where the engine keeps its state: in the folder of this home, or in the bucket that `LOCALCLOUD_STATE` names.

    In a bucket it is as on AWS: a stack is made by `pulumi stack init --secrets-provider`, and a lock that a killed
    engine left goes by `pulumi cancel`.

    Raises:
        LocalCloudError: the setting is no bucket's address, or nobody answers there.
    """
    address = os.environ.get(STATE, "")
    if not address:
        home.backend.mkdir(parents=True, exist_ok=True)
        # The state is this machine's own, and holds no secret of any account. Beside each of its files the engine would
        # write another with a checksum, which nobody reads, at each step.
        return {"PULUMI_BACKEND_URL": f"{home.backend.as_uri()}?metadata=skip", "PULUMI_CONFIG_PASSPHRASE": ""}
    found = re.fullmatch(r"s3://[a-z0-9.-]+?([a-z]{2}(-[a-z]+)+-\d)", address)
    if not found:
        raise LocalCloudError(
            f"{STATE} must be the address of a bucket whose name ends in its region, such as "
            f"s3://fargate-state-000000000000-ap-northeast-1, got {address!r}"
        )
    if not Cloud(home).answers():
        raise LocalCloudError("the state is in the local cloud, which is not running: `python -m localcloud start`")
    return {
        "PULUMI_BACKEND_URL": f"{address}?region={found[1]}&use_path_style=true",
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",  # the emulator sends none, and the engine would warn
    }
