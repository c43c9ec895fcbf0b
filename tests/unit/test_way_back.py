import asyncio
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components import FargateService, way_back
from components.way_back import ending, going_back

from .test_fargate_service import SERVICE, arguments
from .test_strategy import CANARY, configuration

RULE = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/b/1/2/3"
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/c"
ADVANCED = {"alternateTargetGroupArn": "arn:second", "productionListenerRule": RULE, "roleArn": "arn:role"}
ONE = {"loadBalancers": [{"targetGroupArn": "arn:first"}]}
TWO = {"loadBalancers": [{"targetGroupArn": "arn:first", "advancedConfiguration": ADVANCED}]}


class Gone(Exception):
    pass


@pytest.fixture
def aws(monkeypatch):
    """An AWS that tells one rule and one service, and remembers what it was asked."""
    aws = SimpleNamespace(asked=[], weights=(100, 0), configuration={}, error=None)

    def ask(**asked):
        aws.asked.append(asked)
        if aws.error:
            raise aws.error

    def describe_rules(**asked):
        ask(**asked)
        groups = zip(("arn:first", "arn:second"), aws.weights, strict=True)
        shares = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
        return {"Rules": [{"Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}]}]}

    def describe_services(**asked):
        ask(**asked)
        return {"services": [{"deploymentConfiguration": aws.configuration}]}

    clients = {
        "elbv2": SimpleNamespace(describe_rules=describe_rules, exceptions=SimpleNamespace(RuleNotFoundException=Gone)),
        "ecs": SimpleNamespace(describe_services=describe_services, update_service=ask),
    }

    def client(service, region):
        assert region == "eu-west-1"
        return clients[service]

    monkeypatch.setattr(way_back, "client", client)
    monkeypatch.setattr(pulumi, "ResourceHook", lambda name, function: SimpleNamespace(name=name, function=function))
    return aws


def call(old, new):
    hook: Any = going_back("web")
    assert hook.name == "web-going-back"
    asyncio.run(hook.function(SimpleNamespace(id="arn:service", old_inputs=old, new_inputs=new)))


def end(had, asked):
    hook: Any = ending("web")
    assert hook.name == "web-ending"
    asyncio.run(hook.function(SimpleNamespace(id="arn:service", old_outputs=had, new_inputs=asked)))


def test_a_group_that_gets_no_request_may_go(aws):
    call(TWO, ONE)
    assert aws.asked == [{"RuleArns": [RULE]}]


@pytest.mark.parametrize(("weights", "share"), [((60, 40), "40"), ((100, 900), "90"), ((999, 1), "0.1")])
def test_a_group_that_gets_requests_stays(aws, weights, share):
    aws.weights = weights
    told = rf"web: its second .* gets {share} % of the requests\. Deploy once more as before"
    with pytest.raises(pulumi.RunError, match=told):
        call(TWO, ONE)


@pytest.mark.parametrize(
    ("old", "new"), [(TWO, TWO), (ONE, TWO), (ONE, ONE), ({}, {}), (None, None), (TWO, {}), ({}, ONE)]
)
def test_nothing_is_asked_when_no_group_is_given_up(aws, old, new):
    call(old, new)
    assert aws.asked == []


def test_a_rule_that_is_gone_sends_no_request(aws):
    aws.error = Gone()
    call(TWO, ONE)


def test_what_aws_does_not_tell_is_no_yes(aws):
    aws.error = RuntimeError("AccessDenied:\n no")
    with pytest.raises(pulumi.RunError, match="AWS does not say where requests go: AccessDenied: no. Deploy once more"):
        call(TWO, ONE)


ALARMS = {"enable": True, "rollback": True, "alarmNames": ["web-errors"]}
NO_ALARMS = {"enable": False, "rollback": False, "alarmNames": []}
HOOKS = [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}]
STEPS = {"canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": 5}}
HAS = {"maximumPercent": 200, "strategy": "CANARY", "bakeTimeInMinutes": 5, "lifecycleHooks": HOOKS, "alarms": ALARMS}
KEEPS = {"strategy": "CANARY", **STEPS}


@pytest.mark.parametrize(
    ("had", "asked", "told"),
    [
        ({"alarms": ALARMS}, {}, {**HAS, **STEPS, "alarms": NO_ALARMS}),
        (
            {"deploymentConfiguration": {**KEEPS, "lifecycleHooks": HOOKS}},
            {"deploymentConfiguration": KEEPS},
            {**HAS, **STEPS, "lifecycleHooks": []},
        ),
        (
            {"deploymentConfiguration": KEEPS},
            {},
            {**HAS, "strategy": "ROLLING", "bakeTimeInMinutes": 0},
        ),
        (
            {"alarms": ALARMS, "deploymentConfiguration": {**KEEPS, "lifecycleHooks": HOOKS}},
            {},
            {
                "maximumPercent": 200,
                "strategy": "ROLLING",
                "bakeTimeInMinutes": 0,
                "lifecycleHooks": [],
                "alarms": NO_ALARMS,
            },
        ),
    ],
)
def test_what_is_asked_for_no_more_is_ended_in_ecs_and_all_else_stays(aws, had, asked, told):
    aws.configuration = {**HAS, **STEPS}
    end(had, {"cluster": CLUSTER, **asked})
    assert aws.asked == [
        {"cluster": CLUSTER, "services": ["arn:service"]},
        {"cluster": CLUSTER, "service": "arn:service", "deploymentConfiguration": told},
    ]


@pytest.mark.parametrize(
    ("had", "asked"),
    [
        ({}, {}),
        (None, None),
        ({"alarms": NO_ALARMS, "deploymentConfiguration": {"strategy": "ROLLING", "lifecycleHooks": []}}, {}),
        ({"alarms": None, "deploymentConfiguration": {"strategy": ""}}, {}),
        ({"alarms": ALARMS, "deploymentConfiguration": HAS}, {"alarms": ALARMS, "deploymentConfiguration": HAS}),
        ({"deploymentConfiguration": {"strategy": "CANARY"}}, {"deploymentConfiguration": {"strategy": "ROLLING"}}),
    ],
)
def test_nothing_is_ended_that_was_not_there_or_is_still_asked_for(aws, had, asked):
    end(had, asked)
    assert aws.asked == []


def test_what_cannot_be_ended_fails_the_update(aws):
    aws.error = RuntimeError("AccessDenied:\n no")
    told = "web: alarms of its deployments were to be taken away, and ECS refused: AccessDenied: no. The service stays"
    with pytest.raises(pulumi.RunError, match=told):
        end({"alarms": ALARMS}, {"cluster": CLUSTER})


@pytest.mark.parametrize("strategy", [None, CANARY])
def test_every_service_is_looked_at_before_it_is_updated(deploy, cloud, strategy):
    given = {"deployment": configuration(strategy)} if strategy else {}
    deploy(lambda: FargateService("web", arguments(**given)))
    hooks = cloud.one(SERVICE).hooks
    assert hooks["before_update"] == ["web-going-back", "web-ending"]
    assert "before_create" not in hooks
