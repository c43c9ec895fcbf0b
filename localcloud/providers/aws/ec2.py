"""The network: VPC, subnets, routes, NAT, endpoints, security groups."""

import hashlib
from typing import Any

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

TAGS = Tagging(
    add=call("create_tags", {"Resources[]": "id"}, Tags=Prop("tags", write=tag_list())),
    remove=call(
        "delete_tags", {"Resources[]": "id"}, Tags=Prop("keys", write=lambda keys: [{"Key": key} for key in keys])
    ),
)

VPC = Resource(
    token="aws:ec2/vpc:Vpc",
    refuse_write=(refusals.vpc_range,),
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
    outputs={"ownerId": "OwnerId"},
    computed=lambda operation, _: _vpc_parts(operation),
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
    ),
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
    if vpc := operation.values.get("vpcId"):
        operation.client().attach_internet_gateway(InternetGatewayId=operation.id, VpcId=vpc)


def _detach(operation: Operations) -> None:
    if vpc := operation.values.get("vpcId"):
        operation.client().detach_internet_gateway(InternetGatewayId=operation.id, VpcId=vpc)


INTERNET_GATEWAY = Resource(
    token="aws:ec2/internetGateway:InternetGateway",
    refuse_write=(refusals.second_gateway,),
    refuse_delete=(refusals.gateway_in_use,),
    service="ec2",
    create=call("create_internet_gateway"),
    id="InternetGateway.InternetGatewayId",
    read=Describe(call("describe_internet_gateways", {"InternetGatewayIds[]": "id"}), "InternetGateways[0]"),
    delete=call("delete_internet_gateway", InternetGatewayId="id"),
    outputs={"ownerId": "OwnerId"},
    after_create=_attach,
    before_delete=_detach,
    only_engine=frozenset({"vpcId"}),
    replace_on=frozenset({"vpcId"}),
    tags=TAGS,
)

ROUTE_TABLE = Resource(
    token="aws:ec2/routeTable:RouteTable",
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
    "RouteTableId": Prop("routeTableId", at=""),
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
    refuse_write=(refusals.route_exists,),
    service="ec2",
    create=call("create_route", ROUTE_KEY | ROUTE_TARGETS),
    id=_route_id,
    read=Describe(
        call("describe_route_tables", {"RouteTableIds[]": "routeTableId"}),
        lambda values: f"RouteTables[0].Routes[?{_route_match(values)}] | [0]",
    ),
    updates=(call("replace_route", ROUTE_KEY | ROUTE_TARGETS),),
    replace_on=frozenset({"routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock"}),
    delete=call("delete_route", ROUTE_KEY),
    outputs={"state": "State", "origin": "Origin"},
)


def _of_association(id: str) -> list[dict[str, Any]]:
    return [{"Name": "association.route-table-association-id", "Values": [id]}]


ROUTE_TABLE_ASSOCIATION = Resource(
    token="aws:ec2/routeTableAssociation:RouteTableAssociation",
    service="ec2",
    create=call("associate_route_table", RouteTableId="routeTableId", SubnetId="subnetId"),
    id="AssociationId",
    read=Describe(
        call("describe_route_tables", Filters=Prop("id", write=_of_association)),
        lambda values: f"RouteTables[0].Associations[?RouteTableAssociationId=='{values['id']}'] | [0]",
    ),
    delete=call("disassociate_route_table", AssociationId="id"),
)

EIP = Resource(
    token="aws:ec2/eip:Eip",
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
    service="ec2",
    create=call(
        "create_nat_gateway",
        SubnetId="subnetId",
        AllocationId=Prop("allocationId", at=""),  # the emulator does not tell
        ConnectivityType="connectivityType",
    ),
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


def _set_route_tables(operation: Operations) -> None:
    """A gateway endpoint's tables change by what is added and what is removed."""
    wanted = set(operation.values.get("routeTableIds") or [])
    live = set((operation.describe() or {}).get("RouteTableIds") or [])
    changes = {"AddRouteTableIds": sorted(wanted - live), "RemoveRouteTableIds": sorted(live - wanted)}
    if any(changes.values()):
        given = {name: ids for name, ids in changes.items() if ids}
        operation.client().modify_vpc_endpoint(VpcEndpointId=operation.id, **given)


VPC_ENDPOINT = Resource(
    token="aws:ec2/vpcEndpoint:VpcEndpoint",
    service="ec2",
    create=call(
        "create_vpc_endpoint",
        VpcId="vpcId",
        ServiceName="serviceName",
        VpcEndpointType="vpcEndpointType",
        SubnetIds="subnetIds",
        SecurityGroupIds=Prop("securityGroupIds", at="Groups[].GroupId"),
        PrivateDnsEnabled="privateDnsEnabled",
        PolicyDocument="policy",
    ),
    id="VpcEndpoint.VpcEndpointId",
    read=Describe(call("describe_vpc_endpoints", {"VpcEndpointIds[]": "id"}), "VpcEndpoints[0]"),
    updates=(call("modify_vpc_endpoint", VpcEndpointId="id", PolicyDocument="policy"),),
    delete=call("delete_vpc_endpoints", {"VpcEndpointIds[]": "id"}),
    outputs={"state": "State", "ownerId": "OwnerId"},
    after_write=_set_route_tables,
    only_engine=frozenset({"routeTableIds"}),
    reads=(Prop("routeTableIds", at="RouteTableIds"),),
    tags=TAGS,
)


def _without_default_egress(operation: Operations) -> None:
    """AWS lets a new group out to everywhere; Pulumi's provider takes that rule away, and so do we."""
    rules = (operation.describe() or {}).get("IpPermissionsEgress") or []
    if rules:
        operation.client().revoke_security_group_egress(GroupId=operation.id, IpPermissions=rules)


SECURITY_GROUP = Resource(
    token="aws:ec2/securityGroup:SecurityGroup",
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
    after_create=_without_default_egress,
    tags=TAGS,
    autoname="name",
    only_engine=frozenset({"revokeRulesOnDelete"}),
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
        token=f"aws:vpc/securityGroup{direction.title()}Rule:SecurityGroup{direction.title()}Rule",
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
        delete=call(f"revoke_security_group_{direction}", {"SecurityGroupRuleIds[]": "id"}, GroupId="securityGroupId"),
        outputs={"securityGroupRuleId": "SecurityGroupRuleId"},
        tags=TAGS,
    )


RESOURCES = (
    VPC,
    SUBNET,
    INTERNET_GATEWAY,
    ROUTE_TABLE,
    ROUTE,
    ROUTE_TABLE_ASSOCIATION,
    EIP,
    NAT_GATEWAY,
    VPC_ENDPOINT,
    SECURITY_GROUP,
    _rule("ingress"),
    _rule("egress"),
)


def _filters(filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"Name": one["name"], "Values": one["values"]} for one in filters]


FUNCTIONS = (
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
