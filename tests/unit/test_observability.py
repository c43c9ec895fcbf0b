import json
import re

import pytest

from components import (
    AlarmThresholds,
    FargateService,
    MonthlyBudget,
    Observability,
    ObservabilityArgs,
    Scaling,
    ScheduledTask,
    WatchedJob,
    WatchedService,
    dashboard,
    notices,
    off_hours,
)
from components.alarm_thresholds import LOG_PATTERN
from components.log_router import LogRouter
from components.strategy import DeploymentConfiguration, DeploymentStrategy

from .test_fargate_service import arguments as of_a_service
from .test_fargate_service import target
from .test_scheduled_task import arguments as of_a_job

HERE = "ap-northeast-1:123456789012"
CLUSTER = f"arn:aws:ecs:{HERE}:cluster/c"
BALANCER = f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/balancer/abc"
GROUP = f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/web/0a1b"
OF_GROUP = {"LoadBalancer": "app/balancer/abc", "TargetGroup": "targetgroup/web/0a1b"}
OF_SERVICE = {"ClusterName": "c", "ServiceName": "web-1"}
TOPIC = "arn:Topic:watch"
KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
ALARM, FILTER = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/logMetricFilter:LogMetricFilter"
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
BUDGET, DASHBOARD = "aws:budgets/budget:Budget", "aws:cloudwatch/dashboard:Dashboard"
SUBSCRIPTION, POLICY = "aws:sns/topicSubscription:TopicSubscription", "aws:sns/topicPolicy:TopicPolicy"
JOB = WatchedJob(dead_letters_name="nightly-dead-letters", container_name="nightly")
NOTHING = AlarmThresholds(
    error_percent=None,
    latency_seconds=None,
    unhealthy_minutes=None,
    balancer_errors=None,
    cpu_percent=None,
    memory_percent=None,
    missing_tasks_minutes=None,
    log_errors=None,
    dead_letters=False,
)


def web(**changes):
    given = {"service_name": "web-1", "log_group_name": "web-logs", "target_group_arns": [GROUP], "fewest_tasks": 2}
    return WatchedService(**{**given, **changes})


def given(**changes):
    mine = {
        "cluster_arn": CLUSTER,
        "services": {"web": web()},
        "load_balancer_arn": BALANCER,
        "emails": ("team@example.com",),
        "kms_key_arn": "arn:key",
    }
    return ObservabilityArgs(**{**mine, **changes})


def watch(name="watch", **changes):
    return lambda: Observability(name, given(**changes))


def alarms(cloud):
    return {one.name.removeprefix("watch-"): one.inputs for one in cloud.all(ALARM)}


def body(cloud):
    return json.loads(cloud.one(DASHBOARD).inputs["dashboardBody"])["widgets"]


def run_rules(cloud):
    """Patterns of the rules for runs that fail, by the rules' names."""
    patterns = {one.name: one.inputs["eventPattern"] for one in cloud.all(RULE)}
    return {name: text for name, text in patterns.items() if "run-failed" in name}


def test_what_a_web_service_gets(deploy, cloud):
    made = deploy(watch(), stack="prod")
    assert sorted((one.type.rpartition(":")[2], one.name) for one in cloud.children()) == [
        ("Dashboard", "watch"),
        ("EventRule", "watch-deployment-failed"),
        ("EventTarget", "watch-deployment-failed"),
        ("LogMetricFilter", "watch-web"),
        *(
            ("MetricAlarm", f"watch-{name}")
            for name in (
                *("balancer-5xx", "web-cpu", "web-errors", "web-latency", "web-log", "web-memory", "web-tasks"),
                "web-unhealthy",
            )
        ),
        ("Topic", "watch"),
        ("TopicPolicy", "watch"),
        ("TopicSubscription", "watch-team@example.com"),
    ]
    assert deploy.known(made.topic_arn) == TOPIC


def test_the_topic_is_encrypted_and_known_once_it_takes_what_is_published(deploy, cloud):
    deploy(watch(tags={"team": "a"}), stack="prod")
    topic = cloud.one("aws:sns/topic:Topic").inputs
    assert topic == {
        "displayName": "fargate prod",
        "kmsMasterKeyId": "arn:key",
        "tags": {"Name": "watch", "team": "a"},
    }
    assert cloud.one(SUBSCRIPTION).inputs == {"topic": TOPIC, "protocol": "email", "endpoint": "team@example.com"}
    assert cloud.one(POLICY).urn in cloud.one(ALARM, "watch-web-cpu").dependencies
    assert cloud.all(KEY) == []


def test_without_a_key_of_the_stack_it_has_one_for_topics_alone(deploy, cloud):
    deploy(watch(kms_key_arn=None))
    key = cloud.one(KEY).inputs
    assert key["description"] == "fargate dev: topics"
    assert cloud.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == "arn:Key:watch"
    assert cloud.one(ALIAS).inputs["name"] == "alias/fargate-dev-watch"
    account, *services = json.loads(key["policy"])["Statement"]
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert [one["Principal"]["Service"] for one in services] == ["cloudwatch.amazonaws.com", "events.amazonaws.com"]


def test_who_may_publish(deploy, cloud):
    deploy(watch())
    policy = cloud.one(POLICY).inputs
    assert policy["arn"] == TOPIC
    without_tls, of_alarms, of_events = json.loads(policy["policy"])["Statement"]
    assert (without_tls["Effect"], without_tls["Principal"]) == ("Deny", "*")
    assert without_tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    common = {"Effect": "Allow", "Action": "sns:Publish", "Resource": TOPIC}
    assert of_alarms == common | {
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{HERE}:alarm:*"},
        },
    }
    assert of_events == common | {"Principal": {"Service": "events.amazonaws.com"}}


def test_another_s_topic_is_told_and_left_as_it_is(deploy, cloud):
    theirs = f"arn:aws:sns:{HERE}:theirs"
    made = deploy(watch(emails=(), topic_arn=theirs, kms_key_arn=None))
    assert deploy.known(made.topic_arn) == theirs
    assert not [one for one in cloud.children() if one.type.startswith(("aws:sns/", "aws:kms/"))]
    assert {tuple(one["alarmActions"]) for one in alarms(cloud).values()} == {(theirs,)}
    assert cloud.one(TARGET).inputs["arn"] == theirs


def test_an_alarm_tells_when_it_goes_off(deploy, cloud):
    deploy(watch(tags={"team": "a"}), stack="prod")
    for name, alarm in alarms(cloud).items():
        assert alarm["name"] == f"fargate-prod-watch-{name}"
        assert alarm["alarmActions"] == [TOPIC]
        assert "okActions" not in alarm, "a new alarm would tell that all is well"
        assert alarm["tags"] == {"Name": f"watch-{name}", "team": "a"}
        assert "actionsEnabled" not in alarm
        assert len(alarm["alarmDescription"]) <= 1024
        assert re.search("Amazon ECS|CloudWatch Logs|Give it more", alarm["alarmDescription"]), "it says what to do"
        assert "ops" not in alarm["alarmDescription"]


def test_what_people_type_is_said_by_who_makes_it(deploy, cloud):
    deploy(watch(look="make {command}"))
    described = {name: alarm["alarmDescription"] for name, alarm in alarms(cloud).items()}
    assert described["web-unhealthy"].endswith("See why: make status web; make logs web")
    assert described["web-errors"].endswith("Read its log: make logs web; after a deployment: make rollback web")
    assert cloud.one(TARGET).inputs["inputTransformer"]["inputTemplate"].endswith('See why: make status; make logs"')


def test_a_runbook_s_address_is_told_as_it_is_and_has_room(deploy, cloud):
    longest, service = "x" * 200, "s" * 24
    may_have_none = web(fewest_tasks=0)
    deploy(watch(look=longest, container_insights=True, services={service: may_have_none}))
    described = [alarm["alarmDescription"] for alarm in alarms(cloud).values()]
    assert f"See why: {longest}; {longest}" in " ".join(described)
    assert max(map(len, described)) <= 1024


def test_that_all_is_well_again_is_told_if_asked(deploy, cloud):
    deploy(watch(alarms=AlarmThresholds(tell_recovery=True)))
    assert {tuple(one["okActions"]) for one in alarms(cloud).values()} == {(TOPIC,)}


def test_two_of_one_program_overwrite_nothing_of_each_other(deploy, cloud):
    deploy(lambda: [watch(name)() for name in ("observability", "watch", "other")])
    names = {one.inputs["name"] for one in cloud.all(ALARM)}
    assert len(names) == len(cloud.all(ALARM)) == 24
    assert {"fargate-dev-web-cpu", "fargate-dev-watch-web-cpu", "fargate-dev-other-web-cpu"} <= names
    expected = ["fargate-dev", "fargate-dev-other", "fargate-dev-watch"]
    assert sorted(one.inputs["dashboardName"] for one in cloud.all(DASHBOARD)) == expected
    counted = {one.inputs["metricTransformation"]["namespace"] for one in cloud.all(FILTER)}
    assert counted == {"fargate/dev", "fargate/dev/watch", "fargate/dev/other"}, "an error would count three times"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "balancer-5xx",
            {
                "namespace": "AWS/ApplicationELB",
                "metricName": "HTTPCode_ELB_5XX_Count",
                "dimensions": {"LoadBalancer": "app/balancer/abc"},
                "statistic": "Sum",
                "period": 60,
                "comparisonOperator": "GreaterThanOrEqualToThreshold",
                "threshold": 10,
                "evaluationPeriods": 5,
                "datapointsToAlarm": 3,
                "treatMissingData": "notBreaching",
            },
        ),
        (
            "web-unhealthy",
            {
                "namespace": "AWS/ApplicationELB",
                "metricName": "UnHealthyHostCount",
                "dimensions": OF_GROUP,
                "statistic": "Maximum",
                "period": 60,
                "comparisonOperator": "GreaterThanThreshold",
                "threshold": 0,
                "evaluationPeriods": 5,
                "datapointsToAlarm": 5,
                "treatMissingData": "notBreaching",
            },
        ),
        (
            "web-cpu",
            {
                "namespace": "AWS/ECS",
                "metricName": "CPUUtilization",
                "dimensions": OF_SERVICE,
                "statistic": "Average",
                "period": 300,
                "comparisonOperator": "GreaterThanThreshold",
                "threshold": 90,
                "evaluationPeriods": 3,
                "datapointsToAlarm": 3,
                "treatMissingData": "notBreaching",
            },
        ),
        (
            "web-memory",
            {
                "namespace": "AWS/ECS",
                "metricName": "MemoryUtilization",
                "dimensions": OF_SERVICE,
                "statistic": "Maximum",
                "period": 300,
                "comparisonOperator": "GreaterThanThreshold",
                "threshold": 90,
                "evaluationPeriods": 3,
                "datapointsToAlarm": 3,
                "treatMissingData": "notBreaching",
            },
        ),
        (
            "web-tasks",
            {
                "namespace": "AWS/ECS",
                "metricName": "CPUUtilization",
                "dimensions": OF_SERVICE,
                "statistic": "SampleCount",
                "period": 60,
                "comparisonOperator": "LessThanThreshold",
                "threshold": 2,
                "evaluationPeriods": 10,
                "datapointsToAlarm": 10,
                "treatMissingData": "breaching",
                "warmUpConfiguration": {"warmUpPeriodDurationInMinutes": 10},
            },
        ),
        (
            "web-log",
            {
                "namespace": "fargate/dev/watch",
                "metricName": "web",
                "statistic": "Sum",
                "period": 300,
                "comparisonOperator": "GreaterThanOrEqualToThreshold",
                "threshold": 10,
                "evaluationPeriods": 1,
                "datapointsToAlarm": 1,
                "treatMissingData": "notBreaching",
            },
        ),
    ],
)
def test_an_alarm_of_one_metric(deploy, cloud, name, expected):
    deploy(watch())
    told = {"name", "alarmDescription", "alarmActions", "okActions", "tags"}
    assert {key: value for key, value in alarms(cloud)[name].items() if key not in told} == expected


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "expression"),
    [
        ("web-errors", "HTTPCode_Target_5XX_Count", "Sum", "IF(count >= 20, 100 * FILL(value, 0) / count, 0)"),
        ("web-latency", "TargetResponseTime", "p99", "IF(count >= 20, value, 0)"),
    ],
)
def test_an_alarm_on_answers_counts_no_minute_of_few_requests(deploy, cloud, name, metric, statistic, expression):
    deploy(watch())
    alarm = alarms(cloud)[name]
    count, value, counted = alarm["metricQueries"]
    for query, measured, how in ((count, "RequestCount", "Sum"), (value, metric, statistic)):
        assert query["metric"] == {
            "namespace": "AWS/ApplicationELB",
            "metricName": measured,
            "dimensions": OF_GROUP,
            "period": 60,
            "stat": how,
        }
        assert query["returnData"] is False
    assert (counted["expression"], counted["returnData"]) == (expression, True)
    assert (alarm["threshold"], alarm["comparisonOperator"]) == (5, "GreaterThanThreshold")
    assert (alarm["datapointsToAlarm"], alarm["evaluationPeriods"]) == (3, 5)
    assert {"metricName", "dimensions", "period"}.isdisjoint(alarm)


def test_container_insights_know_how_many_tasks_there_should_be(deploy, cloud):
    deploy(watch(container_insights=True))
    alarm = alarms(cloud)["web-tasks"]
    *counts, missing = alarm["metricQueries"]
    assert [(one["id"], one["metric"]["metricName"], one["metric"]["dimensions"]) for one in counts] == [
        ("desired", "DesiredTaskCount", OF_SERVICE),
        ("running", "RunningTaskCount", OF_SERVICE),
    ]
    assert {one["metric"]["namespace"] for one in counts} == {"ECS/ContainerInsights"}
    assert (missing["expression"], missing["returnData"]) == ("desired - running", True)
    assert (alarm["comparisonOperator"], alarm["threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["treatMissingData"] == "breaching"
    assert "nothing is measured" not in alarm["alarmDescription"]


@pytest.mark.parametrize("insights", [True, False])
def test_of_a_service_that_may_have_no_task_none_is_no_reason(deploy, cloud, insights):
    deploy(watch(services={"web": web(fewest_tasks=0)}, container_insights=insights))
    found = alarms(cloud).get("web-tasks")
    assert (found["treatMissingData"] if found else None) == ("notBreaching" if insights else None)
    assert not found or "when it has none, nothing is measured or told" in found["alarmDescription"]


@pytest.mark.parametrize(("minutes", "warm_up"), [(1, 10), (10, 10), (1440, 1440)])
def test_a_new_service_has_ten_minutes_at_least(deploy, cloud, minutes, warm_up):
    deploy(watch(alarms=AlarmThresholds(missing_tasks_minutes=minutes)))
    alarm = alarms(cloud)["web-tasks"]
    assert alarm["evaluationPeriods"] == minutes
    assert alarm["warmUpConfiguration"] == {"warmUpPeriodDurationInMinutes": warm_up}


@pytest.mark.parametrize(
    ("fewest", "words"), [(1, "No task of web ran, for 10"), (2, "Fewer than 2 tasks of web ran,")]
)
def test_too_few_tasks_are_told_in_words(deploy, cloud, fewest, words):
    deploy(watch(services={"web": web(fewest_tasks=fewest)}))
    assert alarms(cloud)["web-tasks"]["alarmDescription"].startswith(words)


def test_the_log_s_errors_are_counted(deploy, cloud):
    deploy(watch(alarms=AlarmThresholds(log_pattern='{ $.level = "error" }', log_errors=3)), stack="prod")
    assert cloud.one(FILTER).inputs == {
        "logGroupName": "web-logs",
        "pattern": '{ $.level = "error" }',
        "metricTransformation": {"namespace": "fargate/prod/watch", "name": "web", "value": "1"},
    }
    assert alarms(cloud)["web-log"]["threshold"] == 3
    assert AlarmThresholds().log_pattern == LOG_PATTERN == "?ERROR ?FATAL ?CRITICAL ?Exception ?Traceback"


def test_each_of_two_target_groups_is_watched_by_itself(deploy, cloud):
    deploy(watch(services={"web": web(target_group_arns=[GROUP, f"{GROUP}2"])}))
    names = {name for name in alarms(cloud) if name.startswith("web-alt-")}
    assert names == {"web-alt-errors", "web-alt-latency", "web-alt-unhealthy"}
    other = alarms(cloud)["web-alt-unhealthy"]
    assert other["dimensions"]["TargetGroup"] == "targetgroup/web/0a1b2"
    assert "A task of web did not" in other["alarmDescription"]


def test_a_worker_has_no_alarms_on_requests(deploy, cloud):
    worker = WatchedService(service_name="mail-1", log_group_name="mail-logs")
    deploy(watch(services={"mail": worker}, load_balancer_arn=None))
    assert set(alarms(cloud)) == {"mail-cpu", "mail-memory", "mail-tasks", "mail-log"}
    assert [one["properties"]["title"] for one in body(cloud)][1:] == [
        "mail: percent of CPU and memory",
        "mail: tasks, and errors in its log",
    ]
    assert [one["width"] for one in body(cloud)] == [24, 12, 12]


def test_a_threshold_of_none_switches_its_alarm_off(deploy, cloud):
    deploy(watch(alarms=NOTHING, jobs={"nightly": JOB}, dashboard=False))
    assert alarms(cloud) == {}
    assert [*cloud.all(FILTER), *cloud.all(DASHBOARD)] == []


def test_a_job_that_could_not_be_started_is_told(deploy, cloud):
    deploy(watch(jobs={"nightly": JOB}))
    alarm = alarms(cloud)["nightly-unstarted"]
    assert alarm["dimensions"] == {"QueueName": "nightly-dead-letters"}
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert (alarm["threshold"], alarm["comparisonOperator"]) == (0, "GreaterThanThreshold")


def test_a_failed_deployment_is_told_in_words(deploy, cloud):
    deploy(watch(tags={"team": "a"}))
    rule, told = cloud.one(RULE).inputs, cloud.one(TARGET).inputs
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        "resources": [{"prefix": f"arn:aws:ecs:{HERE}:service/c/"}],
    }
    assert rule["tags"] == {"Name": "watch-deployment-failed", "team": "a"}
    assert (told["rule"], told["arn"]) == ("watch-deployment-failed-1234567", TOPIC)
    assert told["inputTransformer"]["inputPaths"] == {"service": "$.resources[0]", "reason": "$.detail.reason"}
    assert json.loads(told["inputTransformer"]["inputTemplate"]) == (
        "A deployment of <service> failed: <reason> The version before it serves, if there is one. See why: the "
        "services' events in Amazon ECS; CloudWatch Logs"
    )


def test_a_deployment_that_waits_for_a_word_is_told_with_the_command(deploy, cloud):
    deploy(watch(services={"web": web(asks_for_approval=True)}))
    pattern = json.loads(cloud.one(RULE, "watch-approval").inputs["eventPattern"])
    assert pattern["detail-type"] == ["ECS Hook State Change"]
    assert pattern["detail"] == {"eventName": ["HOOK_AWAITING_ACTION"], "clusterArn": [CLUSTER]}
    told = cloud.one(TARGET, "watch-approval").inputs["inputTransformer"]
    command = "--service-deployment-arn <deployment> --hook-id <hook> --region <region> --action CONTINUE"
    assert command in told["inputTemplate"]
    assert told["inputPaths"]["region"] == "$.region"


def test_a_run_that_fails_is_told_and_a_service_s_task_is_not(deploy, cloud):
    other = WatchedJob(dead_letters_name="tidy-dead-letters", container_name="web")
    deploy(watch(jobs={"tidy": other, "nightly": JOB, "weekly": JOB}))
    detail = json.loads(cloud.one(RULE, "watch-run-failed").inputs["eventPattern"])["detail"]
    assert detail == {
        "clusterArn": [CLUSTER],
        "lastStatus": ["STOPPED"],
        "group": [{"prefix": "family:"}],
        "$or": [
            {"stopCode": ["TaskFailedToStart"]},
            {"containers": {"name": ["nightly", "web"], "exitCode": [{"anything-but": [0]}]}},
        ],
    }
    assert [*run_rules(cloud)] == ["watch-run-failed"]


def test_a_run_that_fails_is_told_with_the_command_that_says_why(deploy, cloud):
    deploy(watch(jobs={"nightly": JOB}))
    told = cloud.one(TARGET, "watch-run-failed").inputs["inputTransformer"]
    assert "aws ecs describe-tasks --cluster <cluster> --tasks <task> --region <region>" in told["inputTemplate"]
    assert "$.detail.stoppedReason" not in told["inputPaths"].values(), "free text, whose quotes would break the text"


def test_many_jobs_have_rules_that_eventbridge_takes(deploy, cloud):
    names = [f"job-{number:020}" for number in range(100)]
    jobs = {name: WatchedJob(dead_letters_name="letters", container_name=name) for name in names}
    deploy(watch(jobs=jobs, cluster_arn=f"arn:aws-us-gov:ecs:us-gov-west-1:123456789012:cluster/{'c' * 255}"))
    patterns = run_rules(cloud)
    assert sorted(patterns) == ["watch-run-failed", "watch-run-failed-2"]
    assert max(map(len, patterns.values())) <= notices.MOST_CHARACTERS == 2048
    first, second = (json.loads(patterns[name])["detail"] for name in sorted(patterns))
    not_started, ended = first["$or"]
    assert not_started == {"stopCode": ["TaskFailedToStart"]}
    assert "$or" not in second, "what did not start is told once"
    assert second["clusterArn"] == first["clusterArn"]
    assert second["containers"]["exitCode"] == ended["containers"]["exitCode"]
    assert [*ended["containers"]["name"], *second["containers"]["name"]] == names
    assert {one.inputs["arn"] for one in cloud.all(TARGET)} == {TOPIC}


@pytest.mark.parametrize("jobs", [{}, {"nightly": JOB}])
def test_every_word_of_a_notice_is_in_the_event(deploy, cloud, jobs):
    deploy(watch(services={"web": web(asks_for_approval=True)}, jobs=jobs))
    for told in cloud.all(TARGET):
        transformer = told.inputs["inputTransformer"]
        assert set(re.findall("<([a-z]+)>", transformer["inputTemplate"])) == set(transformer["inputPaths"])


def test_a_budget_tells_when_it_is_spent_and_when_that_is_foreseen(deploy, cloud):
    deploy(watch(monthly_budget=MonthlyBudget(usd=300, tag={"environment": "prod"}), kms_key_arn=None))
    budget = cloud.one(BUDGET).inputs
    notifications = budget.pop("notifications")
    assert budget == {
        "budgetType": "COST",
        "limitAmount": "300",
        "limitUnit": "USD",
        "timeUnit": "MONTHLY",
        "costFilters": [{"name": "TagKeyValue", "values": ["user:environment$prod"]}],
        "tags": {"Name": "watch"},
    }
    assert [one.pop("notificationType") for one in notifications] == ["ACTUAL", "FORECASTED"]
    assert (
        notifications
        == [
            {
                "comparisonOperator": "GREATER_THAN",
                "threshold": 100,
                "thresholdType": "PERCENTAGE",
                "subscriberSnsTopicArns": [TOPIC],
            }
        ]
        * 2
    )
    *_, of_budgets = json.loads(cloud.one(POLICY).inputs["policy"])["Statement"]
    assert of_budgets["Principal"] == {"Service": "budgets.amazonaws.com"}
    assert of_budgets["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:budgets::123456789012:*"},
    }
    *_, in_the_key = json.loads(cloud.one(KEY).inputs["policy"])["Statement"]
    assert in_the_key["Principal"] == {"Service": "budgets.amazonaws.com"}


@pytest.mark.parametrize(
    ("usd", "limit"), [(1_000_000, "1000000"), (0.01, "0.01"), (0.5, "0.5"), (87.25, "87.25"), (100, "100")]
)
def test_a_budget_of_the_whole_account(deploy, cloud, usd, limit):
    deploy(watch(monthly_budget=MonthlyBudget(usd=usd)))
    assert cloud.one(BUDGET).inputs["limitAmount"] == limit
    assert "costFilters" not in cloud.one(BUDGET).inputs


# The dashboard


def test_a_row_for_each_service(deploy, cloud):
    deploy(watch(jobs={"nightly": JOB}, services={"web": web(), "api": web(service_name="api-1")}), stack="prod")
    assert cloud.one(DASHBOARD).inputs["dashboardName"] == "fargate-prod-watch"
    states, *widgets = body(cloud)
    assert (states["type"], states["x"], states["y"], states["width"]) == ("alarm", 0, 0, 24)
    assert set(states["properties"]["alarms"]) == {f"arn:MetricAlarm:{one.name}" for one in cloud.all(ALARM)}
    assert [one["properties"]["title"] for one in widgets] == [
        "Load balancer: requests a minute",
        "Jobs: runs that could not be started",
        *(
            f"{name}: {what}"
            for name in ("web", "api")
            for what in (
                "requests a minute",
                "seconds to the answer",
                "percent of CPU and memory",
                "tasks, and errors in its log",
            )
        ),
    ]
    assert {one["properties"]["region"] for one in widgets} == {"ap-northeast-1"}


def lines(cloud, title):
    (widget,) = [one for one in body(cloud) if one["properties"]["title"] == title]
    return widget["properties"]["metrics"]


def test_what_a_row_shows(deploy, cloud):
    deploy(watch(container_insights=True))
    of_group = ["LoadBalancer", "app/balancer/abc", "TargetGroup", "targetgroup/web/0a1b"]
    of_service = ["ClusterName", "c", "ServiceName", "web-1"]
    assert [one[:-1] for one in lines(cloud, "web: requests a minute")] == [
        ["AWS/ApplicationELB", metric, *of_group]
        for metric in ("RequestCount", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count")
    ]
    assert [one[-1]["stat"] for one in lines(cloud, "web: seconds to the answer")] == ["p50", "p99"]
    assert [(one[1], one[-1]["stat"]) for one in lines(cloud, "web: percent of CPU and memory")] == [
        ("CPUUtilization", "Average"),
        ("MemoryUtilization", "Maximum"),
    ]
    *tasks, errors = lines(cloud, "web: tasks, and errors in its log")
    assert [one[:-1] for one in tasks] == [
        ["ECS/ContainerInsights", "DesiredTaskCount", *of_service],
        ["ECS/ContainerInsights", "RunningTaskCount", *of_service],
        ["AWS/ApplicationELB", "UnHealthyHostCount", *of_group],
    ]
    assert errors[:-1] == ["fargate/dev/watch", "web"]


def test_without_insights_and_a_searched_log_a_row_shows_less(deploy, cloud):
    deploy(watch(services={"web": web(log_group_name=None, target_group_arns=[GROUP, f"{GROUP}2"])}))
    running, first, second = lines(cloud, "web: tasks, and errors in its log")
    assert [running[1], running[-1]["stat"]] == ["CPUUtilization", "SampleCount"]
    assert [one[-1]["label"] for one in (first, second)] == ["unhealthy", "unhealthy (second group)"]


def test_the_same_resources_have_the_same_dashboard(deploy, cloud):
    deploy(watch())
    text = cloud.one(DASHBOARD).inputs["dashboardBody"]
    assert json.loads(text)["periodOverride"] == "inherit", "a line by the minute is one for every range"
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize("services", [1, 3, 100, dashboard.MOST_SERVICES])
def test_a_dashboard_is_what_cloudwatch_takes(services):
    row = dashboard.Row(service_name="s", target_groups=[OF_GROUP, OF_GROUP], log_metric=("fargate/dev", "s"))
    shown = dashboard.Shown(
        region="ap-northeast-1",
        cluster_name="c",
        container_insights=True,
        balancer="app/balancer/abc",
        rows={f"s{number}": row for number in range(services)},
        queues={"nightly": "q"},
        alarms=[f"arn:{number}" for number in range(11 * services + 1)],
    )
    widgets = json.loads(dashboard.body(shown))["widgets"]
    assert len(widgets) <= 500
    of_metrics = [one["properties"]["metrics"] for one in widgets if one["type"] == "metric"]
    assert max(map(len, of_metrics)) <= 500
    assert sum(map(len, of_metrics)) <= 2500
    assert max(len(one["properties"]["alarms"]) for one in widgets if one["type"] == "alarm") <= 100
    places = set()
    for one in widgets:
        assert 0 <= one["x"] <= one["x"] + one["width"] <= 24
        cells = {
            (x, y) for x in range(one["x"], one["x"] + one["width"]) for y in range(one["y"], one["y"] + one["height"])
        }
        assert places.isdisjoint(cells), "two widgets overlap"
        places |= cells


# What a service and a job give


def test_what_a_service_is_watched_by(deploy, cloud):
    def program():
        service = FargateService("web", of_a_service(target=target(), desired_count=3))
        return Observability("watch", given(services={"web": service.watched}))

    deploy(program)
    found = alarms(cloud)
    assert found["web-tasks"]["dimensions"]["ServiceName"] == "web-1234567"
    assert found["web-tasks"]["threshold"] == 3
    assert cloud.one(FILTER).inputs["logGroupName"] == "web-1234567"
    assert "web-errors" in found


NIGHTS = Scaling(min=2, max=4, schedules=off_hours(stop=20, start=6, tasks=(2, 4)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (1, 1, True, False)),
        ({"target": None, "port": None}, (1, 0, True, False)),
        ({"scaling": Scaling(min=2, max=4, cpu=50)}, (2, 1, True, False)),
        ({"scaling": NIGHTS}, (0, 1, True, False)),
        ({"log_router": LogRouter(options={"Name": "http"})}, (1, 1, False, False)),
        (
            {"deployment": DeploymentConfiguration(strategy=DeploymentStrategy.BLUE_GREEN, approval_minutes=5)},
            (1, 2, True, True),
        ),
    ],
)
def test_what_a_service_tells_of_itself(deploy, changes, expected):
    made = deploy(lambda: FargateService("web", of_a_service(**{"target": target(), **changes})))
    one = made.watched
    found = (one.fewest_tasks, len(one.target_group_arns), one.log_group_name is not None, one.asks_for_approval)
    assert found == expected


def test_a_scheduled_task_s_queue_is_watched(deploy, cloud):
    def program():
        job = ScheduledTask("nightly", of_a_job())
        watched = WatchedJob(dead_letters_name=job.dead_letters_name, container_name="nightly")
        return Observability("watch", given(jobs={"nightly": watched}))

    deploy(program)
    assert alarms(cloud)["nightly-unstarted"]["dimensions"] == {"QueueName": "nightly-dead-letters-1234567"}


def test_the_documented_program(deploy, cloud, at_root):
    text = (at_root / "docs" / "operations.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(from components import Observability.*?)```", text, re.DOTALL)
    deploy(lambda: exec(program, {}))
    assert {"web-errors", "web-tasks", "balancer-5xx"} <= set(alarms(cloud))


# What is refused


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({"error_percent": 0}, "error_percent must be more than 0 and less than 100, got 0"),
        ({"latency_seconds": 0}, "latency_seconds must be finite and more than 0, got 0"),
        ({"latency_seconds": float("inf")}, "latency_seconds must be finite and more than 0, got inf"),
        ({"latency_seconds": float("nan")}, "latency_seconds must be finite and more than 0, got nan"),
        ({"error_percent": float("nan")}, "error_percent must be more than 0 and less than 100, got nan"),
        ({"cpu_percent": float("nan")}, "cpu_percent must be more than 0 and up to 100, got nan"),
        ({"least_requests": 20.5}, "least_requests must be a whole number, got 20.5"),
        ({"unhealthy_minutes": 1.5}, "unhealthy_minutes must be a whole number, got 1.5"),
        ({"missing_tasks_minutes": 2.0}, "missing_tasks_minutes must be a whole number, got 2.0"),
        ({"balancer_errors": float("inf")}, "balancer_errors must be a whole number, got inf"),
        ({"log_errors": True}, "log_errors must be a whole number, got True"),
        ({"least_requests": 0}, "least_requests must be at least 1, got 0"),
        ({"unhealthy_minutes": 0}, "unhealthy_minutes must be from 1 to 1440, got 0"),
        ({"missing_tasks_minutes": 1441}, "missing_tasks_minutes must be from 1 to 1440, got 1441"),
        ({"balancer_errors": 0}, "balancer_errors must be at least 1, got 0"),
        ({"log_errors": 0}, "log_errors must be at least 1, got 0"),
        ({"cpu_percent": 0}, "cpu_percent must be more than 0 and up to 100, got 0"),
        ({"memory_percent": 100.5}, "memory_percent must be more than 0 and up to 100, got 100.5"),
        ({"log_pattern": " "}, "log_pattern must have 1 to 1024 characters, got 0: an empty one finds every line"),
        ({"log_pattern": "x" * 1025}, "log_pattern must have 1 to 1024 characters, got 1025"),
        ({"log_pattern": "{ $.a = 1"}, "log_pattern must end with }, as it begins with {, got '{ $.a = 1'"),
        ({"log_pattern": " [ip, status=5*"}, "log_pattern must end with ], as it begins with [, got '[ip, status=5*'"),
        ({"log_pattern": "%"}, "log_pattern must end with %, as it begins with %, got '%'"),
        ({"log_pattern": '"ERROR'}, "log_pattern must close each quotation mark, got '\"ERROR'"),
    ],
)
def test_a_threshold_that_nothing_could_exceed_is_refused(thresholds, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        AlarmThresholds(**thresholds)


@pytest.mark.parametrize("pattern", ["ERROR", '{ $.level = "error" }', "[ip, status=5*] ", "%5..%", '"a b" ?c'])
def test_a_pattern_that_ends_as_it_begins_is_taken(pattern):
    assert AlarmThresholds(log_pattern=pattern).log_pattern == pattern


def test_every_problem_of_thresholds_is_told_at_once():
    with pytest.raises(ValueError, match="error_percent") as error:
        AlarmThresholds(error_percent=100, cpu_percent=0, log_errors=0)
    assert str(error.value).split("; ") == [
        "error_percent must be more than 0 and less than 100, got 100",
        "log_errors must be at least 1, got 0",
        "cpu_percent must be more than 0 and up to 100, got 0",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"emails": ("team",)}, "emails: 'team' is no address such as team@example.com"),
        ({"emails": ("a@b.example",) * 2}, "emails: 'a@b.example' is there 2 times"),
        ({"topic_arn": "arn:theirs"}, "emails are told by a topic of its own, and topic_arn names another: leave out"),
        *(
            ({"look": look}, "look must have 1 to 200 characters, none of them < or >, by which")
            for look in ("", "<x>", "x" * 201)
        ),
        ({"load_balancer_arn": None}, "load_balancer_arn is needed for the target groups of web"),
        (
            {"services": {f"s{number}": web() for number in range(121)}},
            "dashboard has room for 120 services, got 121: set dashboard to false, or watch fewer",
        ),
    ],
)
def test_what_cannot_be_watched_is_refused(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        given(**changes)


def test_without_a_dashboard_there_is_room_for_more_services():
    assert given(services={f"s{number}": web() for number in range(121)}, dashboard=False)


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"usd": 0}, "usd must be finite and at least 0.01, got 0"),
        ({"usd": 0.004}, "usd must be finite and at least 0.01, got 0.004"),
        ({"usd": float("inf")}, "usd must be finite and at least 0.01, got inf"),
        ({"usd": float("nan")}, "usd must be finite and at least 0.01, got nan"),
        ({"usd": 1, "tag": {"": "prod"}}, "tag must have a key and a value, got {'': 'prod'}"),
        ({"usd": 1, "tag": {"environment": ""}}, "tag must have a key and a value, got {'environment': ''}"),
        ({"usd": 1, "tag": {"a": "b", "c": "d"}}, "tag must be one, such as {environment: prod}, got 2"),
    ],
)
def test_a_budget_that_aws_would_not_take_is_refused(budget, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        MonthlyBudget(**budget)
