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
    assert statements(log_group_arn="arn:logs", repository_arn="arn:ecr") == [
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:logs:*"},
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": "arn:ecr",
        },
        {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"},
    ]


def test_an_image_from_elsewhere_needs_no_permission():
    assert len(statements(log_group_arn="arn:logs", repository_arn=None)) == 1


def test_an_execution_role_that_pulls_through_may_have_the_image_taken_from_its_registry():
    _, pull, _ = statements(log_group_arn="arn:logs", repository_arn="arn:ecr", pull_through=True)
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


@pytest.mark.parametrize("document", [iam.start_task(log_group_arn="a", repository_arn="b"), iam.write_flow_logs("a")])
def test_only_what_takes_no_resource_has_every_resource(document):
    for statement in json.loads(document)["Statement"]:
        assert statement["Resource"] != "*" or set(statement["Action"]) <= set(iam.ANY_RESOURCE)


def test_a_place_is_read_from_an_arn():
    assert Place.of(LOGS) == Place(partition="aws", region="ap-northeast-1", account="123456789012")
    assert Place.of(LOGS).root == "arn:aws:iam::123456789012:root"
