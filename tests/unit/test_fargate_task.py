import json

import pytest

from components import Container, ExecuteCommand, FargateTask, LogRouter, Telemetry

from . import test_contract
from .test_fargate_service import DEFINITION, EGRESS, INGRESS, ROLE

GROUP = "aws:ec2/securityGroup:SecurityGroup"


def task(name="report", **changes):
    return lambda: FargateTask(name, test_contract.task_arguments(**changes))


def test_it_is_defined_and_nothing_runs_it(deploy, cloud):
    made = deploy(task(task_policy=None, command=("report",)))
    (container,) = json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])
    assert (container["name"], container["command"], container["portMappings"]) == ("report", ["report"], [])
    assert not cloud.all("aws:ecs/service:Service")
    assert deploy.known(made.task_definition_arn) == "arn:TaskDefinition:report"
    assert deploy.known(made.log_group_name) == "report-1234567"
    assert deploy.known(made.security_group_id) == "SecurityGroup-report"
    assert [deploy.known(arn) for arn in made.role_arns] == ["arn:Role:report-execution"]


def test_nobody_gets_in_and_it_calls_out_by_https_alone(deploy, cloud):
    deploy(task())
    assert not cloud.all(INGRESS)
    (way,) = cloud.all(EGRESS)
    assert (way.name, way.inputs["securityGroupId"]) == ("report-out", "SecurityGroup-report")
    assert (way.inputs["fromPort"], way.inputs["toPort"], way.inputs["cidrIpv4"]) == (443, 443, "0.0.0.0/0")


def test_its_task_role_is_there_for_who_starts_it(deploy, cloud):
    made = deploy(task(task_policy="{}"))
    assert [one.name for one in cloud.all(ROLE)] == ["report-execution", "report-task"]
    assert [deploy.known(arn) for arn in made.role_arns] == ["arn:Role:report-execution", "arn:Role:report-task"]


def test_it_takes_what_a_service_s_task_does(deploy, cloud):
    session = ExecuteCommand(log_group_arn="arn:sessions")
    router = LogRouter(options={"Name": "null"})
    deploy(task(task_policy=None, telemetry=Telemetry(), log_router=router, execute_command=session))
    names = [one["name"] for one in json.loads(cloud.one(DEFINITION).inputs["containerDefinitions"])]
    assert names == ["report", "collector", "log-router"]
    assert {one.name for one in cloud.all("aws:iam/rolePolicy:RolePolicy")} == {
        "report-execution",
        "report-telemetry",
        "report-exec",
    }


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("report", {"sidecars": {"report": Container(image="i")}}, "the sidecar 'report' and the task's own container"),
        (
            "collector",
            {"telemetry": Telemetry()},
            "the container of telemetry or log_router 'collector' and the task's",
        ),
    ],
)
def test_two_containers_have_two_names(deploy, cloud, name, changes, told):
    with pytest.raises(ValueError, match=told):
        deploy(task(name, **changes))
    assert cloud.resources == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"cpu": 300, "ephemeral_storage": 20},
            "cpu must be one of .*; ephemeral_storage must be from 21 to 200, got 20",
        ),
        ({"log_retention_days": 8}, r"log_retention_days must be one of \[1, 3, .*\], got 8"),
        ({"user": "Root"}, "user must be one of the image's"),
        ({"role_path": "dev"}, "role_path must be a path such as /fargate/dev/"),
    ],
)
def test_what_aws_would_refuse(changes, told):
    with pytest.raises(ValueError, match=told):
        test_contract.task_arguments(**changes)
