"""What tasks on Fargate use: those of services, and those that run by the clock."""

from costs.clock import runs
from costs.use import Month, NotCounted, Use, Uses, named_by, number
from policies import tokens as t
from policies.graph import Resource, as_list, at

_INCLUDED_STORAGE_GB = 20
"""Of each task, without charge (AWS Fargate Pricing)."""
_NO_MORE = 1e-9


def service(one: Resource, month: Month) -> Uses:
    """Its tasks, around the clock."""
    if one.get("launchType") in ("EC2", "EXTERNAL"):
        yield NotCounted("its tasks run on machines, which are paid by the hour")
        return
    tasks = _tasks(one, month)
    hours = tasks * month.assumed.hours
    spot = share_on_spot(as_list(one.get("capacityProviderStrategies")), tasks)
    yield from _of_hours(one, "taskDefinition", hours, spot, month)
    if one.get("networkConfiguration.assignPublicIp") is True:
        yield Use(hours, "public_ipv4_hour")


def schedule(one: Resource, month: Month) -> Uses:
    """The tasks that it starts."""
    path = "target.ecsParameters"
    if one.get("state") == "DISABLED" or not one.get(path):
        return
    times = runs(str(one.get("scheduleExpression")), month.assumed.hours) * number(one.get(f"{path}.taskCount"), 1)
    hours = times * max(month.assumed.job_minutes, 1) / 60
    spot = share_on_spot(as_list(one.get(f"{path}.capacityProviderStrategies")), 1)
    yield from _of_hours(one, f"{path}.taskDefinitionArn", hours, spot, month)


def _of_hours(one: Resource, path: str, hours: float, spot: float, month: Month) -> Uses:
    """What the tasks of a definition use in so many hours, a share of them on Spot."""
    definition = next(iter(month.graph.targets(one, path, t.TASK_DEFINITION)), None)
    if definition is None:
        yield NotCounted("its task definition is not in this stack")
        return
    if str(definition.get("runtimePlatform.operatingSystemFamily")).startswith("WINDOWS"):
        yield NotCounted("Windows has prices of its own, which the table has not")
        return
    arm = "_arm" if definition.get("runtimePlatform.cpuArchitecture") == "ARM64" else ""
    storage = max(0, number(definition.get("ephemeralStorage.sizeInGib")) - _INCLUDED_STORAGE_GB)
    for share, discount in ((1 - spot, None), (spot, month.assumed.spot_discount)):
        if share > _NO_MORE:
            yield Use(share * hours * number(definition.get("cpu")) / 1024, f"fargate{arm}_vcpu_hour", discount)
            yield Use(share * hours * number(definition.get("memory")) / 1024, f"fargate{arm}_gb_hour", discount)
    if storage:
        yield Use(hours * storage, "fargate_storage_gb_hour")


def _tasks(one: Resource, month: Month) -> float:
    """How many run: as many as asked for, or as assumed between the fewest and the most."""
    for target in month.graph.of(t.SCALABLE_TARGET):
        resource = target.get("resourceId")
        if named_by(one, resource) or one in month.graph.targets(target, "resourceId", t.SERVICE):
            fewest, most = number(target.get("minCapacity")), number(target.get("maxCapacity"))
            return fewest + (most - fewest) * month.assumed.scaled / 100
    return number(one.get("desiredCount"), 1)


def share_on_spot(strategy: list[object], tasks: float) -> float:
    """Part of so many tasks that a strategy puts on Spot: each provider's base first, the others by weight."""
    named = [(at(item, "capacityProvider"), number(at(item, "base")), number(at(item, "weight"))) for item in strategy]
    rest = tasks - sum(base for _, base, _ in named)
    weights = sum(weight for *_, weight in named)
    if not tasks or not weights:
        return 0
    on_spot = sum(
        base + max(rest, 0) * weight / weights for provider, base, weight in named if provider == "FARGATE_SPOT"
    )
    return min(on_spot / tasks, 1)
