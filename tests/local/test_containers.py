"""What a stack file says of containers, seen in the containers themselves."""

import json

import pytest
import yaml

from tests.local.harness import Cloud, copy_of_program, deployed, eventually

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    """dev with secrets, a sidecar that runs the same image, and two tasks by scaling."""
    project = copy_of_program(cloud, tmp_path_factory.mktemp("containers") / "project", name="containers")
    cloud.client("secretsmanager").create_secret(Name="app/json", SecretString=json.dumps({"word": "swordfish"}))
    with deployed(project):
        say_more(project, project.outputs()["services"]["web"]["image"])
        yield project


def say_more(project, image):
    document = yaml.safe_load((project.folder / "Pulumi.dev.yaml").read_text())
    web = document["config"]["fargate:services"]["web"]
    web["secrets"] = {"TOKEN": {"secret": "app/token"}, "WORD": {"secret": "app/json", "key": "word"}}
    web["secrets"]["PASSWORD"] = {"secret": "app/database", "key": "password"}  # which nobody has made
    web["secrets"]["KEY"] = {"parameter": "/app/key"}
    web["scaling"] = {"min": 2, "max": 4, "cpu": 60}
    web["open_files"] = 4096
    web["writable_paths"] = ["/tmp"]
    web["depends_on"] = {"clock": "START"}
    web["sidecars"] = {
        "clock": {
            "image": image,
            "user": "33:33",
            "entry_point": ["sh", "-c"],
            "command": ["echo the clock runs; exec sleep 3600"],
            "environment": {"HOUR": "12"},
            "writable_paths": ["/tmp"],
            "stop_timeout": 2,
        }
    }
    project.write("Pulumi.dev.yaml", yaml.safe_dump(document))


@pytest.fixture(scope="module")
def ran(cloud, project):
    """The `up` of all that; then there are two tasks, as AWS would have it by load."""
    ran = project.up()
    outputs = project.outputs()
    service = outputs["services"]["web"]["service"]
    cloud.client("ecs").update_service(cluster=outputs["cluster"], service=service, desiredCount=2)
    eventually(lambda: described(cloud, outputs)["runningCount"] == 2, 60)
    return ran


def described(cloud, outputs):
    where = {"cluster": outputs["cluster"], "services": [outputs["services"]["web"]["service"]]}
    return cloud.client("ecs").describe_services(**where)["services"][0]


def environment(container) -> dict[str, str]:
    return dict(line.split("=", 1) for line in container.attrs["Config"]["Env"] or ())


def test_the_page_is_served(cloud, project, ran):
    assert "ecs-test" in cloud.get(project.outputs()["url"]).text


def test_what_the_emulator_lacks_is_said(ran):
    assert "recorded, not emulated here" in ran.out
    assert "aws:appautoscaling:Policy" in ran.out


def test_an_up_leaves_the_number_of_tasks_as_it_is(cloud, project, ran):
    assert set(project.up().changes) == {"same"}
    assert described(cloud, project.outputs())["desiredCount"] == 2


def test_secrets_are_in_the_environment_and_nowhere_else(cloud, project, ran, containers):
    outputs = project.outputs()
    arn = outputs["services"]["web"]["task_definition"]
    document = cloud.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    own, clock = document["containerDefinitions"]
    assert [one["name"] for one in own["secrets"]] == ["KEY", "PASSWORD", "TOKEN", "WORD"]
    assert "swordfish" not in json.dumps(document, default=str)
    assert "swordfish" not in (project.folder / "Pulumi.dev.yaml").read_text()
    assert "made for the rehearsal, with a placeholder in it" in ran.out
    running = [environment(one) for one in cloud.containers(containers)]
    found = [one for one in running if "WORD" in one]
    assert {one["WORD"] for one in found} == {"swordfish"}
    assert {one[name] for one in found for name in ("KEY", "PASSWORD", "TOKEN")} == {"a secret of the rehearsal"}
    assert all("WORD" not in one for one in running if "HOUR" in one)
    assert clock["environment"] == [{"name": "HOUR", "value": "12"}]


def test_what_a_job_of_ci_prints_has_no_secret_in_it(project, ran):
    printed = [ran.out, *(project.ops(command, "--stack", "dev").out for command in ("review", "drift"))]
    printed += [project.pulumi("stack", "export", "--stack", "dev").out, (project.folder / "review-dev.md").read_text()]
    for secret in ("swordfish", "a secret of the rehearsal"):
        assert [text for text in printed if secret in text] == []


def test_the_sidecar_runs_beside_each_task_and_logs(cloud, project, ran, containers):
    clocks = [one for one in cloud.containers(containers) if environment(one).get("HOUR") == "12"]
    assert len(clocks) >= 2
    assert all(one.attrs["Config"]["User"] == "33:33" for one in clocks)
    group = project.outputs()["services"]["web"]["log_group"]
    streams = cloud.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    assert [one for one in streams if one["logStreamName"].startswith("clock/")]


def test_open_files_and_writable_paths_are_what_is_asked(cloud, ran, containers):
    (one, *_) = [one for one in cloud.containers(containers) if "WORD" in environment(one)]
    assert {"Name": "nofile", "Soft": 4096, "Hard": 4096} in one.attrs["HostConfig"]["Ulimits"]
    assert one.attrs["HostConfig"]["ReadonlyRootfs"]
    assert "/tmp" in json.dumps(one.attrs["Mounts"])
