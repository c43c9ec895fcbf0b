"""Actions of AWS's APIs that ministack lacks or does otherwise: where WAF logs, a log group's key, and others."""

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


def untagging(ecr: Any, delete: Action) -> Action:
    """Deleted by its tag, an image that has others loses that one only."""

    def loses(repository: str, id: dict[str, str]) -> bool:
        image = ecr._find_image(repository, id) if "imageDigest" not in id else None
        if image and len(image["imageTags"]) > 1:
            image["imageTags"].remove(id["imageTag"])
            image["imageId"]["imageTag"] = image["imageTags"][-1]
            return True
        return False

    def deleted(data: dict[str, Any]) -> Any:
        untagged = [one for one in data["imageIds"] if loses(data["repositoryName"], one)]
        others = [one for one in data["imageIds"] if one not in untagged]
        answer = delete({**data, "imageIds": others})
        return answer if others else ecr.json_response({"imageIds": untagged, "failures": []})

    return deleted


def keeping(ecs: Any, update: Action) -> Action:
    """What an update leaves unsaid of a service's deployments stays; of another strategy's steps nothing does."""

    def updated(data: dict[str, Any]) -> Any:
        said, cluster = data.get("deploymentConfiguration"), ecs._resolve_cluster_name(data.get("cluster", "default"))
        service = ecs._services.get(f"{cluster}/{data['service'].rpartition('/')[2]}") or {}
        steps = ("canaryConfiguration", "linearConfiguration") if "strategy" in (said or {}) else ()
        kept = {k: v for k, v in (service.get("deploymentConfiguration") or {}).items() if k not in steps}
        return update({**data, "deploymentConfiguration": {**kept, **said}} if said else data)

    return updated
