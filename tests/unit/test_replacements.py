"""What replaces a resource here is what the AWS provider's source says, or the page says why not."""

from dataclasses import replace

import pytest

from localcloud.providers.aws import RESOURCES
from tests import replacements

RECORD = "aws:route53/record:Record"


def test_what_differs_has_its_reason_and_each_reason_its_difference():
    found = replacements.differences()
    assert [name for name, why in found.items() if not why] == [], "explain it in tests/replacements.yaml, or mend it"
    assert set(replacements.RULES["differ"]) - set(found) == set(), "no longer so: take it out"


def test_rules_are_of_properties_that_are_declared():
    for token, read in replacements.rules().items():
        named = {*read.replaces, *read.conditions, *read.unknown}
        assert named <= RESOURCES[token].properties, token


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("aws:ecs/taskDefinition:TaskDefinition", "ephemeralStorage"),
        ("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", "logDestinationConfigs"),
    ],
)
def test_what_the_provider_replaces_is_replaced_here(token, name):
    assert RESOURCES[token].is_replaced_by(name, {name: "other"})


@pytest.mark.parametrize(
    ("token", "names"),
    [
        ("aws:lb/listener:Listener", ["port"]),
        ("aws:ecs/service:Service", ["capacityProviderStrategies"]),
        ("aws:route53/record:Record", []),
        ("aws:lb/targetGroup:TargetGroup", []),
    ],
)
def test_what_replaces_only_if_it_is_taken_away(token, names):
    assert replacements.taken_away(token) == names


def test_what_nobody_may_leave_out_is_not_taken_away():
    assert {"name", "type", "zoneId"} <= replacements.required("aws:route53/record:Record")


def test_what_goes_and_is_replaced_against_the_source_is_a_difference(monkeypatch):
    monkeypatch.setitem(RESOURCES, RECORD, replace(RESOURCES[RECORD], dropped=frozenset()))
    names = {name.rpartition(" ")[2] for name in replacements.differences() if name.startswith("route53/record")}
    assert names == {"aliases", "records", "ttl", "type"}


def test_a_rule_that_depends_is_no_difference():
    assert replacements.rules()["aws:ec2/vpc:Vpc"].said("instanceTenancy") is None
    assert replacements.rules()["aws:ec2/vpc:Vpc"].said("cidrBlock") is True
    assert replacements.rules()["aws:ec2/vpc:Vpc"].said("enableDnsSupport") is False


def test_every_type_has_its_row():
    page = replacements.PAGE.read_text()
    assert all(f"| {token.removeprefix('aws:').rpartition(':')[0]} |" in page for token in RESOURCES)
