"""The project's own program with so many services, each with a repository of its own."""

import json
import os
import runpy

from pulumi.runtime import config

count = int(os.environ["SERVICES"])
services = {f"service-{number}": {"build": "./app", "paths": [f"/service-{number}"]} for number in range(count)}
config.set_all_config(
    {"aws:region": "ap-northeast-1", "fargate:environment": "dev", "fargate:services": json.dumps(services)}, []
)
runpy.run_path("__main__.py")
