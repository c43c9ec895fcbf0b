"""`python -m ops check`, on this program's stacks and on small ones."""

import json
import resource
import subprocess
import sys
import textwrap
from datetime import date
from typing import NamedTuple

import pytest
from rich.console import Console

from ops import check, offline, stack_file
from ops.cli import main
from ops.pretended import Pretended
from ops.stack_file import PLACEHOLDER, StackFileError
from policies.evaluate import evaluate
from policies.exemption import Exemption
from policies.graph import UNKNOWN, Graph

TODAY = date(2026, 11, 24)
"""A day on which the exceptions of this program's stacks hold."""
CONFIG = """
config:
  aws:region: eu-west-1
  fargate:exceptions:
    - rules: [log-encrypted]
      reason: no key yet
      until: {until}
  app:number: 012
  app:secret:
    secure: v1:abc
  app:mixed:
    password:
      secure: v1:abc
"""
PROGRAM = """
import pulumi_aws as aws
aws.cloudwatch.LogGroup("web", retention_in_days={days})
"""


@pytest.fixture
def folder(tmp_path):
    """Write a program of one log group, and its stack file."""

    def write(*, days=365, until="2999-01-01"):
        (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
        (tmp_path / "Pulumi.dev.yaml").write_text(CONFIG.format(until=until))
        (tmp_path / "__main__.py").write_text(textwrap.dedent(PROGRAM.format(days=days)))
        return tmp_path

    return write


class Done(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def ran(monkeypatch, capsys):
    """The command line, in a folder."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(folder, *arguments, command=("check",)):
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["ops", *command, *arguments])
        return Done(main(), *capsys.readouterr())

    return run


def test_nothing_beyond_the_exceptions_is_a_pass(folder, ran):
    done = ran(folder())
    assert done.returncode == 0, done.stderr
    assert "exception of log-encrypted until 2999-01-01: no key yet (web)" in done.stdout
    assert done.stdout.splitlines()[-1] == f"dev: {len(check.RULES)} rules, 0 violations, 1 accepted by exceptions"


def test_a_violation_names_rule_resource_got_wanted_and_fix(folder, ran):
    done = ran(folder(days=30))
    assert done.returncode == 1
    for line in (
        "LOW",
        "  log-retention: aws:cloudwatch/logGroup:LogGroup web",
        "    got     retentionInDays: 30",
        "    wanted  retentionInDays: 365 or more",
    ):
        assert line in done.stdout.splitlines()
    assert "    fix     `log_retention_days: 365` in the stack file" in done.stdout
    assert "\x1b" not in done.stdout


def test_an_exception_that_has_ended_fails(folder, ran):
    done = ran(folder(until="2020-01-31"))
    assert done.returncode == 1
    assert "ended on 2020-01-31: exception of log-encrypted: renew or remove it" in done.stdout
    assert "log-encrypted: aws:cloudwatch/logGroup:LogGroup web" in done.stdout


def test_scripts_get_json(folder, ran):
    found = json.loads(ran(folder(days=30), "--json").stdout)
    assert found["passed"] is False
    assert [one["rule"] for one in found["violations"]] == ["log-retention"]
    assert [(one["rule"], one["until"]) for one in found["exempted"]] == [("log-encrypted", "2999-01-01")]


def test_an_unknown_stack_is_answered_with_those_there_are(folder, at_root, ran):
    done = ran(folder(), "--stack", "dv")
    assert (done.returncode, done.stderr.strip()) == (2, "error: no stack 'dv': there are dev")
    assert ran(at_root, "--stack", "prd").stderr.startswith("error: no stack 'prd': there are prod, ")


def test_a_folder_without_stacks_is_told(tmp_path, ran):
    done = ran(tmp_path)
    assert done.returncode == 2
    assert "run this in the folder of the program" in done.stderr


def test_bad_usage_is_one_message(folder, ran):
    done = ran(folder(), "--nothing")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_bad_stack_file_is_told_in_the_settings_own_words(at_root, tmp_path, ran):
    for part in ("__main__.py", "settings.py", "components", "policies", "Pulumi.yaml"):
        (tmp_path / part).symlink_to(at_root / part)
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  fargate:environment: dve\n  fargate:services:\n    web: {build: ./app}\n"
    )
    done = ran(tmp_path)
    assert done.returncode == 2
    assert "error: Pulumi.dev.yaml has 2 problems:" in done.stderr
    assert "fargate:environment: must be one of 'dev', 'staging' or 'prod', got 'dve'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_yaml_is_told(folder, ran):
    place = folder()
    (place / "Pulumi.dev.yaml").write_text("config: [")
    done = ran(place)
    assert done.returncode == 2
    assert "Pulumi.dev.yaml cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_exceptions_that_are_none_are_told(folder, ran):
    done = ran(folder(until="soon"))
    assert done.returncode == 2
    assert "error: fargate:exceptions.0: until must be a date such as 2027-06-30, got 'soon'" in done.stderr


def test_a_command_is_asked_for(tmp_path, ran):
    done = ran(tmp_path, command=())
    assert done.returncode == 2
    assert "Judge a stack by every policy" in done.stdout


def test_a_crash_of_the_program_is_not_taken_for_bad_usage(folder, ran):
    place = folder()
    (place / "__main__.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        ran(place)


def exemption(*rules, resource="*", until="2027-06-30"):
    return Exemption(rules=rules, reason="not yet", until=until, resource=resource)


def test_exceptions_to_be_removed_are_named_with_their_resources(capsys):
    ended = [exemption("log-encrypted", until=day) for day in ("2020-01-30", "2020-01-31")]
    unneeded = exemption("log-retention", "log-encrypted", resource="web*")
    report = evaluate(Graph([]), [*ended, unneeded], TODAY)
    check.show(Console(soft_wrap=True), "dev", report)
    told = capsys.readouterr().out.splitlines()
    assert "note: exception of log-retention, log-encrypted for web* is no longer needed" in told
    assert told[-1].endswith("0 violations, 0 accepted by exceptions, 2 exceptions ended")
    found = json.loads(check.as_json(report))
    assert found["passed"] is False
    assert [one["until"] for one in found["expired"]] == ["2020-01-30", "2020-01-31"]
    assert [one["resource"] for one in found["unneeded"]] == ["web*"]


def test_the_configuration_is_what_the_engine_would_hand_over(folder):
    file = stack_file.read(folder(), "dev")
    assert file.project == "small"
    assert file.region == "eu-west-1"
    assert file.config["app:secret"] == PLACEHOLDER
    assert json.loads(file.config["app:mixed"]) == {"password": PLACEHOLDER}
    assert file.secrets == ("app:secret", "app:mixed")
    assert json.loads(file.config["fargate:exceptions"])[0]["until"] == "2999-01-01"
    assert file.structured("app:secret") == {}
    assert file.structured("app:number") == {}


def test_there_must_be_a_project(folder):
    place = folder()
    (place / "Pulumi.yaml").unlink()
    with pytest.raises(StackFileError, match="no Pulumi.yaml in "):
        stack_file.read(place, "dev")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_this_program_s_stacks_are_judged_in_less_than_three_seconds(at_root, stack):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "ops", "check", "--stack", stack, "--json"], cwd=at_root, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
    )  # of its own: the machine may be busy
    assert done.stderr == ""
    found = {one["rule"] for one in json.loads(done.stdout)["violations"]}
    assert not found & {"tasks-reach-aws", "log-group-is-there", "balancer-reaches-tasks", "secrets-readable"}
    assert not found & {"only-public-balancers-open", "private-subnet-stays-private", "iam-resources-named"}


@pytest.mark.parametrize(("stack", "resources"), [("dev", 41), ("prod", 73)])
def test_this_program_s_stacks_pass_with_no_exception_too_many(at_root, stack, resources):
    report = check.report(at_root, stack, TODAY)
    assert report.passed, report.violations
    assert not report.unneeded
    assert len([one for one in offline.run(at_root, stack).made if not one.component]) == resources


@pytest.fixture
def prod(at_root):
    return offline.run(at_root, "prod")


def test_the_graph_tells_what_a_deploy_would(prod):
    made = {(one.type, one.name): one for one in prod.made}
    definition = made["aws:ecs/taskDefinition:TaskDefinition", "web"]
    logs = made["aws:cloudwatch/logGroup:LogGroup", "web"]
    assert logs.urn in definition.dependencies
    assert logs.urn in definition.property_dependencies["containerDefinitions"]
    container = json.loads(definition.inputs["containerDefinitions"])[0]
    assert container["image"].startswith("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/web-")
    assert container["logConfiguration"]["options"]["awslogs-group"] == logs.outputs["name"]
    assert made["fargate:index:FargateService", "web"].component
    assert definition.parent == made["fargate:index:FargateService", "web"].urn


def test_the_graph_is_the_same_each_time(at_root, prod):
    again = offline.run(at_root, "prod")
    assert [(one.urn, one.inputs, one.outputs) for one in again.made] == [
        (one.urn, one.inputs, one.outputs) for one in prod.made
    ]


def test_a_network_of_others_is_pretended_too(at_root, tmp_path):
    for part in ("__main__.py", "settings.py", "components", "policies", "app", "Pulumi.yaml"):
        (tmp_path / part).symlink_to(at_root / part)
    (tmp_path / "Pulumi.dev.yaml").write_text(
        """
config:
  aws:region: eu-west-1
  fargate:environment: dev
  fargate:network:
    existing:
      vpc_id: vpc-1
      public_subnet_ids: [subnet-1, subnet-2]
      private_subnet_ids: [subnet-3, subnet-4]
  fargate:services:
    web:
      build: ./app
"""
    )
    made = offline.run(tmp_path, "dev").made
    service = next(one for one in made if one.type == "aws:ecs/service:Service")
    assert service.inputs["networkConfiguration"]["subnets"] == ["subnet-3", "subnet-4"]
    assert not [one for one in made if one.type == "aws:ec2/vpc:Vpc"]


@pytest.mark.parametrize(
    ("subnet", "zone"),
    [("subnet-1", "eu-west-1a"), ("subnet-2", "eu-west-1b"), ("subnet-4", "eu-west-1b"), ("x", "eu-west-1a")],
)
def test_the_subnets_of_a_tier_are_in_zones_of_their_own(subnet, zone):
    aws = Pretended(
        region="eu-west-1", public_subnets=("subnet-1", "subnet-2"), private_subnets=("subnet-3", "subnet-4")
    )
    assert aws.answer("aws:ec2/getSubnet:getSubnet", {"id": subnet})["availabilityZone"] == zone


def test_what_only_aws_could_say_is_unknown(folder):
    place = folder()
    (place / "__main__.py").write_text(
        "import pulumi_aws as aws\naws.cloudwatch.LogGroup('web', kms_key_id=aws.ec2.Eip('one').private_ip)\n"
    )
    found = offline.run(place, "dev")
    (logs,) = found.graph.of("aws:cloudwatch/logGroup:LogGroup")
    assert logs.get("kmsKeyId") is UNKNOWN
