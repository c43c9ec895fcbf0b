"""What a picture of a stack shows, read from the resources that its program yields."""

from ops import offline
from ops.diagram.architecture import Architecture
from ops.diagram.asides import asides
from ops.diagram.edge import balancers
from ops.diagram.network import network
from ops.diagram.tasks import file_systems, jobs, services
from ops.diagram.ways import Ways


def architecture(stack: offline.Stack) -> Architecture:
    """Everything of a stack that a picture shows."""
    graph = stack.graph
    ways = Ways(graph)
    return Architecture(
        project=stack.file.project,
        stack=stack.name,
        region=stack.file.region,
        network=network(graph),
        balancers=tuple(balancers(graph)),
        tasks=(*services(graph), *jobs(graph)),
        file_systems=tuple(file_systems(graph)),
        asides=tuple(asides(graph)),
        clients=ways.clients(),
        ways=ways.all(),
    )
