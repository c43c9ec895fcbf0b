import json

import pytest

from components import iam
from components.iam import Place

CLUSTER = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/c"
LOGS = "arn:aws:logs:ap-northeast-1:123456789012:log-group:g"


def test_only_ecs_for_tasks_of_this_account_and_region_takes_the_roles():
    assert json.loads(iam.tasks_trust(CLUSTER)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                    "ArnLike": {"aws:SourceArn": "arn:aws-cn:ecs:cn-north-1:123456789012:*"},
                },
            }
        ],
    }


def test_only_vpc_for_flow_logs_of_this_account_and_region_takes_theirs():
    statement = json.loads(iam.flow_logs_trust(LOGS))["Statement"][0]
    assert statement["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ec2:ap-northeast-1:123456789012:vpc-flow-log/*"},
    }


def test_flow_logs_write_to_their_own_log_group():
    assert json.loads(iam.write_flow_logs(LOGS))["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": f"{LOGS}:*",
        }
    ]


def statements(**arns):
    return json.loads(iam.start_task(**arns))["Statement"]


def test_an_execution_role_writes_to_its_own_log_group_and_pulls_from_its_own_repository():
    assert statements(log_group_arn="arn:logs", repository_arns=["arn:ecr"]) == [
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:logs:*"},
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": "arn:ecr",
        },
        {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"},
    ]


def test_an_image_from_elsewhere_needs_no_permission():
    assert len(statements(log_group_arn="arn:logs", repository_arns=[])) == 1


def test_an_execution_role_that_pulls_through_may_have_the_image_taken_from_its_registry():
    _, pull, _ = statements(log_group_arn="arn:logs", repository_arns=["arn:ecr"], pull_through=True)
    assert pull["Action"] == [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:BatchImportUpstreamImage",
        "ecr:CreateRepository",
        "ecr:GetDownloadUrlForLayer",
    ]
    assert pull["Resource"] == "arn:ecr"


def test_other_accounts_pull_by_their_roots():
    policy = json.loads(iam.pull_from("arn:aws-cn:ecr:cn-north-1:123456789012:repository/app", ["2", "1"]))
    assert policy["Statement"][0]["Principal"] == {"AWS": ["arn:aws-cn:iam::1:root", "arn:aws-cn:iam::2:root"]}


def test_who_holds_sessions_has_channels_and_writes_their_log():
    found = json.loads(iam.hold_sessions(log_group_arn="arn:sessions", kms_key_arn=None))["Statement"]
    assert found == [
        {
            "Effect": "Allow",
            "Action": [
                "logs:DescribeLogGroups",
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": "arn:sessions:*",
        },
    ]


def test_encrypted_sessions_take_their_key_and_no_other():
    found = json.loads(iam.hold_sessions(log_group_arn="arn:sessions", kms_key_arn="arn:key"))["Statement"]
    assert found[2:] == [{"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "arn:key"}]


def test_a_collector_traces_and_writes_to_its_task_s_log_group():
    assert json.loads(iam.send_telemetry("arn:logs"))["Statement"] == [
        {"Effect": "Allow", "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": "arn:logs:*",
        },
    ]


@pytest.mark.parametrize(
    "document",
    [
        iam.start_task(log_group_arn="a", repository_arns=["b"]),
        iam.write_flow_logs("a"),
        iam.hold_sessions(log_group_arn="a", kms_key_arn="b"),
        iam.send_telemetry("a"),
    ],
)
def test_only_what_takes_no_resource_has_every_resource(document):
    for statement in json.loads(document)["Statement"]:
        assert statement["Resource"] != "*" or set(statement["Action"]) <= set(iam.ANY_RESOURCE)


def test_a_place_is_read_from_an_arn():
    assert Place.of(LOGS) == Place(partition="aws", region="ap-northeast-1", account="123456789012")
    assert Place.of(LOGS).root == "arn:aws:iam::123456789012:root"
