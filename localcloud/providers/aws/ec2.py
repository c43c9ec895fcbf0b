"""The network: VPC, subnets, routes, NAT, endpoints, security groups, flow logs."""

import hashlib
from typing import Any

import jmespath

from localcloud.providers.aws import refusals
from localcloud.providers.declare import (
    Built,
    Const,
    Describe,
    Function,
    Operations,
    Prop,
    Resource,
    Tagging,
    Values,
    call,
    tag_list,
)
from localcloud.providers.operations import ProviderError

NO_PACKET = "no packet meets it: tasks are containers on Docker's bridge"
TAGS = Tagging(
    add=call("create_tags", {"Resources[]": "id"}, Tags=Prop("tags", write=tag_list())),
    remove=call(
        "delete_tags", {"Resources[]": "id"}, Tags=Prop("keys", write=lambda keys: [{"Key": key} for key in keys])
    ),
)


def _set_ipv6(operation: Operations, wanted: Any, of: str) -> None:
    """A VPC's or a subnet's IPv6 block comes and goes as an association, beside the resource."""
    client, key = operation.client(), f"{of.title()}Id"
    blocks = (operation.describe() or {}).get("Ipv6CidrBlockAssociationSet") or []
    kept = [one for one in blocks if wanted in (True, one["Ipv6CidrBlock"])]
    for one in blocks:
        if one not in kept:
            getattr(client, f"disassociate_{of}_cidr_block")(AssociationId=one["AssociationId"])
    if wanted and not kept:
        block = {"AmazonProvidedIpv6CidrBlock": True} if wanted is True else {"Ipv6CidrBlock": wanted}
        getattr(client, f"associate_{of}_cidr_block")(**{key: operation.id}, **block)


VPC = Resource(
    token="aws:ec2/vpc:Vpc",
    idle=NO_PACKET,
    refuse_write=(refusals.vpc_range, refusals.ipv6_in_use),
    service="ec2",
    create=call("create_vpc", CidrBlock="cidrBlock", InstanceTenancy="instanceTenancy"),
    id="Vpc.VpcId",
    read=Describe(call("describe_vpcs", {"VpcIds[]": "id"}), "Vpcs[0]"),
    more=tuple(
        Describe(call("describe_vpc_attribute", VpcId="id", Attribute=Const(name)), f"{{{key}: {key}}}")
        for name, key in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames"))
    ),
    updates=(
        call("modify_vpc_attribute", {"EnableDnsSupport.Value": Prop("enableDnsSupport", default=True)}, VpcId="id"),
        call(
            "modify_vpc_attribute", {"EnableDnsHostnames.Value": Prop("enableDnsHostnames", default=False)}, VpcId="id"
        ),
    ),
    delete=call("delete_vpc", VpcId="id"),
    outputs={
        "ownerId": "OwnerId",
        "ipv6CidrBlock": "Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock",
        "ipv6AssociationId": "Ipv6CidrBlockAssociationSet[0].AssociationId",
    },
    computed=lambda operation, _: _vpc_parts(operation),
    after_write=lambda operation: _set_ipv6(
        operation, bool(operation.values.get("assignGeneratedIpv6CidrBlock")), "vpc"
    ),
    only_engine=frozenset({"assignGeneratedIpv6CidrBlock"}),
    implicit={"instanceTenancy": "default", "assignGeneratedIpv6CidrBlock": False},
    reads=(Prop("assignGeneratedIpv6CidrBlock", at="length(Ipv6CidrBlockAssociationSet || `[]`) > `0`"),),
    tags=TAGS,
)


def _vpc_parts(operation: Operations) -> dict[str, Any]:
    """What AWS makes together with a VPC."""
    of_vpc = [{"Name": "vpc-id", "Values": [operation.id]}]
    groups = operation.client().describe_security_groups(Filters=of_vpc)["SecurityGroups"]
    tables = operation.client().describe_route_tables(Filters=of_vpc)["RouteTables"]
    main = next((one["RouteTableId"] for one in tables if any(link.get("Main") for link in one["Associations"])), "")
    default = next((one["GroupId"] for one in groups if one["GroupName"] == "default"), "")
    return {"defaultSecurityGroupId": default, "mainRouteTableId": main, "defaultRouteTableId": main}


SUBNET = Resource(
    token="aws:ec2/subnet:Subnet",
    idle=NO_PACKET,
    refuse_write=(refusals.subnet_range,),
    refuse_delete=(refusals.subnet_in_use,),
    service="ec2",
    create=call("create_subnet", VpcId="vpcId", CidrBlock="cidrBlock", AvailabilityZone="availabilityZone"),
    id="Subnet.SubnetId",
    read=Describe(call("describe_subnets", {"SubnetIds[]": "id"}), "Subnets[0]"),
    updates=(
        call(
            "modify_subnet_attribute",
            {"MapPublicIpOnLaunch.Value": Prop("mapPublicIpOnLaunch", at="MapPublicIpOnLaunch", default=False)},
            SubnetId="id",
        ),
        call(
            "modify_subnet_attribute",
            {
                "AssignIpv6AddressOnCreation.Value": Prop(
                    "assignIpv6AddressOnCreation", at="AssignIpv6AddressOnCreation", default=False
                )
            },
            SubnetId="id",
        ),
    ),
    after_write=lambda operation: _set_ipv6(operation, operation.values.get("ipv6CidrBlock"), "subnet"),
    only_engine=frozenset({"ipv6CidrBlock"}),
    kept=frozenset({"availabilityZone"}),
    reads=(Prop("ipv6CidrBlock", at="Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock"),),
    delete=call("delete_subnet", SubnetId="id"),
    outputs={
        "arn": "SubnetArn",
        "availabilityZone": "AvailabilityZone",
        "availabilityZoneId": "AvailabilityZoneId",
        "ownerId": "OwnerId",
    },
    tags=TAGS,
)


def _attach(operation: Operations) -> None:
    """To its VPC, and off another."""
    vpc, attached = operation.values.get("vpcId"), refusals.vpcs_of_gateway(operation)
    for other in attached - {vpc}:
        operation.client().detach_internet_gateway(InternetGatewayId=operation.id, VpcId=other)
    if vpc and vpc not in attached:
        operation.client().attach_internet_gateway(InternetGatewayId=operation.id, VpcId=vpc)


def _detach(operation: Operations) -> None:
    if vpc := operation.values.get("vpcId"):
        operation.client().detach_internet_gateway(InternetGatewayId=operation.id, VpcId=vpc)


INTERNET_GATEWAY = Resource(
    token="aws:ec2/internetGateway:InternetGateway",
    idle=NO_PACKET,
    refuse_write=(refusals.second_gateway, refusals.gateway_leaves),
    refuse_delete=(refusals.gateway_in_use,),
    service="ec2",
    create=call("create_internet_gateway"),
    id="InternetGateway.InternetGatewayId",
    read=Describe(call("describe_internet_gateways", {"InternetGatewayIds[]": "id"}), "InternetGateways[0]"),
    delete=call("delete_internet_gateway", InternetGatewayId="id"),
    outputs={"ownerId": "OwnerId"},
    after_write=_attach,
    before_delete=_detach,
    only_engine=frozenset({"vpcId"}),
    kept=frozenset({"vpcId"}),
    reads=(Prop("vpcId", at="Attachments[0].VpcId"),),
    tags=TAGS,
)

EGRESS_ONLY_GATEWAY = Resource(
    token="aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
    idle=NO_PACKET,
    service="ec2",
    create=call("create_egress_only_internet_gateway", VpcId=Prop("vpcId", at="Attachments[0].VpcId")),
    id="EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
    read=Describe(
        call("describe_egress_only_internet_gateways", {"EgressOnlyInternetGatewayIds[]": "id"}),
        "EgressOnlyInternetGateways[0]",
    ),
    delete=call("delete_egress_only_internet_gateway", EgressOnlyInternetGatewayId="id"),
    tags=TAGS,
)

ROUTE_TABLE = Resource(
    token="aws:ec2/routeTable:RouteTable",
    idle=NO_PACKET,
    refuse_delete=(refusals.table_in_use,),
    service="ec2",
    create=call("create_route_table", VpcId="vpcId"),
    id="RouteTable.RouteTableId",
    read=Describe(call("describe_route_tables", {"RouteTableIds[]": "id"}), "RouteTables[0]"),
    delete=call("delete_route_table", RouteTableId="id"),
    outputs={"ownerId": "OwnerId"},
    tags=TAGS,
)

ROUTE_TARGETS = {
    "GatewayId": "gatewayId",
    "NatGatewayId": "natGatewayId",
    "EgressOnlyInternetGatewayId": "egressOnlyGatewayId",
    "VpcPeeringConnectionId": "vpcPeeringConnectionId",
    "TransitGatewayId": "transitGatewayId",
}
ROUTE_KEY = {
    "RouteTableId": Prop("routeTableId"),
    "DestinationCidrBlock": "destinationCidrBlock",
    "DestinationIpv6CidrBlock": "destinationIpv6CidrBlock",
}


def _route_id(values: Values, _: Any) -> str:
    destination = values.get("destinationCidrBlock") or values.get("destinationIpv6CidrBlock") or ""
    return f"r-{values['routeTableId']}{hashlib.sha256(destination.encode()).hexdigest()[:10]}"


def _route_match(values: Values) -> str:
    if destination := values.get("destinationCidrBlock"):
        return f"DestinationCidrBlock=='{destination}'"
    return f"DestinationIpv6CidrBlock=='{values.get('destinationIpv6CidrBlock')}'"


ROUTE = Resource(
    token="aws:ec2/route:Route",
    idle=NO_PACKET,
    refuse_write=(refusals.route_exists,),
    service="ec2",
    create=call("create_route", ROUTE_KEY | ROUTE_TARGETS),
    id=_route_id,
    import_id="{routeTableId}_{destinationCidrBlock}",
    read=Describe(
        call("describe_route_tables", {"RouteTableIds[]": "routeTableId"}),
        lambda values: (
            f"RouteTables[0].{{Route: Routes[?{_route_match(values)}] | [0], Of: {{RouteTableId: RouteTableId}}}}"
            " | Route && merge(Route, Of)"
        ),
    ),
    updates=(call("replace_route", ROUTE_KEY | ROUTE_TARGETS),),
    replace_on=frozenset({"routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock"}),
    delete=call("delete_route", ROUTE_KEY),
    outputs={"state": "State", "origin": "Origin"},
)


def _of_association(id: str) -> list[dict[str, Any]]:
    return [{"Name": "association.route-table-association-id", "Values": [id]}]


def _association_of(operation: Operations) -> None:
    """A subnet has one table."""
    of_subnet = [{"Name": "association.subnet-id", "Values": [operation.values["subnetId"]]}]
    (table,) = operation.client().describe_route_tables(Filters=of_subnet)["RouteTables"] or [{"Associations": []}]
    found = [one for one in table["Associations"] if one.get("SubnetId") == operation.values["subnetId"]]
    operation.values["id"] = found[0]["RouteTableAssociationId"] if found else ""


ROUTE_TABLE_ASSOCIATION = Resource(
    token="aws:ec2/routeTableAssociation:RouteTableAssociation",
    idle=NO_PACKET,
    service="ec2",
    create=call("associate_route_table", RouteTableId="routeTableId", SubnetId="subnetId"),
    id="AssociationId",
    import_id="{subnetId}/{routeTableId}",
    on_import=_association_of,
    read=Describe(
        call("describe_route_tables", Filters=Prop("id", write=_of_association)),
        lambda values: f"RouteTables[0].Associations[?RouteTableAssociationId=='{values['id']}'] | [0]",
    ),
    delete=call("disassociate_route_table", AssociationId="id"),
)

EIP = Resource(
    token="aws:ec2/eip:Eip",
    idle=NO_PACKET,
    service="ec2",
    create=call("allocate_address", Domain="domain"),
    id="AllocationId",
    read=Describe(call("describe_addresses", {"AllocationIds[]": "id"}), "Addresses[0]"),
    delete=call("release_address", AllocationId="id"),
    outputs={
        "publicIp": "PublicIp",
        "allocationId": "AllocationId",
        "associationId": "AssociationId",
        "networkInterface": "NetworkInterfaceId",
    },
    tags=TAGS,
)


def _nat_state(operation: Operations) -> str:
    return (operation.describe() or {}).get("State", "deleted")


NAT_GATEWAY = Resource(
    token="aws:ec2/natGateway:NatGateway",
    idle=NO_PACKET,
    service="ec2",
    create=call(
        "create_nat_gateway",
        SubnetId="subnetId",
        AllocationId=Prop("allocationId", at="NatGatewayAddresses[0].AllocationId"),
        ConnectivityType="connectivityType",
        AvailabilityMode="availabilityMode",
        VpcId="vpcId",
    ),
    implicit={"connectivityType": "public"},
    kept=frozenset({"vpcId"}),
    id="NatGateway.NatGatewayId",
    read=Describe(call("describe_nat_gateways", {"NatGatewayIds[]": "id"}), "NatGateways[?State!='deleted'] | [0]"),
    delete=call("delete_nat_gateway", NatGatewayId="id"),
    outputs={"publicIp": "NatGatewayAddresses[0].PublicIp", "privateIp": "NatGatewayAddresses[0].PrivateIp"},
    after_create=lambda operation: operation.until(
        lambda: _nat_state(operation) == "available", "NAT gateway available"
    ),
    after_delete=lambda operation: operation.until(lambda: _nat_state(operation) == "deleted", "NAT gateway deleted"),
    tags=TAGS,
)


ENDPOINT_SETS = {
    "routeTableIds": ("RouteTableIds", "RouteTableIds"),
    "subnetIds": ("SubnetIds", "SubnetIds"),
    "securityGroupIds": ("SecurityGroupIds", "Groups[].GroupId"),
}
"""What an endpoint has several of, by property: the parameter, and where it is read."""


def _set_members(operation: Operations) -> None:
    """An endpoint's tables, subnets and groups change by what is added and what is removed."""
    described, changes = operation.describe() or {}, dict[str, list[str]]()
    for name, (parameter, at) in ENDPOINT_SETS.items():
        wanted, live = set(operation.values.get(name) or []), set(jmespath.search(at, described) or [])
        changes |= {f"Add{parameter}": sorted(wanted - live), f"Remove{parameter}": sorted(live - wanted)}
    if given := {name: ids for name, ids in changes.items() if ids}:
        operation.client().modify_vpc_endpoint(VpcEndpointId=operation.id, **given)


VPC_ENDPOINT = Resource(
    token="aws:ec2/vpcEndpoint:VpcEndpoint",
    idle=NO_PACKET,
    refuse_write=(refusals.no_such_service, refusals.no_dns_for_names, refusals.second_private_dns),
    service="ec2",
    create=call(
        "create_vpc_endpoint",
        VpcId="vpcId",
        ServiceName="serviceName",
        VpcEndpointType="vpcEndpointType",
        RouteTableIds="routeTableIds",
        SubnetIds="subnetIds",
        SecurityGroupIds="securityGroupIds",
        PrivateDnsEnabled=Prop("privateDnsEnabled", default=False),
        PolicyDocument="policy",
    ),
    id="VpcEndpoint.VpcEndpointId",
    read=Describe(call("describe_vpc_endpoints", {"VpcEndpointIds[]": "id"}), "VpcEndpoints[0]"),
    updates=(
        call("modify_vpc_endpoint", VpcEndpointId="id", PolicyDocument="policy"),
        call("modify_vpc_endpoint", VpcEndpointId="id", PrivateDnsEnabled=Prop("privateDnsEnabled", default=False)),
    ),
    delete=call("delete_vpc_endpoints", {"VpcEndpointIds[]": "id"}),
    outputs={"state": "State", "ownerId": "OwnerId"},
    after_write=_set_members,
    kept=frozenset({"policy"}),
    only_engine=frozenset(ENDPOINT_SETS),
    reads=tuple(Prop(name, at=at) for name, (_, at) in ENDPOINT_SETS.items()),
    tags=TAGS,
)


def _without_egress(operation: Operations) -> None:
    """AWS lets a new group out to everywhere; Pulumi's provider takes that rule away, and so do we."""
    rules = (operation.describe() or {}).get("IpPermissionsEgress") or []
    if rules:
        operation.client().revoke_security_group_egress(GroupId=operation.id, IpPermissions=rules)


def _without_rules(operation: Operations) -> None:
    """A VPC's default group, once it is adopted, lets nothing in or out."""
    _without_egress(operation)
    if rules := (operation.describe() or {}).get("IpPermissions"):
        operation.client().revoke_security_group_ingress(GroupId=operation.id, IpPermissions=rules)


SECURITY_GROUP = Resource(
    token="aws:ec2/securityGroup:SecurityGroup",
    idle=NO_PACKET,
    refuse_write=(refusals.too_long("name", 255, "InvalidParameterValue"),),
    refuse_delete=(refusals.group_in_use,),
    service="ec2",
    create=call(
        "create_security_group",
        GroupName="name",
        Description=Prop("description", default="Managed by Pulumi"),
        VpcId="vpcId",
    ),
    id="GroupId",
    read=Describe(call("describe_security_groups", {"GroupIds[]": "id"}), "SecurityGroups[0]"),
    delete=call("delete_security_group", GroupId="id"),
    outputs={"ownerId": "OwnerId", "arn": "SecurityGroupArn"},
    after_create=_without_egress,
    tags=TAGS,
    autoname="name",
    only_engine=frozenset({"revokeRulesOnDelete"}),
)


def _default_group(values: Values) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [values["vpcId"]]}, {"Name": "group-name", "Values": ["default"]}]


DEFAULT_GROUP = Resource(
    token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    idle=NO_PACKET,
    service="ec2",
    create=call("describe_security_groups", Filters=Built(frozenset({"vpcId"}), _default_group)),
    id="SecurityGroups[0].GroupId",
    read=SECURITY_GROUP.read,
    outputs={"ownerId": "OwnerId", "arn": "SecurityGroupArn", "name": "GroupName", "description": "Description"},
    after_write=_without_rules,
    reads=(Prop("vpcId", at="VpcId"),),
    tags=TAGS,
)

RULE_FIELDS = {
    "IpProtocol": "ipProtocol",
    "FromPort": "fromPort",
    "ToPort": "toPort",
    "CidrIpv4": "cidrIpv4",
    "CidrIpv6": "cidrIpv6",
    "PrefixListId": "prefixListId",
    "ReferencedGroupId": "referencedSecurityGroupId",
    "Description": "description",
}
RULE_AT = {"ReferencedGroupId": "ReferencedGroupInfo.GroupId"}


def _permission(values: Values) -> dict[str, Any]:
    """One rule in the form that creates it."""
    note = {"Description": values["description"]} if values.get("description") else {}
    permission: dict[str, Any] = {"IpProtocol": values["ipProtocol"]}
    for key, name in (("FromPort", "fromPort"), ("ToPort", "toPort")):
        if values.get(name) is not None:
            permission[key] = int(values[name])
    for key, field, name in (
        ("IpRanges", "CidrIp", "cidrIpv4"),
        ("Ipv6Ranges", "CidrIpv6", "cidrIpv6"),
        ("PrefixListIds", "PrefixListId", "prefixListId"),
        ("UserIdGroupPairs", "GroupId", "referencedSecurityGroupId"),
    ):
        if values.get(name):
            permission[key] = [{field: values[name], **note}]
    return permission


def _rule(direction: str) -> Resource:
    """A security group's rule, which AWS knows by an id of its own."""
    return Resource(
        refuse_write=(
            refusals.rule_exists(egress=direction == "egress"),
            refusals.rules_full(egress=direction == "egress"),
        ),
        token=f"aws:vpc/securityGroup{direction.title()}Rule:SecurityGroup{direction.title()}Rule",
        idle=NO_PACKET,
        service="ec2",
        create=call(
            f"authorize_security_group_{direction}",
            {"IpPermissions[]": Built(frozenset(RULE_FIELDS.values()), _permission)},
            GroupId=Prop("securityGroupId", at="GroupId"),
        ),
        id="SecurityGroupRules[0].SecurityGroupRuleId",
        read=Describe(call("describe_security_group_rules", {"SecurityGroupRuleIds[]": "id"}), "SecurityGroupRules[0]"),
        updates=(
            call(
                "modify_security_group_rules",
                {"SecurityGroupRules[].SecurityGroupRuleId": "id"}
                | {
                    f"SecurityGroupRules[].SecurityGroupRule.{field}": Prop(name, at=RULE_AT.get(field, field))
                    for field, name in RULE_FIELDS.items()
                },
                GroupId="securityGroupId",
            ),
        ),
        replace_on=frozenset({"securityGroupId"}),
        dropped=frozenset({"description", "fromPort", "toPort"}),
        implicit={"fromPort": -1, "toPort": -1},
        delete=call(f"revoke_security_group_{direction}", {"SecurityGroupRuleIds[]": "id"}, GroupId="securityGroupId"),
        outputs={"securityGroupRuleId": "SecurityGroupRuleId"},
        tags=TAGS,
    )


FLOW_LOG = Resource(
    token="aws:ec2/flowLog:FlowLog",
    refuse_write=(refusals.flow_log_role,),
    service="ec2",
    create=call(
        "create_flow_logs",
        {"ResourceIds[]": Prop("vpcId", at="ResourceId")},
        ResourceType=Const("VPC"),
        TrafficType="trafficType",
        LogDestinationType="logDestinationType",
        LogDestination="logDestination",
        DeliverLogsPermissionArn="iamRoleArn",
        MaxAggregationInterval="maxAggregationInterval",
    ),
    id="FlowLogIds[0]",
    read=Describe(call("describe_flow_logs", {"FlowLogIds[]": "id"}), "FlowLogs[0]"),
    delete=call("delete_flow_logs", {"FlowLogIds[]": "id"}),
    unobeyed=dict.fromkeys(
        ("logDestination", "logDestinationType", "maxAggregationInterval", "vpcId"),
        "nothing flows here that could be logged",
    ),
    notes=lambda values: ["trafficType: nothing flows here that could be logged"],
    tags=TAGS,
)

RESOURCES = (
    VPC,
    SUBNET,
    INTERNET_GATEWAY,
    EGRESS_ONLY_GATEWAY,
    ROUTE_TABLE,
    ROUTE,
    ROUTE_TABLE_ASSOCIATION,
    EIP,
    NAT_GATEWAY,
    VPC_ENDPOINT,
    SECURITY_GROUP,
    DEFAULT_GROUP,
    _rule("ingress"),
    _rule("egress"),
    FLOW_LOG,
)


def _filters(filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"Name": one["name"], "Values": one["values"]} for one in filters]


def _filters_and(**names: str) -> Built:
    """A program's own filters, and those that its arguments are; by argument, the filter's name."""

    def build(values: Values) -> list[dict[str, Any]] | None:
        given = {name: values[argument] for argument, name in names.items() if values.get(argument)}
        own = _filters(values.get("filters") or [])
        return own + [{"Name": name, "Values": [value]} for name, value in given.items()] or None

    return Built(frozenset({"filters", *names}), build)


def _attribute(name: str, key: str) -> Describe:
    return Describe(call("describe_vpc_attribute", VpcId="id", Attribute=Const(name)), f"{{{name}: {key}.Value}}")


ROUTE_RESULTS = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
    "gatewayId": "GatewayId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "natGatewayId": "NatGatewayId",
    "transitGatewayId": "TransitGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "networkInterfaceId": "NetworkInterfaceId",
    "instanceId": "InstanceId",
    "carrierGatewayId": "CarrierGatewayId",
    "localGatewayId": "LocalGatewayId",
    "coreNetworkArn": "CoreNetworkArn",
}


def _routes(result: dict[str, Any], values: Values) -> dict[str, Any]:
    """Every target is there, empty where a route has another; the VPC's own route is not told."""
    routes = list[dict[str, str]]()
    for one in result["routes"]:
        route = {name: one.get(key) or "" for name, key in ROUTE_RESULTS.items()} | {"vpcEndpointId": ""}
        if route["gatewayId"].startswith("vpce-"):
            route |= {"vpcEndpointId": route["gatewayId"], "gatewayId": ""}
        if route["gatewayId"] != "local":
            routes.append(route)
    return {**result, "routes": routes}


def _service_name(values: Values) -> list[str]:
    return [values.get("serviceName") or f"com.amazonaws.{values['region']}.{values['service']}"]


def _one_service(result: dict[str, Any], values: Values) -> dict[str, Any]:
    if result.pop("found") > 1:
        raise ProviderError("multiple EC2 VPC Endpoint Services matched; use additional constraints to reduce matches")
    return result


FUNCTIONS = (
    Function(
        token="aws:ec2/getVpc:getVpc",
        service="ec2",
        call=call("describe_vpcs", {"VpcIds[]": "id"}),
        returns={
            "id": "Vpcs[0].VpcId",
            "cidrBlock": "Vpcs[0].CidrBlock",
            "ipv6CidrBlock": "Vpcs[0].Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock || ''",
            "default": "Vpcs[0].IsDefault",
            "instanceTenancy": "Vpcs[0].InstanceTenancy",
            "ownerId": "Vpcs[0].OwnerId",
            "state": "Vpcs[0].State",
        },
        more=(
            _attribute("enableDnsSupport", "EnableDnsSupport"),
            _attribute("enableDnsHostnames", "EnableDnsHostnames"),
        ),
        ignores=frozenset({"region", "id"}),
    ),
    Function(
        token="aws:ec2/getSubnet:getSubnet",
        service="ec2",
        call=call("describe_subnets", {"SubnetIds[]": "id"}),
        returns={
            "id": "Subnets[0].SubnetId",
            "arn": "Subnets[0].SubnetArn",
            "vpcId": "Subnets[0].VpcId",
            "availabilityZone": "Subnets[0].AvailabilityZone",
            "availabilityZoneId": "Subnets[0].AvailabilityZoneId",
            "cidrBlock": "Subnets[0].CidrBlock",
            "ipv6CidrBlock": "Subnets[0].Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock || ''",
            "mapPublicIpOnLaunch": "Subnets[0].MapPublicIpOnLaunch",
            "assignIpv6AddressOnCreation": "Subnets[0].AssignIpv6AddressOnCreation",
            "availableIpAddressCount": "Subnets[0].AvailableIpAddressCount",
            "state": "Subnets[0].State",
        },
        ignores=frozenset({"region", "id"}),
    ),
    Function(
        token="aws:ec2/getRouteTables:getRouteTables",
        service="ec2",
        call=call("describe_route_tables", Filters=_filters_and(vpcId="vpc-id")),
        returns={"ids": "RouteTables[].RouteTableId"},
    ),
    Function(
        token="aws:ec2/getRouteTable:getRouteTable",
        service="ec2",
        call=call(
            "describe_route_tables",
            {"RouteTableIds[]": "routeTableId"},
            Filters=_filters_and(vpcId="vpc-id", subnetId="association.subnet-id"),
        ),
        returns={
            "id": "RouteTables[0].RouteTableId",
            "routeTableId": "RouteTables[0].RouteTableId",
            "vpcId": "RouteTables[0].VpcId",
            "routes": "RouteTables[0].Routes",
        },
        finish=_routes,
        missing="InvalidRouteTableID.NotFound: no matching EC2 Route Table found",
    ),
    Function(
        token="aws:ec2/getManagedPrefixList:getManagedPrefixList",
        service="ec2",
        call=call(
            "describe_managed_prefix_lists", {"PrefixListIds[]": "id"}, Filters=_filters_and(name="prefix-list-name")
        ),
        returns={
            "id": "PrefixLists[0].PrefixListId",
            "arn": "PrefixLists[0].PrefixListArn",
            "name": "PrefixLists[0].PrefixListName",
            "addressFamily": "PrefixLists[0].AddressFamily",
            "maxEntries": "PrefixLists[0].MaxEntries",
            "ownerId": "PrefixLists[0].OwnerId",
        },
        ignores=frozenset({"region", "id"}),
        missing="InvalidPrefixListID.NotFound: no matching EC2 Managed Prefix List found",
    ),
    Function(
        token="aws:ec2/getVpcEndpointService:getVpcEndpointService",
        service="ec2",
        call=call(
            "describe_vpc_endpoint_services",
            ServiceNames=Built(frozenset({"service", "serviceName"}), _service_name),
            Filters=_filters_and(serviceType="service-type"),
        ),
        returns={
            "found": "length(ServiceDetails)",
            "serviceName": "ServiceDetails[0].ServiceName",
            "serviceId": "ServiceDetails[0].ServiceId",
            "serviceType": "ServiceDetails[0].ServiceType[0].ServiceType",
            "availabilityZones": "ServiceDetails[0].AvailabilityZones",
            "privateDnsName": "ServiceDetails[0].PrivateDnsName",
            "vpcEndpointPolicySupported": "ServiceDetails[0].VpcEndpointPolicySupported",
            "owner": "ServiceDetails[0].Owner",
        },
        finish=_one_service,
        missing="no matching EC2 VPC Endpoint Service found",
    ),
    Function(
        token="aws:index/getRegion:getRegion",
        service="ec2",
        call=call("describe_regions", {"RegionNames[]": "region"}),
        returns={
            "region": "Regions[0].RegionName",
            "name": "Regions[0].RegionName",
            "description": "Regions[0].RegionName",
            "endpoint": "Regions[0].Endpoint",
        },
    ),
    Function(
        token="aws:index/getAvailabilityZones:getAvailabilityZones",
        service="ec2",
        call=call(
            "describe_availability_zones",
            Filters=Prop("filters", write=_filters),
            AllAvailabilityZones="allAvailabilityZones",
        ),
        returns={
            "names": "sort(AvailabilityZones[].ZoneName)",
            "zoneIds": "sort_by(AvailabilityZones, &ZoneName)[].ZoneId",
            "groupNames": "AvailabilityZones[].GroupName",
        },
        ignores=frozenset({"region", "state"}),
    ),
)
