import json
import runpy

import pulumi
import pytest
import yaml
from pulumi.runtime import config as runtime

URL = "http://balancer.alb.localhost:4566"
NAT = "aws:ec2/natGateway:NatGateway"


@pytest.fixture
def run(deploy, at_root, flat):
    def run(stack, preview=False, change=lambda config: None):
        config = yaml.safe_load((at_root / f"Pulumi.{stack}.yaml").read_text())["config"]
        change(config)

        def program():
            runtime.set_all_config(flat(config), [])
            return runpy.run_path("__main__.py")

        return deploy(program, stack=stack, preview=preview)

    return run


def _exports(deploy, cloud):
    return dict(pulumi.runtime.settings.SETTINGS.outputs)


@pytest.mark.parametrize("stack", ["dev", "prod"])
@pytest.mark.parametrize("preview", [False, True])
def test_each_stack_file_deploys_and_previews(run, cloud, stack, preview):
    run(stack, preview)
    print(len(cloud.children()))
    assert cloud.all("aws:ecs/service:Service")
