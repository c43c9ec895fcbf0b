"""What the engine asks the policy pack, and what it answers."""

import contextlib
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc

from policies import tokens as t
from policies.analyzer import VERSION, Analyzer, serve
from policies.rules import IDS

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": False}
EXCEPTION = {"rules": ["log-encrypted"], "reason": "not yet", "until": "2999-01-01"}


class Refused(Exception):
    """What a refusal does to the call."""


class Context:
    """gRPC's side of a call."""

    def abort(self, code, message):
        raise Refused(code, message)


CONTEXT: Any = Context()


def analyzer(**config):
    one = Analyzer()
    values = {key if ":" in key else f"fargate:{key}": value for key, value in config.items()}
    one.ConfigureStack(proto.AnalyzerStackConfigureRequest(config=values), CONTEXT)
    return one


def struct(values):
    message = Struct()
    message.update(values)
    return message


def asked(kind, **properties):
    return proto.AnalyzeRequest(type=kind, name="web", urn="urn:web", properties=struct(properties))


def told(response):
    return {one.policyName: one for one in response.diagnostics}


@pytest.mark.parametrize(
    ("config", "level"),
    [
        ({"environment": "dev"}, proto.ADVISORY),
        ({"environment": "staging"}, proto.ADVISORY),
        ({"environment": "prod"}, proto.MANDATORY),
        ({}, proto.MANDATORY),
    ],
)
def test_the_environment_says_whether_a_violation_stops(config, level):
    one = analyzer(**config)
    info = one.GetAnalyzerInfo(empty_pb2.Empty(), CONTEXT)
    assert [policy.name for policy in info.policies] == list(IDS)
    assert {policy.enforcementLevel for policy in info.policies} == {level}
    found = told(one.Analyze(asked(t.LOG_GROUP, retentionInDays=365), CONTEXT))
    assert found["log-encrypted"].enforcementLevel == level


def test_a_violation_names_rule_resource_got_and_wanted():
    found = told(analyzer().Analyze(asked(t.LOG_GROUP, retentionInDays=30, kmsKeyId="k"), CONTEXT))
    assert list(found) == ["log-retention"]
    one = found["log-retention"]
    assert one.urn == "urn:web"
    assert one.severity == proto.POLICY_SEVERITY_LOW
    for part in ("web", "retentionInDays: 30", "365 or more", "log_retention_days"):
        assert part in one.message


def test_exceptions_come_from_the_stack_s_configuration():
    one = analyzer(exceptions=json.dumps([EXCEPTION]))
    assert not told(one.Analyze(asked(t.LOG_GROUP, retentionInDays=365), CONTEXT))
    assert not told(one.AnalyzeStack(proto.AnalyzeStackRequest(), CONTEXT))


def test_an_exception_that_has_ended_is_a_violation():
    one = analyzer(exceptions=json.dumps([{**EXCEPTION, "until": "2020-01-31"}]))
    found = told(one.AnalyzeStack(proto.AnalyzeStackRequest(), CONTEXT))
    assert "ended on 2020-01-31" in found["log-encrypted"].message


def test_wrong_exceptions_stop_the_run():
    with pytest.raises(Refused, match="no rule 'log-encryptd'") as error:
        analyzer(exceptions=json.dumps([{**EXCEPTION, "rules": ["log-encryptd"]}]))
    assert error.value.args[0] == grpc.StatusCode.INVALID_ARGUMENT


def test_a_budget_comes_from_the_stack_s_configuration():
    resources = [
        proto.AnalyzerResource(type=t.STACK, name="fargate-dev", urn="urn:stack"),
        proto.AnalyzerResource(type=t.KEY, name="key", urn="urn:key"),
    ]
    request = proto.AnalyzeStackRequest(resources=resources)
    config = {"aws:region": "us-east-1", "environment": "prod"}
    found = told(analyzer(budget="0.5", **config).AnalyzeStack(request, CONTEXT))["within-budget"]
    assert (found.urn, found.enforcementLevel) == ("urn:stack", proto.MANDATORY)
    assert "1.00 USD a month: key (Key) 1.00" in found.message
    assert "within-budget" not in told(analyzer(budget="1.5", **config).AnalyzeStack(request, CONTEXT))
    assert "within-budget" not in told(analyzer(**config).AnalyzeStack(request, CONTEXT))


def test_a_budget_that_is_none_stops_the_run():
    with pytest.raises(Refused, match="fargate:budget must be a number of USD a month, such as 200; got 'lots'"):
        analyzer(budget="lots")


def test_the_pack_s_own_configuration_wins():
    one = analyzer()
    levels = {"log-encrypted": proto.DISABLED, "log-retention": proto.ADVISORY}
    values = {name: proto.PolicyConfig(enforcementLevel=level) for name, level in levels.items()}
    one.Configure(proto.ConfigureAnalyzerRequest(policyConfig=values), CONTEXT)
    found = told(one.Analyze(asked(t.LOG_GROUP), CONTEXT))
    assert {name: diagnostic.enforcementLevel for name, diagnostic in found.items()} == {
        "log-retention": proto.ADVISORY
    }


def test_unknown_values_are_not_judged_and_secret_ones_are():
    assert not told(analyzer().Analyze(asked(t.KEY, enableKeyRotation=UNKNOWN), CONTEXT))
    assert told(analyzer().Analyze(asked(t.KEY, enableKeyRotation=SECRET), CONTEXT))


def test_a_resource_goes_by_an_older_name_too():
    old = "aws:alb/loadBalancer:LoadBalancer"
    assert "balancer-protected" in told(analyzer().Analyze(asked(old), CONTEXT))
    resource = proto.AnalyzerResource(type=old, name="web", urn="urn:web")
    assert "balancer-has-firewall" in told(analyzer().AnalyzeStack(stack_of(resource), CONTEXT))


def stack_of(*resources):
    return proto.AnalyzeStackRequest(resources=resources)


def test_resources_are_seen_together_by_their_dependencies():
    vpcs = [proto.AnalyzerResource(type=t.VPC, name=name, urn=f"urn:{name}") for name in ("a", "b")]
    log = proto.AnalyzerResource(
        type=t.FLOW_LOG,
        name="log",
        urn="urn:log",
        properties=struct({"vpcId": UNKNOWN, "trafficType": "ALL"}),
        propertyDependencies={"vpcId": proto.AnalyzerPropertyDependencies(urns=["urn:a"])},
    )
    response = analyzer().AnalyzeStack(stack_of(*vpcs, log), CONTEXT)
    assert [one.urn for one in response.diagnostics if one.policyName == "vpc-flow-logs"] == ["urn:b"]


def test_a_rule_about_one_resource_is_not_told_twice():
    group = proto.AnalyzerResource(type=t.LOG_GROUP, name="web", urn="urn:web")
    assert not told(analyzer().AnalyzeStack(stack_of(group), CONTEXT))


def test_nothing_is_mended_behind_its_owner_s_back():
    assert analyzer().Remediate(asked(t.LOG_GROUP), CONTEXT) == proto.RemediateResponse()


def ask_and_interrupt(read_end):
    """As the engine does: it reads the port, asks there, and ends the process when it has what it wants."""
    with os.fdopen(read_end) as lines:
        port = int(lines.readline())
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            return analyzer_pb2_grpc.AnalyzerStub(channel).GetPluginInfo(empty_pb2.Empty(), timeout=10).version
    finally:
        os.kill(os.getpid(), signal.SIGINT)


def test_the_engine_is_answered_at_the_port_told_until_it_ends():
    read_end, write_end = os.pipe()
    with ThreadPoolExecutor(1) as engine:
        version = engine.submit(ask_and_interrupt, read_end)
        with os.fdopen(write_end, "w") as out, contextlib.redirect_stdout(out):
            before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
            try:
                serve()
            finally:
                signal.signal(signal.SIGINT, before)
    assert version.result() == VERSION
