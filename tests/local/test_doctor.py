"""What is missing is found by asking, and found no more once it is there: the emulator answers as AWS would."""

import json
import subprocess
import sys

import pytest

from tests.local.harness import MOST_SECONDS, Cloud, Ran, copy_of_program

pytestmark = pytest.mark.local
PATIENT = """import sys
from ops.doctor import examine, surroundings
examine.SECONDS = surroundings.ENGINE_SECONDS = 300
from ops.cli import main
sys.exit(main())"""
"""The command, which waits here as long as a machine takes that has much else to do."""
SECRET = "      secrets: {TOKEN: {secret: doctor/token}}\n"


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("doctor") / "project", name="doctor")
    project.edit("Pulumi.prod.yaml", "example.com", "doctor.example.com")
    project.edit("Pulumi.prod.yaml", "      build: ./app\n", f"      build: ./app\n{SECRET}")
    return project


def doctor(project, *options):
    ran = subprocess.run(
        [sys.executable, "-c", PATIENT, "doctor", *options],
        cwd=project.folder,
        env=project.shell,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    )
    return Ran(ran.returncode, ran.stdout + ran.stderr)


def told(project):
    """Exit code, and each verdict's state and text by its subject."""
    ran = doctor(project, "--stack", "prod", "--json")
    checks = json.JSONDecoder().raw_decode(ran.out)[0]["checks"]  # behind it is what standard error says
    return ran.code, {one["subject"]: (one["state"], one["found"]) for one in reversed(checks)}


def test_what_is_missing_is_told_and_what_was_made_is_found(cloud, project):
    code, found = told(project)
    assert code == 1
    assert found["service-linked roles"][0] == "missing"
    assert found["hosted zone"] == ("missing", "this account has no zone doctor.example.com")
    assert found["what must be there"] == ("missing", "no secret doctor/token in ap-northeast-1")
    assert found["stack"] == ("missing", "the engine knows no stack prod")

    cloud.client("iam").create_role(
        RoleName="AWSServiceRoleForECS", Path="/aws-service-role/ecs.amazonaws.com/", AssumeRolePolicyDocument="{}"
    )
    cloud.client("route53").create_hosted_zone(Name="doctor.example.com", CallerReference="doctor")
    cloud.client("secretsmanager").create_secret(Name="doctor/token", SecretString="a secret of the test")
    project.pulumi("stack", "init", "prod")

    code, found = told(project)
    assert {subject for subject, (state, _) in found.items() if state == "missing"} == set()
    assert code == 0
    assert found["hosted zone"][1].startswith("doctor.example.com is Z")
    assert found["what must be there"] == ("ok", "looked for secret doctor/token")
    assert found["Pulumi CLI"][1].endswith(", of the local cloud")
    assert found["AWS account"] == ("ok", f"none: this shell means the local cloud at {cloud.endpoint}")
    assert found["Elastic IP addresses"] == ("not known", "2 needed; the local cloud has no quotas")


def test_people_are_told_where_they_are(cloud, project):
    ran = doctor(project, "--stack", "dev")
    assert f"This shell means the local cloud at {cloud.endpoint}: a new shell asks AWS." in ran.out
    assert "dev: not ready" in ran.out
    assert "-> pulumi stack init dev" in ran.out
