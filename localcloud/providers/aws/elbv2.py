"""Application load balancers."""

import re
from typing import Any
from urllib.parse import urlsplit

from localcloud.providers.aws import refusals, refusals_edge
from localcloud.providers.declare import (
    Attributes,
    Built,
    Describe,
    Field,
    Operations,
    Prop,
    Resource,
    Tagging,
    Values,
    call,
    tag_list,
    text,
)

TAGS = Tagging(
    add=call("add_tags", {"ResourceArns[]": "id"}, Tags=Prop("tags", write=tag_list())),
    remove=call("remove_tags", {"ResourceArns[]": "id"}, TagKeys="keys"),
)
MORE_TAGS = Describe(call("describe_tags", {"ResourceArns[]": "id"}), "TagDescriptions[0].{Tags: Tags}")


def _local_address(operation: Operations, description: dict[str, Any]) -> dict[str, Any]:
    """The name that opens here: the emulator routes it, and `*.localhost` is loopback in browsers and curl."""
    port = urlsplit(operation.client().meta.endpoint_url).port
    suffix = re.sub(r"^.*:loadbalancer/", "", operation.id)
    return {
        "dnsName": f"{description['LoadBalancerName']}.alb.localhost:{port}",
        "arnSuffix": suffix,
        "arn": operation.id,
    }


def _logs(kind: str) -> dict[str, str]:
    return {name: f"{kind}_logs.s3.{name}" for name in ("bucket", "enabled", "prefix")}


BALANCER_ATTRIBUTES = {
    "accessLogs": _logs("access"),
    "connectionLogs": _logs("connection"),
    "enableDeletionProtection": "deletion_protection.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
    "clientKeepAlive": "client_keep_alive.seconds",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "enableHttp2": "routing.http2.enabled",
    "enableXffClientPort": "routing.http.xff_client_port.enabled",
    "preserveHostHeader": "routing.http.preserve_host_header.enabled",
    "enableZonalShift": "zonal_shift.config.enabled",
}
BALANCER_DEFAULTS = {
    "accessLogs": {"enabled": False},
    "connectionLogs": {"enabled": False},
    "enableDeletionProtection": False,
    "idleTimeout": 60,
    "clientKeepAlive": 3600,
    "dropInvalidHeaderFields": False,
    "desyncMitigationMode": "defensive",
    "enableHttp2": True,
    "enableXffClientPort": False,
    "preserveHostHeader": False,
    "enableZonalShift": False,
}
LOAD_BALANCER = Resource(
    token="aws:lb/loadBalancer:LoadBalancer",
    refuse_write=(refusals.too_long("name", 32), refusals.wrong_subnets, refusals_edge.logs_denied),
    refuse_delete=(refusals.protected,),
    service="elbv2",
    create=call(
        "create_load_balancer",
        Name=Prop("name", at="LoadBalancerName"),
        Scheme=Prop(
            "internal",
            write=lambda internal: "internal" if internal else "internet-facing",
            read=lambda scheme: scheme == "internal",
        ),
        Type="loadBalancerType",
        IpAddressType=Prop("ipAddressType", default="ipv4"),
        Subnets=Prop("subnets", at="AvailabilityZones[].SubnetId"),
        SecurityGroups="securityGroups",
    ),
    id="LoadBalancers[0].LoadBalancerArn",
    read=Describe(call("describe_load_balancers", {"LoadBalancerArns[]": "id"}), "LoadBalancers[0]"),
    more=(
        Describe(call("describe_load_balancer_attributes", LoadBalancerArn="id"), "{Attributes: Attributes}"),
        MORE_TAGS,
    ),
    updates=(
        call("set_subnets", LoadBalancerArn="id", Subnets=Prop("subnets", at="AvailabilityZones[].SubnetId")),
        call("set_security_groups", LoadBalancerArn="id", SecurityGroups="securityGroups"),
        call("set_ip_address_type", LoadBalancerArn="id", IpAddressType=Prop("ipAddressType", default="ipv4")),
        call(
            "modify_load_balancer_attributes",
            LoadBalancerArn="id",
            Attributes=Attributes(BALANCER_ATTRIBUTES, BALANCER_DEFAULTS),
        ),
    ),
    kept=frozenset({"internal", "loadBalancerType", "securityGroups"}),
    delete=call("delete_load_balancer", LoadBalancerArn="id"),
    outputs={"zoneId": "CanonicalHostedZoneId", "vpcId": "VpcId"},
    computed=_local_address,
    tags=TAGS,
    autoname="name",
    autoname_max=32,
    unobeyed={
        **dict.fromkeys(
            ("desyncMitigationMode", "dropInvalidHeaderFields", "enableHttp2", "idleTimeout"),
            "the one local port takes requests for every load balancer, all alike",
        ),
        "enableZonalShift": "no zone fails here",
        "internal": "each load balancer opens on this machine",
        "loadBalancerType": "there are application load balancers only",
    },
    notes=lambda values: [
        f"{kind}: the bucket stays empty"
        for kind in ("accessLogs", "connectionLogs")
        if (values.get(kind) or {}).get("enabled")
    ],
)


def _actions(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pulumi names an action's settings by the action (`fixedResponse`); AWS adds `Config` (`FixedResponseConfig`)."""
    settings = {
        "fixedResponse": "fixedResponseConfig",
        "redirect": "redirectConfig",
        "forward": "forwardConfig",
        "authenticateOidc": "authenticateOidcConfig",
    }
    return [
        {settings.get(key, key): _forward(value) if key == "forward" else value for key, value in action.items()}
        for action in actions
    ]


def _forward(forward: dict[str, Any]) -> dict[str, Any]:
    """Target groups with their shares; `stickiness` between them is not declared."""
    groups = [{"TargetGroupArn": one["arn"], "Weight": one.get("weight", 1)} for one in forward["targetGroups"]]
    return {**forward, "targetGroups": groups}


LISTENER_PARAMS = {
    "Port": "port",
    "Protocol": Prop("protocol", default="HTTP"),
    # an HTTPS listener becomes an HTTP one by an update without these two
    "SslPolicy": Prop("sslPolicy", write=lambda policy: policy or None, default=""),
    "Certificates": Prop(
        "certificateArn",
        write=lambda arn: [{"CertificateArn": arn}] if arn else None,
        read=lambda found: found[0]["CertificateArn"],
        default="",
    ),
    "DefaultActions": Prop("defaultActions", write=_actions),
}
LISTENER = Resource(
    token="aws:lb/listener:Listener",
    refuse_write=(refusals.listener_exists, refusals_edge.bad_certificate),
    service="elbv2",
    create=call("create_listener", LISTENER_PARAMS, LoadBalancerArn="loadBalancerArn"),
    id="Listeners[0].ListenerArn",
    read=Describe(call("describe_listeners", {"ListenerArns[]": "id"}), "Listeners[0]"),
    more=(MORE_TAGS,),
    updates=(call("modify_listener", LISTENER_PARAMS, ListenerArn="id"),),
    unobeyed={"sslPolicy": "TLS has ended before the one local port"},
    delete=call("delete_listener", ListenerArn="id"),
    outputs={"arn": "ListenerArn"},
    tags=TAGS,
)


def _conditions(conditions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`pathPattern` becomes the field `path-pattern` with its `PathPatternConfig`."""
    fields = {
        "pathPattern": "path-pattern",
        "hostHeader": "host-header",
        "httpHeader": "http-header",
        "httpRequestMethod": "http-request-method",
        "queryStrings": "query-string",
        "sourceIp": "source-ip",
    }
    return [
        {"Field": fields[kind], f"{'queryString' if kind == 'queryStrings' else kind}Config": config}
        for condition in conditions
        for kind, config in condition.items()
    ]


RULE_PARAMS = {"Conditions": Prop("conditions", write=_conditions), "Actions": Prop("actions", write=_actions)}
LISTENER_RULE = Resource(
    token="aws:lb/listenerRule:ListenerRule",
    refuse_write=(
        refusals.priority_taken,
        refusals.group_of_another,
        refusals_edge.too_many_conditions,
        refusals_edge.sign_in_without_tls,
    ),
    service="elbv2",
    create=call("create_rule", RULE_PARAMS, ListenerArn="listenerArn", Priority="priority"),
    id="Rules[0].RuleArn",
    read=Describe(call("describe_rules", {"RuleArns[]": "id"}), "Rules[0]"),
    more=(MORE_TAGS,),
    implied=lambda _, told: {
        "ListenerArn": told["RuleArn"].replace(":listener-rule/", ":listener/").rpartition("/")[0]
    },
    updates=(
        call("modify_rule", RULE_PARAMS, RuleArn="id"),
        call(
            "set_rule_priorities",
            {"RulePriorities[].RuleArn": "id", "RulePriorities[].Priority": Prop("priority", at="Priority")},
        ),
    ),
    kept=frozenset({"priority"}),
    delete=call("delete_rule", RuleArn="id"),
    outputs={"arn": "RuleArn"},
    tags=TAGS,
    notes=lambda values: [
        "authenticationRequestExtraParams: the identity provider is not given them"
        for action in values["actions"]
        if (action.get("authenticateOidc") or {}).get("authenticationRequestExtraParams")
    ],
)

HEALTH_CHECK = {
    "HealthCheckEnabled": "enabled",
    "HealthCheckProtocol": "protocol",
    "HealthCheckPort": "port",
    "HealthCheckPath": "path",
    "HealthCheckIntervalSeconds": "interval",
    "HealthCheckTimeoutSeconds": "timeout",
    "HealthyThresholdCount": "healthyThreshold",
    "UnhealthyThresholdCount": "unhealthyThreshold",
    "Matcher.HttpCode": "matcher",
}
HEALTH_PARAMS = {path: Field("healthCheck", key) for path, key in HEALTH_CHECK.items()}
STICKINESS = {
    "enabled": "stickiness.enabled",
    "type": "stickiness.type",
    "cookieName": "stickiness.app_cookie.cookie_name",
    "lb_cookie": "stickiness.lb_cookie.duration_seconds",
    "app_cookie": "stickiness.app_cookie.duration_seconds",
}
"""AWS's key by Pulumi's, which has one duration for both types: here it is under its type."""


def _stickiness(given: dict[str, Any]) -> dict[str, Any]:
    """As it is sent, by the keys above."""
    rest = {key: value for key, value in given.items() if key != "cookieDuration"}
    return {"enabled": True, **rest, given["type"]: given.get("cookieDuration", 86400)}


def _stickiness_told(told: dict[str, Any]) -> dict[str, Any]:
    """As Pulumi has it."""
    found = {"type": told["type"], "enabled": told["enabled"] == "true", "cookieName": told.get("cookieName")}
    found["cookieDuration"] = int(told.get(told["type"]) or 86400)
    return {key: value for key, value in found.items() if value is not None}


def _stickiness_attributes(values: Values) -> list[dict[str, str]] | None:
    given = values.get("stickiness")
    pairs = _stickiness(given).items() if given else ()
    return [{"Key": STICKINESS[key], "Value": text(value)} for key, value in pairs] or None


STICKINESS_READ = Prop(
    "stickiness",
    write=_stickiness,
    read=_stickiness_told,
    at="{" + ", ".join(f"{one}: Attributes[?Key=='{key}'].Value | [0]" for one, key in STICKINESS.items()) + "}",
)
TARGET_GROUP = Resource(
    token="aws:lb/targetGroup:TargetGroup",
    refuse_write=(
        refusals.too_long("name", 32),
        refusals.check_too_slow,
        refusals_edge.wrong_slow_start,
        refusals_edge.wrong_stickiness,
    ),
    refuse_delete=(refusals.targets_in_use,),
    service="elbv2",
    create=call(
        "create_target_group",
        HEALTH_PARAMS,
        Name=Prop("name", at="TargetGroupName"),
        Port="port",
        Protocol="protocol",
        ProtocolVersion="protocolVersion",
        VpcId="vpcId",
        TargetType="targetType",
        IpAddressType="ipAddressType",
    ),
    id="TargetGroups[0].TargetGroupArn",
    read=Describe(call("describe_target_groups", {"TargetGroupArns[]": "id"}), "TargetGroups[0]"),
    more=(
        Describe(call("describe_target_group_attributes", TargetGroupArn="id"), "{Attributes: Attributes}"),
        MORE_TAGS,
    ),
    reads=(
        Prop("healthCheck", at="{" + ", ".join(f"{key}: {path}" for path, key in HEALTH_CHECK.items()) + "}"),
        STICKINESS_READ,
    ),
    updates=(
        call("modify_target_group", HEALTH_PARAMS, TargetGroupArn="id"),
        call(
            "modify_target_group_attributes",
            TargetGroupArn="id",
            Attributes=Attributes(
                {
                    "deregistrationDelay": "deregistration_delay.timeout_seconds",
                    "slowStart": "slow_start.duration_seconds",
                    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
                },
                {"deregistrationDelay": 300, "slowStart": 0, "loadBalancingAlgorithmType": "round_robin"},
            ),
        ),
        call(
            "modify_target_group_attributes",
            TargetGroupArn="id",
            Attributes=Built(frozenset({"stickiness"}), _stickiness_attributes),
        ),
    ),
    kept=frozenset({"healthCheck", "stickiness"}),
    implicit={"ipAddressType": "ipv4", "protocolVersion": "HTTP1"},
    delete=call("delete_target_group", TargetGroupArn="id"),
    outputs={"arn": "TargetGroupArn", "loadBalancerArns": "LoadBalancerArns"},
    computed=lambda operation, _: {"arnSuffix": operation.id.rpartition(":")[2]},
    tags=TAGS,
    autoname="name",
    autoname_max=32,
    unobeyed={
        "port": "each target is registered with its own",
        "protocol": "targets are asked by HTTP",
        "slowStart": "a new target gets its full share at once",
        "targetType": "targets are addresses",
        "vpcId": "targets are containers on Docker's bridge",
    },
    notes=lambda values: ["slowStart: a new target gets its full share at once"] if values.get("slowStart") else [],
)

RESOURCES = (LOAD_BALANCER, LISTENER, LISTENER_RULE, TARGET_GROUP)
