"""Actions of AWS's APIs that ministack does not have: where WAF logs, and a log group's key."""

import json
from collections.abc import Callable
from typing import Any

Action = Callable[[dict[str, Any]], Any]


def also(handle: Any, actions: dict[str, Action]) -> Any:
    """A service's handler that also knows these actions."""

    async def handle_request(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
        action = actions.get(headers.get("x-amz-target", "").rpartition(".")[2])
        return action(json.loads(body)) if action else await handle(method, path, headers, body, query_params)

    return handle_request


def waf_logging(waf: Any) -> dict[str, Action]:
    """Where a web ACL logs, kept with it."""
    key = "_localcloud_logging"

    def of_acl(arn: str, do: Callable[[dict[str, Any]], Any]) -> Any:
        acl, error = waf._resolve_local_web_acl(arn)
        return error or do(acl)

    def put(data: dict[str, Any]) -> Any:
        config = data["LoggingConfiguration"]
        return of_acl(config["ResourceArn"], lambda acl: acl.update({key: config}) or told(acl))

    def told(acl: dict[str, Any]) -> Any:
        if key not in acl:
            return waf._waf_err("WAFNonexistentItemException", f"{acl['ARN']} has no logging configuration")
        return waf.json_response({"LoggingConfiguration": acl[key]})

    def delete(acl: dict[str, Any]) -> Any:
        acl.pop(key, None)
        return waf.json_response({})

    return {
        "PutLoggingConfiguration": put,
        "GetLoggingConfiguration": lambda data: of_acl(data["ResourceArn"], told),
        "DeleteLoggingConfiguration": lambda data: of_acl(data["ResourceArn"], delete),
    }


def waf_description(waf: Any, update: Action) -> Action:
    """An update changes the description too."""

    def updated(data: dict[str, Any]) -> Any:
        answer = update(data)
        if answer[0] == 200:
            acl = waf._resource_from_scope(waf._web_acls, data["Id"], data["Scope"])
            acl["Description"] = data.get("Description", "")
        return answer

    return updated


def log_keys(logs: Any) -> dict[str, Action]:
    """A log group's key, set and taken away."""

    def set_key(data: dict[str, Any]) -> Any:
        group = logs._log_groups.get(data.get("logGroupName"))
        if group is None:
            return logs.error_response_json("ResourceNotFoundException", "The specified log group does not exist", 400)
        group["kmsKeyId"] = data.get("kmsKeyId")
        return logs.json_response({})

    return {"AssociateKmsKey": set_key, "DisassociateKmsKey": set_key}
