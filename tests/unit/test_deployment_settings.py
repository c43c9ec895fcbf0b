"""What a stack file says of how a new version takes over."""

import pytest

from components import DeploymentAlarms, DeploymentConfiguration, DeploymentStrategy

from . import test_program, test_settings
from .test_settings import DOMAIN, SIGN_IN

WHERE = "fargate:services.web.deployment"
WEB = {"build": "./app"}
SIGNS_IN = "canary takes a rule that only forwards, and authentication adds another action: leave out one"
ALL_SPOT = (
    "needs both versions to run through, and AWS may take back every task of a service that is on FARGATE_SPOT alone: "
    "have some on FARGATE, such as capacity: {base: 1}"
)
STICKY = (
    "canary divides requests between two target groups, where AWS takes no stickiness to a task without one to a "
    "group, which would hold clients back from the new version: leave out one"
)
COUNTS = (
    "canary moves requests between two target groups, and scaling.requests_per_target counts those of one, which AWS "
    "does not support: scale by cpu, memory or a queue"
)

parse, problems, run = test_settings.parse, test_settings.problems, test_program.run


def said(parse, deployment):
    return parse(web={**WEB, "deployment": deployment}).services["web"].deployment


@pytest.mark.parametrize("strategy", DeploymentStrategy)
def test_a_strategy_is_one_word(parse, strategy):
    assert said(parse, strategy.value) == DeploymentConfiguration(strategy=strategy)


def test_what_is_left_out_is_rolling(parse):
    assert parse(web=WEB).services["web"].deployment == DeploymentConfiguration()


def test_a_mapping_says_more(parse):
    given = {
        "strategy": "canary",
        "percent": 2.5,
        "step_minutes": 15,
        "bake_minutes": 10,
        "alarms": {"error_percent": 1, "latency_seconds": None},
        "approval_minutes": 60,
    }
    assert said(parse, given) == DeploymentConfiguration(
        strategy=DeploymentStrategy.CANARY,
        percent=2.5,
        step_minutes=15,
        bake_minutes=10,
        alarms=DeploymentAlarms(error_percent=1, latency_seconds=None),
        approval_minutes=60,
    )
    assert said(parse, {"alarms": {}}).watched == DeploymentAlarms()
    assert said(parse, {"prepared": True}).two_groups


def test_a_service_whose_requests_move_has_the_place_before_its_own(parse):
    services = {"web": WEB, "api": {**WEB, "paths": ["/api/*"]}, "mail": {**WEB, "kind": "worker"}}
    before = parse(**services).priorities
    after = parse(**{**services, "web": {**WEB, "deployment": {"prepared": True}}}).priorities
    assert after == {"web": before["web"] - 1, "api": before["api"]}


@pytest.mark.parametrize(
    ("service", "told"),
    [
        (
            {"deployment": "cannary"},
            [f"{WHERE}.strategy: must be one of 'rolling', 'blue_green', 'canary' or 'linear', got 'cannary'"],
        ),
        ({"deployment": True}, [f"{WHERE}: must be a mapping, got true"]),
        ({"deployment": {"percents": 5}}, [f"{WHERE}.percents: unknown key: did you mean 'percent'?"]),
        (
            {"deployment": {"strategy": "canary", "percent": "5"}},
            [f"{WHERE}.percent: must be a number without quotes, got '5'"],
        ),
        (
            {"deployment": {"strategy": "canary", "bake_minutes": 5, "alarms": {"error_percent": 0}}},
            [f"{WHERE}.alarms: error_percent must be more than 0 and less than 100, got 0"],
        ),
        (
            {
                "deployment": {
                    "strategy": "blue_green",
                    "bake_minutes": 5,
                    "alarms": {"error_percent": None, "latency_seconds": None},
                }
            },
            [
                f"{WHERE}: bake_minutes is 5, and without alarms nothing would happen in them: have alarms, or set "
                "bake_minutes: 0"
            ],
        ),
        (
            {"kind": "worker", "deployment": "canary"},
            [f"{WHERE}: canary moves a load balancer's requests, and this service gets none: leave it out"],
        ),
        (
            {"kind": "worker", "deployment": {"alarms": {}}},
            [f"{WHERE}: alarms watch a load balancer's requests, and this service gets none: leave them out"],
        ),
        (
            {
                "deployment": "canary",
                "capacity": {"base": 0, "fargate": 0, "fargate_spot": 1},
                "authentication": SIGN_IN,
                "stickiness": {},
                "scaling": {"min": 1, "max": 2, "requests_per_target": 9},
            },
            [f"{WHERE}: {told}" for told in (SIGNS_IN, STICKY, f"canary {ALL_SPOT}", COUNTS)],
        ),
        (
            {"deployment": "blue_green", "capacity": "FARGATE_SPOT"},
            [f"{WHERE}: blue_green {ALL_SPOT}"],
        ),
    ],
)
def test_what_does_not_fit_is_told_with_all_else(problems, service, told):
    edge = {"fargate:load_balancer": {"domain": DOMAIN}}
    assert problems(edge, web={**WEB, **service}, other={**WEB, "paths": ["/other/*"]}) == told


@pytest.mark.parametrize("capacity", [{"base": 1, "fargate": 0}, {"fargate": 1, "fargate_spot": 3}, {"base": 1}])
def test_a_service_with_some_tasks_on_fargate_may_be_a_canary(parse, capacity):
    assert parse(web={**WEB, "deployment": "canary", "capacity": capacity})


def test_a_name_of_which_no_second_target_group_s_can_be_made_is_refused(problems):
    name = "a" * 21
    (told,) = problems(web=WEB, **{name: {**WEB, "paths": ["/a/*"], "deployment": "canary"}})
    assert told.startswith(
        f"fargate:services.{name}.deployment: name '{name}' has 21 characters, at most 20 are allowed"
    )


@pytest.mark.parametrize("name", ["web-alt", "web-shift"])
def test_a_service_that_is_named_as_what_another_one_s_deployment_makes_is_refused(parse, problems, name):
    other = {**WEB, "paths": ["/a/*"]}
    assert problems(**{"web": {**WEB, "deployment": "canary"}, name: other}) == [
        f"fargate:services.{name}: resources of service web are named so, by its deployment: take another name"
    ]
    assert parse(**{"web": WEB, name: other})


def test_the_program_hands_it_on(run, cloud):
    run("dev", services={"web": {**WEB, "deployment": "linear"}, "api": {**WEB, "paths": ["/api/*"]}})
    service = cloud.one("aws:ecs/service:Service", "web").inputs
    assert service["deploymentConfiguration"]["strategy"] == "LINEAR"
    rules = [one.name for one in cloud.all("aws:lb/listenerRule:ListenerRule")]
    assert rules == ["api", "web-shift"]
