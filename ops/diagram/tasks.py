"""The tasks of a stack, and what they mount: services, jobs, file systems."""

from collections.abc import Iterator

from costs.use import named_by
from ops.diagram.architecture import FileSystem, Tasks
from ops.diagram.words import conditions, number, some
from ops.words import counted
from policies import tokens as t
from policies.graph import Graph, Resource, as_list, at, document

SCHEDULED = "target.ecsParameters"
"""Where a schedule says which task it starts."""
_ACCESS_POINT = "authorizationConfig.accessPointId"
_PROVIDERS = {"FARGATE": "Fargate", "FARGATE_SPOT": "Spot"}


def services(graph: Graph) -> Iterator[Tasks]:
    """The services, by name."""
    bounds = _bounds(graph)
    for one in sorted(graph.of(t.SERVICE), key=lambda one: one.name):
        details = _count(one, bounds.get(one.urn)), *_of_service(graph, one)
        yield Tasks(id=one.urn, name=one.name, job=False, details=details)


def jobs(graph: Graph) -> Iterator[Tasks]:
    """What a clock starts, by name."""
    owners = {made.urn: one.name for one in graph.of(t.SERVICE) if (made := definition_of(graph, one))}
    for one in sorted(graph.of(t.SCHEDULE), key=lambda one: one.name):
        if one.get(SCHEDULED):
            definition = definition_of(graph, one)
            owner = owners.get(definition.urn) if definition else None
            size = [f"the task of {owner}"] if owner else _of_definition(definition)
            yield Tasks(id=one.urn, name=one.name, job=True, details=(*_of_job(one), *size))


def definition_of(graph: Graph, one: Resource) -> Resource | None:
    """The task definition of a service or a schedule, where it is of this stack."""
    path = "taskDefinition" if one.type == t.SERVICE else f"{SCHEDULED}.taskDefinitionArn"
    return next(iter(graph.targets(one, path, t.TASK_DEFINITION)), None)


def containers(definition: Resource) -> list[object]:
    """The containers of a task definition, as far as they are known."""
    return as_list(document(definition.get("containerDefinitions")))


def secret_sources(graph: Graph) -> Iterator[str]:
    """What the containers of the stack's tasks read their secrets from, as far as it is known."""
    for definition in graph.of(t.TASK_DEFINITION):
        for container in containers(definition):
            for secret in as_list(at(container, "secrets")):
                if isinstance(source := at(secret, "valueFrom"), str):
                    yield source


def file_systems(graph: Graph) -> Iterator[FileSystem]:
    """Those of the stack, and those of others that its tasks mount."""
    for one in sorted(graph.of(t.FILE_SYSTEM), key=lambda one: one.name):
        kept = "encrypted" if one.get("encrypted") is True else "not encrypted"
        targets = len(graph.referrers(one, "fileSystemId", t.MOUNT_TARGET))
        details = (f"{kept}, {counted(targets, 'mount target')}",)
        yield FileSystem(id=one.urn, name=one.name, details=details)
    mounted = {path for definition in graph.of(t.TASK_DEFINITION) for path in mounts(graph, definition)}
    for path in sorted(mounted - {one.urn for one in graph.of(t.FILE_SYSTEM)}):
        yield FileSystem(id=path, name=path, details=("made elsewhere",))


def mounts(graph: Graph, definition: Resource) -> Iterator[str]:
    """The file systems that a task definition mounts, by their `id`; others' by the access point, where one is named.

    Which file system an access point is of, only AWS could say.
    """
    for index in range(len(as_list(definition.get("volumes")))):
        path = f"volumes.{index}.efsVolumeConfiguration"
        if here := graph.targets(definition, f"{path}.fileSystemId", t.FILE_SYSTEM):
            yield here[0].urn
        elif definition.get(path):
            point, system = (definition.get(f"{path}.{one}") for one in (_ACCESS_POINT, "fileSystemId"))
            yield str(point or system)


def _of_service(graph: Graph, one: Resource) -> Iterator[str]:
    yield from _of_definition(definition_of(graph, one))
    groups = graph.targets(one, "loadBalancers", t.TARGET_GROUP)
    rules = [rule for group in groups for rule in graph.referrers(group, "actions", t.LISTENER_RULE)]
    requests = dict.fromkeys(filter(None, map(conditions, rules)))
    if requests:
        yield f"requests: {some(list(requests))}"


def _of_job(one: Resource) -> Iterator[str]:
    zone = one.get("scheduleExpressionTimezone") or "UTC"
    off = "" if one.get("state") != "DISABLED" else ", switched off"
    yield f"by the clock: {one.get('scheduleExpression')} {zone}{off}"
    count = number(one.get(f"{SCHEDULED}.taskCount") or 1)
    yield f"{_tasks(count)}{_capacity(one.get(f'{SCHEDULED}.capacityProviderStrategies'))}"


def _of_definition(definition: Resource | None) -> Iterator[str]:
    if definition is None:
        yield "its task definition is not of this stack"
        return
    cpu, memory = (_thousandths(definition.get(name)) for name in ("cpu", "memory"))
    arm = ", ARM64" if definition.get("runtimePlatform.cpuArchitecture") == "ARM64" else ""
    yield f"{cpu} vCPU, {memory} GB{arm}"
    names = [str(at(one, "name")) for one in containers(definition)]
    if len(names) > 1:
        yield f"containers: {some(names)}"


def _thousandths(value: object) -> str:
    """1024 as 1: units of vCPU, MiB of memory."""
    try:
        return f"{float(str(value)) / 1024:g}"
    except ValueError:
        return "?"


def _bounds(graph: Graph) -> dict[str, Resource]:
    """What says between which bounds a service scales, by the service's URN."""
    return {
        service.urn: target
        for target in graph.of(t.SCALABLE_TARGET)
        for service in graph.of(t.SERVICE)
        if named_by(service, target.get("resourceId"))
    }


def _count(one: Resource, bounds: Resource | None) -> str:
    count = number(one.get("desiredCount"))
    if bounds:
        count = f"{number(bounds.get('minCapacity'))} to {number(bounds.get('maxCapacity'))}"
    return f"{_tasks(count)}{_capacity(one.get('capacityProviderStrategies'))}"


def _tasks(count: str) -> str:
    return f"{count} task{'' if count == '1' else 's'}"


def _capacity(strategy: object) -> str:
    """What runs the tasks, in words after their number; nothing where nothing is said."""
    shares = [(_provider(one), at(one, "weight"), at(one, "base")) for one in as_list(strategy)]
    used = [share for share in shares if share[1] or share[2]]
    if len(used) == 1:
        return f" on {used[0][0]}"
    first = "".join(f", the first {number(base)} on {name}" for name, _, base in used if base)
    ratio = ":".join(number(weight or 0) for _, weight, _ in used)
    return f" on {' and '.join(name for name, *_ in used)} as {ratio}{first}" if used else ""


def _provider(share: object) -> str:
    name = str(at(share, "capacityProvider"))
    return _PROVIDERS.get(name, name)
