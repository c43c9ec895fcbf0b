"""The policy pack in the real engine: it stops prod, and tells the rest."""

import shutil

import pytest

from tests.local.harness import ROOT, Project

pytestmark = pytest.mark.local

PROGRAM = """
import json

import pulumi_aws as aws

owner = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [owner]})
aws.kms.Key("web", enable_key_rotation=ROTATES, policy=policy)
"""
STACK = """
config:
  aws:region: ap-northeast-1
  aws:defaultTags:
    tags:
      project: small
"""
EXCEPTION = """
  fargate:exceptions:
    - rules: [key-rotates]
      resource: we*
      reason: its material is imported
      until: UNTIL
"""


@pytest.fixture
def small(cloud, tmp_path):
    """A program that is not this one, of one key, and its stack file."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n")

    def write(*, environment="", rotates=False, until=""):
        (folder / "__main__.py").write_text(PROGRAM.replace("ROTATES", str(rotates)))
        named = f"  fargate:environment: {environment}\n" if environment else ""
        excepted = EXCEPTION.replace("UNTIL", until) if until else ""
        (folder / "Pulumi.dev.yaml").write_text(STACK + named + excepted)
        return Project(cloud, folder)

    return write


def previewed(project, stack="dev", *arguments):
    return project.pulumi("preview", "--stack", stack, "--policy-pack", str(ROOT / "policies"), *arguments, ok=False)


@pytest.mark.parametrize("environment", ["prod", ""])
def test_a_violation_stops_prod_and_programs_that_name_no_environment(small, environment):
    ran = previewed(small(environment=environment))
    assert ran.code != 0
    for part in ("[mandatory]", "key-rotates", "resource  web", "got       enableKeyRotation: false", "wanted    enab"):
        assert part in ran.out


def test_in_dev_it_is_told_and_stops_nothing(small):
    ran = previewed(small(environment="dev"))
    assert ran.code == 0, ran.out
    assert "[advisory]" in ran.out
    assert "key-rotates" in ran.out


def test_a_mended_program_passes_and_its_resources_are_judged_once_more_when_they_are_there(small):
    project = small(rotates=True)
    assert previewed(project).code == 0
    ran = project.pulumi("up", "--yes", "--stack", "dev", "--policy-pack", str(ROOT / "policies"))
    assert "[mandatory]" not in ran.out
    project.destroy()


def test_an_exception_of_the_stack_file_covers_it_until_its_last_day(small):
    ran = previewed(small(until="2999-01-01"))
    assert ran.code == 0, ran.out
    assert "key-rotates" not in ran.out
    ran = previewed(small(until="2020-01-31"))
    assert ran.code != 0
    assert "its exception ended on 2020-01-31" in ran.out


def test_an_exception_of_no_rule_stops_at_once(small):
    project = small(until="2999-01-01")
    project.edit("Pulumi.dev.yaml", "key-rotates", "key-rotate")
    ran = previewed(project)
    assert ran.code != 0
    assert "no rule 'key-rotate': did you mean 'key-rotates'?" in ran.out


def test_the_pack_s_own_configuration_gives_a_rule_another_level(small):
    project = small()
    project.write("levels.json", '{"key-rotates": "disabled"}')
    ran = previewed(project, "dev", "--policy-pack-config", "levels.json")
    assert ran.code == 0, ran.out
    assert "key-rotates" not in ran.out


def test_the_pack_beside_this_program_finds_a_planted_fault(project):
    for part in ("policies", "costs"):
        if not (project.folder / part).is_dir():
            shutil.copytree(ROOT / part, project.folder / part)
    project.edit("Pulumi.prod.yaml", "fargate:log_retention_days: 365", "fargate:log_retention_days: 30")
    ran = project.pulumi("preview", "--stack", "prod", "--policy-pack", "policies", ok=False)
    assert ran.code != 0
    for part in ("log-retention  (aws:cloudwatch:LogGroup: web)", "got       retentionInDays: 30", "365 or more"):
        assert part in ran.out
