"""Notices of deployments, alarms and logs: ministack sends too few of them, and also to topics that are closed."""

import json
import logging
import re
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

logger = logging.getLogger("localcloud.notices")

KINDS = ("AlarmActions", "OKActions", "InsufficientDataActions")
KEPT = ("Metrics", "ThresholdMetricId", "EvaluateLowSampleCountPercentile")
HERE = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
WORDS = re.compile(r'([?-]?)("[^"]*"|\S+)')


class Notices:
    """Sends what AWS sends, to whom AWS lets it."""

    def __init__(self, ecs: Any, events: Any, sns: Any, kms: Any, cloudwatch: Any, logs: Any) -> None:
        self._ecs, self._events, self._sns, self._kms = ecs, events, sns, kms
        self._cloudwatch, self._logs = cloudwatch, logs

    def failures(self, record: Any) -> Any:
        """ECS tells of a deployment that failed ("Amazon ECS service deployment state change events")."""

        def record_failure(task: dict[str, Any], digest_resolution_failed: bool = False) -> None:
            cluster, name = task.get("clusterArn", "").rpartition("/")[2], task.get("group", "").rpartition(":")[2]
            service = self._ecs._services.get(f"{cluster}/{name}") or {}
            going = [one for one in service.get("deployments", ()) if one["rolloutState"] != "FAILED"]
            record(task, digest_resolution_failed)
            for one in going:
                if one["rolloutState"] == "FAILED":
                    self._tell(service["serviceArn"], one)

        return record_failure

    def _tell(self, service: str, deployment: dict[str, Any]) -> None:
        detail = {
            "eventType": "ERROR",
            "eventName": "SERVICE_DEPLOYMENT_FAILED",
            "deploymentId": deployment["id"],
            "updatedAt": deployment["updatedAt"],
            "reason": deployment["rolloutStateReason"],
        }
        event = {"Source": "aws.ecs", "DetailType": "ECS Deployment State Change", "Detail": json.dumps(detail)}
        self._events._put_events({"Entries": [{**event, "Resources": [service]}]}, allow_aws_source=True)

    def target(self, invoke: Any) -> Any:
        """A rule's notice arrives where the topic and its key let EventBridge publish."""

        def invoke_target(target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
            if ":sns:" not in target["Arn"] or self._may_publish(target["Arn"], "events", rule["Arn"]):
                invoke(target, event, rule, view)

        return invoke_target

    def transformed(self, apply: Any) -> Any:
        """Of an event's resources a transformer may take one by its number; ministack knows names only."""

        def apply_input_transformer(transformer: Any, rule: Any, view: Any) -> str:
            event = dict(view.event_with_detail())
            event |= {f"resources[{number}]": arn for number, arn in enumerate(event["resources"])}
            return apply(transformer, rule, SimpleNamespace(event_with_detail=lambda: event, envelope=view.envelope))

        return apply_input_transformer

    def alarm(self, dispatch: Any) -> Any:
        """An alarm's notice arrives where the topic and its key let CloudWatch publish."""

        def dispatch_alarm_actions(alarm: dict[str, Any], *states: str) -> None:
            def opened(topics: list[str] | None) -> list[str]:
                return [one for one in topics or () if self._may_publish(one, "cloudwatch", alarm["AlarmArn"])]

            dispatch({**alarm, **{kind: opened(alarm.get(kind)) for kind in KINDS}}, *states)

        return dispatch_alarm_actions

    def _may_publish(self, topic: str, service: str, source: str) -> bool:
        found = self._sns._topic_by_arn_any_scope(topic) or {"attributes": {}}
        key = found["attributes"].get("KmsMasterKeyId")
        asked = [("sns:Publish", topic, found["attributes"].get("Policy"))]
        if key:
            policy = (self._kms.key_policy_for_arn(key) or ("",))[0]  # AWS's own key lets no service use it
            asked += [(action, key, policy) for action in ("kms:Decrypt", "kms:GenerateDataKey")]
        denied = next((one for one in asked if not _lets(*one, f"{service}.amazonaws.com", source, topic)), None)
        if denied:
            logger.error("%s tells %s nothing: its policy does not let it %s %s", source, topic, *denied[:2])
        return not denied

    def matcher(self, compile: Any) -> Any:
        """Words of a filter's pattern: one of those after `?`, all others, none after `-`; ministack knows no `?`."""

        def compile_filter_pattern(raw: str) -> Callable[[str], bool]:
            return compile(raw) if raw.strip()[:1] in ("", "{", "[", "%") else partial(has_words, raw)

        return compile_filter_pattern

    def counted(self, put: Any) -> Any:
        """A metric filter counts the lines that are taken and match; then the alarms are looked at, once."""

        def put_log_events(data: dict[str, Any]) -> Any:
            answer = put(data)
            made = [
                metric
                for one in self._logs._metric_filters.values()
                if answer[0] == 200 and one["logGroupName"] == data["logGroupName"]
                for event in data["logEvents"]
                if self._logs._compile_filter_pattern(one["filterPattern"])(event["message"])
                for metric in one["metricTransformations"]
            ]
            for one in made:
                value = one["metricValue"].lstrip("$")
                amount = float(value) if value.replace(".", "").isdigit() else 1
                self._cloudwatch.record_metric(one["metricNamespace"], one["metricName"], amount)
            if made:
                self._cloudwatch._evaluate_all_alarms()
            return answer

        return put_log_events

    def kept(self, put: Any) -> Any:
        """An alarm of several metrics is kept as it was asked for, without a period and a statistic of its own."""

        def put_metric_alarm(params: Any, cbor_data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
            answer = put(params, cbor_data, is_cbor, is_json)
            if answer[0] == 200:
                alarm = self._cloudwatch._alarms[cbor_data["AlarmName"]]
                alarm |= {name: cbor_data[name] for name in KEPT if name in cbor_data}
                for name in ("Period", "Statistic") if "Metrics" in alarm else ():
                    alarm.pop(name, None)
            return answer

        return put_metric_alarm

    def subscribed(self, subscribe: Any) -> Any:
        """A reader of e-mail has yet to confirm; who asks for the ARN gets it before."""

        def subscribe_to(params: Any) -> Any:
            answer = subscribe(params)
            topic = self._sns._topic_by_arn_any_scope(self._sns._p(params, "TopicArn")) or {}
            asked = tuple(self._sns._p(params, name) for name in ("Protocol", "Endpoint", "ReturnSubscriptionArn"))
            for one in topic.get("subscriptions", ()) if answer[0] == 200 and asked[2] == "true" else ():
                if (one["protocol"], one["endpoint"]) == asked[:2]:
                    waits = one["protocol"].startswith("email")
                    one |= {"confirmed": False} if waits else {}
                    one["attributes"] |= {"PendingConfirmation": "true"} if waits else {}
                    told = f"<SubscribeResult><SubscriptionArn>{one['arn']}</SubscriptionArn></SubscribeResult>"
                    return self._sns._xml(200, "SubscribeResponse", told)
            return answer

        return subscribe_to


def near(post: Any) -> Any:
    """A rehearsal posts to addresses of this machine only, never to those whom a stack would really tell."""

    def post_near(endpoint: str, payload: str, sns_message_type: str) -> int:
        if HERE.fullmatch(urlsplit(endpoint).hostname or ""):
            return post(endpoint, payload, sns_message_type)
        logger.error("%s gets nothing: it is not on this machine", endpoint)
        return 0

    return post_near


def has_words(pattern: str, line: str) -> bool:
    """Whether a line matches (Amazon CloudWatch Logs User Guide, "Filter pattern syntax")."""
    words = [(sign, word.strip('"') in line) for sign, word in WORDS.findall(pattern)]
    needed = [found != (sign == "-") for sign, found in words if sign != "?"]
    return all(needed) if needed else any(found for _, found in words)


def is_whole(pattern: str) -> bool:
    """Whether a filter's pattern ends as it begins."""
    text = pattern.strip()
    return text.endswith({"{": "}", "[": "]", "%": "%"}.get(text[:1], "")) and text.count('"') % 2 == 0


def _lets(action: str, resource: str, policy: str | None, service: str, source: str, topic: str) -> bool:
    """Whether a policy lets a service; SNS names the topic to KMS ("Key management", encryption context)."""
    from ministack.core import iam_evaluator

    _, _, _, region, account, *_ = source.split(":")
    owner = {"aws:sourceowner": account} if service == "cloudwatch.amazonaws.com" else {}
    asked = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=region,
        secure_transport=True,
        service_context={
            "aws:sourcearn": source,
            "aws:sourceaccount": account,
            "kms:encryptioncontext:aws:sns:topicarn": topic,
            **owner,
        },
    )
    return iam_evaluator.evaluate_resource_policy(policy or "", asked, service=service).decision == "Allow"
