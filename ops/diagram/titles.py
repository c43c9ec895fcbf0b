"""What stands above the parts of a picture, whichever way it is drawn."""

from ops.diagram.architecture import Architecture, Balancer, FileSystem, Network
from ops.words import counted

INTERNET, CLIENTS, ENDPOINTS = "Internet", "Clients in reach of the VPC", "VPC endpoints"
NAT, REGIONAL_NAT = "NAT gateway", "NAT gateway of all zones"


def of_region(of: Architecture) -> str:
    """Where a stack is deployed to."""
    return f"Region {of.region}"


def of_network(network: Network) -> str:
    """A VPC, with its ranges, or its id where others made it."""
    name = f"VPC {', '.join(network.ranges) or network.name}"
    if network.elsewhere:
        return f"{name}, made elsewhere"
    return f"{name}, endpoints by route: {', '.join(network.by_route)}" if network.by_route else name


def of_gateways(network: Network) -> str:
    """What connects a VPC to the internet."""
    words = ", ".join(network.gateways)
    return words[:1].upper() + words[1:]


def of_balancer(one: Balancer) -> str:
    """A load balancer, and who reaches it."""
    return f"{'Public' if one.public else 'Internal'} load balancer: {one.name}"


def of_file_system(one: FileSystem) -> str:
    """A file system."""
    return f"File system {one.name}"


def of_tasks(of: Architecture) -> str:
    """How many services and jobs there are."""
    services = sum(not one.job for one in of.tasks)
    counts = {"service": services, "job": len(of.tasks) - services}
    return f"Tasks on ECS: {' and '.join(counted(count, word) for word, count in counts.items() if count)}"
