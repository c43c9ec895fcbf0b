import json

import pytest

from components import (
    Capacity,
    CapacityMix,
    DeploymentAlarms,
    DeploymentConfiguration,
    DeploymentStrategy,
    FargateService,
    Scaling,
    Stickiness,
)
from components.iam import LOOK

from .test_fargate_service import ROLE, SERVICE, TARGETS, arguments, authentication, target

RULE = "aws:lb/listenerRule:ListenerRule"
POLICY = "aws:iam/rolePolicy:RolePolicy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
OURS = (SERVICE, TARGETS, RULE, ROLE, POLICY, ALARM)
BALANCER = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/app/balancer/abc"
ROLLING, BLUE_GREEN, CANARY, LINEAR = DeploymentStrategy


def configuration(strategy=ROLLING, **more):
    return DeploymentConfiguration(strategy=strategy, **more)


def service(strategy=ROLLING, /, name="web", target_changes=None, changes=None, **more):
    given = {"target": target(**(target_changes or {})), **(changes or {})}
    return lambda: FargateService(name, arguments(deployment=configuration(strategy, **more), **given))


def names(cloud, *kinds):
    return sorted((kind.rpartition(":")[2], one.name) for kind in kinds or OURS for one in cloud.all(kind))


def test_a_rolling_service_gets_nothing_more_and_says_nothing_more(deploy, cloud):
    deploy(service())
    assert names(cloud) == [
        ("ListenerRule", "web"),
        ("Role", "web-execution"),
        ("RolePolicy", "web-execution"),
        ("Service", "web"),
        ("TargetGroup", "web"),
    ]
    inputs = cloud.one(SERVICE).inputs
    assert {"deploymentConfiguration", "alarms"}.isdisjoint(inputs)
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"strategy": BLUE_GREEN}, {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "5"}),
        (
            {"strategy": CANARY},
            {
                "strategy": "CANARY",
                "bakeTimeInMinutes": "5",
                "canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": "5"},
            },
        ),
        (
            {"strategy": LINEAR, "percent": 12.5, "step_minutes": 0, "bake_minutes": 1},
            {
                "strategy": "LINEAR",
                "bakeTimeInMinutes": "1",
                "linearConfiguration": {"stepPercent": 12.5, "stepBakeTimeInMinutes": "0"},
            },
        ),
    ],
)
def test_what_a_service_is_told_of_its_strategy(deploy, cloud, given, said):
    deploy(service(given.pop("strategy"), **given))
    inputs = cloud.one(SERVICE).inputs
    assert inputs["deploymentConfiguration"] == said
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    watched = [f"{group}-{what}-1234567" for group in ("web", "web-alt") for what in ("errors", "latency")]
    assert inputs["alarms"] == {"enable": True, "rollback": True, "alarmNames": watched}


def test_somebody_is_asked_once_before_the_first_request(deploy, cloud):
    deploy(service(BLUE_GREEN, approval_minutes=60))
    (hook,) = cloud.one(SERVICE).inputs["deploymentConfiguration"]["lifecycleHooks"]
    assert hook == {
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_SCALE_UP"],
        "timeoutConfiguration": {"action": "ROLLBACK", "timeoutInMinutes": "60"},
    }


@pytest.mark.parametrize("strategy", [BLUE_GREEN, CANARY, LINEAR])
def test_what_a_service_gets_whose_requests_move(deploy, cloud, strategy):
    deploy(service(strategy))
    assert names(cloud) == [
        ("ListenerRule", "web-shift"),
        ("MetricAlarm", "web-alt-errors"),
        ("MetricAlarm", "web-alt-latency"),
        ("MetricAlarm", "web-errors"),
        ("MetricAlarm", "web-latency"),
        ("Role", "web-execution"),
        ("Role", "web-shift"),
        ("RolePolicy", "web-execution"),
        ("RolePolicy", "web-shift"),
        ("Service", "web"),
        ("TargetGroup", "web"),
        ("TargetGroup", "web-alt"),
    ]
    first, second = cloud.all(TARGETS)
    assert {**first.inputs, "tags": None} == {**second.inputs, "tags": None}
    assert cloud.one(SERVICE).inputs["loadBalancers"] == [
        {
            "targetGroupArn": "arn:TargetGroup:web",
            "containerName": "web",
            "containerPort": 8080,
            "advancedConfiguration": {
                "alternateTargetGroupArn": "arn:TargetGroup:web-alt",
                "productionListenerRule": "arn:ListenerRule:web-shift",
                "roleArn": "arn:Role:web-shift",
            },
        }
    ]
    waits_for = {urn.rpartition("$")[2] for urn in cloud.one(SERVICE).dependencies}
    assert {"aws:lb/listenerRule:ListenerRule::web-shift", "aws:iam/rolePolicy:RolePolicy::web-shift"} <= waits_for


def test_the_rule_divides_the_requests_and_the_division_is_left_to_ecs(deploy, cloud):
    deploy(service(CANARY))
    rule = cloud.one(RULE)
    assert rule.ignore_changes == ["actions"]
    assert rule.inputs == {
        "listenerArn": "arn:listener",
        "priority": 7,
        "conditions": [{"pathPattern": {"values": ["/*"]}}],
        "actions": [
            {
                "type": "forward",
                "forward": {
                    "targetGroups": [
                        {"arn": "arn:TargetGroup:web", "weight": 100},
                        {"arn": "arn:TargetGroup:web-alt", "weight": 0},
                    ]
                },
            }
        ],
        "tags": {"Name": "web-shift", "team": "a"},
    }


def test_the_role_changes_this_service_s_rule_and_groups_and_nothing_else(deploy, cloud):
    deploy(service(CANARY, changes={"permissions_boundary_arn": "arn:boundary", "role_path": "/shop/dev/"}))
    role = cloud.one(ROLE, "web-shift").inputs
    assert role["path"] == "/shop/dev/"
    assert role["permissionsBoundary"] == "arn:boundary"
    assert json.loads(role["assumeRolePolicy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEqualsIfExists": {"aws:SourceAccount": "123456789012"},
                "ArnLikeIfExists": {"aws:SourceArn": "arn:aws:ecs:ap-northeast-1:123456789012:*"},
            },
        }
    ]
    policy = cloud.one(POLICY, "web-shift").inputs
    assert policy["role"] == "web-shift-1234567"
    allowed = {action: one["Resource"] for one in json.loads(policy["policy"])["Statement"] for action in one["Action"]}
    own = "elasticloadbalancing:"
    groups = ["arn:TargetGroup:web", "arn:TargetGroup:web-alt"]
    assert allowed == {
        **dict.fromkeys(LOOK, "*"),
        f"{own}RegisterTargets": groups,
        f"{own}DeregisterTargets": groups,
        f"{own}ModifyListener": "arn:listener",
        f"{own}ModifyRule": "arn:ListenerRule:web-shift",
    }


def test_a_prepared_service_rolls_with_all_that_the_others_need(deploy, cloud):
    deploy(service(prepared=True))
    assert ("TargetGroup", "web-alt") in names(cloud)
    assert cloud.all(ALARM) == []
    inputs = cloud.one(SERVICE).inputs
    assert inputs["deploymentConfiguration"] == {"strategy": "ROLLING", "bakeTimeInMinutes": "0"}
    assert inputs["loadBalancers"][0]["advancedConfiguration"]["roleArn"] == "arn:Role:web-shift"


def queries(cloud, name):
    found = cloud.one(ALARM, name).inputs["metricQueries"]
    return {one["id"]: one.get("expression") or one["metric"] for one in found}


def test_each_target_group_has_alarms_of_its_own(deploy, cloud):
    listener = target().listener
    balanced = type(listener)(arn=listener.arn, load_balancer_arn=BALANCER, security_group_id="sg-balancer")
    deploy(service(CANARY, target_changes={"listener": balanced}))
    alarm = cloud.one(ALARM, "web-alt-errors").inputs
    assert {key: value for key, value in alarm.items() if key != "metricQueries"} == {
        "alarmDescription": "Takes a new version of web-alt back: errors above 5",
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 5,
        "evaluationPeriods": 3,
        "datapointsToAlarm": 2,
        "treatMissingData": "notBreaching",
        "tags": {"Name": "web-alt-errors", "team": "a"},
    }
    found = queries(cloud, "web-alt-errors")
    assert found["value"] == {
        "namespace": "AWS/ApplicationELB",
        "metricName": "HTTPCode_Target_5XX_Count",
        "period": 60,
        "stat": "Sum",
        "dimensions": {"LoadBalancer": "app/balancer/abc", "TargetGroup": "web-alt"},
    }
    assert (found["count"]["metricName"], found["count"]["stat"]) == ("RequestCount", "Sum")
    assert found["counted"] == "IF(count >= 20, 100 * FILL(value, 0) / count, 0)"
    assert [one["returnData"] for one in alarm["metricQueries"]] == [False, False, True]
    assert queries(cloud, "web-errors")["value"]["dimensions"]["TargetGroup"] == "web"


def test_a_rolling_service_has_the_alarms_that_it_asks_for(deploy, cloud):
    deploy(service(alarms=DeploymentAlarms(error_percent=None, latency_seconds=1.5, least_requests=100)))
    assert [one.name for one in cloud.all(ALARM)] == ["web-latency"]
    assert cloud.one(ALARM).inputs["threshold"] == 1.5
    found = queries(cloud, "web-latency")
    assert (found["value"]["metricName"], found["value"]["stat"]) == ("TargetResponseTime", "p99")
    assert found["counted"] == "IF(count >= 100, value, 0)"
    assert cloud.one(SERVICE).inputs["alarms"]["alarmNames"] == ["web-latency-1234567"]


NOTHING = DeploymentAlarms(error_percent=None, latency_seconds=None)


def test_without_alarms_nothing_is_waited_for(deploy, cloud):
    deploy(service(BLUE_GREEN, alarms=NOTHING))
    inputs = cloud.one(SERVICE).inputs
    assert cloud.all(ALARM) == []
    assert "alarms" not in inputs
    assert inputs["deploymentConfiguration"]["bakeTimeInMinutes"] == "0"


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        ({}, 0),
        ({"strategy": BLUE_GREEN}, 5),
        ({"strategy": BLUE_GREEN, "approval_minutes": 60, "bake_minutes": 0}, 60),
        ({"strategy": CANARY}, 5 + 5),
        ({"strategy": CANARY, "step_minutes": 15, "bake_minutes": 30, "approval_minutes": 10}, 55),
        ({"strategy": LINEAR}, 4 * 3 + 5),
        ({"strategy": LINEAR, "percent": 30, "step_minutes": 10}, 3 * 10 + 5),
        ({"strategy": LINEAR, "percent": 100}, 5),
    ],
)
def test_the_minutes_of_a_strategy_come_on_top_of_the_time_limit(deploy, cloud, given, minutes):
    assert configuration(**given).minutes == minutes
    deploy(service(given.pop("strategy", ROLLING), changes={"timeout_minutes": 10}, **given))
    assert cloud.one(SERVICE).timeouts == (f"{10 + minutes}m",) * 3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"percent": 10}, "percent is for canary, linear, got strategy rolling: leave it out, or choose one of them"),
        ({"strategy": BLUE_GREEN, "step_minutes": 1}, "step_minutes is for canary, linear, got strategy blue_green"),
        ({"strategy": CANARY, "percent": 0}, "percent must be from 0.1 to 100 for canary, in tenths, got 0"),
        ({"strategy": CANARY, "percent": 0.15}, "percent must be from 0.1 to 100 for canary, in tenths, got 0.15"),
        ({"strategy": LINEAR, "percent": 2.9}, "percent must be from 3 to 100 for linear, in tenths, got 2.9"),
        ({"strategy": LINEAR, "percent": 100.1}, "percent must be from 3 to 100 for linear, in tenths, got 100.1"),
        ({"strategy": LINEAR, "step_minutes": 1441}, "step_minutes must be from 0 to 1440, got 1441"),
        ({"strategy": CANARY, "bake_minutes": -1}, "bake_minutes must be from 0 to 1440, got -1"),
        ({"bake_minutes": 5}, "bake_minutes is for blue_green, canary, linear, got strategy rolling"),
        (
            {"strategy": CANARY, "bake_minutes": 5, "alarms": NOTHING},
            "bake_minutes is 5, and without alarms nothing would happen in them: have alarms, or set bake_minutes: 0",
        ),
        ({"approval_minutes": 5}, "approval_minutes is for blue_green, canary, linear, got strategy rolling"),
        ({"strategy": CANARY, "approval_minutes": 0}, "approval_minutes must be from 1 to 1440, got 0"),
        (
            {"strategy": CANARY, "prepared": True},
            "prepared is for rolling, got strategy canary, which has all it needs",
        ),
        ({"percent": 1, "approval_minutes": 1}, "percent is for canary.*; approval_minutes is for blue_green"),
    ],
)
def test_what_ecs_would_refuse_and_what_a_strategy_has_no_use_for(given, told):
    with pytest.raises(ValueError, match=told):
        configuration(**given)


@pytest.mark.parametrize("edge", [{"percent": 0.1}, {"percent": 100}, {"percent": 33.3}, {"step_minutes": 0}])
def test_the_bounds_are_allowed(edge):
    assert configuration(CANARY, **edge)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"error_percent": 0}, "error_percent must be more than 0 and less than 100, got 0"),
        ({"error_percent": 100}, "error_percent must be more than 0 and less than 100, got 100"),
        ({"latency_seconds": 0}, "latency_seconds must be finite and more than 0, got 0"),
        ({"latency_seconds": float("nan")}, "latency_seconds must be finite and more than 0, got nan"),
        ({"least_requests": 1.5}, "least_requests must be a whole number, got 1.5"),
        ({"least_requests": 0}, "least_requests must be at least 1, got 0"),
        ({"error_percent": -1, "latency_seconds": -0.5}, "error_percent must .*; latency_seconds must .* got -0.5"),
    ],
)
def test_thresholds_that_mean_nothing_are_refused(given, told):
    with pytest.raises(ValueError, match=told):
        DeploymentAlarms(**given)


SPOT = "canary needs both versions to run through, and AWS may take back every task"


@pytest.mark.parametrize(
    ("more", "changes", "told"),
    [
        (
            {"strategy": CANARY},
            {"target": None},
            "deployment: canary moves a load balancer's requests, and this service",
        ),
        ({"prepared": True}, {"target": None}, "deployment: prepared moves a load balancer's requests"),
        ({"alarms": DeploymentAlarms()}, {"target": None}, "deployment: alarms watch a load balancer's requests"),
        ({"strategy": CANARY}, {"target": target(authentication=authentication())}, "canary takes a rule that only"),
        ({"prepared": True}, {"target": target(authentication=authentication())}, "prepared takes a rule that only"),
        ({"strategy": BLUE_GREEN}, {"target": target(stickiness=Stickiness())}, "blue_green divides requests .* group"),
        ({"prepared": True}, {"target": target(stickiness=Stickiness())}, "prepared divides requests between two"),
        ({"strategy": CANARY}, {"capacity": Capacity.FARGATE_SPOT}, SPOT),
        ({"strategy": CANARY}, {"capacity": CapacityMix(fargate=0)}, SPOT),
        (
            {"strategy": LINEAR},
            {"scaling": Scaling(min=1, max=2, requests_per_target=9)},
            "linear moves requests between two target groups, and scaling.requests_per_target counts those of one",
        ),
        (
            {"strategy": CANARY},
            {"capacity": Capacity.FARGATE_SPOT, "target": target(authentication=authentication())},
            "canary takes a rule .*; deployment: canary needs both",
        ),
    ],
)
def test_a_strategy_that_does_not_fit_the_rest_of_a_service_is_refused(more, changes, told):
    with pytest.raises(ValueError, match=told):
        arguments(deployment=configuration(**more), **changes)


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        ({}, {"target": None}),
        ({"alarms": DeploymentAlarms()}, {"target": target(stickiness=Stickiness())}),
        ({"prepared": True}, {"capacity": Capacity.FARGATE_SPOT}),
        ({"strategy": CANARY}, {"capacity": CapacityMix(base=1, fargate=0)}),
        ({"strategy": CANARY}, {"scaling": Scaling(min=1, max=2, cpu=50)}),
    ],
)
def test_what_fits_is_allowed(more, changes):
    assert arguments(deployment=configuration(**more), **changes)


def test_the_second_group_s_name_must_fit_too(deploy):
    with pytest.raises(ValueError, match="has 21 characters, at most 20 are allowed where there are two target groups"):
        deploy(service(CANARY, name="a" * 21))
    deploy(service(CANARY, name="a" * 20))
    deploy(service(name="b" * 24))
