"""What IAM is asked in a local cloud that enforces it, as far as that needs no emulator."""

import json
import logging
from types import SimpleNamespace

import pytest
from ministack.core.iam_evaluator import AuthError, EvalResult

from localcloud.emulator import authorization, iam_resources
from localcloud.emulator.authorization import Authorization, Request

PLACE = ("ap-northeast-1", "000000000000")
ECS, EC2 = (f"arn:aws:{service}:ap-northeast-1:000000000000" for service in ("ecs", "ec2"))
ROLE = "arn:aws:iam::000000000000:role/fargate/dev/task"


@pytest.mark.parametrize(
    ("action", "given", "resources"),
    [
        ("ecs:UpdateService", {"cluster": f"{ECS}:cluster/main", "service": "web"}, [f"{ECS}:service/main/web"]),
        ("ecs:UpdateService", {"service": f"{ECS}:service/main/web"}, [f"{ECS}:service/main/web"]),
        ("ecs:CreateService", {"serviceName": "web"}, [f"{ECS}:service/default/web"]),
        ("ecs:RegisterTaskDefinition", {"family": "web"}, ["*"]),
        ("+ecs:RegisterTaskDefinition", {"family": "web"}, [f"{ECS}:task-definition/web:*"]),
        ("ecs:UntagResource", {"resourceArn": f"{ECS}:cluster/main"}, [f"{ECS}:cluster/main"]),
        ("ec2:CreateSubnet", {"VpcId": "vpc-1"}, [f"{EC2}:subnet/*", f"{EC2}:vpc/vpc-1"]),
        ("ec2:DescribeSubnets", {"VpcId": "vpc-1"}, ["*"]),
        (
            "ec2:CreateTags",
            {"ResourceId.1": "vpc-1", "ResourceId.2": "rtb-2", "Tag.1.Key": "a"},
            [f"{EC2}:vpc/vpc-1", f"{EC2}:route-table/rtb-2"],
        ),
        (
            "cloudwatch:DeleteAlarms",
            {"AlarmNames.0": "a", "AlarmNames.1": "b"},
            [f"arn:aws:cloudwatch:{':'.join(PLACE)}:alarm:{name}" for name in "ab"],
        ),
        ("budgets:ModifyBudget", {"Budget.BudgetName": "bill"}, ["arn:aws:budgets::000000000000:budget/bill"]),
        ("iam:CreatePolicy", {"PolicyName": "p"}, ["arn:aws:iam::000000000000:policy/p"]),
        ("iam:CreatePolicy", {"PolicyName": "p", "Path": "/ci/"}, ["arn:aws:iam::000000000000:policy/ci/p"]),
        (
            "iam:CreateOpenIDConnectProvider",
            {"Url": "https://token.example.com/org"},
            ["arn:aws:iam::000000000000:oidc-provider/token.example.com/org"],
        ),
        ("ssm:GetParameters", {"Names.0": "/a/b"}, [f"arn:aws:ssm:{':'.join(PLACE)}:parameter/a/b"]),
        (
            "elasticfilesystem:TagResource",
            {"Name": "fs-1"},
            [f"arn:aws:elasticfilesystem:{':'.join(PLACE)}:file-system/fs-1"],
        ),
        (
            "scheduler:GetSchedule",
            {"Name": "night", "groupName": "jobs"},
            [f"arn:aws:scheduler:{':'.join(PLACE)}:schedule/jobs/night"],
        ),
        ("ecs:StopTask", {"cluster": "main"}, []),
        ("sqs:SendMessage", {"QueueUrl": "q"}, []),
    ],
)
def test_a_call_is_about_the_resources_that_aws_names(action, given, resources):
    assert iam_resources.arns(action, given, *PLACE) == resources


@pytest.mark.parametrize(
    ("path", "body", "query", "found"),
    [
        ("/", b'{"a": {"b": ["x", {"c": "y"}]}, "n": 1}', {}, {"a.b.0": "x", "a.b.1.c": "y"}),
        ("/", b"RoleName=r", {"RoleName": ["r"]}, {"RoleName": "r"}),
        ("/schedules/night", b"", {}, {"Name": "night"}),
        ("/", b"{not json", {}, {}),
    ],
)
def test_a_call_s_parameters_are_read_in_every_protocol(path, body, query, found):
    assert iam_resources.parameters(path, body, query) == found


@pytest.mark.parametrize(
    ("action", "name", "passes"),
    [
        ("ecs:RegisterTaskDefinition", "taskRoleArn", True),
        ("events:PutTargets", "Targets.0.RoleArn", True),
        ("ec2:CreateFlowLogs", "DeliverLogsPermissionArn", True),
        ("codebuild:CreateProject", "serviceRole", True),
        ("ecs:RegisterTaskDefinition", "containerDefinitions.0.environment.0.value", False),
        ("scheduler:ListSchedules", "RoleArn", False),
        ("sts:AssumeRole", "RoleArn", False),
    ],
)
def test_a_call_that_gives_a_role_away_is_known(action, name, passes):
    assert Request(action, {name: ROLE}, []).passed == ({ROLE} if passes else set())


@pytest.fixture
def auth(tmp_path, monkeypatch):
    iam = SimpleNamespace(_roles={"task": {"Arn": ROLE, "PermissionsBoundary": "bound"}}, _users={})
    alias = "arn:aws:kms:ap-northeast-1:000000000000:alias/state"
    key = {"Arn": "arn:aws:kms:ap-northeast-1:000000000000:key/k"}
    kms = SimpleNamespace(_keys={"k": key}, _aliases={alias: "k"})
    made = Authorization(iam, kms, tmp_path / "iam.jsonl")
    caller = {"userArn": "arn:aws:sts::000000000000:assumed-role/ci/me"}
    monkeypatch.setattr(made._evaluator, "resolve_caller_identity", lambda _: caller)
    monkeypatch.setattr(iam_resources, "tags", lambda _: {"environment": "dev"})
    yield made
    for handler in logging.getLogger("localcloud.iam").handlers[:]:
        authorization.logger.removeHandler(handler)


def asked(auth, service, action, body="", query=None, context=None, refused=""):
    """What ministack's evaluation is asked for one call, in order, and what comes out."""
    questions = []

    def enforce(_, action, service, region, resource, context):
        questions.append((action, resource, context))
        return EvalResult("ImplicitDeny", principal_arn="me") if action == refused else None

    original = auth._actions.extract_resource_arn
    headers = {"x-amz-target": f"Any.{action}"} if body else {}
    params = {"Action": [action], **{name: [value] for name, value in (query or {}).items()}}
    arn = auth.resource(original)(service, "POST", "/", headers, body.encode(), {} if body else params, *PLACE)
    given = f"{service}:{action}"
    return questions, auth.enforce(enforce)("ASIA", given, service, PLACE[0], arn, context or {})


def test_a_role_is_asked_for_with_its_path_and_its_boundary(auth):
    new = {"RoleName": "new", "Path": "/fargate/dev/", "PermissionsBoundary": "other"}
    questions, _ = asked(auth, "iam", "CreateRole", query=new)
    assert questions[0][1] == "arn:aws:iam::000000000000:role/fargate/dev/new"
    assert questions[0][2]["iam:PermissionsBoundary"] == "other"
    questions, _ = asked(auth, "iam", "AttachRolePolicy", query={"RoleName": "task", "PolicyArn": "p"})
    assert questions[0][1] == ROLE
    assert questions[0][2]["iam:PermissionsBoundary"] == "bound"
    assert questions[0][2]["iam:PolicyARN"] == "p"
    questions, _ = asked(auth, "iam", "UpdateAssumeRolePolicy", query={"RoleName": "task"})
    assert "iam:PermissionsBoundary" not in questions[0][2], "AWS has no such key there"


def test_a_key_that_is_named_by_its_alias_is_the_key(auth):
    questions, _ = asked(auth, "kms", "Decrypt", body='{"KeyId": "alias/state"}')
    action, resource, context = questions[0]
    assert (action, resource) == ("kms:Decrypt", "arn:aws:kms:ap-northeast-1:000000000000:key/k")
    assert context["kms:RequestAlias"] == "alias/state"
    assert context["kms:ResourceAliases"] == ["alias/state"]


def test_tags_and_roles_that_a_call_gives_are_asked_for_too(auth, tmp_path):
    body = json.dumps({"family": "web", "taskRoleArn": ROLE})
    questions, answer = asked(
        auth, "ecs", "RegisterTaskDefinition", body=body, context={"aws:requesttag/environment": "dev"}
    )
    assert answer is None
    assert [question[:2] for question in questions] == [
        ("ecs:RegisterTaskDefinition", "*"),
        ("ecs:TagResource", f"{ECS}:task-definition/web:*"),
        ("iam:PassRole", ROLE),
    ]
    assert questions[0][2]["aws:ResourceTag/environment"] == "dev"
    assert questions[1][2]["ecs:CreateAction"] == "RegisterTaskDefinition"
    assert questions[2][2]["iam:PassedToService"] == "ecs-tasks.amazonaws.com"
    lines = [json.loads(line) for line in (tmp_path / "iam.jsonl").read_text().splitlines()]
    assert [line["decision"] for line in lines] == ["Allow", "Allow", "Allow"]


def test_a_refusal_names_what_was_refused(auth, tmp_path):
    _, answer = asked(
        auth, "ecs", "RegisterTaskDefinition", body=json.dumps({"taskRoleArn": ROLE}), refused="iam:PassRole"
    )
    assert isinstance(answer, AuthError)
    assert answer.message.startswith(f"User: me is not authorized to perform: iam:PassRole on resource: {ROLE}")
    _, answer = asked(auth, "ecs", "DescribeClusters", body='{"clusters": ["c"]}', refused="ecs:DescribeClusters")
    assert answer.decision == "ImplicitDeny"
    assert json.loads((tmp_path / "iam.jsonl").read_text().splitlines()[-1])["decision"] == "ImplicitDeny"


def test_the_permissions_of_a_budget_have_two_names_only(auth):
    names = auth.action(lambda name: name)
    assert names("budgets:CreateBudget") == "budgets:ModifyBudget"
    assert names("budgets:DescribeBudget") == "budgets:ViewBudget"
    assert names("budgets:ListTagsForResource") == "budgets:ListTagsForResource"
    assert names("ecs:DescribeClusters") == "ecs:DescribeClusters"
    assert names(None) is None
