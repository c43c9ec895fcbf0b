"""VPCs, subnets and their ways in and out."""

from collections.abc import Iterator

from policies import openings, topology
from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource, Value, as_list, at, has_unknown
from policies.rule import Fault, Severity, expect, expect_set, of_graph, of_resource, shown

_ADMIN_PORTS = (20, 21, 22, 3389)


@of_graph(
    t.VPC,
    t.DEFAULT_SECURITY_GROUP,
    controls=("EC2.2", "CIS 5.5", "CKV2_AWS_12"),
    severity=Severity.HIGH,
    fix="components.Network does it; elsewhere aws.ec2.DefaultSecurityGroup(vpc_id=...) without ingress and egress",
)
def default_security_group_closed(resource: Resource, graph: Graph) -> Iterator[Fault]:
    """The default security group of a VPC lets nothing in or out."""
    if resource.type == t.VPC:
        if not graph.referrers(resource, "vpcId", t.DEFAULT_SECURITY_GROUP):
            yield Fault("the default security group as AWS makes it", "a DefaultSecurityGroup without rules")
        return
    for path in ("ingress", "egress"):
        value = resource.get(path)
        if value and value is not UNKNOWN:
            yield Fault(f"{path}: {len(value)} rules", f"no {path} rule")


@of_graph(
    t.VPC,
    controls=("EC2.6", "CIS 3.7", "CKV2_AWS_11"),
    severity=Severity.MEDIUM,
    fix='`network.flow_logs: true` in the stack file; elsewhere aws.ec2.FlowLog(vpc_id=..., traffic_type="ALL")',
)
def vpc_flow_logs(vpc: Resource, graph: Graph) -> Iterator[Fault]:
    """A VPC's traffic is logged, what was rejected at least."""
    logs = graph.referrers(vpc, "vpcId", t.FLOW_LOG)
    if not logs:
        yield Fault("no flow log", "a FlowLog with trafficType ALL or REJECT")
    for log in logs:
        yield from expect(log, "trafficType", "ALL", "REJECT")


@of_resource(
    t.SUBNET,
    controls=("EC2.15", "CKV_AWS_130"),
    severity=Severity.MEDIUM,
    fix="aws.ec2.Subnet(map_public_ip_on_launch=False); load balancers and NAT gateways do not need it",
)
def subnet_gives_no_public_address(subnet: Resource) -> Iterator[Fault]:
    """A subnet gives no public address to what starts in it."""
    yield from expect(subnet, "mapPublicIpOnLaunch", False, None)


@of_graph(
    t.VPC,
    controls=("EC2.55", "EC2.56"),
    severity=Severity.MEDIUM,
    fix="`network.endpoints: [ecr, logs]` in the stack file; elsewhere aws.ec2.VpcEndpoint for each, and for s3",
)
def vpc_endpoints(vpc: Resource, graph: Graph) -> Iterator[Fault]:
    """A VPC with services reaches ECR, CloudWatch Logs and S3 without the internet."""
    if not graph.of(t.SERVICE):
        return
    found = [endpoint.get("serviceName") for endpoint in graph.referrers(vpc, "vpcId", t.ENDPOINT)]
    services = {topology.service_of(name) for name in found if isinstance(name, str)}
    missing = sorted({"ecr.api", "ecr.dkr", "logs", "s3"} - services)
    if missing and not has_unknown(found):
        yield Fault(f"no endpoint for {', '.join(missing)}", "an endpoint for each of ecr.api, ecr.dkr, logs, s3")


@of_resource(
    t.ENDPOINT,
    controls=("EC2.55", "EC2.56"),
    severity=Severity.MEDIUM,
    fix="aws.ec2.VpcEndpoint(private_dns_enabled=True)",
)
def endpoint_private_dns(endpoint: Resource) -> Iterator[Fault]:
    """An interface endpoint answers at the service's own name, so that tasks use it."""
    if endpoint.get("vpcEndpointType") == "Interface":
        yield from expect(endpoint, "privateDnsEnabled", True)


@of_resource(
    t.DEFAULT_VPC,
    controls=("CKV_AWS_148",),
    severity=Severity.LOW,
    fix="components.Network, or any aws.ec2.Vpc, in its place",
)
def no_default_vpc(_vpc: Resource) -> Iterator[Fault]:
    """The region's default VPC, whose subnets are all public, is not used."""
    yield Fault("the region's default VPC", "a VPC of the stack's own")


@of_graph(
    t.ADDRESS,
    controls=("EC2.12", "CKV2_AWS_19"),
    severity=Severity.LOW,
    fix="remove the aws.ec2.Eip, or give it to a NatGateway by allocation_id",
)
def address_in_use(address: Resource, graph: Graph) -> Iterator[Fault]:
    """An elastic address, which costs money while it lies idle, belongs to something."""
    holders = [
        *graph.referrers(address, "allocationId", t.NAT_GATEWAY, t.ADDRESS_ASSOCIATION),
        *graph.referrers(address, "subnetMappings", t.BALANCER),
        *graph.referrers(address, "availabilityZoneAddresses", t.NAT_GATEWAY),
    ]
    if not holders and not address.get("instance") and not address.get("networkInterface"):
        yield Fault("nothing holds it", "a NAT gateway, load balancer or instance that holds it")


@of_resource(
    t.ROUTE,
    controls=("CKV2_AWS_35",),
    severity=Severity.MEDIUM,
    fix="`network.nat: single` or `per_az` in the stack file; elsewhere aws.ec2.Route(nat_gateway_id=...)",
)
def default_route_by_gateway(route: Resource) -> Iterator[Fault]:
    """A default route leads to a gateway of AWS's, not to an instance."""
    if route.get("destinationCidrBlock") == "0.0.0.0/0" and route.get("networkInterfaceId"):
        yield Fault(shown("networkInterfaceId", route.get("networkInterfaceId")), "natGatewayId")


@of_graph(
    t.NETWORK_ACL,
    controls=("EC2.16", "CKV2_AWS_1"),
    severity=Severity.LOW,
    fix="aws.ec2.NetworkAcl(subnet_ids=[...]), or remove it",
)
def network_acl_in_use(acl: Resource, graph: Graph) -> Iterator[Fault]:
    """A network ACL belongs to a subnet."""
    if not graph.referrers(acl, "networkAclId", t.NETWORK_ACL_ASSOCIATION):
        yield from expect_set(acl, "subnetIds")


@of_resource(
    t.NETWORK_ACL,
    t.NETWORK_ACL_RULE,
    controls=("EC2.21", "CKV_AWS_229", "CKV_AWS_230", "CKV_AWS_231", "CKV_AWS_232", "CKV_AWS_352"),
    severity=Severity.HIGH,
    fix="narrow the rule's cidr_block, or its ports to 80 and 443",
)
def network_acl_keeps_administration_closed(acl: Resource) -> Iterator[Fault]:
    """No network ACL lets the world reach ports 20, 21, 22 or 3389."""
    if acl.type == t.NETWORK_ACL_RULE:
        rules = [] if acl.get("egress") else [{**acl.properties, "action": acl.get("ruleAction")}]
    else:
        rules = as_list(acl.get("ingress"))
    for rule in rules:
        allows = str(at(rule, "action")).lower() == "allow"
        if allows and _from_world(rule) and (open_ports := _admin_ports(rule)):
            yield Fault(f"ports {', '.join(map(str, open_ports))} open to the world", "none of ports 20, 21, 22, 3389")


def _from_world(rule: Value) -> bool:
    return any(openings.is_everywhere(str(at(rule, path))) for path in ("cidrBlock", "ipv6CidrBlock"))


def _admin_ports(rule: Value) -> list[int]:
    if str(at(rule, "protocol")).lower() in openings.EVERY_PROTOCOL:
        return list(_ADMIN_PORTS)
    low, high = openings.port(at(rule, "fromPort")), openings.port(at(rule, "toPort"))
    if low is None or high is None:
        return []
    return [port for port in _ADMIN_PORTS if low <= port <= high]
