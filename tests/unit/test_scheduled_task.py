import json
from dataclasses import replace

import pytest

from components import Capacity, schedule_iam
from components.schedule import Schedule
from components.scheduled_task import ScheduledTask, ScheduledTaskArgs

CLUSTER = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/c"
DEFINITION = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/web:7"
ROLES = ["arn:aws:iam::123456789012:role/task", "arn:aws:iam::123456789012:role/execution"]
SCHEDULE, ROLE, QUEUE = "aws:scheduler/schedule:Schedule", "aws:iam/role:Role", "aws:sqs/queue:Queue"
POLICY, QUEUE_POLICY = "aws:iam/rolePolicy:RolePolicy", "aws:sqs/queuePolicy:QueuePolicy"
LETTERS = "arn:Queue:nightly-dead-letters"


def arguments(**changes):
    given = {
        "cluster_arn": CLUSTER,
        "task_definition_arn": DEFINITION,
        "task_role_arns": ROLES,
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-1"],
        "schedule": Schedule(expression="cron(0 3 * * ? *)", time_zone="Asia/Tokyo"),
    }
    return ScheduledTaskArgs(**{**given, **changes})


def task(**changes):
    return lambda: ScheduledTask("nightly", arguments(**changes))


def test_its_children_and_outputs(deploy, cloud):
    made = deploy(task())
    assert sorted((one.type, one.name) for one in cloud.children()) == [
        (ROLE, "nightly"),
        (POLICY, "nightly"),
        (SCHEDULE, "nightly"),
        (QUEUE, "nightly-dead-letters"),
        (QUEUE_POLICY, "nightly-dead-letters"),
    ]
    assert deploy.known(made.arn) == "arn:Schedule:nightly"
    assert deploy.known(made.role_arn) == "arn:Role:nightly"
    assert deploy.known(made.dead_letters_arn) == LETTERS
    assert deploy.known(made.dead_letters_name) == "nightly-dead-letters-1234567"


def test_a_schedule_says_when_and_what_and_by_whom(deploy, cloud):
    deploy(task())
    schedule = cloud.one(SCHEDULE)
    assert schedule.inputs == {
        "groupName": "default",
        "scheduleExpression": "cron(0 3 * * ? *)",
        "scheduleExpressionTimezone": "Asia/Tokyo",
        "flexibleTimeWindow": {"mode": "OFF"},
        "state": "ENABLED",
        "target": {
            "arn": CLUSTER,
            "roleArn": "arn:Role:nightly",
            "ecsParameters": {
                "taskDefinitionArn": DEFINITION,
                "taskCount": 1,
                "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
                "networkConfiguration": {
                    "subnets": ["subnet-1", "subnet-2"],
                    "securityGroups": ["sg-1"],
                    "assignPublicIp": False,
                },
                "enableEcsManagedTags": True,
                "propagateTags": "TASK_DEFINITION",
            },
            "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 2},
            "deadLetterConfig": {"arn": LETTERS},
        },
    }
    for kind in (POLICY, QUEUE_POLICY):
        assert cloud.one(kind).urn in schedule.dependencies, "the first run is allowed"


def test_what_it_may_change(deploy, cloud):
    when = Schedule(expression="rate(1 hour)", retries=0, max_age=60, window_minutes=15)
    deploy(
        task(
            schedule=when,
            container_name="app",
            command=("bin/clean", "--all"),
            capacity=Capacity.FARGATE_SPOT,
            enabled=False,
            permissions_boundary_arn="arn:boundary",
            role_path="/shop/dev/",
        )
    )
    given = cloud.one(SCHEDULE).inputs
    assert given["scheduleExpression"] == "rate(1 hour)"
    assert given["flexibleTimeWindow"] == {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15}
    assert given["state"] == "DISABLED"
    target = given["target"]
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 0}
    assert target["input"] == '{"containerOverrides":[{"command":["bin/clean","--all"],"name":"app"}]}'
    assert target["ecsParameters"]["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    assert cloud.one(ROLE).inputs["permissionsBoundary"] == "arn:boundary"
    assert cloud.one(ROLE).inputs["path"] == "/shop/dev/"


def test_only_the_scheduler_for_this_account_s_group_takes_the_role(deploy, cloud):
    deploy(task())
    assert json.loads(cloud.one(ROLE).inputs["assumeRolePolicy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "123456789012"},
                "ArnLike": {
                    "aws:SourceArn": "arn:aws:scheduler:ap-northeast-1:123456789012:schedule-group/default",
                },
            },
        }
    ]


RUN = [
    {
        "Effect": "Allow",
        "Action": "ecs:RunTask",
        "Resource": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/web:*",
        "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}},
    },
    {
        "Effect": "Allow",
        "Action": "ecs:TagResource",
        "Resource": "arn:aws:ecs:ap-northeast-1:123456789012:task/c/*",
        "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
    },
    {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": ["arn:aws:iam::123456789012:role/execution", "arn:aws:iam::123456789012:role/task"],
        "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    },
    {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": LETTERS},
]


def test_the_role_runs_one_family_in_one_cluster_and_passes_its_roles_only(deploy, cloud):
    deploy(task())
    assert cloud.one(POLICY).inputs["role"] == "nightly-1234567"
    assert json.loads(cloud.one(POLICY).inputs["policy"])["Statement"] == RUN


def test_a_family_without_a_revision_is_that_family():
    document = schedule_iam.run_task(
        cluster_arn=CLUSTER,
        task_definition_arn=DEFINITION.removesuffix(":7"),
        task_role_arns=ROLES,
        dead_letters_arn=LETTERS,
        kms_key_arn=None,
    )
    assert json.loads(document)["Statement"] == RUN


def test_dead_letters_are_kept_encrypted_and_reached_by_tls_only(deploy, cloud):
    deploy(task(tags={"team": "a"}))
    assert cloud.one(QUEUE).inputs == {
        "messageRetentionSeconds": 1209600,
        "sqsManagedSseEnabled": True,
        "tags": {"Name": "nightly-dead-letters", "team": "a"},
    }
    assert cloud.one(QUEUE_POLICY).inputs["queueUrl"] == "Queue-nightly-dead-letters"
    assert json.loads(cloud.one(QUEUE_POLICY).inputs["policy"])["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": LETTERS,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_a_key_encrypts_the_dead_letters_and_the_role_may_use_it_for_them_only(deploy, cloud):
    deploy(task(kms_key_arn="arn:key"))
    queue = cloud.one(QUEUE).inputs
    assert queue["kmsMasterKeyId"] == "arn:key"
    assert "sqsManagedSseEnabled" not in queue
    assert json.loads(cloud.one(POLICY).inputs["policy"])["Statement"] == [
        *RUN,
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "arn:key",
            "Condition": {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": LETTERS}},
        },
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"task_role_arns": []}, "task_role_arns: roles must be from 1 to 2, got 0"),
        ({"task_role_arns": ["a", "b", "c"]}, "task_role_arns: roles must be from 1 to 2, got 3"),
        ({"security_group_ids": []}, "security_group_ids: groups must be from 1 to 5, got 0"),
        ({"security_group_ids": list("abcdef")}, "security_group_ids: groups must be from 1 to 5, got 6"),
        ({"role_path": "dev"}, "role_path must be a path such as /fargate/dev/, of 512 characters at most, got 'dev'"),
        ({"command": ("x",)}, "command ['x'] needs container_name, the container that it is for"),
        ({"container_name": "app"}, "container_name 'app' needs command, which is to run in it"),
        (
            {"container_name": "a b", "command": ("x",)},
            "container_name must be 1 to 255 letters, digits, hyphens and underscores, got 'a b'",
        ),
        (
            {"container_name": "app", "command": ("x" * 8192,)},
            "command may have 8192 characters as JSON, got 8246",
        ),
    ],
)
def test_what_would_fail_when_the_time_comes(change, told):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        replace(arguments(), **change)
    assert str(refused.value) == told


def test_every_problem_is_told_at_once():
    with pytest.raises(ValueError, match="roles .*; .*groups .*; command"):
        arguments(task_role_arns=[], security_group_ids=[], command=("x",))


def test_a_bad_name_is_refused_before_anything_is_registered(deploy, cloud):
    with pytest.raises(ValueError, match="name 'Nightly' must start with a letter"):
        deploy(lambda: ScheduledTask("Nightly", arguments()))
    assert cloud.resources == []
