import json

import pytest

from ops import cli
from ops.drift import drift, markdown, text
from ops.error import OpsError

from . import delivered_stack

aws, folder, aimed = delivered_stack.aws, delivered_stack.folder, delivered_stack.aimed
engine = delivered_stack.engine
PARENT = "urn:pulumi:dev::fargate::fargate:index:FargateService::web"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = {"SecurityGroupRuleId": "sgr-2", "GroupId": "sg-1", "IsEgress": False, "IpProtocol": "tcp", "FromPort": 22}
RULE |= {"ToPort": 22, "CidrIpv4": "0.0.0.0/0"}


def step(op, kind, name, was=(), now=(), diff=(), parent=PARENT, id="1"):
    return {
        "op": op,
        "urn": f"urn:pulumi:dev::fargate::fargate:index:FargateService${kind}::{name}",
        "oldState": {"parent": parent, "id": id, "outputs": dict(was)},
        "newState": {"outputs": dict(now)} if op != "delete" else None,
        "detailedDiff": {path: {"kind": "update"} for path in diff},
    }


@pytest.fixture
def finds(engine):
    """What the engine finds as it reads the stack anew."""

    def say(*steps):
        engine.says["refresh --preview-only --json"] = (0, "Target: x\n" + json.dumps({"steps": steps}), "")

    return say


def differences(aimed):
    found = drift(aimed)
    assert found is not None
    return found


def test_what_was_changed_by_hand_is_told_by_property(aimed, finds, engine, monkeypatch):
    monkeypatch.setenv("PULUMI_SKIP_CONFIRMATIONS", "true")
    finds(
        step("update", "aws:ecs/service:Service", "web", {"desiredCount": 2}, {"desiredCount": 3}, ["desiredCount"]),
        step("update", "aws:logs/group:Group", "z", {"tags": {"a": "1"}}, {}, ["tags.a"], parent=""),
        step("delete", "aws:cloudwatch/metricAlarm:MetricAlarm", "web-cpu"),
        step("same", "aws:ecs/cluster:Cluster", "c"),
        step("update", "aws:lb/listenerRule:ListenerRule", "left-to-ecs", {"a": 1}, {"a": 2}),
    )
    assert text("dev", drift(aimed)) == (
        "alone\n"
        '  logs/group z: tags.a is nothing, deployed was {"a": "1"}\n'
        "FargateService web\n"
        "  cloudwatch/metricAlarm web-cpu: is not there any more\n"
        "  ecs/service web: desiredCount is 3, deployed was 2\n"
        "dev: 3 resources are other than deployed\n"
    )
    assert not {"FARGATE_IMAGES", "PULUMI_SKIP_CONFIRMATIONS"} & set(engine.environments[0]), "it refuses --yes"


def test_after_a_deploy_that_was_ended_halfway_the_inputs_tell(aimed, finds):
    halfway = step("update", "aws:ecs/service:Service", "web", {"taskDefinition": "web:3"}, {"taskDefinition": "web:3"})
    halfway["detailedDiff"] = {"taskDefinition": {}, "loadBalancers[0].port": {}}
    halfway["oldState"]["inputs"], halfway["newState"]["inputs"] = (
        {"taskDefinition": "web:4"},
        {"taskDefinition": "web:3"},
    )
    finds(halfway)
    assert [one.what for one in differences(aimed)] == [
        "loadBalancers[0].port differs",
        'taskDefinition is "web:3", deployed was "web:4"',
    ]


def test_nothing_is_other(aimed, finds, aws):
    finds(step("same", "aws:ecs/service:Service", "web"))
    assert text("dev", drift(aimed)) == "dev: AWS has what was deployed\n"
    assert markdown("dev", []) == "## Drift of stack dev\n\ndev: AWS has what was deployed\n\n"
    assert aws.asked == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "tcp, port 22, from 0.0.0.0/0"),
        ({"FromPort": 20}, "tcp, ports 20 to 22, from 0.0.0.0/0"),
        ({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}, "any protocol, every port, from 0.0.0.0/0"),
        ({"IsEgress": True, "CidrIpv4": None, "CidrIpv6": "::/0"}, "tcp, port 22, to ::/0"),
        ({"CidrIpv4": None, "ReferencedGroupInfo": {"GroupId": "sg-9"}}, "tcp, port 22, from sg-9"),
        ({"CidrIpv4": None}, "tcp, port 22, from "),
    ],
)
def test_a_rule_that_nobody_deployed_is_found(aimed, finds, aws, more, told):
    finds(
        step("same", GROUP, "web", id="sg-1"),
        step("same", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "web-in", id="sgr-1"),
    )
    aws.rules = [RULE | {"SecurityGroupRuleId": "sgr-1"}, RULE | more, RULE | {"GroupId": "sg-7"}]
    (found,) = differences(aimed)
    assert (found.resource, found.what) == (
        "ec2/securityGroup web",
        f"has a rule that the stack did not make, sgr-2: {told}",
    )
    assert aws.asked[-1] == [{"Name": "group-id", "Values": ["sg-1"]}]


def test_long_values_are_cut_and_a_table_stays_a_table(aimed, finds):
    finds(step("update", "aws:x/y:Y", "web", {"policy": "a" * 500}, {"policy": "b|`c"}, ["policy"]))
    found = differences(aimed)
    assert len(found[0].what) < 200
    table = markdown("dev", found)
    assert '| FargateService web | x/y web | <code>policy is "b&#124;`c", deployed was ' in table
    assert "`make deploy STACK=dev` deploys what the stack file says again" in table


def test_a_stack_that_was_never_deployed_has_nothing_to_compare(ops, engine, folder):
    engine.says["refresh"] = (6, "", "error: no stack named 'dev' found\n")
    code, out = ops("--output", "drift-dev.md")
    assert (code, out) == (
        0,
        "dev: nothing is deployed where pulumi is logged in, and so there is nothing to compare\n",
    )
    assert not (folder / "drift-dev.md").exists()
    code, out = ops("--json")
    assert (code, json.loads(out)) == (0, {"stack": "dev", "deployed": False, "drifted": False, "differences": []})
    engine.says["refresh"] = (0, '{"config": {"aws:region": "eu-west-1"}, "duration": 244366}', "")  # after a remove
    assert json.loads(ops("--json")[1])["deployed"] is False


def test_what_the_engine_refuses_is_no_drift(aimed, engine):
    engine.says["refresh"] = (255, "", "error: failed to open bucket")
    with pytest.raises(OpsError, match="the state of stack dev cannot be compared. The engine said:\nerror: failed"):
        drift(aimed)
    engine.missing = True
    with pytest.raises(OpsError, match="no pulumi on PATH"):
        drift(aimed)


@pytest.fixture
def ops(aws, folder, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ops", "drift", *arguments])
        code = cli.main()
        return code, capsys.readouterr().out

    return run


def test_the_command_exits_by_what_it_finds_and_writes_an_issue_only_then(ops, finds, folder):
    finds(step("same", "aws:ecs/service:Service", "web"))
    assert ops("--output", "drift-dev.md") == (0, "dev: AWS has what was deployed\n")
    assert not (folder / "drift-dev.md").exists()
    finds(step("delete", "aws:ecs/service:Service", "web"))
    assert ops("--output", "drift-dev.md")[0] == 1
    assert (folder / "drift-dev.md").read_text().startswith("## Drift of stack dev\n\ndev: 1 resource is other than")
    code, out = ops("--json")
    assert (code, json.loads(out)) == (
        1,
        {
            "stack": "dev",
            "deployed": True,
            "drifted": True,
            "differences": [
                {"component": "FargateService web", "resource": "ecs/service web", "what": "is not there any more"}
            ],
        },
    )
    assert ops("--output", "nowhere/drift.md")[0] == 2


@pytest.mark.parametrize(
    ("out", "err", "said"), [("", "warning: it rains\n", "warning: it rains"), ('{"config": {}}', "", "nothing")]
)
def test_an_engine_that_ends_well_without_an_answer_has_not_compared(ops, aimed, engine, out, err, said):
    engine.says["refresh"] = (0, out, err)
    with pytest.raises(OpsError, match=f"stack dev cannot be compared: the engine gave no answer. It said: {said}"):
        drift(aimed)
    assert ops()[0] == 2


@pytest.mark.parametrize("part", ["outputs", "inputs"])
@pytest.mark.parametrize("side", ["oldState", "newState"])
def test_of_a_property_with_a_secret_no_value_is_told(aimed, finds, part, side):
    """As the engine writes it; what it has read anew from AWS it may not know for a secret."""
    masked, plain = [{"authenticateOidc": {"clientSecret": one}} for one in ("[secret]", "of the night")]
    found = step("update", "aws:lb/listenerRule:ListenerRule", "web", diff=["actions[0].authenticateOidc.clientSecret"])
    for one in ("oldState", "newState"):
        found[one] = {**found[one], "outputs": {}, part: {"actions": [masked if one == side else plain]}}
    finds(found)
    told = differences(aimed)
    what = "actions[0].authenticateOidc.clientSecret differs, which has a secret in it"
    assert [one.what for one in told] == [what]
    assert "of the night" not in text("dev", told) + markdown("dev", told)
