"""Runs a program against a cloud that answers at once, so that only the program is measured.

`python -m bench.mocks bench/plain_program.py 10` prints how many resources it makes for ten services, and the memory
that it takes. Every program is run alike, in the way that the engine's language host does it.
"""

import json
import os
import resource
import runpy
import sys
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

TAG = "0" * 24
REGION = "ap-northeast-1"


class Instant(Mocks):
    """Gives every resource an id and what others need of it."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Take note of a resource, unless it is a component."""
        if args.custom:
            self.made.append((args.typ, args.name))
        more = {
            "arn": f"arn:aws:it:{REGION}:1:{args.typ}:{args.name}",
            "name": args.name,
            "repositoryUrl": f"r/{args.name}",
        }
        return args.name, {**more, "dnsName": "lb", "zoneId": "z", "registryId": "1", "repoDigest": "d", **args.inputs}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Answer a function."""
        revision = f"arn:aws:it:{REGION}:1:aws:ecs/taskDefinition:TaskDefinition:{args.args.get('serviceName')}"
        deployed = {"status": "PRIMARY", "runningCount": 1, "desiredCount": 1, "taskDefinition": revision}
        answers = {
            "getAvailabilityZones": {"names": ["a", "b"]},
            "getRegion": {"region": REGION},
            "getAuthorizationToken": {"userName": "u", "password": "p"},
            "getService": {"deployments": [deployed], "events": []},
        }
        return answers[args.token.rpartition(":")[2]], []


def main(program: str, services: str) -> None:
    """Run a program to its end."""
    os.environ["SERVICES"] = services
    cloud = Instant()
    pulumi.runtime.set_mocks(cloud, project="fargate", stack="dev")
    pulumi.runtime.test(lambda: runpy.run_path(program))()
    print(json.dumps({"resources": len(cloud.made), "kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


if __name__ == "__main__":
    main(*sys.argv[1:])
