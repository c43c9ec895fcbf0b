import json

import pytest

from configuration.permission import Permission, policy

from . import test_program, test_settings

READ = {"actions": ["s3:GetObject", "s3:List*"], "resources": ["arn:aws:s3:::uploads", "arn:aws:s3:::uploads/*"]}
PUBLISH = {"actions": ["sns:Publish"], "resources": ["arn:aws:sns:ap-northeast-1:123456789012:topic"]}

parse, problems, run = test_settings.parse, test_settings.problems, test_program.run


def test_nothing_that_is_allowed_is_no_policy():
    assert policy(()) is None


def test_statements_are_as_iam_writes_them(parse):
    conditions = {"StringEquals": {"aws:PrincipalOrgID": "o-1", "s3:prefix": ["a", "b"]}, "Null": {"aws:x": "false"}}
    found = parse(web={"build": "./app", "permissions": [{**READ, "conditions": conditions}, PUBLISH]})
    assert json.loads(policy(found.services["web"].permissions) or "") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:List*"],
                "Resource": ["arn:aws:s3:::uploads", "arn:aws:s3:::uploads/*"],
                "Condition": {
                    "StringEquals": {"aws:PrincipalOrgID": ["o-1"], "s3:prefix": ["a", "b"]},
                    "Null": {"aws:x": ["false"]},
                },
            },
            {
                "Effect": "Allow",
                "Action": ["sns:Publish"],
                "Resource": ["arn:aws:sns:ap-northeast-1:123456789012:topic"],
            },
        ],
    }


def test_the_program_gives_them_to_the_task_role(run, cloud):
    run(
        "dev",
        services={"web": {"build": "./app", "permissions": [PUBLISH]}, "api": {"build": "./app", "paths": ["/a"]}},
    )
    roles = [one.name for one in cloud.all("aws:iam/role:Role") if one.name.endswith("-task")]
    assert roles == ["web-task"], "who may do nothing has no role"
    found = cloud.one("aws:iam/rolePolicy:RolePolicy", "web-task").inputs
    assert found == {
        "role": "web-task-1234567",
        "policy": policy((Permission.model_validate_json(json.dumps(PUBLISH)),)),
    }
    assert cloud.one("aws:ecs/taskDefinition:TaskDefinition", "web").inputs["taskRoleArn"] == "arn:Role:web-task"
    assert "taskRoleArn" not in cloud.one("aws:ecs/taskDefinition:TaskDefinition", "api").inputs


@pytest.mark.parametrize(
    "operator",
    [
        *("StringEquals", "StringNotEqualsIgnoreCase", "StringLikeIfExists", "ForAnyValue:StringLike", "ArnNotLike"),
        *("NumericLessThanEquals", "DateGreaterThan", "DateNotEquals", "Bool", "BinaryEquals", "NotIpAddress", "Null"),
    ],
)
def test_operators_of_conditions(operator):
    given = {**PUBLISH, "conditions": {operator: {"a:b": "1"}}}
    assert Permission.model_validate_json(json.dumps(given)).conditions == {operator: {"a:b": ("1",)}}


@pytest.mark.parametrize(
    "resource", ["*", "arn:aws-cn:s3:::b", "arn:aws:iam::123456789012:role/r", "arn:aws:x:y:*:z:1"]
)
def test_resources(resource):
    assert Permission(actions=("a:b",), resources=(resource,)).resources == (resource,)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"actions": []}, ".actions: must name one action at least, such as s3:GetObject"),
        ({"actions": ["*"]}, ".actions: action must be like s3:GetObject, got '*'"),
        ({"actions": ["GetObject"]}, ".actions: action must be like s3:GetObject, got 'GetObject'"),
        (
            {"actions": ["S3:GetObject", "s3:Get Object"]},
            ".actions: action must be like s3:GetObject, got 'S3:GetObject'; action must be like s3:GetObject, got "
            "'s3:Get Object'",
        ),
        ({"actions": "s3:GetObject"}, ".actions: must be a list, got 's3:GetObject'"),
        ({"resources": []}, ".resources: must name one resource at least, such as arn:aws:s3:::BUCKET/*"),
        (
            {"resources": ["uploads"]},
            ".resources: resource must be an ARN such as arn:aws:s3:::BUCKET/*, or *, got 'uploads'",
        ),
        (
            {"resources": ["arn:aws:s3:::"]},
            ".resources: resource must be an ARN such as arn:aws:s3:::BUCKET/*, or *, got 'arn:aws:s3:::'",
        ),
        (
            {"conditions": {"Equals": {"a:b": "1"}}},
            ".conditions: condition must have an operator of IAM's such as StringEquals, got 'Equals'",
        ),
        ({"conditions": {"StringEquals": "a"}}, ".conditions.StringEquals: must be a mapping, got 'a'"),
        ({"conditions": {"StringEquals": {"a:b": 1}}}, ".conditions.StringEquals.a:b: must be a list, got 1"),
        (
            {"conditions": {"StringEquals": {"a:b": [1]}}},
            ".conditions.StringEquals.a:b.0: must be a text (quote it if it looks like a number), got 1",
        ),
        ({"action": []}, ".action: unknown key: did you mean 'actions'?"),
    ],
)
def test_bad_input_is_told_by_its_key(problems, changes, told):
    given = [{**READ, **changes}]
    assert problems(web={"build": "./app", "permissions": given}) == [f"fargate:services.web.permissions.0{told}"]


def test_both_are_needed(problems):
    assert problems(web={"build": "./app", "permissions": [{}]}) == [
        "fargate:services.web.permissions.0.actions: is required",
        "fargate:services.web.permissions.0.resources: is required",
    ]
