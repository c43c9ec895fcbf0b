"""Actions of AWS's APIs that ministack lacks or does otherwise: where WAF logs, what log groups hold, and others."""

import json
import sys
from collections.abc import Callable
from typing import Any

from localcloud.emulator.notices import is_whole

Action = Callable[[dict[str, Any]], Any]
MOST_EVENTS = 10_000
"""That a page of log events has (CloudWatch Logs API Reference, "FilterLogEvents")."""


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


def log_events(logs: Any) -> dict[str, Action]:
    """Log events page by page, from either end, also by the prefix of their streams; ministack's are cut at the end."""

    def events(data: dict[str, Any]) -> Any:
        group = logs._log_groups.get(logs._resolve_log_group_name(data))
        if group is None:
            return logs.error_response_json("ResourceNotFoundException", "The specified log group does not exist", 400)
        pattern, token = data.get("filterPattern", ""), data.get("nextToken", "0")
        if not is_whole(pattern):
            return logs.error_response_json("InvalidParameterException", f"Invalid filter pattern: {pattern}", 400)
        if not token.isdecimal():
            return logs.error_response_json("InvalidParameterException", "The specified nextToken is invalid.", 400)
        matches = logs._compile_filter_pattern(pattern)
        streams = data.get("logStreamNames") or [
            name for name in list(group["streams"]) if name.startswith(data.get("logStreamNamePrefix", ""))
        ]
        within = range(data.get("startTime", 0), data.get("endTime", sys.maxsize) + 1)
        found = [
            {**event, "logStreamName": name}
            for name in streams
            for event in list(group["streams"].get(name, {}).get("events", ()))
            if event["timestamp"] in within and matches(event["message"])
        ]
        found.sort(key=lambda event: event["timestamp"])
        found = found[:: -1 if data.get("startFromHead") is False else 1]
        first, size = int(token), min(data.get("limit", MOST_EVENTS), MOST_EVENTS)
        more = {"nextToken": str(first + size)} if len(found) > first + size else {}
        return logs.json_response({"events": found[first : first + size], "searchedLogStreams": []} | more)

    return {"FilterLogEvents": events}


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


def rebalancing(ecs: Any, call: Action) -> Action:
    """Whether a service's tasks are spread over its zones anew is kept and told; without a word they are, as on AWS."""
    key = "availabilityZoneRebalancing"

    def called(data: dict[str, Any]) -> Any:
        for one in list(ecs._services.values()):
            one.setdefault(key, "ENABLED")
        answer, name = call(data), str(data.get("service") or data.get("serviceName"))
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        service = ecs._services.get(f"{cluster}/{name.rpartition('/')[2]}") or {}
        service |= {key: data[key]} if key in data else {}
        return answer

    return called


def identity_providers(iam: Any) -> dict[str, Action]:
    """An identity provider's clients, thumbprints and tags, changed in place."""

    def changing(change: Callable[[dict[str, Any], dict[str, Any]], Any]) -> Action:
        def changed(params: dict[str, Any]) -> Any:
            found = iam._oidc_providers.get(iam._p(params, "OpenIDConnectProviderArn"))
            if found is None:
                return iam._error(404, "NoSuchEntity", "OpenIDConnect Provider not found")
            change(found, params)
            return iam._xml(200, "OpenIDConnectProviderResponse", "")

        return changed

    return {
        "AddClientIDToOpenIDConnectProvider": changing(
            lambda found, params: found["ClientIDList"].append(iam._p(params, "ClientID"))
        ),
        "RemoveClientIDFromOpenIDConnectProvider": changing(
            lambda found, params: found["ClientIDList"].remove(iam._p(params, "ClientID"))
        ),
        "UpdateOpenIDConnectProviderThumbprint": changing(
            lambda found, params: found.update(
                ThumbprintList=[one[0] for key, one in sorted(params.items()) if key.startswith("ThumbprintList.")]
            )
        ),
        "TagOpenIDConnectProvider": changing(
            lambda found, params: found.update(
                Tags=[*{one["Key"]: one for one in [*found["Tags"], *iam._extract_tags(params)]}.values()]
            )
        ),
        "UntagOpenIDConnectProvider": changing(
            lambda found, params: found.update(
                Tags=[one for one in found["Tags"] if one["Key"] not in iam._extract_tag_keys(params)]
            )
        ),
    }


def build_projects(codebuild: Any, write: Action) -> Action:
    """A build project has all that was said of it; ministack's, a third."""

    def written(data: dict[str, Any]) -> Any:
        answer = write(data)
        if answer[0] == 200:
            said = {**codebuild._projects[data["name"]], **data}
            codebuild._projects[data["name"]] = {name: one for name, one in said.items() if one != -1}  # no limit
        return answer

    return written


def no_build(make: Any) -> Any:
    """A build that is started fails at once, and says why; ministack's succeed without having run."""
    return lambda *given: {
        **make(*given),
        "buildStatus": "FAULT",
        "phases": [
            {
                "phaseType": "SUBMITTED",
                "phaseStatus": "FAULT",
                "contexts": [{"statusCode": "LOCAL_CLOUD", "message": "no build runs on the local cloud"}],
            }
        ],
    }
