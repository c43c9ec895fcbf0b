import json

import pytest

from components import Capacity, Schedule

from . import test_program, test_settings

SCHEDULE, DEFINITION = "aws:scheduler/schedule:Schedule", "aws:ecs/taskDefinition:TaskDefinition"
NIGHT = {"service": "web", "schedule": "cron(0 3 * * ? *)"}
IMAGE = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/team/report:v1"

parse, problems, run = test_settings.parse, test_settings.problems, test_program.run


def with_job(**job):
    return {"fargate:jobs": {"night": job}}


def test_a_stack_has_none_until_it_asks(parse, run, cloud, deploy):
    assert parse().jobs == {}
    assert run("dev")["jobs"] == {}
    assert not cloud.all(SCHEDULE)


def test_an_expression_alone_is_a_schedule(parse):
    job = parse(with_job(**NIGHT)).jobs["night"]
    assert job.schedule == Schedule(expression="cron(0 3 * * ? *)")
    assert (job.service, job.command, job.capacity, job.enabled) == ("web", (), Capacity.FARGATE, True)


def test_everything_can_be_said(parse):
    when = {"expression": "at(2030-01-31T03:00:00)", "time_zone": "Asia/Tokyo", "retries": 0, "max_age": 60}
    said = {"image": IMAGE, "schedule": {**when, "window_minutes": 5}, "capacity": "FARGATE_SPOT", "enabled": False}
    job = parse(with_job(**said, command=["report"], cpu=512, memory=1024, telemetry=True)).jobs["night"]
    assert job.schedule == Schedule(**when, window_minutes=5)
    assert (job.capacity, job.enabled, job.command) == (Capacity.FARGATE_SPOT, False, ("report",))
    assert (job.image.uri, job.cpu, job.memory, job.listens) == (IMAGE, 512, 1024, None)
    assert job.telemetry


ONE = "fargate:jobs.night: a job needs one of build, image, or service: the name of one whose task it runs"


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({"schedule": "rate(1 hour)"}, [ONE]),
        ({**NIGHT, "build": "./app"}, [ONE]),
        ({"image": IMAGE, "build": "./app", "schedule": "rate(1 hour)"}, [ONE]),
        ({"service": "web"}, ["fargate:jobs.night.schedule: is required"]),
        ({**NIGHT, "service": "wbe"}, ["fargate:jobs.night.service: no service 'wbe': did you mean 'web'?"]),
        ({**NIGHT, "service": "x"}, ["fargate:jobs.night.service: no service 'x'; known are web"]),
        (
            {**NIGHT, "service": 1},
            ["fargate:jobs.night.service: must be a text (quote it if it looks like a number), got 1"],
        ),
        (
            {**NIGHT, "memory": 1024, "environment": {"A": "1"}},
            ["fargate:jobs.night: the task of service 'web' is run as it is: leave out environment, memory"],
        ),
        ({**NIGHT, "schedules": "x"}, ["fargate:jobs.night.schedules: unknown key: did you mean 'schedule'?"]),
        (
            {**NIGHT, "port": 80},
            [
                "fargate:jobs.night.port: unknown key; known are ",
            ],
        ),
        (
            {**NIGHT, "schedule": "every night"},
            [
                "fargate:jobs.night.schedule: expression must be cron(minutes hours day-of-month month day-of-week "
                "year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss), got 'every night'"
            ],
        ),
        ({**NIGHT, "schedule": 5}, ["fargate:jobs.night.schedule: must be a mapping, got 5"]),
        (
            {**NIGHT, "schedule": {"expression": "rate(1 day)", "zone": "Asia/Tokyo"}},
            ["fargate:jobs.night.schedule.zone: unknown key: did you mean 'time_zone'?"],
        ),
        (
            {**NIGHT, "schedule": {"expression": "rate(1 day)", "retries": 186}},
            ["fargate:jobs.night.schedule: retries must be from 0 to 185, got 186"],
        ),
        (
            {**NIGHT, "capacity": "SPOT"},
            ["fargate:jobs.night.capacity: must be one of 'FARGATE' or 'FARGATE_SPOT', got 'SPOT'"],
        ),
        (
            {"image": IMAGE, "schedule": "rate(1 day)", "sidecars": {"night": {"image": "i:1"}}},
            ["fargate:jobs.night.sidecars: 'night' is the name of its own container: give the sidecar another"],
        ),
    ],
)
def test_bad_input_is_told_by_its_key(problems, job, told):
    found = problems(with_job(**job))
    assert len(found) == len(told)
    assert all(line.startswith(start) for line, start in zip(found, told, strict=True)), found


def test_a_time_that_no_calendar_has_is_refused(problems):
    (told,) = problems(with_job(**{**NIGHT, "schedule": "cron(0 3 31 2 ? *)"}))
    assert told.startswith("fargate:jobs.night.schedule: expression 'cron(0 3 31 2 ? *)': ")


def test_a_job_and_a_service_have_different_names(problems):
    assert problems({"fargate:jobs": {"web": {**NIGHT}}}) == [
        "fargate:jobs.web: a service has this name, and so its task definitions: give the job another"
    ]


def test_a_job_is_named_as_components_are(problems):
    (told,) = problems({"fargate:jobs": {"Night": NIGHT}})
    assert told.startswith("fargate:jobs.Night: name 'Night' must start with a letter")


def test_prod_takes_no_latest_image_of_a_job(problems):
    job = {"image": "registry.example/report:latest", "schedule": "rate(1 day)"}
    web = {"build": "./app", "desired_count": 2}
    (told,) = problems({**test_settings.PROD, "fargate:jobs": {"night": job}}, web=web)
    assert told.startswith("fargate:jobs.night.image")


def test_a_service_s_job_runs_its_very_revision_with_another_command(run, cloud, deploy):
    exports = run("dev", jobs={"night": {**NIGHT, "command": ["sh", "-c", "date"], "enabled": False}})
    assert [one.name for one in cloud.all(DEFINITION)] == ["web"], "no definition of its own"
    found = cloud.one(SCHEDULE, "night").inputs
    target = found["target"]
    assert (found["scheduleExpression"], found["state"]) == ("cron(0 3 * * ? *)", "DISABLED")
    assert json.loads(target["input"]) == {"containerOverrides": [{"name": "web", "command": ["sh", "-c", "date"]}]}
    assert target["ecsParameters"]["taskDefinitionArn"] == "arn:TaskDefinition:web"
    network = target["ecsParameters"]["networkConfiguration"]
    assert network["securityGroups"] == ["SecurityGroup-web"]
    assert all("private" in subnet for subnet in network["subnets"])
    assert deploy.known(exports["jobs"]["night"]) == {
        "schedule": "arn:Schedule:night",
        "image": None,
        "task_definition": "arn:TaskDefinition:web",
        "log_group": "web-1234567",
        "dead_letters": "night-dead-letters-1234567",
    }


def passed_on(cloud):
    """The roles that the schedule's own may give to its tasks."""
    statements = json.loads(cloud.one("aws:iam/rolePolicy:RolePolicy", "night").inputs["policy"])["Statement"]
    (roles,) = [one["Resource"] for one in statements if one["Action"] in ("iam:PassRole", ["iam:PassRole"])]
    return roles


@pytest.mark.parametrize(("more", "roles"), [({}, ["execution"]), ({"telemetry": True}, ["execution", "task"])])
def test_a_schedule_passes_on_the_roles_of_its_task_alone(run, cloud, more, roles):
    run("dev", services={"web": {"build": "./app", **more}}, jobs={"night": NIGHT})
    found = passed_on(cloud)
    assert ([found] if isinstance(found, str) else found) == [f"arn:Role:web-{role}" for role in roles]


def test_a_service_s_job_without_a_command_runs_the_service_s(run, cloud):
    run("dev", jobs={"night": NIGHT})
    assert "input" not in cloud.one(SCHEDULE, "night").inputs["target"]


def test_a_job_of_its_own_has_its_command_in_its_definition(run, cloud, deploy):
    exports = run(
        "dev",
        jobs={"night": {"image": IMAGE, "schedule": "rate(1 day)", "command": ["report"], "capacity": "FARGATE_SPOT"}},
    )
    assert "input" not in cloud.one(SCHEDULE, "night").inputs["target"]
    target = cloud.one(SCHEDULE, "night").inputs["target"]["ecsParameters"]
    assert target["taskDefinitionArn"] == "arn:TaskDefinition:night"
    assert target["capacityProviderStrategies"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    assert target["networkConfiguration"]["securityGroups"] == ["SecurityGroup-night"]
    (container,) = json.loads(cloud.one(DEFINITION, "night").inputs["containerDefinitions"])
    assert (container["name"], container["image"], container["command"]) == ("night", IMAGE, ["report"])
    assert container["portMappings"] == []
    assert [one.name for one in cloud.all("aws:ecs/service:Service")] == ["web"], "nothing keeps it running"
    assert [one.name for one in cloud.all("aws:lb/targetGroup:TargetGroup")] == ["web"]
    assert not [one for one in cloud.all("docker:index/image:Image") if one.name == "night"]
    assert deploy.known(exports["jobs"]["night"])["log_group"] == "night-1234567"


def test_no_schedule_starts_a_task_before_it_may_do_what_it_takes(run, cloud):
    run("dev", jobs={"night": {"image": IMAGE, "schedule": "rate(1 day)", "telemetry": True}})
    urns = {one.urn: (one.type.rpartition(":")[2], one.name) for one in cloud.resources}
    waits = {urns[urn] for urn in cloud.one(SCHEDULE, "night").dependencies if urn in urns}
    assert waits >= {
        ("RolePolicy", "night"),
        ("RolePolicy", "night-execution"),
        ("RolePolicy", "night-telemetry"),
        ("SecurityGroupEgressRule", "night-out"),
    }


def test_a_job_builds_its_own_image(run, cloud):
    run("dev", jobs={"night": {"build": "./app", "schedule": "rate(1 day)"}})
    assert [one.name for one in cloud.all("docker:index/image:Image")] == ["night", "web"]
    assert cloud.one(DEFINITION, "night")


def test_prod_encrypts_what_its_jobs_leave(run, cloud):
    run("prod", jobs={"night": {"image": IMAGE, "schedule": "rate(1 day)"}}, permissions_boundary_arn=BOUNDARY)
    assert cloud.one("aws:sqs/queue:Queue", "night-dead-letters").inputs["kmsMasterKeyId"] == "arn:Key:key"
    assert cloud.one("aws:cloudwatch/logGroup:LogGroup", "night").inputs["kmsKeyId"] == "arn:Key:key"
    for role in ("night", "night-execution"):
        assert cloud.one("aws:iam/role:Role", role).inputs["permissionsBoundary"] == BOUNDARY


BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
