"""A rule that an `up` that failed has left does not stand in the way of the next one."""

import asyncio
from types import SimpleNamespace
from typing import Any

import boto3
import pulumi
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from components import rule_taken
from components.way import End, make_way

TAKEN = "creating web-in: InvalidPermission.Duplicate: the specified rule already exists"
WANTED = {"securityGroupId": "sg-1", "referencedSecurityGroupId": "sg-2", "fromPort": 8080, "toPort": 8080}
FILTER = {"Filters": [{"Name": "group-id", "Values": ["sg-1"]}]}


def there(id: str, *, egress: bool = False, port: int = 8080, group: str = "sg-2") -> dict[str, Any]:
    other = {"ReferencedGroupInfo": {"GroupId": group}} if group else {"CidrIpv4": "0.0.0.0/0"}
    return {"SecurityGroupRuleId": id, "IsEgress": egress, "FromPort": port, "ToPort": port, **other}


OTHERS = [there("a", port=443, group=""), there("b", port=3000), there("c", group="sg-3"), there("d", egress=True)]


@pytest.fixture
def ec2(monkeypatch):
    client: Any = boto3.client("ec2", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(rule_taken, "client", lambda *of: asked.append(of) or client)
    with Stubber(client) as stubber:
        yield SimpleNamespace(stubber=stubber, asked=asked)
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("egress", "operation", "id"),
    [(False, "revoke_security_group_ingress", "e"), (True, "revoke_security_group_egress", "d")],
)
def test_only_the_same_rule_is_revoked(ec2, egress, operation, id):
    found = {"SecurityGroupRules": [*OTHERS, there("e")]}
    ec2.stubber.add_response("describe_security_group_rules", found, FILTER)
    ec2.stubber.add_response(operation, {}, {"GroupId": "sg-1", "SecurityGroupRuleIds": [id]})
    rule_taken.revoke_same({**WANTED, "region": "eu-west-1"}, egress=egress)
    assert ec2.asked == [("ec2", "eu-west-1")]


def test_where_there_is_none_nothing_is_revoked(ec2, monkeypatch):
    monkeypatch.setattr(pulumi.Config, "require", lambda _, key: {"region": "ap-northeast-1"}[key])
    ec2.stubber.add_response("describe_security_group_rules", {"SecurityGroupRules": OTHERS}, FILTER)
    with pytest.raises(LookupError, match="sg-1 has none"):
        rule_taken.revoke_same(WANTED, egress=False)
    assert ec2.asked == [("ec2", "ap-northeast-1")], "the region of the provider, where the rule says none"


@pytest.fixture
def hooks(deploy, monkeypatch):
    """The hooks of a way's two rules, by what they are called; what is revoked, and what is said."""
    said: list[tuple[str, str]] = []
    for word in ("info", "error"):
        monkeypatch.setattr(pulumi.log, word, lambda text, _, word=word: said.append((word, text)))
    revoked: list[tuple[Any, bool]] = []
    monkeypatch.setattr(rule_taken, "revoke_same", lambda wanted, *, egress: revoked.append((wanted, egress)))
    made: list[pulumi.ErrorHook] = []

    def making(*of, **how):
        made.append(rule_taken.making_way(*of, **how))
        return made[-1]

    monkeypatch.setattr("components.way.making_way", making)

    def way():
        parent = pulumi.ComponentResource("test:index:Parent", "web")
        ends = (End(group_id=f"sg-{one}", rule=f"web-{one}", description="a rule") for one in ("out", "in"))
        make_way(*ends, port=8080, tags={}, parent=parent)

    deploy(way)

    def run(which: int, *errors: str) -> bool:
        args = pulumi.ErrorHookArgs("urn", "", "web-in", "type", WANTED, errors=list(errors))
        answer = made[which](args)
        return asyncio.get_event_loop().run_until_complete(answer)  # type: ignore[arg-type] - it is a coroutine

    return SimpleNamespace(run=run, revoked=revoked, said=said)


@pytest.mark.parametrize(("which", "name"), [(0, "web-out"), (1, "web-in")])
def test_it_is_made_anew_on_either_side(hooks, which, name):
    assert hooks.run(which, TAKEN) is True
    assert hooks.revoked == [(WANTED, which == 0)]
    assert hooks.said == [("info", f"rule {name} was there already, from an `up` that failed: it is made anew")]


@pytest.mark.parametrize("errors", [("RulesPerSecurityGroupLimitExceeded",), (TAKEN, TAKEN)])
def test_another_error_or_a_second_one_is_not_repeated(hooks, errors):
    assert hooks.run(1, *errors) is False
    assert hooks.revoked == hooks.said == []


def test_what_aws_refuses_is_told(hooks, monkeypatch):
    def refuse(*_, **__):
        raise NoCredentialsError

    monkeypatch.setattr(rule_taken, "revoke_same", refuse)
    assert hooks.run(1, TAKEN) is False
    ((word, text),) = hooks.said
    assert word == "error"
    assert text == "the rule that is there already could not be revoked: Unable to locate credentials"
