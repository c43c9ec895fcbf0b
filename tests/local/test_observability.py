"""Alarms, notices and a dashboard of a stack that runs: read back, changed, and gone without a trace."""

import json
import time

import pytest
import yaml

from tests.local.harness import ROOT, Cloud, copy_of_program, deployed

pytestmark = pytest.mark.local

PREFIX = "seen-dev-"
OF_WEB = ("cpu", "errors", "latency", "log", "memory", "tasks", "unhealthy")
OBSERVABILITY = {
    "emails": ["team@example.com", "boss@example.com"],
    "alarms": {"log_errors": 3},
    "monthly_budget": {"usd": 100, "tag": {"environment": "dev"}},
}
NIGHTLY = {"service": "web", "schedule": "cron(0 3 * * ? *)"}


@pytest.fixture(scope="module")
def project(cloud: Cloud, tmp_path_factory):
    project = copy_of_program(cloud, tmp_path_factory.mktemp("seen") / "project", name="seen")
    say(project, observability=OBSERVABILITY, jobs={"nightly": NIGHTLY})
    with deployed(project):
        yield project


def say(project, **settings):
    """dev's stack file, with more in it."""
    document = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    document["config"] |= {f"fargate:{name}": value for name, value in settings.items()}
    project.write("Pulumi.dev.yaml", yaml.safe_dump(document))


def alarms(cloud):
    found = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=PREFIX)["MetricAlarms"]
    return {one["AlarmName"].removeprefix(PREFIX): one for one in found}


def topics(cloud):
    """The stack's topics: those with the name that their messages bear."""
    sns = cloud.client("sns")
    found = (sns.get_topic_attributes(TopicArn=one["TopicArn"])["Attributes"] for one in sns.list_topics()["Topics"])
    return [one for one in found if one.get("DisplayName") == "seen dev"]


def dashboards(cloud):
    found = cloud.client("cloudwatch").list_dashboards(DashboardNamePrefix="seen-dev")["DashboardEntries"]
    return [one["DashboardName"] for one in found]


def rules(cloud):
    found = cloud.client("events").list_rules(NamePrefix="observability-")["Rules"]
    return {one["Name"].rpartition("-")[0].removeprefix("observability-"): one for one in found}


def budgets(cloud):
    found = cloud.client("budgets").describe_budgets(AccountId="000000000000").get("Budgets", ())
    return [one for one in found if one["BudgetName"].startswith("observability-")]


def test_every_alarm_tells_the_topic(cloud, project):
    (topic,) = topics(cloud)
    found = alarms(cloud)
    assert set(found) == {"balancer-5xx", "nightly-unstarted", *(f"web-{name}" for name in OF_WEB)}
    for one in found.values():
        assert one["AlarmActions"] == [topic["TopicArn"]]
        assert one["OKActions"] == []
        assert one["ActionsEnabled"]
    service = project.outputs()["services"]["web"]["service"]
    dimensions = {one["Name"]: one["Value"] for one in found["web-tasks"]["Dimensions"]}
    assert dimensions == {"ClusterName": project.outputs()["cluster"], "ServiceName": service}
    assert found["web-tasks"]["TreatMissingData"] == "breaching"
    groups = cloud.client("elbv2").describe_target_groups()["TargetGroups"]
    names = {one["TargetGroupArn"].rpartition(":")[2] for one in groups}
    (of_group,) = (one["Value"] for one in found["web-unhealthy"]["Dimensions"] if one["Name"] == "TargetGroup")
    assert of_group in names, "the target group that there is"


def test_the_topic_is_encrypted_and_open_to_aws_alone(cloud, project):
    (topic,) = topics(cloud)
    kms = cloud.client("kms")
    key = kms.describe_key(KeyId=topic["KmsMasterKeyId"])["KeyMetadata"]
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    services = {one["Principal"].get("Service") for one in policy["Statement"]} - {None}
    assert services == {"cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com"}
    allowed = [one for one in json.loads(topic["Policy"])["Statement"] if one["Effect"] == "Allow"]
    assert {one["Principal"]["Service"] for one in allowed} == services
    assert {one["Resource"] for one in allowed} == {topic["TopicArn"]}
    subscribed = cloud.client("sns").list_subscriptions_by_topic(TopicArn=topic["TopicArn"])["Subscriptions"]
    assert {(one["Protocol"], one["Endpoint"]) for one in subscribed} == {
        ("email", address) for address in OBSERVABILITY["emails"]
    }


def test_the_log_s_errors_are_counted_where_the_alarm_looks(cloud, project):
    group = project.outputs()["services"]["web"]["log_group"]
    (found,) = cloud.client("logs").describe_metric_filters(logGroupName=group)["metricFilters"]
    (metric,) = found["metricTransformations"]
    alarm = alarms(cloud)["web-log"]
    assert (metric["metricNamespace"], metric["metricName"]) == (alarm["Namespace"], alarm["MetricName"])
    assert alarm["Threshold"] == 3
    assert "?ERROR" in found["filterPattern"]


def test_events_of_its_cluster_are_passed_on(cloud, project):
    (topic,) = topics(cloud)
    found = rules(cloud)
    assert set(found) == {"deployment-failed", "run-failed"}
    for rule in found.values():
        assert f"/{project.outputs()['cluster']}" in rule["EventPattern"]
        (target,) = cloud.client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["Arn"] == topic["TopicArn"]
        assert target["InputTransformer"]["InputTemplate"].startswith('"A ')


def test_the_dashboard_shows_what_there_is(cloud, project):
    assert dashboards(cloud) == ["seen-dev"]
    body = cloud.client("cloudwatch").get_dashboard(DashboardName="seen-dev")["DashboardBody"]
    widgets = json.loads(body)["widgets"]
    (states,) = (one["properties"]["alarms"] for one in widgets if one["type"] == "alarm")
    assert set(states) == {one["AlarmArn"] for one in alarms(cloud).values()}
    assert "web: seconds to the answer" in {one["properties"]["title"] for one in widgets}


def test_the_budget_counts_what_bears_the_tag(cloud, project):
    (found,) = budgets(cloud)
    assert float(found["BudgetLimit"]["Amount"]) == 100
    assert found["CostFilters"] == {"TagKeyValue": ["user:environment$dev"]}


@pytest.fixture(scope="module")
def heard(cloud, project):
    """What the topic tells, to a queue that is subscribed to it: the next message that has some words."""
    (topic,) = topics(cloud)
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    url = sqs.create_queue(QueueName="seen-heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)

    def heard(words: str, seconds: float = 90) -> str:
        end = time.monotonic() + seconds
        seen: list[str] = []
        while time.monotonic() < end:
            for one in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", ()):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
                seen.append(json.loads(one["Body"])["Message"])
                if words in seen[-1]:
                    return seen[-1]
        raise AssertionError(f"nothing was heard of {words!r}, but {seen}")

    yield heard
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def test_errors_in_the_log_are_told(cloud, project, heard):
    logs, group = cloud.client("logs"), project.outputs()["services"]["web"]["log_group"]
    logs.create_log_stream(logGroupName=group, logStreamName="web/web/test")
    lines = ["all is well", *("ERROR: no database",) * 3]
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="web/web/test", logEvents=events)
    told = json.loads(heard('"NewStateValue": "ALARM"'))
    assert told["AlarmName"] == "seen-dev-web-log"
    assert "python -m ops logs web" in told["AlarmDescription"]


def test_a_deployment_that_fails_is_told(cloud, project, heard):
    good = (project.folder / "app" / "Dockerfile").read_text()
    project.write("app/Dockerfile", f'{good}\nENTRYPOINT ["false"]\n')
    failed = project.up(ok=False, timeout=300)
    project.write("app/Dockerfile", good)
    project.up()
    assert failed.code != 0
    service = project.outputs()["services"]["web"]["service"]
    assert f"service/{project.outputs()['cluster']}/{service} failed: " in heard("A deployment of")


def test_nothing_changes_without_a_change(project):
    assert set(project.up().changes) == {"same"}


def test_a_threshold_changes_one_alarm_in_place(cloud, project):
    say(
        project,
        observability={**OBSERVABILITY, "alarms": {"log_errors": 3, "cpu_percent": 70}},
        jobs={"nightly": NIGHTLY},
    )
    changes = project.up().changes
    assert {sign: count for sign, count in changes.items() if sign != "same"} == {"~": 1}
    assert alarms(cloud)["web-cpu"]["Threshold"] == 70


def test_turned_off_it_leaves_nothing_and_the_service_alone(cloud, project):
    group = project.outputs()["services"]["web"]["log_group"]
    before = project.outputs()["services"]["web"]["task_definition"]
    project.write("Pulumi.dev.yaml", (ROOT / "Pulumi.dev.yaml").read_text())
    project.up()
    assert project.outputs()["services"]["web"]["task_definition"] == before
    left = (alarms(cloud), topics(cloud), dashboards(cloud), rules(cloud), budgets(cloud))
    assert not any(left), left
    assert cloud.client("logs").describe_metric_filters(logGroupName=group)["metricFilters"] == []
    assert "ecs-test" in cloud.get(project.outputs()["url"]).text
