"""When the local cloud runs a schedule, without an emulator."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from localcloud.emulator.schedules import next_time, run_request

BERLIN = "Europe/Berlin"


def at(text, zone="UTC", fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def schedule(expression, zone="UTC", made="2026-01-01T00:00:00"):
    return {"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone, "CreationDate": at(made)}


@pytest.mark.parametrize(
    ("expression", "zone", "since", "then"),
    [
        ("rate(5 minutes)", "UTC", at("2025-12-31T23:59:59"), at("2026-01-01T00:00:00")),
        ("rate(5 minutes)", "UTC", at("2026-01-01T00:00:00"), at("2026-01-01T00:05:00")),
        ("rate(5 minutes)", "UTC", at("2026-01-01T00:07:00"), at("2026-01-01T00:10:00")),
        ("at(2026-05-01T09:00:00)", "Asia/Tokyo", at("2026-01-01T00:00:00"), at("2026-05-01T00:00:00")),
        ("at(2026-05-01T09:00:00)", "Asia/Tokyo", at("2026-05-01T00:00:00"), None),
        ("cron(30 9 * * ? *)", "Asia/Tokyo", at("2026-01-01T00:00:00"), at("2026-01-01T00:30:00")),
        ("cron(0 9 ? * MON-FRI *)", BERLIN, at("2026-06-06T00:00:00"), at("2026-06-08T07:00:00")),
        ("cron(30 2 * * ? *)", BERLIN, at("2026-03-28T12:00:00"), at("2026-03-30T02:30:00", BERLIN)),
        ("cron(30 2 * * ? *)", BERLIN, at("2026-10-25T02:00:00", BERLIN), at("2026-10-25T02:30:00", BERLIN)),
        ("cron(30 2 * * ? *)", BERLIN, at("2026-10-25T02:10:00", BERLIN, fold=1), at("2026-10-26T02:30:00", BERLIN)),
        ("cron(0 3 * * ? 2020)", "UTC", at("2026-01-01T00:00:00"), None),
        ("cron(0 3 * * *)", "UTC", at("2026-01-01T00:00:00"), None),
    ],
)
def test_the_next_time_is_that_of_its_own_clock(expression, zone, since, then):
    assert next_time(schedule(expression, zone), since) == then


def test_ecs_is_asked_what_the_target_says():
    network = {"awsvpcConfiguration": {"Subnets": ["s"], "SecurityGroups": ["g"], "AssignPublicIp": "DISABLED"}}
    parameters = {"TaskDefinitionArn": "arn:d:1", "TaskCount": 1, "NetworkConfiguration": network}
    target = {"Arn": "arn:c", "RoleArn": "arn:r", "EcsParameters": parameters, "Input": '{"containerOverrides": []}'}
    assert run_request({"Name": "nightly", "Target": target}) == {
        "cluster": "arn:c",
        "taskDefinition": "arn:d:1",
        "count": 1,
        "overrides": {"containerOverrides": []},
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": "DISABLED"}
        },
        "startedBy": "chronos-schedule/nightly",
    }
