"""The way back from what a service's deployments had: no request is lost on it, and nothing stays behind."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi

from .aws_client import client, region_of
from .failed_deployment import one_line
from .hook_name import hook_name

_NO_ALARMS: dict[str, Any] = {"alarmNames": [], "enable": False, "rollback": False}


def going_back(name: str) -> pulumi.ResourceHook:
    """A hook that refuses to take away a second target group that gets requests. It asks AWS only when one is to go.

    The new tasks would be in the first, while the rule, which the engine takes away last, sends requests to the second,
    whose tasks end. It changes nothing, so it comes before all that does.

    Args:
        name: of the service in the program.

    Source: Pulumi documentation, "Resource hooks"; ELB API Reference, "DescribeRules".
    """

    async def go_back(args: pulumi.ResourceHookArgs) -> None:
        new = args.new_inputs or {}
        given_up = _given_up(args.old_inputs or {}, new)
        if given_up and (problem := await asyncio.to_thread(_needed, given_up)):
            raise pulumi.RunError(
                f"service {name}: its second target group was to be taken away, and {problem}. Deploy once more as "
                "before, so that the first gets its requests, and then without it; or keep both, with deployment: "
                "{prepared: true}"
            )

    return pulumi.ResourceHook(hook_name(f"{name}-going-back"), go_back)


def ending(name: str) -> pulumi.ResourceHook:
    """A hook that ends in ECS what a service's deployments have no more, as the last thing before it is updated.

    Alarms, a pause for approval and a strategy: where they are not said any more, the provider leaves them. What was
    there is read from the service's outputs: those tell it until ECS has it no more, also when to take it away was no
    update by itself.

    Args:
        name: of the service in the program.

    Source: Pulumi documentation, "Resource hooks"; ECS API Reference, "UpdateService", where a changed
    deploymentConfiguration starts no deployment.
    """

    async def end(args: pulumi.ResourceHookArgs) -> None:
        new = args.new_inputs or {}
        ended = _ended(args.old_outputs or {}, new)
        if ended and (problem := await asyncio.to_thread(_end, new["cluster"], args.id, ended)):
            raise pulumi.RunError(
                f"service {name}: {', '.join(ended)} of its deployments were to be taken away, and ECS refused: "
                f"{problem}. The service stays as it is. The next `pulumi up` tries it again"
            )

    return pulumi.ResourceHook(hook_name(f"{name}-ending"), end)


def _given_up(old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, str] | None:
    """How ECS moves requests by now, if that is to end while requests come."""
    before, after = (_balanced(inputs) for inputs in (old, new))
    return before.get("advancedConfiguration") if after and not after.get("advancedConfiguration") else None


def _balanced(inputs: Mapping[str, Any]) -> dict[str, Any]:
    none: list[dict[str, Any]] = [{}]
    return (inputs.get("loadBalancers") or none)[0]


def _needed(advanced: Mapping[str, str]) -> str | None:
    """Why the second target group is needed, if it is."""
    rule = advanced["productionListenerRule"]
    try:
        elb = client("elbv2", region_of(rule))
        try:
            (found,) = elb.describe_rules(RuleArns=[rule])["Rules"]
        except elb.exceptions.RuleNotFoundException:
            return None
    except Exception as error:  # noqa: BLE001 - the engine prints a hook's error: one line, and what it is about
        return f"AWS does not say where requests go: {one_line(error)}"
    groups = [one for action in found["Actions"] for one in action.get("ForwardConfig", {}).get("TargetGroups", ())]
    share = sum(one["Weight"] for one in groups if one["TargetGroupArn"] == advanced["alternateTargetGroupArn"])
    return f"gets {100 * share / sum(one['Weight'] for one in groups):.3g} % of the requests" if share else None


def _ended(had: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What ECS has and is asked for no more, with the words that end it."""
    told, said = (_part(of, "deploymentConfiguration") for of in (had, asked))
    ended: dict[str, Any] = {}
    if _part(had, "alarms").get("enable") and not asked.get("alarms"):
        ended["alarms"] = _NO_ALARMS
    if told.get("lifecycleHooks") and not said.get("lifecycleHooks"):
        ended["lifecycleHooks"] = []
    if (told.get("strategy") or "ROLLING") != "ROLLING" and not said:
        ended |= {"strategy": "ROLLING", "bakeTimeInMinutes": 0}
    return ended


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return of.get(name) or {}


def _end(cluster: str, service: str, ended: Mapping[str, Any]) -> str | None:
    """End it, with all else of the configuration as it is; why that is not possible, if so."""
    try:
        ecs = client("ecs", region_of(cluster))
        (found,) = ecs.describe_services(cluster=cluster, services=[service])["services"]
        steps = ("canaryConfiguration", "linearConfiguration") if "strategy" in ended else ()
        kept = {key: value for key, value in found["deploymentConfiguration"].items() if key not in steps}
        ecs.update_service(cluster=cluster, service=service, deploymentConfiguration={**kept, **ended})
    except Exception as error:  # noqa: BLE001 - likewise
        return one_line(error)
    return None
