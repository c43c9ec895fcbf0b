"""What AWS refuses of what delivers a stack: policies, identity providers, build projects, pipelines.

Like `refusals.py`, which has the rest.
"""

import re
from collections.abc import Iterable
from typing import Any

from localcloud.providers.declare import Operations

POLICY_MAX = 6144
"""Characters of a managed policy without white space (IAM User Guide, "IAM and AWS STS quotas")."""
POLICIES_MAX = 10
"""Managed policies of a role, unless AWS has raised it (the same page)."""
GATES = ("beforeEntry", "onFailure", "onSuccess")
CONFIGURATIONS = {
    "CodeStarSourceConnection": (
        {"ConnectionArn", "FullRepositoryId", "BranchName"},
        {"OutputArtifactFormat", "DetectChanges"},
    ),
    "CodeBuild": (
        {"ProjectName"},
        {"PrimarySource", "BatchEnabled", "BuildspecOverride", "CombineArtifacts", "EnvironmentVariables"},
    ),
    "Manual": (set[str](), {"NotificationArn", "CustomData", "ExternalEntityLink"}),
}
"""What an action must and may be configured with, by its provider (AWS CodePipeline User Guide, "Action reference")."""
PATH = re.compile(r"/|/[\x21-\x7e]+/")


def no_path(operation: Operations) -> str | None:
    """A path that does not begin and end with a slash."""
    path = str(operation.values.get("path") or "/")
    return None if PATH.fullmatch(path) else f"ValidationError: The specified value for path is invalid: {path}"


def policy_too_large(operation: Operations) -> str | None:
    """A managed policy of more characters than IAM takes."""
    size = len(re.sub(r"\s", "", operation.values["policy"]))
    return f"LimitExceeded: Cannot exceed quota for PolicySize: {POLICY_MAX}" if size > POLICY_MAX else None


def not_attachable(operation: Operations) -> str | None:
    """A policy that is not there, or one more than a role has."""
    arn, client = operation.values["policyArn"], operation.client()
    if len(client.list_attached_role_policies(RoleName=operation.values["role"])["AttachedPolicies"]) >= POLICIES_MAX:
        return f"LimitExceeded: Cannot exceed quota for PoliciesPerRole: {POLICIES_MAX}"
    try:
        client.get_policy(PolicyArn=arn)
    except client.exceptions.NoSuchEntityException:
        return f"NoSuchEntity: Policy {arn} does not exist or is not attachable."
    return None


def boundary_in_use(operation: Operations) -> str | None:
    """A policy that is the limit of a role."""
    used = (operation.describe() or {}).get("PermissionsBoundaryUsageCount")
    return "DeleteConflict: Cannot delete a policy attached to entities." if used else None


def no_provider(operation: Operations) -> str | None:
    """An identity provider whose address is none, or has no TLS."""
    url = operation.values["url"]
    known = re.fullmatch(r"https://[^\s?#]+", url)
    return None if known else f"ValidationError: Invalid Open ID Connect Provider URL: {url}"


def bad_project(operation: Operations) -> str | None:
    """A project whose source and artifacts do not go together, or that asks for more than CodeBuild gives."""
    values = operation.values
    source, artifacts = values["source"], values["artifacts"]["type"]
    wrong = {
        "when using CodePipeline both sourceType, and artifactType must be set to: CODEPIPELINE": (
            "CODEPIPELINE" in (source["type"], artifacts) and source["type"] != artifacts
        ),
        "Project source location is required": (
            source["type"] not in ("CODEPIPELINE", "NO_SOURCE") and not source.get("location")
        ),
        "timeoutInMinutes must be between 5 and 2160": not 5 <= int(values.get("buildTimeout") or 60) <= 2160,
        "Max description length is 255": bool((values.get("description") or "")[255:]),
    }
    return next((f"InvalidInputException: Invalid input: {told}" for told, is_so in wrong.items() if is_so), None)


def bad_pipeline(operation: Operations) -> str | None:
    """A pipeline whose stages make none, or that asks for what its type does not have."""
    values = operation.values
    stages, old = values["stages"], values.get("pipelineType") != "V2"
    first = [one for stage in stages[:1] for one in stage["actions"]]
    connected = {one["name"] for one in first if one["provider"] == "CodeStarSourceConnection"}
    begun = [trigger["gitConfiguration"]["sourceActionName"] for trigger in values.get("triggers") or ()]
    rolled_back = [one["name"] for one in stages if (one.get("onFailure") or {}).get("result") == "ROLLBACK"]
    wrong = {
        "Structure: a pipeline has at least 2 stages": len(stages) < 2,
        "StageDeclaration: a stage has at least 1 action": not all(one["actions"] for one in stages),
        "StageDeclaration: a stage's name is used more than once": _twice(one["name"] for one in stages),
        "ActionDeclaration: an action's name is used more than once in a stage": any(
            _twice(one["name"] for one in stage["actions"]) for stage in stages
        ),
        "Structure: Pipeline should start with a stage that only contains source actions": any(
            one["category"] != "Source" for one in first
        ),
        "Structure: Source actions can only be included in the first stage of the pipeline": any(
            one["category"] == "Source" for stage in stages[1:] for one in stage["actions"]
        ),
        "Structure: Triggers can only be used with V2 pipelines": old and begun,
        "Structure: QUEUED or PARALLEL mode can only be used with V2 pipelines": (
            old and values.get("executionMode") in ("QUEUED", "PARALLEL")
        ),
        "Structure: Pipeline variable can only be used with V2 pipelines": old and values.get("variables"),
        "StageDeclaration: Stage level conditions can only be used with V2 pipelines": (
            old and any(one.get(gate) for one in stages for gate in GATES)
        ),
        "StageDeclaration: Failure conditions with rollback result type cannot be added to a PARALLEL pipeline": (
            rolled_back and values.get("executionMode") == "PARALLEL"
        ),
        "StageDeclaration: a source stage cannot be rolled back": any(one["name"] in rolled_back for one in stages[:1]),
        "Structure: Triggers for connections must reference a CodeStarSourceConnection action": set(begun) - connected,
    }
    told = next((told for told, is_so in wrong.items() if is_so), None) or _bad_action(stages)
    return told and "Invalid{}Exception: {}".format(*told.split(": ", 1))


def _twice(names: Iterable[str]) -> bool:
    found = list(names)
    return len(found) != len(set(found))


def _bad_action(stages: list[dict[str, Any]]) -> str | None:
    """What an action is configured with, and that artifacts are made before they are used, and once."""
    made = dict[str, tuple[int, int]]()
    found = [((n, int(one.get("runOrder") or 1)), one) for n, stage in enumerate(stages) for one in stage["actions"]]
    for when, one in sorted(found, key=lambda each: each[0]):
        given, outputs = set(one.get("configuration") or ()), set(one.get("outputArtifacts") or ())
        needed, known = CONFIGURATIONS.get(one["provider"], (set[str](), given))
        wrong = {
            "is missing required configuration": needed - given,
            "contains unknown configuration": given - needed - known,
            "uses before it is made": {
                name for name in one.get("inputArtifacts") or () if made.get(name, when) >= when
            },
            "makes what is made already": outputs & set(made),
        }
        if told := next((f"{told}: {sorted(names)}" for told, names in wrong.items() if names), None):
            return f"ActionDeclaration: Action '{one['name']}' {told}"
        made |= dict.fromkeys(outputs, when)
    return None
