"""What AWS refuses of alarms, dashboards, rules, topics and budgets. Like `refusals.py`, which has the rest."""

import json
import re
from typing import Any

from localcloud.emulator.notices import is_whole
from localcloud.providers.aws.refusals import Refusal
from localcloud.providers.declare import Call, Operations
from localcloud.providers.operations import rehearse

WIDGETS_MAX = 500
COLUMNS = 24
ADDRESSES = {
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "email-json": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "http": r"http://\S+",
    "https": r"https://\S+",
    "sqs": r"arn:aws[\w-]*:sqs:\S+",
    "lambda": r"arn:aws[\w-]*:lambda:\S+",
    "firehose": r"arn:aws[\w-]*:firehose:\S+",
    "application": r"arn:aws[\w-]*:sns:\S+",
    "sms": r"\+?\d[\d-]+",
}
"""What an endpoint looks like, by protocol (Amazon SNS API Reference, "Subscribe")."""
PLACEHOLDER = re.compile(r"<[^<>]+>")


def of_the_model(one: Call) -> Refusal:
    """A word that AWS's model of the call does not know, which botocore lets through.

    Raises:
        ProviderError: with the words that it knows.
    """

    def refuse(operation: Operations) -> str | None:
        rehearse(operation.client(), one, operation.values)

    return refuse


def alarm_of_nothing(operation: Operations) -> str | None:
    """An alarm of no metric or of two kinds, or that tells what is not here."""
    values = operation.values
    if bool(values.get("metricName")) == bool(values.get("metricQueries")):
        return "ValidationError: exactly one of MetricName and Metrics must be specified"
    if values.get("metricName") and bool(values.get("statistic")) == bool(values.get("extendedStatistic")):
        return "ValidationError: exactly one of Statistic and ExtendedStatistic must be specified"
    if int(values.get("datapointsToAlarm") or 1) > int(values["evaluationPeriods"]):
        return "ValidationError: DatapointsToAlarm must be at most EvaluationPeriods"
    told = (arn for name in ("alarmActions", "okActions", "insufficientDataActions") for arn in values.get(name) or ())
    wrong = next((arn for arn in told if arn.split(":")[3:4] not in ([values["region"]], [""])), None)
    return f"ValidationError: Invalid arn syntax or region: {wrong}" if wrong else None


def no_dashboard(operation: Operations) -> str | None:
    """A dashboard that is no JSON, has no widgets or too many, or has them beyond its columns."""
    problem = _widgets_problem(operation.values["dashboardBody"])
    return f"InvalidParameterInput: The dashboard body is invalid: {problem}" if problem else None


def _widgets_problem(text: str) -> str | None:
    widgets = _json(text).get("widgets") if isinstance(_json(text), dict) else None
    if not isinstance(widgets, list) or len(widgets) > WIDGETS_MAX:
        return f"it must be JSON with a list of at most {WIDGETS_MAX} widgets"
    for number, one in enumerate(widgets):
        if not {"type", "properties"} <= set(one):
            return f"/widgets/{number} needs a type and properties"
        if one.get("x", 0) + one.get("width", 6) > COLUMNS:
            return f"/widgets/{number} ends beyond column {COLUMNS}"
    return None


def bad_pattern(operation: Operations) -> str | None:
    """A filter's pattern that does not end as it begins."""
    pattern = operation.values["pattern"]
    return None if is_whole(pattern) else f"InvalidParameterException: Invalid filter pattern: {pattern}"


def rule_of_nothing(operation: Operations) -> str | None:
    """A rule that neither an event nor a time sets off."""
    if operation.values.get("eventPattern") or operation.values.get("scheduleExpression"):
        return None
    return "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified."


def rule_in_use(operation: Operations) -> str | None:
    """A rule with targets."""
    found = operation.client().list_targets_by_rule(Rule=operation.id)["Targets"]
    return "ValidationException: Rule can't be deleted since it has targets." if found else None


def no_template(operation: Operations) -> str | None:
    """A target's template that is neither JSON nor, line by line, texts in quotation marks."""
    given = (operation.values.get("inputTransformer") or {}).get("inputTemplate", "{}")
    text = PLACEHOLDER.sub("0", given)
    if _json(text) is not None or all(_json(line) is not None for line in text.splitlines()):
        return None
    return f"ValidationException: Invalid InputTemplate for target {operation.values['targetId']}: {given}"


def no_endpoint(operation: Operations) -> str | None:
    """A subscription by a protocol that SNS does not have, or to an address that is none of its kind."""
    protocol, endpoint = operation.values["protocol"], operation.values["endpoint"]
    if protocol not in ADDRESSES:
        return f"InvalidParameter: Amazon SNS does not support this protocol string: {protocol}"
    if re.fullmatch(ADDRESSES[protocol], endpoint):
        return None
    return f"InvalidParameter: Endpoint {endpoint!r} is none for protocol {protocol}"


def no_amount(operation: Operations) -> str | None:
    """A budget of no amount."""
    amount = str(operation.values.get("limitAmount", "0"))
    if re.fullmatch(r"\d*\.?\d+", amount):
        return None
    return f"InvalidParameterException: BudgetLimit.Amount must be a number of at least 0, got {amount!r}"


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
