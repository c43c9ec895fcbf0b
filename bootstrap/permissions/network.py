"""The network: VPC, subnets, routes, gateways, endpoints, security groups, flow logs.

A network's resources are known by numbers, so that only their tags tell whose they are. Names of files are those of
terraform-provider-aws, internal/service/ec2, which Pulumi's provider is made of.
"""

from .grant import MADE_BY, RUN, Grant, Where, because

_DEFAULTS = "vpc_.go, resourceVPCRead: a VPC's default network ACL"
_LINGERING = "vpc_security_group.go and vpc_subnet.go: interfaces that keep a group or a subnet from its deletion"
_UPDATE = "a change that the runs do not make: "
_IPV6 = "vpc_.go and vpc_subnet.go: IPv6 is turned on, or off, in a stack that runs"

GRANTS = (
    Grant(
        name="LookAtNetworks",
        service="ec2",
        actions=because(
            RUN,
            *("DescribeAddresses", "DescribeAvailabilityZones", "DescribeEgressOnlyInternetGateways"),
            *("DescribeFlowLogs", "DescribeInternetGateways", "DescribeNatGateways"),
            *("DescribeRegions", "DescribeRouteTables", "DescribeSecurityGroupRules", "DescribeSecurityGroups"),
            *("DescribeSubnets", "DescribeVpcAttribute", "DescribeVpcEndpoints"),
            "DescribeVpcs",
        )
        | because(
            "vpc_managed_prefix_list_data_source.go: ranges that a load balancer lets in",
            *("DescribeManagedPrefixLists", "GetManagedPrefixListEntries"),
        )
        | because("components/vpc_endpoints.py: the zones of an endpoint", "DescribeVpcEndpointServices")
        | because(_DEFAULTS, "DescribeNetworkAcls")
        | because(_LINGERING, "DescribeNetworkInterfaces")
        | because("ec2_eip.go, resourceEIPRead: the name of an address", "DescribeAddressesAttribute")
        | because("vpc_endpoint.go, resourceVPCEndpointRead: the ranges of S3", "DescribePrefixLists"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="MakeNetworks",
        service="ec2",
        actions=because(
            RUN,
            *("AllocateAddress", "CreateEgressOnlyInternetGateway", "CreateFlowLogs", "CreateInternetGateway"),
            *("CreateNatGateway", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet", "CreateVpc"),
            "CreateVpcEndpoint",
        ),
        where=Where.NEW,
    ),
    Grant(
        name="MakeRules",
        service="ec2",
        actions=because(
            "Service Authorization Reference, AuthorizeSecurityGroupIngress: a new rule, beside the group it is of",
            *("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"),
        ),
        where=Where.NEW,
        on=("arn:{partition}:ec2:{region}:{account}:security-group-rule/*",),
    ),
    Grant(
        name="NameEndpoints",
        service="route53",
        actions=because(
            "Service Authorization Reference, CreateVpcEndpoint: names of an endpoint that count in the VPC",
            "AssociateVPCWithHostedZone",
        ),
        where=Where.ANYWHERE,
        on=("arn:{partition}:route53:::hostedzone/*",),
    ),
    Grant(
        name="TagNewNetworks",
        service="ec2",
        actions=because(RUN, "CreateTags"),
        where=Where.NEW,
        only_if=MADE_BY["ec2"],
    ),
    Grant(
        name="TagDefaultGroup",
        service="ec2",
        actions=because(RUN, "CreateTags"),
        where=Where.NEW,
        on=("arn:{partition}:ec2:{region}:{account}:security-group/*",),
    ),
    Grant(
        name="ChangeNetworks",
        service="ec2",
        actions=because(
            RUN,
            *("AssociateRouteTable", "AssociateSubnetCidrBlock", "AssociateVpcCidrBlock", "AttachInternetGateway"),
            *("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateRoute"),
            *("DeleteEgressOnlyInternetGateway", "DeleteFlowLogs", "DeleteInternetGateway", "DeleteNatGateway"),
            *("DeleteRoute", "DeleteRouteTable", "DeleteSecurityGroup", "DeleteSubnet", "DeleteVpc"),
            *("DeleteVpcEndpoints", "DetachInternetGateway", "DisassociateRouteTable", "ModifySubnetAttribute"),
            *("ModifyVpcAttribute", "ReleaseAddress", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
        )
        | because(_UPDATE + "vpc_endpoint.go, resourceVPCEndpointUpdate", "ModifyVpcEndpoint")
        | because(_UPDATE + "vpc_route.go, resourceRouteUpdate", "ReplaceRoute")
        | because(
            _UPDATE + "vpc_route_table_association.go, resourceRouteTableAssociationUpdate",
            "ReplaceRouteTableAssociation",
        )
        | because(_UPDATE + "vpc_security_group_ingress_rule.go, securityGroupRule.Update", "ModifySecurityGroupRules")
        | because(_UPDATE + "tags.go, updateTags", "CreateTags", "DeleteTags")
        | because("ec2_eip.go, resourceEIPDelete: an address that is still in use", "DisassociateAddress")
        | because(_IPV6, "DisassociateSubnetCidrBlock", "DisassociateVpcCidrBlock"),
        where=Where.OWN,
    ),
)
