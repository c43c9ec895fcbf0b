"""The process that serves the `aws` and `docker` providers to every engine of this machine.

`python -m localcloud.providers` is started by `python -m localcloud start`. It listens on two free loopback ports and
writes them to `run/providers.json`, for the `pulumi` wrapper to name in PULUMI_DEBUG_PROVIDERS.
For an engine that acts as a session of the local cloud's STS, the wrapper starts one more, of `aws` alone.
"""

import json
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from localcloud.home import Home
from localcloud.journal import Journal
from localcloud.providers.aws.servicer import AwsServicer
from localcloud.providers.docker.servicer import DockerServicer
from localcloud.providers.servicer import Servicer

WORKERS = 64  # an engine on 2 cores waits for up to 32 resources at once, and several engines may run
MAX_MESSAGE_BYTES = 400 * 1024 * 1024  # as the engine's own limit


def serve(servicer: Servicer) -> tuple[grpc.Server, int]:
    """Start a server on a free loopback port."""
    options = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]
    server = grpc.server(ThreadPoolExecutor(WORKERS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve_session(home: Home, engine: int) -> None:
    """Serve `aws` to one engine, as who the environment's credentials say; print the port, and end with the engine.

    Args:
        home: of the local cloud.
        engine: the end to read of a pipe that the engine holds open.

    """
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    aws, port = serve(AwsServicer(home.endpoint, Journal(home.made), [os.environ[name] for name in names]))
    print(port, flush=True)
    os.read(engine, 1)
    aws.stop(grace=2).wait()


def main() -> int:
    """Serve until SIGTERM, or one engine for as long as it lives."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    home = Home.load()
    if sys.argv[1:]:
        serve_session(home, int(sys.argv[1]))
        return 0
    without_docker = os.environ.get("LOCALCLOUD_WITHOUT_DOCKER") == "1"
    aws, aws_port = serve(AwsServicer(home.endpoint, Journal(home.made), calls=os.environ.get("LOCALCLOUD_CALLS", "")))
    images, docker_port = serve(DockerServicer(home.run / "projects", without_docker=without_docker))
    ready = home.run / "providers.json"
    ready.with_suffix(".part").write_text(json.dumps({"aws": aws_port, "docker": docker_port}))
    ready.with_suffix(".part").replace(ready)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    for server in (aws, images):
        server.stop(grace=2).wait()
    ready.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
