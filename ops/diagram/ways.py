"""The arrows of a picture: what the security groups and the routes of a stack let through."""

from collections import defaultdict
from collections.abc import Iterator

from ops.diagram.architecture import CLIENTS, ENDPOINTS, GATEWAY, INTERNET, TASKS, Way
from ops.diagram.edge import listeners
from ops.diagram.tasks import SCHEDULED, containers, definition_of, mounts
from ops.diagram.words import port_label
from policies import tokens as t
from policies.graph import Graph, Resource, as_list, at
from policies.openings import IN, OUT, Opening, groups_of, peers, port, written_in
from policies.topology import routes, to_internet_gateway

_RULES = (t.SECURITY_GROUP, t.INGRESS_RULE, t.EGRESS_RULE, t.SECURITY_GROUP_RULE)


class Ways:
    """Reads the ways of one stack."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._openings: dict[tuple[str, str], list[Opening]] = defaultdict(list)
        for opening in (one for owner in graph.of(*_RULES) for one in written_in(owner)):
            for group in groups_of(graph, opening):
                self._openings[group.urn, opening.direction].append(opening)
        self._groups = {
            one.urn: graph.targets(one, path, t.SECURITY_GROUP)
            for kind, path in (
                (t.BALANCER, "securityGroups"),
                (t.SERVICE, "networkConfiguration.securityGroups"),
                (t.SCHEDULE, f"{SCHEDULED}.networkConfiguration.securityGroups"),
                (t.MOUNT_TARGET, "securityGroups"),
                (t.ENDPOINT, "securityGroupIds"),
            )
            for one in graph.of(kind)
        }

    def all(self) -> tuple[Way, ...]:
        """Every way, once."""
        found = [*self._in(), *self._to_services(), *self._calls(), *self._files(), *self._to_endpoints(), *self._out()]
        return tuple(dict.fromkeys(found))

    def clients(self) -> tuple[str, ...]:
        """The ranges that may ask the load balancers, where they are not the whole internet."""
        asking = [one for balancer in self._graph.of(t.BALANCER) for one in self._of(balancer, IN) if not one.world]
        return tuple(dict.fromkeys(cidr for one in asking for cidr in one.ranges))

    def _of(self, one: Resource, direction: str) -> list[Opening]:
        return [opening for group in self._groups[one.urn] for opening in self._openings[group.urn, direction]]

    def _between(self, source: Resource, target: Resource) -> list[Opening]:
        """What the target's groups let in from the source's."""
        sending = self._groups[source.urn]
        return [one for one in self._of(target, IN) if any(peer in sending for peer in peers(self._graph, one))]

    def _in(self) -> Iterator[Way]:
        """To the load balancers."""
        for balancer in self._graph.of(t.BALANCER):
            spoken = {port(one.get("port")): str(one.get("protocol")) for one in listeners(self._graph, balancer)}
            source = CLIENTS if balancer.get("internal") is True else INTERNET
            for opening in self._of(balancer, IN):
                if opening.ranges:
                    first = opening.ports[0] if opening.ports else None
                    yield Way(source=source, target=balancer.urn, label=port_label(opening, spoken.get(first)))

    def _to_services(self) -> Iterator[Way]:
        """From load balancers, to the services that are behind them."""
        for service in self._graph.of(t.SERVICE):
            for group in self._graph.targets(service, "loadBalancers", t.TARGET_GROUP):
                for balancer in self._in_front_of(group):
                    for opening in self._between(balancer, service):
                        label = port_label(opening, str(group.get("protocol")))
                        yield Way(source=balancer.urn, target=service.urn, label=label)

    def _in_front_of(self, group: Resource) -> list[Resource]:
        """The load balancers whose listeners, or rules of theirs, lead to a target group."""
        rules = self._graph.referrers(group, "actions", t.LISTENER_RULE)
        asked = [one for rule in rules for one in self._graph.targets(rule, "listenerArn", t.LISTENER)]
        asked += self._graph.referrers(group, "defaultActions", t.LISTENER)
        return [one for listener in asked for one in self._graph.targets(listener, "loadBalancerArn", t.BALANCER)]

    def _calls(self) -> Iterator[Way]:
        """From tasks to services, but for what a service lets in from its own group."""
        senders: dict[str, list[Resource]] = defaultdict(list)
        for one in self._tasks():
            for group in self._groups[one.urn]:
                senders[group.urn].append(one)
        for service in self._graph.of(t.SERVICE):
            for opening in self._of(service, IN):
                for peer in peers(self._graph, opening):
                    for sender in senders[peer.urn]:
                        if sender is not service:
                            label = port_label(opening, self._spoken(service, opening))
                            yield Way(source=sender.urn, target=service.urn, label=label)

    def _spoken(self, service: Resource, opening: Opening) -> str | None:
        """What Service Connect says is spoken on a port of a service."""
        definition = definition_of(self._graph, service)
        for container in containers(definition) if definition else ():
            for mapped in as_list(at(container, "portMappings")):
                named = at(mapped, "appProtocol")
                if isinstance(named, str) and opening.ports == (port(at(mapped, "containerPort")),) * 2:
                    return named.upper()
        return None

    def _files(self) -> Iterator[Way]:
        """From tasks to the file systems that they mount."""
        targets = {one.urn: self._groups_of_system(one) for one in self._graph.of(t.FILE_SYSTEM)}
        for task in self._tasks():
            definition = definition_of(self._graph, task)
            for system in mounts(self._graph, definition) if definition else ():
                for opening in self._of(task, OUT):
                    reached = peers(self._graph, opening)
                    if _leads_to(opening, reached, targets.get(system)):
                        yield Way(source=task.urn, target=system, label=port_label(opening))

    def _groups_of_system(self, system: Resource) -> list[Resource]:
        targets = self._graph.referrers(system, "fileSystemId", t.MOUNT_TARGET)
        return [group for target in targets for group in self._groups[target.urn]]

    def _to_endpoints(self) -> Iterator[Way]:
        for endpoint in self._graph.of(t.ENDPOINT):
            for opening in self._of(endpoint, IN):
                yield Way(source=TASKS, target=ENDPOINTS, label=port_label(opening))

    def _out(self) -> Iterator[Way]:
        """From tasks to the internet, by the NAT gateways that routes lead to."""
        labels = {port_label(one): None for task in self._tasks() for one in self._of(task, OUT) if one.world}
        ways = [route for table in self._graph.of(t.ROUTE_TABLE) for route in routes(self._graph, table)]
        used = [
            nat
            for route in ways
            for nat in self._graph.targets(route.owner, f"{route.path}natGatewayId", t.NAT_GATEWAY)
        ]
        public = any(to_internet_gateway(self._graph, route) for route in ways)
        direct = any(route.get("egressOnlyGatewayId") for route in ways) or (public and self._have_public_addresses())
        for label in labels:
            for nat in dict.fromkeys(one.urn for one in used):
                yield Way(source=TASKS, target=nat, label=label)
                yield Way(source=nat, target=GATEWAY, label=label)
            if direct:
                yield Way(source=TASKS, target=GATEWAY, label=label)
            if direct or (used and public):
                yield Way(source=GATEWAY, target=INTERNET, label=label)

    def _have_public_addresses(self) -> bool:
        paths = ("networkConfiguration.assignPublicIp", f"{SCHEDULED}.networkConfiguration.assignPublicIp")
        return any(one.get(path) is True for one in self._tasks() for path in paths)

    def _tasks(self) -> list[Resource]:
        return self._graph.of(t.SERVICE, t.SCHEDULE)


def _leads_to(opening: Opening, reached: list[Resource], groups: list[Resource] | None) -> bool:
    """Whether an opening is to a file system: to its groups, or to one of others when the system is theirs."""
    if groups is not None:
        return any(group in groups for group in reached)
    return not reached and not opening.ranges and opening.ports is not None
