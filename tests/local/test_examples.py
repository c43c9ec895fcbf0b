"""The examples, deployed as their README says, and what they show."""

import shutil
from collections.abc import Callable
from contextlib import contextmanager

import pytest
import yaml

from tests.local.harness import ROOT, Cloud, Project, eventually

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def deployed(cloud: Cloud, tmp_path_factory) -> Callable:
    """An example, from its `up` to its `destroy`; an `up` in between changes nothing."""
    folder = tmp_path_factory.mktemp("examples")
    for part in ("app", "components", "examples"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))

    @contextmanager
    def deploy(name: str, **config: object):
        project = Project(cloud, folder / "examples" / name)
        file = project.folder / "Pulumi.dev.yaml"
        document = yaml.safe_load(file.read_text())
        document["config"] |= config
        file.write_text(yaml.safe_dump(document))
        try:
            project.up()
            assert set(project.up().changes) == {"same"}
            yield project
        finally:
            project.destroy()

    return deploy


def lines(cloud: Cloud, log_group: str) -> list[str]:
    logs = cloud.client("logs")
    found = logs.filter_log_events(logGroupName=log_group)["events"]
    return [one.get("message", "") for one in found]


def test_the_walk_through_and_its_image_in_its_network(cloud, deployed):
    """The second is a service from an image that is there, in a network that is there: the first one's."""
    with deployed("walk-through") as first:
        page = cloud.get(first.outputs()["url"]).text
        ecs, ec2 = cloud.client("ecs"), cloud.client("ec2")
        definition = ecs.describe_task_definition(taskDefinition=first.outputs()["task_definition"])["taskDefinition"]
        subnets = [
            (one, {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])})
            for one in ec2.describe_subnets()["Subnets"]
        ]
        own = [(one, tags) for one, tags in subnets if tags.get("Name", "").startswith("web-network-")]
        given = {
            "existing-network:vpc_id": own[0][0]["VpcId"],
            "existing-network:image": definition["containerDefinitions"][0].get("image"),
            **{
                f"existing-network:{tier}_subnet_ids": [one["SubnetId"] for one, tags in own if tags["tier"] == tier]
                for tier in ("public", "private")
            },
        }
        with deployed("existing-network", **given) as second:
            assert cloud.get(second.outputs()["url"]).text == page


def test_three_services_by_path_and_a_worker_that_calls_one_by_name(cloud, deployed):
    with deployed("three-services") as project:
        url = project.outputs()["url"]
        assert [cloud.get(url + path).text.strip() for path in ("/", "/docs/a", "/api/b")] == ["web", "docs", "api"]
        eventually(lambda: "api" in lines(cloud, project.outputs()["worker_log"]), 60)


def test_a_job_that_runs_by_the_clock(cloud, deployed):
    with deployed("scheduled-job") as project:
        eventually(lambda: any("the report of" in one for one in lines(cloud, project.outputs()["log_group"])), 90)


def test_a_sidecar_a_secret_and_files(cloud, deployed, containers):
    with deployed("sidecar-secret-files") as project:
        url = project.outputs()["url"] + "/data/now.txt"
        eventually(lambda: "UTC" in cloud.get(url).text, 30)
        before = cloud.get(url).text
        eventually(lambda: cloud.get(url).text != before, 30)
        (web,) = cloud.containers(containers, label="com.amazonaws.ecs.container-name=web")
        names = {one.partition("=")[0]: one.partition("=")[2] for one in web.attrs["Config"]["Env"]}
        assert names["TOKEN"], "the secret's value is in the container"
        assert web.exec_run(["touch", "/data/x"]).exit_code, "the service may only read what the sidecar writes"
