import itertools
import re

import pulumi
import pytest

from components.queue_scaling import QueueScaling
from components.scaling import Scaling, request_label, scale
from components.scaling_schedule import ScalingSchedule, off_hours

TARGET, POLICY = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
ACTION = "aws:appautoscaling/scheduledAction:ScheduledAction"
SERVICE = {
    "serviceNamespace": "ecs",
    "scalableDimension": "ecs:service:DesiredCount",
    "resourceId": "service/cluster-1/web-1",
}
LABEL = "app/lb/50dc6c495c0c9188/targetgroup/web/6d0ecf831eec9f09"


@pytest.fixture
def scaled(deploy):
    """A component with a service that scales; tells the resources that were made."""

    def build(*, label=LABEL, tags=None, **arguments):
        made = []

        def program():
            made.extend(
                scale(
                    "web",
                    scaling=Scaling(**{"min": 1, "max": 4, **arguments}),
                    cluster_name=pulumi.Output.from_input("cluster-1"),
                    service_name=pulumi.Output.from_input("web-1"),
                    resource_label=label and pulumi.Output.from_input(label),
                    parent=pulumi.ComponentResource("fargate:index:Parent", "web"),
                    tags=tags,
                )
            )

        deploy(program)
        return made

    return build


def tracking(cloud, metric):
    inputs = cloud.one(POLICY, f"web-{metric}").inputs
    assert {name: inputs[name] for name in SERVICE} == SERVICE
    assert inputs["policyType"] == "TargetTrackingScaling"
    assert set(inputs) == {*SERVICE, "policyType", "targetTrackingScalingPolicyConfiguration"}
    return inputs["targetTrackingScalingPolicyConfiguration"]


def test_the_bounds_of_a_service(scaled, cloud):
    scaled(cpu=60, tags={"team": "a"})
    bounds = {"minCapacity": 1, "maxCapacity": 4}
    assert cloud.one(TARGET, "web").inputs == {**SERVICE, **bounds, "tags": {"Name": "web", "team": "a"}}


def test_cpu_memory_and_requests_are_held(scaled, cloud):
    scaled(cpu=60, memory=70, requests_per_target=1000, scale_in_cooldown=0, scale_out_cooldown=30)
    waits = {"scaleInCooldown": 0, "scaleOutCooldown": 30}
    assert tracking(cloud, "cpu") == {
        "targetValue": 60,
        "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
        **waits,
    }
    assert tracking(cloud, "memory") == {
        "targetValue": 70,
        "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageMemoryUtilization"},
        **waits,
    }
    assert tracking(cloud, "requests") == {
        "targetValue": 1000,
        "predefinedMetricSpecification": {"predefinedMetricType": "ALBRequestCountPerTarget", "resourceLabel": LABEL},
        **waits,
    }
    assert len(cloud.all(POLICY)) == 3
    assert not cloud.all(ACTION)


def test_each_has_the_parent_and_waits_for_the_one_before(scaled, cloud):
    made = scaled(cpu=60, memory=70, schedules=off_hours(stop=20, start=8, tasks=(1, 4)), label=None)
    in_order = [
        cloud.one(TARGET, "web"),
        cloud.one(POLICY, "web-cpu"),
        cloud.one(POLICY, "web-memory"),
        cloud.one(ACTION, "web-stop"),
        cloud.one(ACTION, "web-start"),
    ]
    assert [one._name for one in made] == [one.name for one in in_order]
    parent = cloud.one("fargate:index:Parent").urn
    assert {one.parent for one in in_order} == {parent}
    for before, after in itertools.pairwise(in_order):
        assert before.urn in after.dependencies


def test_the_messages_that_wait_for_each_task_are_held(scaled, cloud):
    scaled(queue=QueueScaling(name="work", messages_per_task=100), label=None)
    assert tracking(cloud, "queue") == {
        "targetValue": 100,
        "scaleInCooldown": 300,
        "scaleOutCooldown": 60,
        "customizedMetricSpecification": {
            "metrics": [
                {
                    "id": "messages",
                    "label": "Messages that can be received",
                    "metricStat": {
                        "stat": "Sum",
                        "metric": {
                            "namespace": "AWS/SQS",
                            "metricName": "ApproximateNumberOfMessagesVisible",
                            "dimensions": [{"name": "QueueName", "value": "work"}],
                        },
                    },
                    "returnData": False,
                },
                {
                    "id": "tasks",
                    "label": "Tasks that run",
                    "metricStat": {
                        "stat": "Average",
                        "metric": {
                            "namespace": "ECS/ContainerInsights",
                            "metricName": "RunningTaskCount",
                            "dimensions": [
                                {"name": "ClusterName", "value": "cluster-1"},
                                {"name": "ServiceName", "value": "web-1"},
                            ],
                        },
                    },
                    "returnData": False,
                },
                {
                    "id": "backlog",
                    "label": "Messages that wait for each task",
                    "expression": "messages / tasks",
                    "returnData": True,
                },
            ]
        },
    }


@pytest.mark.parametrize("none", [{"min": 0}, {"schedules": off_hours(stop=20, start=8, tasks=(1, 4))}])
def test_one_message_wakes_a_service_without_tasks(scaled, cloud, none):
    scaled(queue=QueueScaling(name="work.fifo", messages_per_task=100), **none)
    backlog = tracking(cloud, "queue")["customizedMetricSpecification"]["metrics"][2]
    assert backlog["expression"] == "IF(FILL(tasks, 0) > 0, messages / tasks, IF(messages > 0, 101, 0))"


def test_only_a_queue_needs_the_tasks_counted():
    assert Scaling(min=1, max=2, queue=QueueScaling(name="work", messages_per_task=1)).needs_container_insights
    assert not Scaling(min=1, max=2, cpu=50).needs_container_insights


def test_off_hours_and_back(scaled, cloud):
    schedules = off_hours(stop=20, start=8, tasks=(1, 3), days="MON-SAT", time_zone="Asia/Tokyo")
    scaled(schedules=schedules)
    at = {**SERVICE, "timezone": "Asia/Tokyo"}
    assert cloud.one(ACTION, "web-stop").inputs == {
        **at,
        "schedule": "cron(0 20 ? * MON-SAT *)",
        "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 0},
    }
    assert cloud.one(ACTION, "web-start").inputs == {
        **at,
        "schedule": "cron(0 8 ? * MON-SAT *)",
        "scalableTargetAction": {"minCapacity": 1, "maxCapacity": 3},
    }
    assert not cloud.all(POLICY)


def test_a_schedule_counts_in_utc_and_its_spaces_do_not_matter(scaled, cloud):
    scaled(schedules=(ScalingSchedule(name="noon", cron=" 0  12 * * ? * ", min=2, max=2),))
    inputs = cloud.one(ACTION).inputs
    assert (inputs["schedule"], inputs["timezone"]) == ("cron(0 12 * * ? *)", "UTC")


def test_how_the_targets_of_requests_are_named():
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
    balancer, group = f"{arn}loadbalancer/app/lb/50dc6c495c0c9188", f"{arn}targetgroup/web/6d0ecf831eec9f09"
    assert request_label(balancer, group) == LABEL


def test_requests_of_nobody_are_refused(scaled, cloud):
    with pytest.raises(ValueError, match="requests_per_target needs the resource_label"):
        scaled(requests_per_target=1000, label=None)
    assert not cloud.all(TARGET)


NIGHT = ScalingSchedule(name="night", cron="0 20 * * ? *", min=0, max=0)
DAY = ScalingSchedule(name="day", cron="0 8 * * ? *", min=1, max=2)


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        ({"min": -1, "cpu": 50}, ["min must be from 0 to 5000, got -1"]),
        ({"min": 0, "max": 0, "schedules": (DAY,)}, ["max must be from 1 to 5000, got 0"]),
        ({"max": 5001, "cpu": 50}, ["max must be from 1 to 5000, got 5001"]),
        ({"min": 3, "max": 2, "cpu": 50}, ["max must be at least min, 3, got 2"]),
        ({"cpu": 0}, ["cpu must be from 1 to 100, got 0"]),
        ({"memory": 101}, ["memory must be from 1 to 100, got 101"]),
        ({"requests_per_target": 0}, ["requests_per_target must be at least 1, got 0"]),
        ({"cpu": 50, "scale_in_cooldown": -1}, ["scale_in_cooldown must be at least 0, got -1"]),
        ({"cpu": 50, "scale_out_cooldown": -1}, ["scale_out_cooldown must be at least 0, got -1"]),
        ({}, ["scaling needs a reason: cpu, memory, requests_per_target, queue or schedules"]),
        (
            {"min": 0, "cpu": 50},
            ["min may be 0 only with schedules or queue: without a task nothing else is measured, and none comes back"],
        ),
        (
            {"cpu": 50, "schedules": (NIGHT,)},
            ["schedules: all of them end at 0 tasks, so none comes back; add one with a max of 1 or more"],
        ),
        ({"schedules": (DAY, DAY)}, ["schedules: 'day' is there 2 times"]),
        (
            {"min": 5, "max": 4, "cpu": 0, "memory": 0},
            [
                "max must be at least min, 5, got 4",
                "cpu must be from 1 to 100, got 0",
                "memory must be from 1 to 100, ",
            ],
        ),
    ],
)
def test_what_would_not_scale(arguments, problems):
    with pytest.raises(ValueError) as told:  # noqa: PT011 - the whole message is compared
        Scaling(**{"min": 1, "max": 2, **arguments})
    assert len(str(told.value).split("; ")) >= len(problems)
    for problem in problems:
        assert problem in str(told.value)
    if len(problems) == 1:
        assert str(told.value) == problems[0]


@pytest.mark.parametrize("name", ["work", "Work_1-2", "a" * 80, "a" * 75 + ".fifo"])
def test_names_that_queues_have(name):
    assert QueueScaling(name=name, messages_per_task=1).name == name


@pytest.mark.parametrize("name", ["", "a" * 81, "a" * 76 + ".fifo", "work.old", "https://sqs/work"])
def test_names_that_no_queue_has(name):
    with pytest.raises(ValueError, match=re.escape("queue name must have 1 to 80 letters, digits, hyphens")) as told:
        QueueScaling(name=name, messages_per_task=0)
    assert str(told.value).endswith(f"got {name!r}; messages_per_task must be at least 1, got 0")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"name": "At_Night"}, "schedule At_Night: name 'At_Night' must start with a letter"),
        ({"cron": "0 20 * * 1-5"}, "'0 20 * * 1-5': in AWS's six that is '0 20 ? * MON-FRI *'"),
        ({"cron": "0 0 31W 2 ? *"}, "schedule s: cron never comes: no month that it names has such a day"),
        ({"time_zone": "Asia/Tokio"}, "schedule s: time_zone 'Asia/Tokio' is unknown: did you mean"),
        ({"time_zone": "?"}, "schedule s: time_zone '?' is unknown: it must be one such as Asia/Tokyo"),
        ({"min": 3}, "schedule s: max must be at least min, 3, got 2"),
        ({"min": -1}, "schedule s: min must be from 0 to 5000, got -1"),
        ({"max": 5001}, "schedule s: max must be from 0 to 5000, got 5001"),
    ],
)
def test_schedules_that_aws_would_refuse(arguments, problem):
    with pytest.raises(ValueError, match=re.escape(problem)):
        ScalingSchedule(**{"name": "s", "cron": "0 20 * * ? *", "min": 0, "max": 2, **arguments})


def test_every_problem_of_a_schedule_is_told_at_once():
    with pytest.raises(ValueError) as told:  # noqa: PT011 - the whole message is compared
        ScalingSchedule(name="s", cron="0 24 * * ? *", min=1, max=0)
    assert str(told.value) == (
        "schedule s: cron's hours must be from 0 to 23, got '24'; schedule s: max must be at least min, 1, got 0"
    )
