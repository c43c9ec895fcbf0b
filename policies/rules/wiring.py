"""What only shows when resources are seen together: whether tasks start, are reached, and stay private."""

from collections import defaultdict
from collections.abc import Iterator

from policies import openings, topology
from policies import tokens as t
from policies.documents import Statement, is_known, statements
from policies.graph import Graph, Resource, as_list, at, has_unknown, identifiers, texts
from policies.openings import Opening
from policies.rule import Fault, Severity, of_graph
from policies.task_documents import log_groups, secret_arns

_PULLS_AND_LOGS = "AmazonECSTaskExecutionRolePolicy"
"""AWS's policy for execution roles: it lets nobody read a secret."""
_STARTING = ("ecr.api", "ecr.dkr", "logs", "s3")


@of_graph(
    t.SERVICE,
    severity=Severity.HIGH,
    fix="`network.nat`, or `network.endpoints: [ecr, logs]`, in the stack file; elsewhere a route or endpoints",
    source='Amazon ECS Developer Guide, "Amazon ECS interface VPC endpoints"; ResourceInitializationError otherwise',
)
def tasks_reach_aws(service: Resource, graph: Graph) -> Iterator[Fault]:
    """A task reaches ECR, CloudWatch Logs and its secrets, or it never starts."""
    definitions = graph.targets(service, "taskDefinition", t.TASK_DEFINITION)
    needed = {*_STARTING, *(_service_of(arn) for one in definitions for arn in secret_arns(one))}
    for subnet in graph.targets(service, "networkConfiguration.subnets", t.SUBNET):
        if not topology.route_tables(graph, subnet) or topology.has_way_out(graph, subnet):
            continue
        reached = topology.endpoints(graph, subnet)
        if reached is not None and (missing := sorted(needed - reached)):
            yield Fault(
                f"subnet {subnet.name} has no default route and no endpoint for {', '.join(missing)}",
                "a default route, or an endpoint for each",
            )


@of_graph(
    t.TASK_DEFINITION,
    severity=Severity.HIGH,
    fix="secretsmanager:GetSecretValue or ssm:GetParameters on the secret, and kms:Decrypt on its key",
    source='Amazon ECS Developer Guide, "Amazon ECS task execution IAM role"; ResourceInitializationError otherwise',
)
def secrets_readable(definition: Resource, graph: Graph) -> Iterator[Fault]:
    """The execution role may read and decrypt every secret of its tasks."""
    allowed = _allowed(graph, definition)
    if allowed is None:
        return
    for arn in dict.fromkeys(secret_arns(definition)):
        action = "secretsmanager:GetSecretValue" if _service_of(arn) == "secretsmanager" else "ssm:GetParameters"
        if not any(one.may(action, {arn}) for one in allowed):
            yield Fault(f"the execution role may not {action} on {arn}", f"Allow {action} on it")
        for key in _keys_of(graph, arn):
            if not any(one.may("kms:Decrypt", key) for one in allowed):
                yield Fault(f"the execution role may not decrypt {arn}", "Allow kms:Decrypt on its key")


@of_graph(
    t.TASK_DEFINITION,
    severity=Severity.HIGH,
    fix="aws.cloudwatch.LogGroup, and its name as awslogs-group",
    source='Amazon ECS Developer Guide, "Send Amazon ECS logs to CloudWatch"; ResourceInitializationError otherwise',
)
def log_group_is_there(definition: Resource, graph: Graph) -> Iterator[Fault]:
    """The log group that a task writes to is made by the stack, before the task."""
    groups = graph.of(t.LOG_GROUP)
    for name in dict.fromkeys(log_groups(definition)):
        found = [group for group in groups if name in identifiers(group)]
        if not found and not has_unknown([group.get("name") for group in groups]):
            yield Fault(f"awslogs-group: {name}, which the stack does not make", "the name of one of its log groups")
        for group in found:
            if group.urn not in definition.dependencies:
                yield Fault(f"awslogs-group: {name}, which may come later", "a reference to the LogGroup's name")


@of_graph(
    t.SERVICE,
    severity=Severity.HIGH,
    fix="components.FargateService does it; elsewhere a rule for the port on each of the two security groups",
    source='User Guide for Application Load Balancers, "Security groups for your Application Load Balancer"',
)
def balancer_reaches_tasks(service: Resource, graph: Graph) -> Iterator[Fault]:
    """Each load balancer reaches its container's port, and no other port of the tasks."""
    tasks = graph.targets(service, "networkConfiguration.securityGroups", t.SECURITY_GROUP)
    balancers = {group: ports for group, ports in _ports_by_balancer(graph, service).items() if group not in tasks}
    balanced = as_list(service.get("loadBalancers"))
    mixed = len(balancers) > 1 and has_unknown(balanced)
    if mixed or has_unknown([at(one, "containerPort") for one in balanced]):
        return
    into = [one for group in tasks for one in openings.of_group(graph, group, openings.IN)]
    for balancer, ports in balancers.items() if tasks else ():
        out = openings.of_group(graph, balancer, openings.OUT)
        yield from _exactly(ports, _between(graph, into, [balancer]), f"group of {service.name}", balancer.name)
        yield from _exactly(ports, _between(graph, out, tasks), balancer.name, f"group of {service.name}")


@of_graph(
    t.SUBNET,
    controls=("ECS.2",),
    severity=Severity.HIGH,
    fix="public subnets for NAT gateways and load balancers, assign_public_ip=False for tasks",
    source='Amazon VPC User Guide, "Subnet types"',
)
def private_subnet_stays_private(subnet: Resource, graph: Graph) -> Iterator[Fault]:
    """Nothing in a subnet without a route to the internet has a public address."""
    if not topology.is_private(graph, subnet):
        return
    if subnet.get("mapPublicIpOnLaunch") is True:
        yield Fault("mapPublicIpOnLaunch: true", "mapPublicIpOnLaunch: false")
    for service in graph.of(t.SERVICE):
        public = service.get("networkConfiguration.assignPublicIp") is True
        if public and subnet in graph.targets(service, "networkConfiguration.subnets", t.SUBNET):
            yield Fault(f"service {service.name} with assignPublicIp: true", "assignPublicIp: false")
    for gateway in graph.of(t.NAT_GATEWAY):
        public = gateway.get("connectivityType") != "private"
        if public and subnet in graph.targets(gateway, "subnetId", t.SUBNET):
            yield Fault(f"NAT gateway {gateway.name}", "NAT gateways in public subnets")
    for balancer in graph.of(t.BALANCER):
        public = balancer.get("internal") in (False, None)
        if public and _names(balancer, "subnets", subnet):
            yield Fault(f"internet-facing load balancer {balancer.name}", "internet-facing ones in public subnets")


def _service_of(arn: str) -> str:
    return "secretsmanager" if ":secretsmanager:" in arn else "ssm"


def _names(resource: Resource, path: str, subnet: Resource) -> bool:
    """Whether a property names a subnet by value: a list of subnets may depend on others than those in it."""
    return not identifiers(subnet).isdisjoint(texts(resource.get(path)))


def _allowed(graph: Graph, definition: Resource) -> list[Statement] | None:
    """What the execution role is allowed; None when that is not known."""
    roles = graph.targets(definition, "executionRoleArn", t.ROLE)
    attachments = [one for role in roles for one in graph.referrers(role, "role", t.ROLE_POLICY_ATTACHMENT)]
    attached = [graph.targets(one, "policyArn", t.POLICY) for one in attachments]
    foreign = [one.get("policyArn") for one, found in zip(attachments, attached, strict=True) if not found]
    documents = [
        *(one.get("policy") for role in roles for one in graph.referrers(role, "role", t.ROLE_POLICY)),
        *(at(one, "policy") for role in roles for one in as_list(role.get("inlinePolicies"))),
        *(policy.get("policy") for found in attached for policy in found),
    ]
    if not roles or not all(map(is_known, documents)):
        return None
    if any(not str(arn).endswith(_PULLS_AND_LOGS) for arn in foreign):
        return None
    return [one for value in documents for one in statements(value)]


def _keys_of(graph: Graph, arn: str) -> Iterator[set[str]]:
    """The names of each customer key that encrypts a secret, as far as the graph has the secret."""
    for secret in graph.of(t.SECRET, t.PARAMETER):
        path = "kmsKeyId" if secret.type == t.SECRET else "keyId"
        key = secret.get(path)
        if arn in identifiers(secret) and isinstance(key, str):
            found = [set(identifiers(one)) for one in graph.targets(secret, path, t.KEY)]
            yield from found or [{key}]


def _ports_by_balancer(graph: Graph, service: Resource) -> dict[Resource, set[int]]:
    """The groups of the load balancers that a service is behind, with the ports that are known for each."""
    found: dict[Resource, set[int]] = defaultdict(set)
    for index, one in enumerate(as_list(service.get("loadBalancers"))):
        port = openings.port(at(one, "containerPort"))
        targets = graph.targets(service, f"loadBalancers.{index}", t.TARGET_GROUP)
        for group in (group for target in targets for group in _balancer_groups(graph, target)):
            if port is not None:
                found[group].add(port)
    return found


def _balancer_groups(graph: Graph, target: Resource) -> Iterator[Resource]:
    """The groups of the load balancers that a target group is behind."""
    rules = graph.referrers(target, "actions", t.LISTENER_RULE)
    listeners = [one for rule in rules for one in graph.targets(rule, "listenerArn", t.LISTENER)]
    listeners += graph.referrers(target, "defaultActions", t.LISTENER)
    balancers = [one for listener in listeners for one in graph.targets(listener, "loadBalancerArn", t.BALANCER)]
    return (group for one in balancers for group in graph.targets(one, "securityGroups", t.SECURITY_GROUP))


def _between(graph: Graph, found: list[Opening], others: list[Resource]) -> list[Opening]:
    return [one for one in found if any(peer in others for peer in openings.peers(graph, one))]


def _exactly(ports: set[int], found: list[Opening], group: str, other: str) -> Iterator[Fault]:
    """The ports that are missing among some openings, and the openings that are wider than one of the ports."""
    spans = [one.ports for one in found]
    if None in spans:
        return
    wanted = f"port {', '.join(str(int(port)) for port in sorted(ports))} between {group} and {other}"
    for port in sorted(ports - {low for low, high in filter(None, spans) if low == high}):
        yield Fault(f"no way for port {int(port)} between {group} and {other}", wanted)
    for one in found:
        if one.ports not in {(port, port) for port in ports}:
            yield Fault(f"{one.shown()} between {group} and {other}", wanted)
