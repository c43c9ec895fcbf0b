"""What a stack file says of who is told, and when."""

import json

import pytest

from components import AlarmThresholds, MonthlyBudget
from configuration.schema import schema

from . import test_program, test_settings

WHERE = "fargate:observability"
EMAILS = {"emails": ["team@example.com"]}
TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:alarms"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
RULE = "aws:cloudwatch/eventRule:EventRule"
KEY = "aws:kms/key:Key"
NOBODY = (
    f"{WHERE}: somebody must be told: by emails, such as [team@example.com], or by topic_arn, a topic that has "
    "subscriptions;"
)
OF_OURS = ("aws:sns/", "aws:budgets/", "aws:kms/", "aws:cloudwatch/metricAlarm", "aws:cloudwatch/dashboard")

parse, problems, run = test_settings.parse, test_settings.problems, test_program.run


def said(parse, **observability):
    return parse({WHERE: observability}).observability


def test_left_out_there_is_none(parse):
    assert parse().observability is None
    assert not parse().has_budget_of_its_topic


def test_somebody_to_tell_is_enough(parse):
    found = said(parse, **EMAILS)
    assert found.emails == ("team@example.com",)
    assert found.alarms == AlarmThresholds()
    assert found.dashboard
    assert found.monthly_budget is None


def test_everything_can_be_said(parse):
    alarms = {
        "error_percent": 1,
        "latency_seconds": None,
        "least_requests": 100,
        "unhealthy_minutes": 2,
        "balancer_errors": None,
        "cpu_percent": 80.5,
        "memory_percent": 95,
        "missing_tasks_minutes": None,
        "log_errors": 1,
        "log_pattern": "?panic",
        "dead_letters": False,
        "tell_recovery": True,
    }
    budget = {"usd": 300, "tag": {"environment": "prod"}}
    found = said(parse, topic_arn=TOPIC, alarms=alarms, monthly_budget=budget, dashboard=False)
    assert found.topic_arn == TOPIC
    assert found.alarms == AlarmThresholds(**alarms)
    assert found.monthly_budget == MonthlyBudget(**budget)
    assert not found.dashboard


@pytest.mark.parametrize("usd", [300, 87.5])
def test_a_budget_is_a_number_alone_too(parse, usd):
    assert said(parse, **EMAILS, monthly_budget=usd).monthly_budget == MonthlyBudget(usd=usd)


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({}, [f"{NOBODY} got neither"]),
        ({**EMAILS, "topic_arn": TOPIC}, [f"{NOBODY} got both"]),
        (
            {"emails": ["team", "team"]},
            [f"{WHERE}.emails: 'team' is no address such as team@example.com; 'team' is there 2 times"],
        ),
        (
            {"topic_arn": TOPIC.replace("ap-northeast-1", "us-east-1")},
            [f"{WHERE}.topic_arn: must be in the stack's region ap-northeast-1, got one in us-east-1"],
        ),
        (
            {**EMAILS, "alarms": {"cpu_percent": 0, "log_errors": 0, "error_percent": 100}},
            [
                f"{WHERE}.alarms: error_percent must be more than 0 and less than 100, got 100; log_errors must be at "
                "least 1, got 0; cpu_percent must be more than 0 and up to 100, got 0"
            ],
        ),
        (
            {**EMAILS, "alarms": {"cpu": 80}},
            [
                f"{WHERE}.alarms.cpu: unknown key; known are error_percent, latency_seconds, least_requests, "
                "unhealthy_minutes, balancer_errors, cpu_percent, memory_percent, missing_tasks_minutes, log_errors, "
                "log_pattern, dead_letters, tell_recovery"
            ],
        ),
        (
            {**EMAILS, "alarms": {"log_errors": "3"}},
            [f"{WHERE}.alarms.log_errors: must be a whole number without quotes, got '3'"],
        ),
        (
            {**EMAILS, "monthly_budget": {"usd": 0, "tag": {"a": "b", "c": "d"}}},
            [
                f"{WHERE}.monthly_budget: usd must be finite and at least 0.01, got 0; tag must be one, such as "
                "{environment: prod}, got 2: AWS would count what bears any of them. Give the stack's resources a tag "
                "of their own"
            ],
        ),
        (
            {**EMAILS, "monthly_budget": {"usd": 1, "tag": {"environment": ""}}},
            [f"{WHERE}.monthly_budget: tag must have a key and a value, got {{'environment': ''}}"],
        ),
        *(
            (
                {**EMAILS, "monthly_budget": given},
                [f"{WHERE}.monthly_budget: must be a number, or a mapping with usd and tag, got {shown}"],
            )
            for given, shown in (("300", "'300'"), (True, "true"), ([300], "[300]"))
        ),
        (
            {**EMAILS, "monthly_budget": {"usd": "300"}},
            [f"{WHERE}.monthly_budget.usd: must be a number without quotes, got '300'"],
        ),
        (
            {**EMAILS, "alarms": {"log_pattern": "{ $.a = 1"}},
            [f"{WHERE}.alarms: log_pattern must end with }}, as it begins with {{, got '{{ $.a = 1'"],
        ),
        ({**EMAILS, "email": []}, [f"{WHERE}.email: unknown key: did you mean 'emails'?"]),
    ],
)
def test_what_is_refused(problems, given, lines):
    assert problems({WHERE: given}) == lines


def test_more_services_than_a_dashboard_has_room_for(problems, parse):
    services = {f"s{number}": {"image": "nginx:1", "kind": "worker"} for number in range(121)}
    (line,) = problems({WHERE: EMAILS}, **services)
    assert line == (f"{WHERE}.dashboard has room for 120 services, got 121: set dashboard to false, or watch fewer")
    assert parse({WHERE: {**EMAILS, "dashboard": False}}, **services).observability


def test_editors_know_it():
    definitions = json.loads(schema())["$defs"]
    assert set(definitions["ObservabilitySettings"]["properties"]) == {
        *("emails", "topic_arn", "alarms", "monthly_budget", "dashboard")
    }
    assert definitions["AlarmThresholds"]["properties"]["cpu_percent"]["default"] == 90


# The program


def test_dev_has_none_of_it(run, cloud):
    run("dev")
    assert not [one.type for one in cloud.children() if one.type.startswith(OF_OURS)]
    assert not cloud.all("fargate:index:Observability")


def test_prod_tells_a_team(run, cloud):
    run("prod", observability={"emails": ["team@example.com"]})
    assert cloud.one("aws:sns/topicSubscription:TopicSubscription").inputs["endpoint"] == "team@example.com"
    assert cloud.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == "arn:Key:key", "the stack's own key"
    assert len(cloud.all(KEY)) == 1
    assert len(cloud.all(ALARM)) == 8
    tasks = cloud.one(ALARM, "observability-web-tasks").inputs
    assert tasks["name"] == "fargate-prod-web-tasks"
    assert "See why: python -m ops status web -s prod; python -m ops logs web -s prod" in tasks["alarmDescription"]
    assert len(tasks["metricQueries"]) == 3, "container insights know how many there should be"


def test_jobs_are_watched_by_the_container_that_runs(run, cloud):
    services = {"web": {"build": "./app"}, "mail": {"build": "./app", "kind": "worker"}}
    jobs = {
        "report": {"build": "./app", "schedule": "rate(1 day)"},
        "tidy": {"service": "web", "schedule": "rate(1 day)"},
    }
    run("dev", observability=EMAILS, services=services, jobs=jobs)
    pattern = json.loads(cloud.one(RULE, "observability-run-failed").inputs["eventPattern"])
    assert pattern["detail"]["$or"][1]["containers"]["name"] == ["report", "web"]
    names = {one.name.removeprefix("observability-") for one in cloud.all(ALARM)}
    assert {"report-unstarted", "tidy-unstarted", "mail-tasks", "web-errors"} <= names
    assert "mail-errors" not in names
    assert len(cloud.all(KEY)) == 1


def test_a_budget_may_use_the_stack_s_key(run, cloud):
    run("dev", observability={**EMAILS, "monthly_budget": 100}, customer_key=True)
    *_, last = json.loads(cloud.one(KEY).inputs["policy"])["Statement"]
    assert last["Principal"] == {"Service": "budgets.amazonaws.com"}


def test_a_budget_that_tells_another_s_topic_has_no_use_for_the_stack_s_key(run, cloud):
    run("dev", observability={"topic_arn": TOPIC, "monthly_budget": 100}, customer_key=True)
    assert "budgets" not in cloud.one(KEY).inputs["policy"]
    assert len(cloud.all("aws:budgets/budget:Budget")) == 1


def test_a_service_whose_requests_move_is_watched_in_both_groups(run, cloud):
    deployment = {"strategy": "canary", "approval_minutes": 30}
    run("dev", observability=EMAILS, services={"web": {"build": "./app", "deployment": deployment}})
    ours = {one.name for one in cloud.all(ALARM) if one.name.startswith("observability-")}
    assert {"observability-web-errors", "observability-web-alt-errors"} <= ours
    assert {one.name for one in cloud.all(RULE)} == {"observability-deployment-failed", "observability-approval"}
