import io
import json
import re
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from ops import cli, preview
from ops import plan as command
from ops.error import OpsError
from ops.interruptions import GONE_MEANWHILE, MEANINGS, STAYS, interruption

SAMPLE = json.loads((Path(__file__).parent / "samples" / "preview_internal.json").read_text())
"""What an engine said to dev when its load balancer was to be internal, and to have a file system."""
BALANCER, SERVICE = "aws:lb/loadBalancer:LoadBalancer", "aws:ecs/service:Service"
TARGET = "aws:efs/mountTarget:MountTarget"


def urn(kind, name, inside="fargate:index:Part"):
    return f"urn:pulumi:dev::fargate::{f'{inside}$' if inside else ''}{kind}::{name}"


def step(op, kind, name, **old):
    parent = "urn:pulumi:dev::fargate::fargate:index:Part::part"
    return {"op": op, "urn": urn(kind, name), "oldState": {"custom": True, "parent": parent, **old}}


ROOT = {"op": "same", "urn": urn("pulumi:pulumi:Stack", "fargate-dev", ""), "newState": {"custom": False}}


def planned(*steps):
    return preview.of_preview("dev", {"steps": [ROOT, *steps], "changeSummary": {"same": 4}})


def text(found, *, terminal=False):
    out = io.StringIO()
    command.show(Console(file=out, force_terminal=terminal, width=200, soft_wrap=True, markup=False), found)
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())


def test_a_real_preview_is_grouped_by_component_with_what_it_means():
    found = preview.of_preview("dev", SAMPLE)
    assert [(one.component, one.op, one.shown) for one in found.changes] == [
        ("FargateService web", "replace", "lb/targetGroup web"),
        ("FargateService web", "replace", "lb/listenerRule web"),
        ("FargateService web", "update", "ecs/service web"),
        ("FileSystem files", "create", "efs/fileSystem files"),
        ("LoadBalancer balancer", "update", "vpc/securityGroupIngressRule balancer-http"),
        ("LoadBalancer balancer", "replace", "lb/loadBalancer balancer"),
        ("LoadBalancer balancer", "replace", "lb/listener balancer-http"),
    ]
    assert [one.shown for one in found.interruptions] == ["lb/loadBalancer balancer"]
    assert found.interruptions[0].because == ("internal",)
    assert found.unchanged == 40


def test_in_a_pipe_it_is_plain_lines():
    assert text(preview.of_preview("dev", SAMPLE)) == (
        "FargateService web\n"
        "  replaced lb/targetGroup web\n"
        "  replaced lb/listenerRule web (listenerArn)\n"
        "  changed  ecs/service web (desiredCount, loadBalancers)\n"
        "FileSystem files\n"
        "  created  efs/fileSystem files\n"
        "LoadBalancer balancer\n"
        "  changed  vpc/securityGroupIngressRule balancer-http (cidrIpv4, description)\n"
        "  replaced lb/loadBalancer balancer (internal)\n"
        "  replaced lb/listener balancer-http (loadBalancerArn)\n"
        "warning: lb/loadBalancer balancer would be replaced: it gets a new address: the old one stops answering, and "
        "names must follow\n"
        "dev: 1 created, 2 changed, 4 replaced, 40 unchanged; 1 interrupts service or loses data\n"
    )


def test_on_a_terminal_it_is_a_table():
    lines = text(preview.of_preview("dev", SAMPLE), terminal=True).splitlines()
    assert lines[0].split() == ["component", "becomes", "resource", "because"]
    assert lines[7].split() == [
        "LoadBalancer",
        "balancer",
        "replaced",
        "lb/listener",
        "balancer-http",
        "loadBalancerArn",
    ]
    assert lines[-2].startswith("warning: lb/loadBalancer balancer would be replaced: ")


@pytest.mark.parametrize("terminal", [True, False])
def test_where_nothing_is_to_do_it_says_so(terminal):
    assert text(planned(), terminal=terminal) == "dev: nothing to do, 4 unchanged\n"


def test_what_was_only_read_is_no_change():
    steps = [{**step("update", SERVICE, "web")}, ROOT, step("update", SERVICE, "api")]
    found = preview.of_preview("dev", {"steps": steps})
    assert [one.name for one in found.changes] == ["api"]


def test_components_and_providers_are_no_change():
    component = {"op": "create", "urn": urn("fargate:index:Part", "part", ""), "newState": {"custom": False}}
    provider = {"op": "create", "urn": urn("pulumi:providers:aws", "default", ""), "newState": {"custom": True}}
    assert planned(component, provider).changes == []


def test_what_stands_alone_has_no_component():
    stack = "urn:pulumi:dev::fargate::pulumi:pulumi:Stack::fargate-dev"
    alone = [{"op": "create", "urn": urn(SERVICE, "a", ""), "newState": {"custom": True, "parent": stack}}]
    alone += [{"op": "create", "urn": urn("random", "b", ""), "newState": {"custom": True}}]
    assert text(planned(*alone)).splitlines()[:3] == ["alone", "  created  ecs/service a", "  created  random b"]


def test_what_is_deleted_first_is_missing_meanwhile():
    kind = "aws:ec2/route:Route"
    steps = [step(op, kind, "way") for op in ("delete-replaced", "replace", "create-replacement")]
    (change,) = planned(*steps).changes
    assert change.interruption == GONE_MEANWHILE
    (change,) = planned(*(steps[index] for index in (2, 1, 0))).changes
    assert change.interruption == ""
    (change,) = planned(*steps[1:]).changes
    assert change.interruption == "", "an `up` that was killed has deleted it"


def test_what_stays_behind_is_not_lost():
    kept = [step("delete", "aws:ecr/repository:Repository", "web", retainOnDelete=True)]
    assert planned(*kept).interruptions[0].interruption == STAYS
    assert interruption(BALANCER, "delete", retained=True) == ""
    keeping = {kind.rpartition(":")[2] for kind in MEANINGS if interruption(kind, "delete", retained=True)}
    assert keeping == {
        *("Cluster", "FileSystem", "Instance", "Key", "LogGroup", "Queue", "Repository", "Secret", "Table", "Bucket")
    }
    assert interruption("aws:ecs/cluster:Cluster", "delete", retained=True) == ""


@pytest.mark.parametrize(
    ("kind", "op", "told"),
    [
        (BALANCER, "replace", "new address"),
        (BALANCER, "delete", "its address stops answering"),
        (SERVICE, "delete", "its tasks stop"),
        (SERVICE, "replace", ""),
        (SERVICE, "update", ""),
        ("aws:ec2/vpc:Vpc", "replace", "made anew"),
        ("aws:ec2/subnet:Subnet", "replace", "started anew"),
        ("aws:ecs/cluster:Cluster", "replace", "its services are made anew"),
        ("aws:efs/fileSystem:FileSystem", "replace", "the files are deleted"),
        ("aws:ecr/repository:Repository", "replace", "images of older versions are deleted"),
        ("aws:lb/listenerRule:ListenerRule", "delete", "404"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "delete", "shut out"),
        ("aws:kms/key:Key", "delete", "cannot be read"),
        (TARGET, "replace", "lose their files"),
        ("aws:ecs/taskDefinition:TaskDefinition", "replace", ""),
        ("aws:ecs/taskDefinition:TaskDefinition", "delete", ""),
    ],
)
def test_what_a_change_means(kind, op, told):
    found = interruption(kind, op)
    assert told in found if told else not found


def test_each_meaning_is_of_a_type_and_says_something():
    for kind, meaning in MEANINGS.items():
        assert re.fullmatch(r"aws:\w+/(\w+):\w+", kind), kind
        assert meaning.replaced or meaning.deleted or meaning.may_be_missing, kind


def test_one_reason_is_told_once_with_all_that_it_is_true_of():
    found = planned(step("delete", SERVICE, "a"), step("delete", SERVICE, "b"))
    lines = text(found).splitlines()
    assert (
        lines[-2]
        == "warning: ecs/service a, ecs/service b would be deleted: its tasks stop, and nobody answers in its place"
    )
    assert lines[-1] == "dev: 2 deleted, 4 unchanged; 2 interrupt service or lose data"


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A folder with a stack, and what the engine says to a preview of it."""
    (tmp_path / "Pulumi.yaml").write_text("name: fargate\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    monkeypatch.chdir(tmp_path)
    said = {"ran": subprocess.CompletedProcess([], 0, json.dumps(SAMPLE), "Target: local cloud\n")}

    def run(asked, cwd, **_):
        assert asked[:2] == ["pulumi", "preview"]
        assert {"--json", "--show-replacement-steps", "--non-interactive", "--stack", "dev"} <= {*asked}
        assert cwd == tmp_path
        if isinstance(said["ran"], Exception):
            raise said["ran"]
        return said["ran"]

    monkeypatch.setattr(preview.subprocess, "run", run)
    return said


@pytest.fixture
def ops(engine, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ops", "plan", *arguments])
        code = cli.main()
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--fail-on-interruption",), 1)])
def test_an_interruption_fails_where_that_is_wanted(ops, arguments, code):
    got, out = ops(*arguments)
    assert got == code
    assert "would be replaced: it gets a new address" in out


def test_without_an_interruption_nothing_fails(ops, engine):
    engine["ran"] = subprocess.CompletedProcess([], 0, json.dumps({"steps": [ROOT], "changeSummary": {}}), "")
    assert ops("--fail-on-interruption") == (0, "dev: nothing to do, 0 unchanged\n")


def test_scripts_get_json(ops):
    code, out = ops("--json")
    values = json.loads(out)
    assert code == 0
    assert (values["stack"], values["unchanged"], len(values["changes"])) == ("dev", 40, 7)
    assert values["changes"][2] == {
        "op": "update",
        "type": SERVICE,
        "name": "web",
        "component": "FargateService web",
        "because": ["desiredCount", "loadBalancers"],
        "interruption": None,
    }
    assert (values["against"], values["note"]) == (None, None)
    assert [one["name"] for one in values["changes"] if one["interruption"]] == ["balancer"]


@pytest.mark.parametrize(
    ("ran", "told"),
    [
        (
            subprocess.CompletedProcess(
                [], 255, json.dumps({"diagnostics": [{"severity": "error", "message": "bad file\n"}]}), "noise"
            ),
            "error: there is no plan for stack dev. The engine said:\nbad file\n",
        ),
        (
            subprocess.CompletedProcess([], 1, "", "error: the stack is locked\n"),
            "error: there is no plan for stack dev. The engine said:\nerror: the stack is locked\n",
        ),
        (
            subprocess.CompletedProcess([], 1, "{not json", "error: it broke\n"),
            "error: there is no plan for stack dev. The engine said:\nerror: it broke\n",
        ),
    ],
)
def test_an_engine_that_says_no_is_quoted(ops, engine, ran, told):
    engine["ran"] = ran
    code, out = ops()
    assert (code, out.startswith(told)) == (2, True)


def test_a_stack_without_a_file_is_told(engine):
    with pytest.raises(OpsError, match="no stack 'prod': there are dev"):
        preview.plan(Path.cwd(), "prod")


NOT_THERE = subprocess.CompletedProcess([], 255, "", "error: no stack named 'dev' found\n")


@pytest.fixture
def program(engine, tmp_path):
    """The program of the stack: one address."""
    (tmp_path / "__main__.py").write_text("import pulumi_aws as aws\naws.ec2.Eip('one')\n")


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize(
    ("ran", "told"),
    [
        (FileNotFoundError(), "as if nothing were deployed, which nobody was asked: no pulumi on PATH: "),
        (NOT_THERE, "not deployed yet: where pulumi is logged in, there is no stack dev\n"),
    ],
)
def test_where_the_engine_knows_nothing_everything_is_to_be_created(ops, engine, ran, told):
    engine["ran"] = ran
    code, out = ops()
    assert (code, out.startswith(told)) == (0, True)
    assert out.endswith("alone\n  created  ec2/eip one\ndev against nothing: 1 created, 0 unchanged\n")
    assert json.loads(ops("--json")[1])["against"] == "nothing"


@pytest.mark.usefixtures("program")
def test_nobody_knows_without_an_engine_whether_service_is_interrupted(ops, engine):
    engine["ran"] = FileNotFoundError()
    code, out = ops("--fail-on-interruption")
    assert (code, "created  ec2/eip one" in out) == (2, True)
    assert out.endswith(
        "error: whether service is interrupted cannot be known without pulumi; --against compares revisions\n"
    )
    engine["ran"] = NOT_THERE
    assert ops("--fail-on-interruption")[0] == 0, "what was never deployed cannot be interrupted"
