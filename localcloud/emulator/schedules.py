"""Schedules that run tasks: ministack's know neither ECS nor time zones, and begin anew with each start.

What falls while the cloud is stopped is not made up for. A start that fails is not tried again: it is a dead letter at
once, and so is one that the schedule's role may not make.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from localcloud.emulator import roles

logger = logging.getLogger("localcloud.schedules")

EVERY_SECONDS = 1
STARTED_BY = 36
"""Characters of `startedBy`, after which the scheduler cuts its own."""
ECS_TASKS = {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}


class Schedules:
    """Runs what is due."""

    def __init__(self, scheduler: Any, ecs: Any, sqs: Any, changed: Callable[[str], None]) -> None:
        self._scheduler, self._ecs, self._sqs, self._changed = scheduler, ecs, sqs, changed
        self._begun = time.time()
        self._seen: dict[Any, float] = {}
        """Until when each schedule's times are done with."""
        scheduler._SCHEDULE_TICK_INTERVAL = EVERY_SECONDS

    def tick(self, _: Any) -> Callable[[], None]:
        """Look at every schedule once; ministack calls it again and again."""

        def tick_schedules() -> None:
            from ministack.core.responses import request_scope

            now, seen = time.time(), self._seen
            found = list(self._scheduler._schedules.all_items())
            self._seen = {key: now for key, _ in found}
            for key, one in found:
                since = seen.get(key, max(self._begun, one["CreationDate"] - EVERY_SECONDS / 1000))
                with request_scope(*key[:2]):
                    self._look_at(one, since, now)

        return tick_schedules

    def _look_at(self, schedule: dict[str, Any], since: float, now: float) -> None:
        try:
            moment = next_time(schedule, since) if schedule["State"] == "ENABLED" else None
            if moment and moment <= now and "EcsParameters" in schedule["Target"]:
                self._run(schedule)
        except Exception:  # the others have their time too
            logger.exception("%s failed", schedule["Arn"])

    def _run(self, schedule: dict[str, Any]) -> None:
        target = schedule["Target"]
        request = run_request(schedule)
        problem = next(self._denied(target["RoleArn"], request), None) or self._failure(request)
        self._changed("RunTask")
        if problem:
            logger.error("%s: %s", schedule["Arn"], problem)
            self._bury(schedule, request, problem)

    def _denied(self, role: str, request: dict[str, Any]) -> Iterator[str]:
        definition = self._ecs._task_defs.get(self._ecs._resolve_td_key(request["taskDefinition"])) or {}
        asked = [("ecs:RunTask", request["taskDefinition"], {"ecs:cluster": request["cluster"]})]
        passed = {str(definition[name]) for name in ("executionRoleArn", "taskRoleArn") if definition.get(name)}
        for action, resource, context in (*asked, *(("iam:PassRole", one, ECS_TASKS) for one in sorted(passed))):
            if not roles.allows(role, action, resource, context):
                yield f"AccessDeniedException: {role} is not authorized to perform: {action} on resource: {resource}"

    def _failure(self, request: dict[str, Any]) -> str | None:
        status, _, body = self._ecs._run_task(request)
        answer = json.loads(body)
        return None if status == 200 else f"{answer['__type'].rpartition('#')[2]}: {answer.get('message')}"

    def _bury(self, schedule: dict[str, Any], request: dict[str, Any], problem: str) -> None:
        arn = (schedule["Target"].get("DeadLetterConfig") or {}).get("Arn", "")
        queue = self._sqs._queue_by_arn(arn)
        if queue is None or not roles.allows(schedule["Target"]["RoleArn"], "sqs:SendMessage", arn):
            logger.error("%s has no dead letters that it may send to", schedule["Arn"])
            return
        code, _, message = problem.partition(": ")
        told = {"ERROR_CODE": code, "ERROR_MESSAGE": message, "SCHEDULE_ARN": schedule["Arn"]}
        told["TARGET_ARN"] = schedule["Target"]["Arn"]
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
        message = {"QueueUrl": queue["url"], "MessageBody": json.dumps(request), "MessageAttributes": attributes}
        self._sqs._act_send_message(message, queue["url"])


def run_request(schedule: dict[str, Any]) -> dict[str, Any]:
    """What ECS is asked: the target's parameters, and its input as the run's overrides."""
    target = schedule["Target"]
    given = {name[0].lower() + name[1:]: value for name, value in target["EcsParameters"].items()}
    network = (given.pop("networkConfiguration", None) or {}).get("awsvpcConfiguration") or {}
    return given | {
        "cluster": target["Arn"],
        "taskDefinition": given.pop("taskDefinitionArn"),
        "count": given.pop("taskCount", 1),
        "overrides": json.loads(target.get("Input") or "{}"),
        "networkConfiguration": {
            "awsvpcConfiguration": {name[0].lower() + name[1:]: value for name, value in network.items()}
        },
        "startedBy": f"chronos-schedule/{schedule['Name']}"[:STARTED_BY],
    }


def next_time(schedule: dict[str, Any], since: float) -> float | None:
    """The first of a schedule's times after a moment; both in seconds since 1970."""
    from ministack.services import eventbridge

    expression, zone = schedule["ScheduleExpression"], ZoneInfo(schedule["ScheduleExpressionTimezone"])
    if seconds := eventbridge._parse_rate_seconds(expression):
        begun = schedule["CreationDate"]
        return begun + max(0, (since - begun) // seconds + 1) * seconds
    if once := re.fullmatch(r"at\((.*)\)", expression):
        moment = datetime.fromisoformat(once[1]).replace(tzinfo=zone).timestamp()
        return moment if moment > since else None
    fields = eventbridge._parse_cron_fields(expression)
    local = datetime.fromtimestamp(since, zone).replace(tzinfo=UTC)  # ministack's clock shows one zone only
    while fields and (local := eventbridge._cron_next_fire(fields, local)):
        here = local.replace(tzinfo=zone)
        comes = here.astimezone(UTC).astimezone(zone).replace(tzinfo=UTC) == local  # in spring an hour does not
        if comes and here.timestamp() > since:  # in autumn the first of two counts
            return here.timestamp()
    return None
