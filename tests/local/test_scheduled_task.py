"""A schedule runs real containers when it is time, as its role allows; what it cannot start is a dead letter."""

import itertools
import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from docker.errors import ImageNotFound

from components import schedule_iam
from localcloud.providers.docker.build import STAND_IN
from localcloud.setup.base_image import OFFICIAL
from tests.local.harness import eventually

pytestmark = pytest.mark.local
numbers = itertools.count(1)
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture(scope="module")
def image(containers):
    for name in (OFFICIAL, STAND_IN):
        try:
            containers.images.get(name)
        except ImageNotFound:
            continue
        return name
    raise AssertionError("no base image")


class Schedules:
    """Makes schedules of one task definition, each with what the component gives its own."""

    def __init__(self, cloud, image):
        self.ecs, self.iam, self.sqs = cloud.client("ecs"), cloud.client("iam"), cloud.client("sqs")
        self.scheduler, self.made = cloud.client("scheduler"), []
        self.cluster = self.ecs.create_cluster(clusterName="by-the-clock")["cluster"]["clusterArn"]
        self.execution = self.role("clock-execution", "ecs-tasks.amazonaws.com")
        app = {"name": "app", "image": image, "command": ["false"], "essential": True}
        self.definition = self.ecs.register_task_definition(
            family="by-the-clock",
            containerDefinitions=[app],
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=self.execution,
        )["taskDefinition"]["taskDefinitionArn"]
        url = self.sqs.create_queue(QueueName="clock-dead-letters")["QueueUrl"]
        self.queue, self.queue_arn = url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        self.queue_arn = self.queue_arn["Attributes"]["QueueArn"]

    def role(self, name, service, policy=None):
        trust = schedule_iam.scheduler_trust(self.cluster).replace("scheduler.amazonaws.com", service)
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if policy:
            self.iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=policy)
        return arn

    def policy(self, **changes):
        given = {
            "cluster_arn": self.cluster,
            "task_definition_arn": self.definition,
            "task_role_arns": [self.execution],
            "dead_letters_arn": self.queue_arn,
            "kms_key_arn": None,
        }
        return schedule_iam.run_task(**{**given, **changes})

    def make(self, expression, *, command="exit 7", zone="UTC", state="ENABLED", **policy):
        name = f"clock-{next(numbers)}"
        override = {"name": "app", "command": ["sh", "-c", command]}
        self.scheduler.create_schedule(
            Name=name,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone=zone,
            State=state,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": self.cluster,
                "RoleArn": self.role(name, "scheduler.amazonaws.com", self.policy(**policy)),
                "Input": json.dumps({"containerOverrides": [override]}),
                "DeadLetterConfig": {"Arn": self.queue_arn},
                "EcsParameters": {
                    "TaskDefinitionArn": self.definition,
                    "CapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
                    "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-1"]}},
                    "PropagateTags": "TASK_DEFINITION",
                },
            },
        )
        self.made.append(name)
        return name

    def tasks(self, name):
        listed = (
            self.ecs.list_tasks(cluster=self.cluster, startedBy=f"chronos-schedule/{name}", desiredStatus=state)
            for state in ("RUNNING", "STOPPED")
        )
        arns = sorted({arn for one in listed for arn in one["taskArns"]})
        return self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []

    def ended(self, name, seconds):
        """The exit codes of a schedule's tasks, once there is one and all have ended."""

        def codes():
            tasks = self.tasks(name)
            return all(one["lastStatus"] == "STOPPED" for one in tasks) and [
                one["containers"][0]["exitCode"] for one in tasks
            ]

        return eventually(codes, seconds)


@pytest.fixture(scope="module")
def schedules(cloud, image):
    schedules = Schedules(cloud, image)
    yield schedules
    for name in schedules.made:
        schedules.scheduler.delete_schedule(Name=name)
        schedules.iam.delete_role_policy(RoleName=name, PolicyName="it")
        schedules.iam.delete_role(RoleName=name)
    schedules.iam.delete_role(RoleName="clock-execution")
    schedules.sqs.delete_queue(QueueUrl=schedules.queue)
    schedules.ecs.deregister_task_definition(taskDefinition=schedules.definition)
    schedules.ecs.delete_cluster(cluster=schedules.cluster)


def test_a_schedule_runs_a_container_with_its_command_and_ecs_tells_its_exit_code(schedules):
    soon = (datetime.now(TOKYO) + timedelta(seconds=6)).strftime("%Y-%m-%dT%H:%M:%S")
    name = schedules.make(f"at({soon})", zone="Asia/Tokyo")
    assert schedules.ended(name, 30) == [7]
    assert schedules.ended(name, 5) == [7], "once is once"


def test_a_rate_runs_at_once(schedules):
    assert schedules.ended(schedules.make("rate(1 day)", command="exit 3"), 30) == [3]


def test_what_is_off_or_has_its_time_elsewhere_does_not_run(schedules):
    soon = (datetime.now(TOKYO) + timedelta(seconds=6)).strftime("%Y-%m-%dT%H:%M:%S")
    idle = [schedules.make("rate(1 minute)", state="DISABLED"), schedules.make(f"at({soon})", zone="UTC")]
    ran = schedules.make(f"at({soon})", zone="Asia/Tokyo")
    assert schedules.ended(ran, 30) == [7]
    assert [schedules.tasks(name) for name in idle] == [[], []]


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"cluster_arn": "arn:aws:ecs:ap-northeast-1:000000000000:cluster/other"}, "ecs:RunTask"),
        ({"task_role_arns": ["arn:aws:iam::000000000000:role/other"]}, "iam:PassRole"),
    ],
)
def test_what_the_role_may_not_start_is_a_dead_letter(schedules, policy, told):
    name = schedules.make("rate(1 day)", **policy)
    letter = eventually(lambda: schedules.sqs.receive_message(QueueUrl=schedules.queue, **ALL).get("Messages"), 30)[0]
    schedules.sqs.delete_message(QueueUrl=schedules.queue, ReceiptHandle=letter["ReceiptHandle"])
    attributes = {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()}
    assert attributes["SCHEDULE_ARN"].endswith(f"/{name}")
    assert attributes["ERROR_CODE"] == "AccessDeniedException"
    assert re.search(rf"/{name} is not authorized to perform: {told} on", attributes["ERROR_MESSAGE"])
    assert json.loads(letter["Body"])["taskDefinition"] == schedules.definition
    assert schedules.tasks(name) == []


ALL = {"MessageAttributeNames": ["All"], "WaitTimeSeconds": 1}


def test_what_ecs_does_not_start_is_a_dead_letter(schedules):
    kept, schedules.definition = schedules.definition, schedules.definition.rpartition(":")[0] + ":99"
    try:
        schedules.make("rate(1 day)")
    finally:
        schedules.definition = kept
    letter = eventually(lambda: schedules.sqs.receive_message(QueueUrl=schedules.queue, **ALL).get("Messages"), 30)[0]
    schedules.sqs.delete_message(QueueUrl=schedules.queue, ReceiptHandle=letter["ReceiptHandle"])
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "ClientException"
