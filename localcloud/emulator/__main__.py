"""The emulator's process: `python -m localcloud.emulator`, started by `python -m localcloud start`.

Its settings are environment variables of ministack's, set here so that nothing of the caller's can open it to the
network.
"""

import os
import sys

from localcloud.emulator.extension import WrongEmulator, install
from localcloud.emulator.front import listen_to_tasks
from localcloud.home import Home

NO_DOCKER = "unix:///nonexistent/docker.sock"


def settings(home: Home) -> dict[str, str]:
    """Ministack's environment: loopback only, its state and temporary files in this home."""
    given = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(home.port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.emulator_state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.emulator_state / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(home.run),
        "ALB_TARGET_CONNECT_TIMEOUT_SECONDS": "2",  # on one machine more means that nobody has the address any more
        "AWS_ACCESS_KEY_ID": "test",  # ministack takes those of its environment for the administrator's
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",
    }
    if os.environ.get("LOCALCLOUD_WITHOUT_DOCKER") == "1":
        given["DOCKER_HOST"] = NO_DOCKER
    return given


def main() -> int:
    """Run until SIGTERM, which saves the state and removes the task containers."""
    home = Home.load()
    os.environ.update(settings(home))
    try:
        install(home)
    except WrongEmulator as error:
        print(error, file=sys.stderr)
        return 1
    if os.environ.get("DOCKER_HOST") != NO_DOCKER:
        listen_to_tasks(home.port)
    sys.argv[1:] = []
    from ministack.app import main as serve

    serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
