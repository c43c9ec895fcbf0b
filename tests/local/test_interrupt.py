"""Ctrl-C in the middle of an `up`, and what comes after."""

import pytest

from tests.local.harness import eventually

pytestmark = pytest.mark.local


@pytest.mark.parametrize(
    "moment",
    [
        "aws:ec2:Subnet network-public-1 creat",
        "docker:index:Image web creating",
        "aws:ecs:Service web creating",
    ],
)
def test_an_up_that_is_interrupted_can_be_repeated(cloud, project, moment):
    project.edit("Pulumi.yaml", "name: fargate", "name: interrupted")
    try:
        ran = project.interrupted_up(moment)
        assert ran.code != 0
        assert "Traceback" not in ran.out, ran.out
        project.up()
        url = project.outputs()["url"]
        eventually(lambda: "ecs-test" in cloud.get(url).text, 20)
        assert set(project.up().changes) == {"same"}
    finally:
        project.destroy()


def test_a_rollout_that_is_interrupted_can_be_repeated(cloud, project):
    project.edit("Pulumi.yaml", "name: fargate", "name: interrupted")
    try:
        project.up()
        url = project.outputs()["url"]
        project.edit("app/htdocs/index.html", "ecs-test</h1>", "ecs-test</h1><p>second edition</p>")
        ran = project.interrupted_up("aws:ecs:Service web updating")
        assert ran.code != 0
        assert "ecs-test" in cloud.get(url).text
        project.up()
        eventually(lambda: "second edition" in cloud.get(url).text, 20)
        assert set(project.up().changes) == {"same"}
    finally:
        project.destroy()
