"""What AWS refuses and the emulator accepts. Each function tells AWS's error code and a message, or None.

What is around a stack is in `refusals_edge.py`. `localcloud/README.md` lists them all, each with its source;
`tests/local/test_refusals.py` has a case for each.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from ipaddress import IPv4Network
from typing import Any

from localcloud.providers.declare import Operations

Refusal = Callable[[Operations], "str | None"]

SIZES: dict[int, Iterable[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
STOP_TIMEOUT_MAX = 120
RULES_MAX = 60
RETENTIONS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
REPOSITORY = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")


def too_long(property: str, most: int, code: str = "ValidationError") -> Refusal:
    """A name longer than AWS takes."""

    def refuse(operation: Operations) -> str | None:
        name = str(operation.values.get(property) or "")
        return (
            f"{code}: {property} {name!r} has {len(name)} characters, at most {most} are allowed"
            if name[most:]
            else None
        )

    return refuse


def no_policy(property: str, code: str = "MalformedPolicyDocument", needs: str = "Statement") -> Refusal:
    """A document that is no JSON, or no policy."""

    def refuse(operation: Operations) -> str | None:
        try:
            document = json.loads(operation.values.get(property) or "null")
        except ValueError as error:
            return f"{code}: {property} is no JSON: {error}"
        found = document.get(needs) if isinstance(document, dict) else None
        return None if found else f"{code}: {property} has no {needs}"

    return refuse


def no_principal(operation: Operations) -> str | None:
    """A trust policy that trusts nobody."""
    found = json.loads(operation.values["assumeRolePolicy"])["Statement"]
    statements = found if isinstance(found, list) else [found]
    missing = any("Principal" not in one for one in statements)
    return "MalformedPolicyDocument: Missing required field Principal" if missing else None


# Network


def vpc_range(operation: Operations) -> str | None:
    """A VPC larger than a /16 or smaller than a /28."""
    size = IPv4Network(operation.values["cidrBlock"]).prefixlen
    return None if 16 <= size <= 28 else f"InvalidVpc.Range: The CIDR '{operation.values['cidrBlock']}' is invalid."


def subnet_range(operation: Operations) -> str | None:
    """A subnet outside its VPC, or over another."""
    client, cidr, vpc = operation.client(), operation.values["cidrBlock"], operation.values["vpcId"]
    mine = IPv4Network(cidr)
    vpcs = client.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    if not any(mine.subnet_of(IPv4Network(one["CidrBlock"])) for one in vpcs):
        return f"InvalidSubnet.Range: The CIDR '{cidr}' is invalid."
    others = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    if any(mine.overlaps(IPv4Network(one["CidrBlock"])) for one in others if one["SubnetId"] != operation.id):
        return f"InvalidSubnet.Conflict: The CIDR '{cidr}' conflicts with another subnet"
    return None


def subnet_in_use(operation: Operations) -> str | None:
    """A subnet with a load balancer, a NAT gateway, an interface endpoint or a mount target in it."""
    nats = operation.client().describe_nat_gateways()["NatGateways"]
    balancers = operation.client("elbv2").describe_load_balancers()["LoadBalancers"]
    used = {one.get("SubnetId") for one in nats if one["State"] != "deleted"}
    used |= {subnet for one in _endpoints(operation) for subnet in one.get("SubnetIds") or ()}
    used |= {zone["SubnetId"] for one in balancers for zone in one["AvailabilityZones"]}
    used |= {one["SubnetId"] for one in _mount_targets(operation)}
    return _in_use("subnet", operation.id) if operation.id in used else None


def group_in_use(operation: Operations) -> str | None:
    """A security group that a load balancer, an endpoint or a mount target has, or a rule of another group names."""
    balancers = operation.client("elbv2").describe_load_balancers()["LoadBalancers"]
    rules = operation.client().describe_security_group_rules()["SecurityGroupRules"]
    named = {(one.get("ReferencedGroupInfo") or {}).get("GroupId") for one in rules if one["GroupId"] != operation.id}
    used = named | {group for one in balancers for group in one.get("SecurityGroups") or ()}
    used |= {group["GroupId"] for one in _endpoints(operation) for group in one.get("Groups") or ()}
    efs = operation.client("efs")
    for one in _mount_targets(operation):
        used |= {*efs.describe_mount_target_security_groups(MountTargetId=one["MountTargetId"])["SecurityGroups"]}
    return _in_use("security group", operation.id) if operation.id in used else None


def table_in_use(operation: Operations) -> str | None:
    """A route table that a subnet uses."""
    tables = operation.client().describe_route_tables(RouteTableIds=[operation.id])["RouteTables"]
    used = any(link.get("SubnetId") for table in tables for link in table["Associations"])
    return _in_use("routeTable", operation.id) if used else None


def gateway_in_use(operation: Operations) -> str | None:
    """An internet gateway whose VPC has NAT gateways, which have public addresses."""
    return _mapped(operation, {operation.values.get("vpcId")})


def gateway_leaves(operation: Operations) -> str | None:
    """An internet gateway that leaves such a VPC for another."""
    return _mapped(operation, vpcs_of_gateway(operation) - {operation.values.get("vpcId")})


def vpcs_of_gateway(operation: Operations) -> set[str]:
    """Those that an internet gateway is attached to, as long as it is there."""
    return {one["VpcId"] for one in (operation.describe() or {}).get("Attachments", ())} if operation.id else set()


def _mapped(operation: Operations, vpcs: AbstractSet[str | None]) -> str | None:
    nats = operation.client().describe_nat_gateways()["NatGateways"] if vpcs else []
    used = sorted(one["VpcId"] for one in nats if one["VpcId"] in vpcs and one["State"] != "deleted")
    return f"DependencyViolation: Network {used[0]} has some mapped public address(es)." if used else None


def second_gateway(operation: Operations) -> str | None:
    """A VPC that has an internet gateway."""
    found = operation.client().describe_internet_gateways()["InternetGateways"]
    vpc = operation.values.get("vpcId")
    others = [one for one in found if one["InternetGatewayId"] != operation.id]
    attached = {link["VpcId"] for one in others for link in one["Attachments"]}
    return f"Resource.AlreadyAssociated: Network {vpc} already has an internet gateway" if vpc in attached else None


def route_exists(operation: Operations) -> str | None:
    """A second route to one destination; a changed one has an id."""
    tables = operation.client().describe_route_tables(RouteTableIds=[operation.values["routeTableId"]])["RouteTables"]
    values = operation.values
    destination = values.get("destinationCidrBlock") or values.get("destinationIpv6CidrBlock")
    routes = [one for table in tables for one in table["Routes"]]
    taken = any(destination in (one.get("DestinationCidrBlock"), one.get("DestinationIpv6CidrBlock")) for one in routes)
    if operation.id or not destination or not taken:
        return None
    return f"RouteAlreadyExists: The route identified by {destination} already exists."


def no_such_service(operation: Operations) -> str | None:
    """An endpoint for a service that AWS does not have here."""
    client, name = operation.client(), operation.values["serviceName"]
    filters = [{"Name": "service-type", "Values": [operation.values.get("vpcEndpointType") or "Gateway"]}]
    if client.describe_vpc_endpoint_services(ServiceNames=[name], Filters=filters)["ServiceDetails"]:
        return None
    return f"InvalidServiceName: The Vpc Endpoint Service '{name}' does not exist"


def second_private_dns(operation: Operations) -> str | None:
    """A second endpoint by a service's own name in one VPC."""
    values = operation.values
    names = {
        one["ServiceName"]
        for one in _endpoints(operation)
        if one["VpcId"] == values["vpcId"] and one.get("PrivateDnsEnabled") and one["VpcEndpointId"] != operation.id
    }
    if not values.get("privateDnsEnabled") or values["serviceName"] not in names:
        return None
    return (
        "InvalidParameter: private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
        f"{values['serviceName']} in the VPC {values['vpcId']}"
    )


def no_dns_for_names(operation: Operations) -> str | None:
    """An endpoint by a service's own name in a VPC that resolves no names, or gives none."""
    client, vpc = operation.client(), operation.values["vpcId"]
    wanted = ("enableDnsSupport", "enableDnsHostnames") if operation.values.get("privateDnsEnabled") else ()
    for name in wanted:
        found = client.describe_vpc_attribute(VpcId=vpc, Attribute=name)
        if not found[name[0].upper() + name[1:]]["Value"]:
            return f"InvalidParameter: Enabling private DNS requires {' and '.join(wanted)} set to true for {vpc}"
    return None


def _endpoints(operation: Operations) -> list[dict[str, Any]]:
    return operation.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]


def _mount_targets(operation: Operations) -> list[dict[str, Any]]:
    client = operation.client("efs")
    systems = client.describe_file_systems()["FileSystems"]
    asked = (client.describe_mount_targets(FileSystemId=one["FileSystemId"]) for one in systems)
    return [target for one in asked for target in one["MountTargets"]]


def rules_full(*, egress: bool) -> Refusal:
    """One rule more than a security group has in a direction; IPv4 and IPv6 are counted apart."""

    def refuse(operation: Operations) -> str | None:
        values = operation.values
        of_group = [{"Name": "group-id", "Values": [values["securityGroupId"]]}]
        rules = operation.client().describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
        other = "CidrIpv4" if values.get("cidrIpv6") else "CidrIpv6"
        count = sum(one["IsEgress"] == egress and not one.get(other) for one in rules)
        if operation.id or count < RULES_MAX:
            return None
        return "RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security group has been reached."

    return refuse


def rule_exists(*, egress: bool) -> Refusal:
    """A rule that a security group has already."""

    def refuse(operation: Operations) -> str | None:
        values = operation.values
        of_group = [{"Name": "group-id", "Values": [values["securityGroupId"]]}]
        rules = operation.client().describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
        names = {"IpProtocol": "ipProtocol", "FromPort": "fromPort", "ToPort": "toPort", "CidrIpv4": "cidrIpv4"}
        names |= {"CidrIpv6": "cidrIpv6", "PrefixListId": "prefixListId"}
        for one in rules:
            group = (one.get("ReferencedGroupInfo") or {}).get("GroupId") == values.get("referencedSecurityGroupId")
            same = group and all(str(one.get(key)) == str(values.get(name)) for key, name in names.items())
            if same and one["IsEgress"] == egress and one["SecurityGroupRuleId"] != operation.id:
                return "InvalidPermission.Duplicate: the specified rule already exists"
        return None

    return refuse


def ipv6_in_use(operation: Operations) -> str | None:
    """A VPC whose IPv6 range is taken away while subnets have theirs."""
    if not operation.id or operation.values.get("assignGeneratedIpv6CidrBlock"):
        return None
    of_vpc = [{"Name": "vpc-id", "Values": [operation.id]}]
    subnets = operation.client().describe_subnets(Filters=of_vpc)["Subnets"]
    if any(one.get("Ipv6CidrBlockAssociationSet") for one in subnets):
        return f"InvalidCidrBlock.InUse: The VPC {operation.id} currently has a subnet within CIDR block"
    return None


def flow_log_role(operation: Operations) -> str | None:
    """A flow log whose role is not there."""
    arn = operation.values.get("iamRoleArn")
    if arn and not _role_exists(operation, arn):
        return f"InvalidParameter: Unable to assume given IAM role: '{arn}'"
    return None


def _role_exists(operation: Operations, arn: str) -> bool:
    iam = operation.client("iam")
    try:
        iam.get_role(RoleName=arn.rpartition("/")[2])
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def _in_use(what: str, id: str) -> str:
    return f"DependencyViolation: The {what} '{id}' has dependencies and cannot be deleted."


# Load balancers


def wrong_subnets(operation: Operations) -> str | None:
    """A load balancer in fewer than two zones, or twice in one, or for IPv6 where there is none."""
    subnets = operation.client("ec2").describe_subnets(SubnetIds=operation.values["subnets"])["Subnets"]
    zones = [one["AvailabilityZone"] for one in subnets]
    if len(set(zones)) < 2:
        return "ValidationError: At least two subnets in two different Availability Zones must be specified"
    if len(set(zones)) < len(zones):
        return "InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same zone"
    if "dualstack" in (operation.values.get("ipAddressType") or "") and any(
        not one.get("Ipv6CidrBlockAssociationSet") for one in subnets
    ):
        return "ValidationError: You must specify subnets with an associated IPv6 CIDR block."
    return None


def protected(operation: Operations) -> str | None:
    """A load balancer whose deletion protection is on."""
    attributes = operation.client().describe_load_balancer_attributes(LoadBalancerArn=operation.id)["Attributes"]
    if any(one["Key"] == "deletion_protection.enabled" and one["Value"] == "true" for one in attributes):
        return "OperationNotPermitted: deletion protection is on; turn enableDeletionProtection off and `up` first"
    return None


def listener_exists(operation: Operations) -> str | None:
    """A second listener on one port."""
    found = operation.client().describe_listeners(LoadBalancerArn=operation.values["loadBalancerArn"])["Listeners"]
    port = operation.values["port"]
    taken = any(one["Port"] == port and one["ListenerArn"] != operation.id for one in found)
    return f"DuplicateListener: A listener already exists on port {port}" if taken else None


def priority_taken(operation: Operations) -> str | None:
    """A second rule of one priority."""
    found = operation.client().describe_rules(ListenerArn=operation.values["listenerArn"])["Rules"]
    priority = str(operation.values.get("priority"))
    taken = any(one["Priority"] == priority and one["RuleArn"] != operation.id for one in found)
    return f"PriorityInUse: Priority '{priority}' is currently in use" if taken else None


def group_of_another(operation: Operations) -> str | None:
    """A target group that another load balancer sends requests to."""
    balancer = operation.values["listenerArn"].replace(":listener/", ":loadbalancer/").rpartition("/")[0]
    for action in operation.values["actions"]:
        group = action.get("targetGroupArn")
        if group and (others := _askers(operation, group) - {balancer}):
            return (
                "TargetGroupAssociationLimit: The following target groups cannot be associated with more than one load "
                f"balancer: {group}, which {', '.join(others)} has"
            )
    return None


def check_too_slow(operation: Operations) -> str | None:
    """A health check whose timeout is not shorter than its interval."""
    check = operation.values.get("healthCheck") or {}
    interval, timeout = int(check.get("interval") or 30), int(check.get("timeout") or 5)
    if timeout < interval:
        return None
    return f"ValidationError: Health check timeout '{timeout}' must be smaller than the interval '{interval}'"


def targets_in_use(operation: Operations) -> str | None:
    """A target group that a listener or a rule sends requests to."""
    if _gets_requests(operation, operation.id):
        return f"ResourceInUse: Target group '{operation.id}' is currently in use by a listener or a rule"
    return None


def _gets_requests(operation: Operations, group: str) -> bool:
    return bool(_askers(operation, group))


def _askers(operation: Operations, group: str) -> set[str]:
    """The load balancers that send requests to a target group."""
    client, found = operation.client("elbv2"), set[str]()
    for balancer in client.describe_load_balancers()["LoadBalancers"]:
        for listener in client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            rules = client.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            if group in json.dumps([listener, rules], default=str):
                found.add(balancer["LoadBalancerArn"])
    return found


# Logs, images and tasks


def retention(operation: Operations) -> str | None:
    """Days that CloudWatch does not know; the group would be there, and keep everything."""
    days = operation.values.get("retentionInDays")
    if days in {None, *RETENTIONS}:
        return None
    return f"InvalidParameterException: retentionInDays must be one of {sorted(RETENTIONS)}, got {days}"


def repository_name(operation: Operations) -> str | None:
    """A repository's name with characters that ECR does not take."""
    name = operation.values["name"]
    if REPOSITORY.fullmatch(name) and 2 <= len(name) <= 256:
        return None
    return f"InvalidParameterException: Invalid parameter at 'repositoryName': {name!r} must match {REPOSITORY.pattern}"


def no_fargate(operation: Operations) -> str | None:
    """A task definition for Fargate of a size, or with a network, that Fargate does not have."""
    values = operation.values
    if "FARGATE" not in (values.get("requiresCompatibilities") or ()):
        return None
    if values.get("networkMode") != "awsvpc":
        return "ClientException: When requiresCompatibilities is FARGATE, networkMode must be awsvpc."
    cpu, memory = int(values.get("cpu") or 0), int(values.get("memory") or 0)
    if memory not in SIZES.get(cpu, ()):
        return f"ClientException: No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."
    long = [one["name"] for one in _containers(operation) if (one.get("stopTimeout") or 0) > STOP_TIMEOUT_MAX]
    if long:
        return f"ClientException: stopTimeout of {long[0]} must be at most {STOP_TIMEOUT_MAX} seconds on Fargate."
    return None


def no_role(operation: Operations) -> str | None:
    """A task definition with a role that is not there."""
    arns = filter(None, (operation.values.get("executionRoleArn"), operation.values.get("taskRoleArn")))
    missing = next((arn for arn in arns if not _role_exists(operation, arn)), None)
    return f"ClientException: Role is not valid: {missing}" if missing else None


def bad_containers(operation: Operations) -> str | None:
    """Containers of one name, none that is essential, or dependencies that cannot be met."""
    containers = _containers(operation)
    names = [one["name"] for one in containers]
    if len(set(names)) < len(names):
        return "ClientException: Container.name contains duplicate container name."
    if not any(one.get("essential", True) for one in containers):
        return "ClientException: At least one container must be marked as essential."
    needs = {one["name"]: {need["containerName"] for need in one.get("dependsOn") or ()} for one in containers}
    missing = set[str]().union(*needs.values()) - set(names)
    if missing:
        return f"ClientException: dependsOn names {', '.join(sorted(missing))}, which the task does not have."
    while needs:
        ready = {name for name, wanted in needs.items() if not wanted & set(needs)}
        if not ready:
            return f"ClientException: dependsOn makes a circle of {', '.join(sorted(needs))}."
        needs = {name: wanted for name, wanted in needs.items() if name not in ready}
    return None


def bad_volumes(operation: Operations) -> str | None:
    """A file system mounted by IAM in the clear, or by an access point and a folder."""
    for volume in operation.values.get("volumes") or ():
        efs = volume.get("efsVolumeConfiguration") or {}
        access = efs.get("authorizationConfig") or {}
        if access and efs.get("transitEncryption") != "ENABLED":
            return "ClientException: Transit encryption must be enabled when using EFS authorization configuration"
        if access.get("accessPointId") and efs.get("rootDirectory", "/") != "/":
            return "ClientException: Root directory must either be omitted or set to / when using an access point"
    return None


def _containers(operation: Operations) -> list[dict[str, Any]]:
    return json.loads(operation.values["containerDefinitions"])


def alarms_without(operation: Operations) -> str | None:
    """Alarms of a service without a name: the official provider's SDK sends nothing at all then."""
    alarms = operation.values.get("alarms")
    field = "DeploymentConfiguration.Alarms.AlarmNames"
    return f"InvalidParameter: missing required field, {field}" if alarms and not alarms.get("alarmNames") else None


def service_without(operation: Operations) -> str | None:
    """A service without its cluster, its task definition, its network, its load balancer, or its ports."""
    client, values = operation.client(), operation.values
    if not client.describe_clusters(clusters=[values["cluster"]])["clusters"]:
        return "ClusterNotFoundException: Cluster not found."
    try:
        answer = client.describe_task_definition(taskDefinition=values["taskDefinition"])
    except client.exceptions.ClientException:
        return "ClientException: TaskDefinition not found."
    definition = answer["taskDefinition"]
    if definition.get("networkMode") == "awsvpc" and not values.get("networkConfiguration"):
        return "InvalidParameterException: Network Configuration must be provided for the awsvpc network mode."
    for balancer in values.get("loadBalancers") or ():
        if problem := _balancer_problem(operation, balancer, definition):
            return f"InvalidParameterException: {problem}"
    return _connect_problem(values.get("serviceConnectConfiguration") or {}, definition)


def _connect_problem(configuration: Mapping[str, Any], definition: dict[str, Any]) -> str | None:
    ports = {
        mapping.get("name"): mapping["containerPort"]
        for one in definition["containerDefinitions"]
        for mapping in one.get("portMappings") or ()
    }
    for one in configuration.get("services") or ():
        name, aliases = one["portName"], one.get("clientAlias") or ()
        if name not in ports:
            return f"InvalidParameterException: The portName {name} does not exist in the task definition."
        if any(alias.get("dnsName") is None or alias["port"] != ports[name] for alias in aliases):
            return f"Service Connect has no proxy here: clientAlias needs a dnsName, and {name}'s port {ports[name]}"
    return None


def _balancer_problem(operation: Operations, balancer: dict[str, Any], definition: dict[str, Any]) -> str | None:
    name, port, arn = balancer["containerName"], balancer["containerPort"], balancer["targetGroupArn"]
    ports = {
        (one["name"], mapping["containerPort"])
        for one in definition["containerDefinitions"]
        for mapping in one.get("portMappings") or ()
    }
    if (name, port) not in ports:
        return f"The container {name} did not have a container port {port} defined."
    if not _gets_requests(operation, arn):
        return f"The target group with targetGroupArn {arn} does not have an associated load balancer."
    return None


def cluster_in_use(operation: Operations) -> str | None:
    """A cluster with services."""
    found = operation.client().list_services(cluster=operation.id)["serviceArns"]
    return "ClusterContainsServicesException: The cluster contains services; delete them first." if found else None
