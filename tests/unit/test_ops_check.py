"""`python -m ops check`, on this program's stacks and on small ones."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from datetime import date
from typing import NamedTuple

import pytest
from rich.console import Console

from ops import check, interrupt, offline, stack_file
from ops.cli import main
from ops.pretended import Pretended
from ops.stack_file import PLACEHOLDER, StackFileError
from policies.evaluate import evaluate
from policies.exemption import Exemption
from policies.graph import UNKNOWN, Graph

from . import cpu_time

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
  app:empty:
  app:switch: on
  short: true
  app:plain: {{secure: 5}}
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
    for part in ("__main__.py", "settings.py", "configuration", "components", "policies", "Pulumi.yaml"):
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
    assert json.loads(file.config["fargate:exceptions"])[0]["until"] == "2999-01-01 00:00:00 +0000 UTC"
    assert file.config["app:number"] == "10"
    assert file.config["app:empty"] == ""
    assert file.config["app:switch"] == "on"
    assert file.config["small:short"] == "true"
    assert json.loads(file.config["app:plain"]) == {"secure": 5}
    assert file.structured("app:secret") == {}
    assert file.structured("app:number") == {}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Pulumi.dev.yaml is empty: copy Pulumi.dev.yaml"),
        (b"[1]\n", "Pulumi.dev.yaml must be a mapping with config:, as in Pulumi.dev.yaml; it holds a list"),
        (b"words\n", "Pulumi.dev.yaml must be a mapping with config:, as in Pulumi.dev.yaml; it holds 'words'"),
        (b"config:\n", "Pulumi.dev.yaml: config: must be a mapping such as {aws:region: eu-west-1}; it holds nothing"),
        (b"config: []\n", "config: must be a mapping such as {aws:region: eu-west-1}; it holds a list"),
        (b"config: words\n", "config: must be a mapping such as {aws:region: eu-west-1}; it holds 'words'"),
        (b"config: {a:b: \xe9}\n", "Pulumi.dev.yaml is not UTF-8: save it as UTF-8"),
        ("config: {}\n".encode("utf-16"), "Pulumi.dev.yaml is not UTF-8: save it as UTF-8"),
        (b"config: {1: 2}\n", "Pulumi.dev.yaml cannot be read: config: a key must be a text"),
        (b"config:\n  a:b: &a {web: *a}\n", "an anchor holds itself"),
    ],
)
def test_a_file_that_is_no_configuration_is_told(folder, ran, content, problem):
    place = folder()
    (place / "Pulumi.dev.yaml").write_bytes(content)
    done = ran(place)
    assert done.returncode == 2
    assert problem in done.stderr


def test_a_file_with_no_configuration_is_one(folder):
    place = folder()
    (place / "Pulumi.dev.yaml").write_text("encryptionsalt: v1:abc\n")
    assert stack_file.read(place, "dev").config == {}


@pytest.mark.parametrize(
    ("content", "problem"),
    [("", "is empty: such as {name: fargate"), ("[]", "must be a mapping such as {name: fargate")],
)
def test_a_project_that_is_none_is_told(folder, content, problem):
    place = folder()
    (place / "Pulumi.yaml").write_text(content)
    with pytest.raises(StackFileError, match=f"Pulumi.yaml {problem}"):
        stack_file.read(place, "dev")


def test_a_file_that_cannot_be_opened_is_told(folder, ran):
    place = folder()
    (place / "Pulumi.yaml").unlink()
    (place / "Pulumi.yaml").mkdir()
    done = ran(place)
    assert (done.returncode, done.stderr) == (2, "error: Pulumi.yaml cannot be read: Is a directory\n")


def test_there_must_be_a_program(folder, ran):
    place = folder()
    (place / "__main__.py").unlink()
    done = ran(place)
    assert done.returncode == 2
    assert done.stderr == f"error: no __main__.py in {place}; run this in the folder of the program\n"


def test_the_nearest_stacks_are_offered(folder, ran):
    place = folder()
    for number in range(9):
        (place / f"Pulumi.other{number}.yaml").touch()
    assert re.fullmatch(
        r"error: no stack 'dv': there are dev(, other\d){4} and 5 more\n", ran(place, "--stack", "dv").stderr
    )
    assert ran(place, "--stack", "x" * 300).returncode == 2


@pytest.mark.parametrize("depth", [10, 100, 150, 200, 250, 300, 500])
def test_no_depth_is_too_much(at_root, tmp_path, ran, depth):
    for part in ("__main__.py", "settings.py", "configuration", "components", "policies", "Pulumi.yaml"):
        (tmp_path / part).symlink_to(at_root / part)
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  fargate:network: {'[' * depth}{']' * depth}\n")
    done = ran(tmp_path)
    assert done.returncode == 2
    assert "error: Pulumi.dev.yaml " in done.stderr


def test_two_resources_of_one_name_are_refused(folder, ran):
    place = folder()
    (place / "__main__.py").write_text(PROGRAM.format(days=365) + PROGRAM.format(days=30))
    done = ran(place)
    assert done.returncode == 2
    assert done.stderr == (
        "error: aws:cloudwatch/logGroup:LogGroup 'web' is registered twice: give each a name of its own\n"
    )


def test_resources_of_one_name_in_unlike_parents_are_two(folder):
    place = folder()
    (place / "__main__.py").write_text(
        textwrap.dedent("""
        import pulumi
        import pulumi_aws as aws
        for kind in "ab":
            outer = pulumi.ComponentResource(f"x:index:{kind}", "outer")
            inner = pulumi.ComponentResource("x:index:Inner", "inner", opts=pulumi.ResourceOptions(parent=outer))
            aws.cloudwatch.LogGroup("web", opts=pulumi.ResourceOptions(parent=inner))
        """)
    )
    assert [one.name for one in offline.run(place, "dev").made if not one.component] == ["web", "web"]


def test_words_between_colons_stay_words(folder, ran):
    place = folder()
    text = (place / "Pulumi.dev.yaml").read_text()
    (place / "Pulumi.dev.yaml").write_text(text.replace("no key yet", "':key: [red]yet'"))
    assert ":key: [red]yet (web)" in ran(place).stdout
    assert ran(place, "--stack", ":smile:").stderr == "error: no stack ':smile:': there are dev\n"


@pytest.fixture
def pipe_closed():
    """A pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor has no path
        yield stream


@pytest.fixture
def full():
    with open("/dev/full", "w", encoding="utf-8") as stream:  # noqa: PTH123 - as above
        yield stream


@pytest.mark.parametrize(("days", "verdict"), [(365, 0), (30, 1)])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_that_leaves_early_leaves_the_verdict(folder, ran, pipe_closed, monkeypatch, days, verdict, options):
    monkeypatch.setattr("sys.stdout", pipe_closed)
    done = ran(folder(days=days), *options)
    assert (done.returncode, done.stderr) == (verdict, "")


@pytest.mark.parametrize("options", [(), ("--json",), ("--help",)])
def test_a_full_device_is_told(folder, ran, full, monkeypatch, options):
    monkeypatch.setattr("sys.stdout", full)
    done = ran(folder(), *options)
    assert (done.returncode, done.stderr) == (2, "error: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("stream", [None, "full"])
def test_nobody_to_tell_an_error_is_no_error(folder, ran, full, monkeypatch, stream):
    monkeypatch.setattr("sys.stderr", stream and full)
    assert ran(folder(), "--stack", "prod").returncode == 2
    assert ran(folder(), "--nothing").returncode == 2


def test_another_crash_of_the_system_is_one_of_the_program(folder, ran):
    place = folder()
    (place / "__main__.py").write_text("open('nothing')\n")
    with pytest.raises(FileNotFoundError):
        ran(place)


def test_what_an_encoding_has_not_is_escaped(folder, ran, monkeypatch, tmp_path):
    place = folder()
    text = (place / "Pulumi.dev.yaml").read_text()
    (place / "Pulumi.dev.yaml").write_text(text.replace("no key yet", "no \N{KEY} yet"), encoding="utf-8")
    with (tmp_path / "out").open("w", encoding="latin-1") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        assert ran(place).returncode == 0
    assert "no \\U0001f511 yet (web)" in (tmp_path / "out").read_text(encoding="latin-1")


def test_ctrl_c_ends_the_process_at_once(folder, monkeypatch):
    ends = []
    monkeypatch.setattr("os._exit", ends.append)
    place, before = folder(), signal.getsignal(signal.SIGINT)
    (place / "__main__.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    offline.run(place, "dev")
    assert ends == [interrupt.INTERRUPTED]
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_ends_a_program_that_waits_for_ever(folder, at_root):
    place = folder()
    (place / "__main__.py").write_text(
        textwrap.dedent("""
        import asyncio, pathlib, pulumi
        async def wait():
            pathlib.Path("waits").touch()
            while True:
                try:
                    await asyncio.sleep(60)
                except BaseException:
                    pass
        pulumi.export("never", pulumi.Output.from_input(wait()))
        """)
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "ops", "check"],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(at_root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        while not (place / "waits").exists() and running.poll() is None:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        assert running.communicate(timeout=30) == (b"", b"")
        assert running.returncode == interrupt.INTERRUPTED
    finally:
        running.kill()


@pytest.mark.parametrize("listed", ["null", "5", "[1, {}, subnet-1]", "subnet-1"])
def test_subnets_that_are_none_are_left_to_the_program(folder, listed):
    place = folder()
    (place / "Pulumi.dev.yaml").write_text(
        "config:\n  fargate:network:\n    existing:\n      vpc_id: vpc-1\n"
        f"      public_subnet_ids: {listed}\n      private_subnet_ids: [subnet-2]\n"
    )
    assert len(offline.run(place, "dev").made) == 1


def test_a_stack_may_have_four_zones(at_root, tmp_path):
    for part in ("__main__.py", "settings.py", "configuration", "components", "policies", "app", "Pulumi.yaml"):
        (tmp_path / part).symlink_to(at_root / part)
    text = (at_root / "Pulumi.dev.yaml").read_text()
    (tmp_path / "Pulumi.dev.yaml").write_text(text.replace("config:\n", "config:\n  fargate:network: {zones: 4}\n", 1))
    subnets = [one for one in offline.run(tmp_path, "dev").made if one.type == "aws:ec2/subnet:Subnet"]
    assert {one.inputs["availabilityZone"][-1] for one in subnets} == set("abcd")


def test_a_program_that_fails_leaves_nothing_that_waits(folder):
    place = folder()
    (place / "__main__.py").write_text(
        "import asyncio, pulumi, pulumi_aws as aws\n"
        "def refuse(_): raise pulumi.RunError('no such thing')\n"
        "aws.ec2.Vpc('late', cidr_block=asyncio.sleep(600, '10.0.0.0/16'))\n"
        "group = aws.cloudwatch.LogGroup('web')\n"
        "aws.cloudwatch.LogGroup('other', name=group.id.apply(refuse))\n"
    )
    with pytest.raises(StackFileError, match="no such thing"):
        offline.run(place, "dev")
    assert not asyncio.all_tasks(asyncio.get_event_loop())


def test_there_must_be_a_project(folder):
    place = folder()
    (place / "Pulumi.yaml").unlink()
    with pytest.raises(StackFileError, match="no Pulumi.yaml in "):
        stack_file.read(place, "dev")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_this_program_s_stacks_are_judged_in_little_time(at_root, stack):
    done = cpu_time.run(at_root, "check", "--stack", stack, "--json", at_most=cpu_time.ONE_SERVICE)
    assert done.stderr == ""
    found = {one["rule"] for one in json.loads(done.stdout)["violations"]}
    assert not found & {"tasks-reach-aws", "log-group-is-there", "balancer-reaches-tasks", "secrets-readable"}
    assert not found & {"only-public-balancers-open", "private-subnet-stays-private", "iam-resources-named"}


@pytest.mark.parametrize(("stack", "resources"), [("dev", 40), ("prod", 87)])
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
    assert re.match(r"123456789012\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/web-", container["image"])
    assert container["logConfiguration"]["options"]["awslogs-group"] == logs.outputs["name"]
    assert made["fargate:index:FargateService", "web"].component
    assert definition.parent == made["fargate:index:FargateService", "web"].urn


def test_the_graph_is_the_same_each_time(at_root, prod):
    again = offline.run(at_root, "prod")
    assert [(one.urn, one.inputs, one.outputs) for one in again.made] == [
        (one.urn, one.inputs, one.outputs) for one in prod.made
    ]


def test_a_network_of_others_is_pretended_too(at_root, tmp_path):
    for part in ("__main__.py", "settings.py", "configuration", "components", "policies", "app", "Pulumi.yaml"):
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
  fargate:file_systems:
    uploads: {}
    shared:
      existing: {access_point_id: fsap-1, security_group_id: sg-1}
  fargate:services:
    web:
      build: ./app
      volumes: {/data: uploads, /shared: shared}
"""
    )
    made = offline.run(tmp_path, "dev").made
    targets = [one.inputs["subnetId"] for one in made if one.type == "aws:efs/mountTarget:MountTarget"]
    assert targets == ["subnet-3", "subnet-4"]
    definition = next(one for one in made if one.type == "aws:ecs/taskDefinition:TaskDefinition")
    assert all(one["efsVolumeConfiguration"]["fileSystemId"].startswith("fs-0") for one in definition.inputs["volumes"])
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
