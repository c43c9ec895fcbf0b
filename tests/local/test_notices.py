"""Who is told, on the local cloud: by a deployment that fails, by an alarm, by lines of a log. And who is not."""

import json
import time

import pytest

from tests.local.harness import eventually
from tests.local.provider import Provider
from tests.local.test_aws_provider import FAILED_DEPLOYMENT, KEY_POLICY

pytestmark = pytest.mark.local
TOPIC, KEY = "aws:sns/topic:Topic", "aws:kms/key:Key"
ALARM = {"comparisonOperator": "GreaterThanThreshold", "threshold": 1, "evaluationPeriods": 1, "period": 60}


@pytest.fixture(scope="module")
def provider(cloud):
    return Provider(cloud.endpoint)


class Told:
    """A topic, with the queue that hears it."""

    def __init__(self, cloud, provider, name, **topic):
        self.sqs, self.made = cloud.client("sqs"), []
        self.create = lambda token, **inputs: self.made.append(provider.create(token, name, **inputs)) or self.made[-1]
        self.queue = self.create("aws:sqs/queue:Queue")
        self.arn = self.create(TOPIC, **topic)["arn"]
        self.create(
            "aws:sns/topicSubscription:TopicSubscription",
            topic=self.arn,
            protocol="sqs",
            endpoint=self.queue["arn"],
            rawMessageDelivery=True,
        )

    def open_to(self, *services):
        """The topic's policy: these services may publish, of this account, from anywhere in it."""
        here = {"StringEquals": {"aws:SourceAccount": "000000000000"}}
        who = {"Effect": "Allow", "Principal": {"Service": [f"{one}.amazonaws.com" for one in services]}}
        tls = {"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        statements = [{**who, "Condition": here}, tls]
        policy = [{**one, "Action": "sns:Publish", "Resource": self.arn} for one in statements]
        text = json.dumps({"Version": "2012-10-17", "Statement": policy})
        return self.create("aws:sns/topicPolicy:TopicPolicy", arn=self.arn, policy=text)

    def messages(self):
        answer = self.sqs.receive_message(QueueUrl=self.queue.id, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [one["Body"] for one in answer.get("Messages", ())]

    def hears(self, text, seconds=60):
        return eventually(lambda: next((one for one in self.messages() if text in one), None), seconds)

    def end(self):
        for one in reversed(self.made):
            one.delete()


@pytest.fixture
def told(cloud, provider, request):
    made = []

    def make(**topic):
        made.append(Told(cloud, provider, f"told-{len(made)}", **topic))
        return made[-1]

    yield make
    for one in made:
        one.end()


def rule(told, template):
    made = told.create("aws:cloudwatch/eventRule:EventRule", eventPattern=FAILED_DEPLOYMENT)
    paths = {"service": "$.resources[0]", "why": "$.detail.reason"}
    transformer = {"inputPaths": paths, "inputTemplate": template}
    told.create("aws:cloudwatch/eventTarget:EventTarget", rule=made["name"], arn=told.arn, inputTransformer=transformer)


@pytest.fixture
def failing(cloud):
    """A service whose tasks end at once, with the circuit breaker on."""
    ecs = cloud.client("ecs")
    cluster = ecs.create_cluster(clusterName="told")["cluster"]["clusterArn"]
    container = {"name": "app", "image": "localhost:1/none", "essential": True}
    ecs.register_task_definition(family="told", containerDefinitions=[container])
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}

    def begin():
        return ecs.create_service(
            cluster=cluster,
            serviceName="told",
            taskDefinition="told",
            desiredCount=1,
            deploymentConfiguration=breaker,
        )["service"]["serviceArn"]

    yield begin
    ecs.delete_service(cluster=cluster, service="told", force=True)
    ecs.delete_cluster(cluster=cluster)


def test_a_deployment_that_fails_is_told_to_those_that_a_rule_names(told, failing):
    heard, closed = told(), told()
    heard.open_to("events")
    for one in (closed, heard):  # rules are gone through in this order: once one is told, the other would be
        rule(one, '"<service> did not come to serve: <why>"')
    service = failing()
    message = heard.hears("did not come to serve")
    assert message.startswith(f'"{service} did not come to serve: ECS deployment circuit breaker was triggered')
    assert closed.messages() == [], "the topic's own policy lets EventBridge publish nothing"


def alarm(told, **changes):
    made = {"namespace": "AWS/ECS", "metricName": "CPUUtilization", "statistic": "Average", **ALARM, **changes}
    return told.create("aws:cloudwatch/metricAlarm:MetricAlarm", **made, alarmActions=[told.arn], okActions=[told.arn])


def test_an_alarm_is_told_and_that_it_is_over(cloud, told):
    heard = told()
    name = alarm(heard)["name"]
    for state in ("ALARM", "OK"):
        cloud.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="tried")
        assert json.loads(heard.hears(f'"NewStateValue": "{state}"', 10))["NewStateReason"] == "tried"


SEALED = json.loads(KEY_POLICY)
MAY_USE = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudwatch.amazonaws.com"},
    "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
    "Resource": "*",
}


@pytest.mark.parametrize(
    ("case", "heard"),
    [
        ("a key that lets CloudWatch use it", True),
        ("a key that does not", False),
        ("AWS's own key", False),
        ("a policy for others", False),
    ],
)
def test_an_alarm_reaches_a_topic_that_lets_it(cloud, provider, told, case, heard):
    statements = [*SEALED["Statement"], *([MAY_USE] if case != "a key that does not" else [])]
    policy = json.dumps({**SEALED, "Statement": statements})
    key = provider.create(KEY, "sealed", policy=policy, deletionWindowInDays=7)
    topic = told(kmsMasterKeyId="alias/aws/sns" if case == "AWS's own key" else key["arn"])
    topic.open_to("events" if case == "a policy for others" else "cloudwatch")
    name = alarm(topic)["name"]
    cloud.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tried")
    assert bool(topic.messages()) == heard
    key.delete()


def test_errors_in_a_log_are_counted_and_told(cloud, told):
    heard, logs = told(), cloud.client("logs")
    group = heard.create("aws:cloudwatch/logGroup:LogGroup")["name"]
    heard.create(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        logGroupName=group,
        pattern='?ERROR ?"out of memory"',
        metricTransformation={"name": "errors", "namespace": "told", "value": "1"},
    )
    alarm(heard, namespace="told", metricName="errors", statistic="Sum", threshold=2)
    logs.create_log_stream(logGroupName=group, logStreamName="one")

    def write(*lines):
        events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)

    write("ERROR one", "all is well", "it is out of memory")
    (first,) = heard.messages()
    assert json.loads(first)["NewStateValue"] == "OK", "two are not more than two"
    write("an Error in lower case", "ERROR three")
    assert (
        json.loads(heard.hears('"NewStateValue": "ALARM"', 10))["NewStateReason"]
        == "Threshold Crossed: Sum 3.0 GreaterThanThreshold 2.0"
    )


def test_a_value_counts_within_its_period(cloud, told):
    heard, cloudwatch = told(), cloud.client("cloudwatch")
    for name, period in (("short", 60), ("long", 600)):
        metric = {"namespace": "told", "metricName": "old", "statistic": "Sum", **ALARM, "period": period}
        heard.create("aws:cloudwatch/metricAlarm:MetricAlarm", name=name, **metric)
    old = {"MetricName": "old", "Value": 5, "Timestamp": time.time() - 120}
    cloudwatch.put_metric_data(Namespace="told", MetricData=[old])
    cloudwatch.put_metric_data(Namespace="told", MetricData=[{"MetricName": "other", "Value": 5}])
    found = cloudwatch.describe_alarms(AlarmNames=["long", "short"])["MetricAlarms"]
    assert {one["AlarmName"]: one["StateValue"] for one in found} == {"long": "ALARM", "short": "INSUFFICIENT_DATA"}


def test_a_reader_of_mail_has_yet_to_confirm_and_a_page_elsewhere_gets_nothing(cloud, provider, told):
    topic, kind = told(), "aws:sns/topicSubscription:TopicSubscription"
    said = []
    context = provider.servicer.connection(provider.context())
    context.log = lambda message, *_, **__: said.append(message)
    mail = topic.create(kind, topic=topic.arn, protocol="email", endpoint="team@example.com")
    page = topic.create(kind, topic=topic.arn, protocol="https", endpoint="https://page.example.com/")
    del context.log
    assert mail["arn"] == mail.id
    assert mail.id.startswith(f"{topic.arn}:")
    assert (mail["pendingConfirmation"], page["pendingConfirmation"]) == (True, True)
    attributes = cloud.client("sns").get_topic_attributes(TopicArn=topic.arn)["Attributes"]
    assert (attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]) == ("2", "1")
    assert said == [
        "recorded, not emulated here: protocol email: messages are not sent",
        "recorded, not emulated here: protocol https: messages are posted to addresses of this machine only",
    ]
    log = (cloud.home / "logs" / "emulator.log").read_text()
    assert "https://page.example.com/ gets nothing: it is not on this machine" in log
