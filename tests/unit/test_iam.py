import json

from components import iam


def test_only_tasks_take_the_roles():
    assert json.loads(iam.tasks_trust()) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }


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
