"""What is counted of a resource, measured, and told: localcloud/fidelity."""

import json
import shutil
from pathlib import Path

import boto3
import pytest
import yaml

from localcloud import cli
from localcloud.fidelity import deploy, page, report
from localcloud.fidelity.measure import measure
from localcloud.fidelity.properties import IMAGE, properties, verdicts
from localcloud.fidelity.report import EFFECTS, LABEL, UNPROVED, Report, extent
from localcloud.home import Home, LocalCloudError
from localcloud.providers.aws import FUNCTIONS, RESOURCES
from localcloud.providers.operations import Operation
from ops import offline
from ops.pretended import Pretended

ROOT = Path(__file__).resolve().parents[2]
GROUP, BALANCER = "aws:lb/targetGroup:TargetGroup", "aws:lb/loadBalancer:LoadBalancer"
DEFINITION, SERVICE = "aws:ecs/taskDefinition:TaskDefinition", "aws:ecs/service:Service"
LOG_GROUP, TARGET = "aws:cloudwatch/logGroup:LogGroup", "aws:appautoscaling/target:Target"


@pytest.mark.parametrize(
    ("token", "given", "counted"),
    [
        (
            GROUP,
            {"port": 80, "healthCheck": {"path": "/", "interval": 5}},
            ["healthCheck.interval", "healthCheck.path", "port"],
        ),
        (BALANCER, {"accessLogs": {"bucket": "b", "enabled": True}}, ["accessLogs.bucket", "accessLogs.enabled"]),
        (
            DEFINITION,
            {"containerDefinitions": json.dumps([{"name": "a", "image": "i"}, {"name": "b", "user": "1"}])},
            ["containerDefinitions.image", "containerDefinitions.name", "containerDefinitions.user"],
        ),
        (DEFINITION, {"containerDefinitions": "not known before the deploy"}, ["containerDefinitions"]),
        (SERVICE, {"networkConfiguration": {"subnets": ["s"]}}, ["networkConfiguration"]),
        (GROUP, {"tags": {"a": "b"}, "tagsAll": {"a": "b"}, "region": "r", "__defaults": [], "port": None}, ["tags"]),
        (None, {"build": {"context": "."}, "skipPush": False}, ["build", "skipPush"]),
    ],
)
def test_what_counts_as_a_property(token, given, counted):
    assert properties(RESOURCES.get(token), given) == counted


def client(service, region):
    return boto3.client(service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")


def judged(monkeypatch, token, given, told, **outputs):
    monkeypatch.setattr(Operation, "describe", lambda _: told)
    values = {"region": "eu-west-1", **outputs, **given}
    return {
        name: str(one) for name, one in verdicts(Operation(RESOURCES[token], values, client, id="i"), given).items()
    }


@pytest.mark.parametrize(
    ("what", "token", "given", "told", "verdict"),
    [
        ("told as it was sent", LOG_GROUP, {"retentionInDays": 7}, {"retentionInDays": 7}, "equal"),
        ("told otherwise", LOG_GROUP, {"retentionInDays": 7}, {"retentionInDays": 8}, "sent"),
        ("not told", LOG_GROUP, {"retentionInDays": 7}, {}, "sent"),
        ("told by nobody, though it is false", SERVICE, {"enableExecuteCommand": False}, {}, "sent"),
        (
            "a number in another form",
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            {"threshold": 5},
            {"Threshold": 5.0},
            "equal",
        ),
        ("no call has it", LOG_GROUP, {"skipDestroy": True}, {}, "unsent"),
        ("recorded only", TARGET, {"minCapacity": 1}, {"MinCapacity": 1}, "unsent"),
        ("a hook brings it", "aws:kms/key:Key", {"enableKeyRotation": True}, {"KeyRotationEnabled": True}, "equal"),
        ("a deletion carries it", "aws:ecr/repository:Repository", {"forceDelete": True}, {}, "sent"),
        ("its place has another form", GROUP, {"healthCheck": {"path": "/a"}}, {"HealthCheckPath": "/a"}, "equal"),
        ("and is not told", GROUP, {"healthCheck": {"path": "/a"}}, {}, "sent"),
        ("a field of another name", GROUP, {"healthCheck": {"colour": "x"}}, {"colour": "x"}, "unsent"),
        (
            "an attribute",
            GROUP,
            {"slowStart": 30},
            {"Attributes": [{"Key": "slow_start.duration_seconds", "Value": "30"}]},
            "equal",
        ),
        ("a field of an attribute", BALANCER, {"accessLogs": {"bucket": "b"}}, {}, "sent"),
        ("built into another", SERVICE, {"deploymentMaximumPercent": 150}, {}, "sent"),
        ("named as built in, and left out", SERVICE, {"triggers": {"a": "b"}}, {}, "unsent"),
    ],
)
def test_what_becomes_of_a_property(monkeypatch, what, token, given, told, verdict):
    assert list(judged(monkeypatch, token, given, told).values()) == [verdict], what


def test_what_a_parameter_is_built_of_is_sent(monkeypatch):
    record = {"zoneId": "Z", "name": "a.example.com", "type": "A", "ttl": 60, "records": ["1.2.3.4"]}
    told = judged(monkeypatch, "aws:route53/record:Record", record, {}, fqdn="a.example.com")
    assert (told["ttl"], told["records"], told["type"]) == ("sent", "sent", "sent")


def test_tags_are_told_with_the_stack_s_own(monkeypatch):
    of = {"tags": {"a": "1"}, "tagsAll": {"a": "1", "stack": "dev"}}
    assert judged(monkeypatch, LOG_GROUP, of, {"tags": {"a": "1", "stack": "dev"}}) == {"tags": "equal"}
    assert judged(monkeypatch, LOG_GROUP, of, {"tags": {"a": "1"}}) == {"tags": "unsent"}


def test_a_container_s_field_is_that_of_each_container_that_has_it(monkeypatch):
    given = {"containerDefinitions": json.dumps([{"name": "a", "user": "1"}, {"name": "b", "image": "i", "user": "2"}])}
    told = {"containerDefinitions": [{"name": "b", "image": "i", "user": "3", "cpu": 0}, {"name": "a", "user": "1"}]}
    assert judged(monkeypatch, DEFINITION, given, told) == {
        "containerDefinitions.image": "equal",
        "containerDefinitions.name": "equal",
        "containerDefinitions.user": "sent",
    }


def resource(token, name, /, **inputs):
    return {"urn": f"urn:pulumi:dev::p::{token}::{name}", "type": token, "custom": True, "id": name, "inputs": inputs}


def test_of_a_stack_the_worst_counts(monkeypatch):
    monkeypatch.setattr(Operation, "describe", lambda one: {"retentionInDays": 7, "tags": {}})
    made = [
        {"urn": "u", "type": "pulumi:pulumi:Stack", "custom": False},
        resource("pulumi:providers:aws", "default"),
        resource(LOG_GROUP, "one", retentionInDays=7, name="one-0123abc"),
        resource(LOG_GROUP, "two", retentionInDays=8, name="mine"),
        resource(IMAGE, "web", skipPush=False, registry={"password": {"4dabf": "1", "plaintext": '"word"'}}),
        resource(TARGET, "web", minCapacity=1),
    ]
    assert measure({"deployment": {"resources": made}}, "eu-west-1", client) == {
        TARGET: {"unsent": ["minCapacity"], "notes": ["the number of tasks stays as the service has it"]},
        LOG_GROUP: {"sent": ["name", "retentionInDays"]},
        IMAGE: {"unsent": ["skipPush"], "sent": ["registry"]},
    }
    assert measure({"deployment": {}}, "eu-west-1", client) == {}


def test_each_stack_is_deployed_and_what_was_not_there_is_destroyed(monkeypatch, tmp_path):
    for file in (
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "bootstrap/Pulumi.account.yaml",
        "examples/existing-network/Pulumi.dev.yaml",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    subnet = {"type": "aws:ec2/subnet:Subnet", "id": "s", "inputs": {"vpcId": "v", "tags": {"tier": "public"}}}
    image = {"type": IMAGE, "outputs": {"repoDigest": "r@sha256:1"}}
    state, ran = json.dumps({"deployment": {"resources": [subnet, image]}}), []

    class Done:
        def __init__(self, words, cwd, **_):
            ran.append(f"{cwd.name}: {' '.join(words[1:])}")
            there = "prod" in words or "--show-secrets" in words
            self.returncode, self.stderr = 0, ""
            self.stdout = state if there else json.dumps({"deployment": {}})

    monkeypatch.setattr(deploy.subprocess, "run", lambda words, cwd, **_: Done(words, cwd))
    monkeypatch.setattr(deploy, "measure", lambda *_: {"t": {}})
    home = Home(root=tmp_path / "home", port=4566, project=tmp_path)
    assert list(deploy.measure_all(home)) == ["dev", "prod", "bootstrap", "existing-network"]
    ups = [one for one in ran if ": up" in one]
    assert [one.partition(":")[0] for one in ups] == [tmp_path.name, tmp_path.name, "bootstrap", "existing-network"]
    assert "--config existing-network:vpc_id=v --config existing-network:image=r@sha256:1" in ups[-1]
    assert "--config existing-network:public_subnet_ids[0]=s" in ups[-1]
    destroyed = [one.partition(" --")[0] for one in ran if "destroy" in one]
    assert destroyed == ["existing-network: destroy", "bootstrap: destroy", f"{tmp_path.name}: destroy"], "not prod"


def test_what_came_up_is_destroyed_where_another_stack_does_not(monkeypatch, tmp_path):
    for stack in ("dev", "prod", "staging"):
        (tmp_path / f"Pulumi.{stack}.yaml").touch()
    ran = []

    def pulumi(_, folder, command, *arguments, ok=True):
        ran.append(f"{command} {arguments[arguments.index('--stack') + 1]}")
        if ran[-1] == "up prod":
            raise LocalCloudError("no")
        return "{}"

    monkeypatch.setattr(deploy, "_pulumi", pulumi)
    monkeypatch.setattr(deploy, "measure", lambda *_: {})
    with pytest.raises(LocalCloudError, match="no"):
        deploy.measure_all(Home(root=tmp_path, port=4566, project=tmp_path))
    assert [one for one in ran if "stack" not in one] == ["up dev", "up prod", "destroy prod", "destroy dev"]


def test_to_measure_and_to_check_is_refused(monkeypatch):
    monkeypatch.setattr(deploy, "measure_all", lambda _: pytest.fail("deployed"))
    with pytest.raises(LocalCloudError, match="give one of them"):
        cli.fidelity(measure=True, check=True)


def test_the_command_measures_when_it_is_told_to_and_says_where(monkeypatch, tmp_path, capsys):
    home, kept = Home(root=tmp_path, port=4570, project=tmp_path), []
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(cli.Home, "load", lambda: home)
    monkeypatch.setattr(deploy, "measure_all", lambda home: {"dev": {"t": {"equal": ["a"]}}})
    monkeypatch.setattr(report, "MEASURED", tmp_path / "measured.json")
    monkeypatch.setattr(page, "page", lambda *_: kept.append(json.loads(report.MEASURED.read_text())) or "text")
    monkeypatch.setattr(page.Report, "load", lambda: None)
    cli.fidelity(measure=True)
    assert "Target: local cloud at http://127.0.0.1:4570" in capsys.readouterr().err
    assert kept == [{"dev": {"t": {"equal": ["a"]}}}]
    assert (tmp_path / "docs" / "fidelity.md").read_text() == "text"
    cli.fidelity(check=True)
    assert len(kept) == 2


def test_a_stack_that_does_not_deploy_is_told(monkeypatch, tmp_path):
    (tmp_path / "Pulumi.dev.yaml").touch()
    done = deploy.subprocess.CompletedProcess([], 1, "out", "err")
    monkeypatch.setattr(deploy.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(LocalCloudError, match="pulumi up .*\nouterr"):
        deploy.measure_all(Home(root=tmp_path, port=4566, project=tmp_path))


# The report as it is kept


@pytest.fixture(scope="module")
def kept():
    return Report.load()


def test_every_type_of_the_stacks_deploys(kept):
    types = {token for stack in ("dev", "prod") for token in kept.measured[stack]}
    assert [token for token in types if extent(token) in ("unsupported", "recorded")] == []
    assert extent("aws:ec2/instance:Instance") == "unsupported"


def test_prod_s_properties_are_sent_and_told_back(kept):
    share = page.counts(kept, "prod")
    assert share["sent"] >= 95
    assert share["equal"] >= 90


def test_each_effect_is_of_a_property_that_is_set_and_names_its_test(kept):
    for token, of in kept.effects.items():
        for name, one in of.items():
            assert (token, name) in kept.all, f"{token} {name} is set by no stack: take it out of {EFFECTS.name}"
            assert one["by"] in ("container", "request", "refusal", "api")
            file, _, test = one["test"].partition("::")
            function, _, case = test.partition("[")
            text = (ROOT / file).read_text(encoding="utf-8")
            assert file.startswith("tests/local/test_"), one["test"]
            assert f"\ndef {function}(" in text, one["test"]
            said = [part for part in case.removesuffix("]").split("-") if part in text]
            assert said or not case, f"{file} has no case {case}"


def test_what_a_provider_declares_as_not_obeyed_is_at_most_refused(kept):
    assert [pair for pair in kept.all if kept.declared(pair) and kept.works(pair)] == []
    rules, balancer = ("aws:wafv2/webAcl:WebAcl", "rules"), (BALANCER, "subnets")
    assert kept.refused(rules)
    assert kept.refused(balancer)
    assert not kept.declared(balancer)
    text = (ROOT / "docs" / "fidelity.md").read_text()
    without = text.partition("## Without effect")[2]
    assert (
        "| refused when wrong; otherwise: requests pass as if each rule let them | 1 | wafv2.WebAcl: `rules` |"
        in without
    )


@pytest.mark.parametrize(
    ("by", "works", "refused"), [("api", True, False), ("refusal", False, True), (None, False, False)]
)
def test_a_refusal_is_no_work(by, works, refused):
    effects = {LOG_GROUP: {"retentionInDays": {"by": by, "test": "t"}}} if by else {}
    one = Report(measured={"dev": {LOG_GROUP: {"equal": ["retentionInDays"]}}}, effects=effects, functions={})
    pair = (LOG_GROUP, "retentionInDays")
    assert (one.works(pair), one.refused(pair)) == (works, refused)
    share = page.counts(one, "dev")
    assert (share["works"], share["refused"]) == (100 * works, 100 * refused)
    assert one.reason(pair) == ("refused when wrong; otherwise: " if refused else "") + UNPROVED


def test_a_reason_is_the_providers_own(kept):
    reasons = {
        ("aws:ec2/eip:Eip", "domain"): "no packet meets it: tasks are containers on Docker's bridge",
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "warmUpConfiguration",
        ): "an alarm is looked at from its first minute",
        ("aws:wafv2/webAcl:WebAcl", "rules"): "refused when wrong; otherwise: requests pass as if each rule let them",
        (BALANCER, "accessLogs.bucket"): "refused when wrong; otherwise: the bucket stays empty",
        (GROUP, "slowStart"): "refused when wrong; otherwise: a new target gets its full share at once",
        ("aws:sns/topicSubscription:TopicSubscription", "protocol"): "messages are not sent",
        (BALANCER, "tags"): LABEL,
        (BALANCER, "idleTimeout"): "the one local port takes requests for every load balancer, all alike",
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "datapointsToAlarm",
        ): "refused when wrong; otherwise: no alarm goes off by itself",
        (TARGET, "minCapacity"): "the number of tasks stays as the service has it",
        (SERVICE, "forceNewDeployment"): UNPROVED,
        (IMAGE, "skipPush"): UNPROVED,
    }
    assert {pair: kept.reason(pair) for pair in reasons} == reasons


def test_what_nothing_obeys_is_what_a_type_takes():
    for resource in RESOURCES.values():
        assert set(resource.unobeyed) <= resource.properties


def test_the_page_is_current():
    page.render(ROOT / "docs" / "fidelity.md", check=True)


def test_an_old_page_is_told_and_written_anew(tmp_path):
    file = tmp_path / "fidelity.md"
    with pytest.raises(LocalCloudError, match="older than what it is made of: python -m localcloud fidelity"):
        page.render(file, check=True)
    page.render(file, check=False)
    page.render(file, check=True)


def test_a_share_is_never_rounded_up():
    assert (page.percent(8999, 10000), page.percent(1, 1), page.percent(9, 10)) == (89.9, 100.0, 90.0)


# The report against what the stacks set


NETWORK = {
    "vpc": "vpc-1",
    "public_subnets": ("subnet-1", "subnet-2"),
    "private_subnets": ("subnet-3", "subnet-4"),
}
"""Of the example that takes one."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Every stack's resources, and what it looks up."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, (folder, stack) in deploy.stacks(ROOT).items():
            if name == "existing-network":
                folder = _with_a_network(folder, tmp_path_factory.mktemp("network") / name)
                patch.setattr(offline, "_aws_of", lambda file: Pretended(region=file.region, **NETWORK))
            made[name] = offline.run(folder, stack)
            patch.undo()
    return made


def _with_a_network(example, folder):
    shutil.copytree(example, folder)
    file = folder / "Pulumi.dev.yaml"
    document = yaml.safe_load(file.read_text())
    image = f"123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/web@sha256:{'0' * 64}"
    ids = {f"{tier}_subnet_ids": [*NETWORK[f"{tier}_subnets"]] for tier in ("public", "private")}
    given = {"vpc_id": NETWORK["vpc"], "image": image, **ids}
    document["config"] |= {f"existing-network:{key}": value for key, value in given.items()}
    file.write_text(yaml.safe_dump(document))
    return folder


def test_what_was_measured_is_what_the_stacks_set(programs, kept):
    assert list(kept.measured) == list(programs), "measure anew: python -m localcloud fidelity --measure"
    for stack, program in programs.items():
        made = [one for one in program.made if one.type.startswith(("aws:", "docker:"))]
        sets = {(one.type, name.partition(".")[0]) for one in made for name in _set(one)}
        measured = {(token, name.partition(".")[0]) for token, name in kept.pairs([stack])}
        assert measured == sets, f"measure {stack} anew: python -m localcloud fidelity --measure"


def _set(one):
    return properties(RESOURCES.get(one.type), one.inputs)


def test_the_functions_are_those_that_the_stacks_call(programs, kept):
    called = {}
    for stack, program in programs.items():
        for name in {name for name, _ in program.looked_up}:
            [token] = [token for token in FUNCTIONS if token.endswith(f":{name}")]
            called.setdefault(token, []).append(stack)
    assert called == kept.functions
