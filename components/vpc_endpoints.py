"""VPC endpoints: ways to AWS's services that pass neither NAT nor the internet."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from . import endpoints
from .look_up import look_up
from .names import child_of
from .near import Near

_HTTPS = 443


def gateway_endpoints(
    near: Near, names: Sequence[str], tables: Sequence[aws.ec2.RouteTable]
) -> list[aws.ec2.VpcEndpoint]:
    """The free ones: routes of the private tables, S3's always."""
    return [
        aws.ec2.VpcEndpoint(
            near.child(service),
            vpc_id=near.vpc_id,
            service_name=_in_this_region(near, service),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=near.tags_of(service),
            opts=child_of(near.parent),
        )
        for service in endpoints.gateways(names)
    ]


def interface_endpoints(
    near: Near, names: Sequence[str], vpc_cidr: pulumi.Output[str], private: Sequence[aws.ec2.Subnet]
) -> list[pulumi.CustomResource]:
    """A network interface a service and zone, under the names by which tasks call the service anyway.

    All share one security group, which lets the VPC in by HTTPS.
    """
    services = endpoints.interfaces(names)
    if not services:
        return []
    group = aws.ec2.SecurityGroup(
        near.child("endpoints"),
        description="VPC endpoints: in from the VPC by HTTPS",
        vpc_id=near.vpc_id,
        tags=near.tags_of("endpoints"),
        opts=child_of(near.parent),
    )
    rule = aws.vpc.SecurityGroupIngressRule(
        near.child("endpoints"),
        security_group_id=group.id,
        description="HTTPS from the VPC",
        ip_protocol="tcp",
        from_port=_HTTPS,
        to_port=_HTTPS,
        cidr_ipv4=vpc_cidr,
        tags=near.tags_of("endpoints"),
        opts=child_of(near.parent),
    )
    made = [
        aws.ec2.VpcEndpoint(
            near.child(service.replace(".", "-")),
            vpc_id=near.vpc_id,
            service_name=_in_this_region(near, service),
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet.id for subnet in private],
            security_group_ids=[group.id],
            tags=near.tags_of(service.replace(".", "-")),
            opts=child_of(near.parent),
        )
        for service in services
    ]
    return [rule, *made]


def _in_this_region(near: Near, service: str) -> pulumi.Output[str]:
    """The service's full name; one that a region may lack is looked up, so that a preview says so."""
    if endpoints.in_every_region(service):
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=near.parent)).region
        return pulumi.Output.concat("com.amazonaws.", region, f".{service}")
    found = look_up(
        f"the region's endpoint for {service}",
        lambda: aws.ec2.get_vpc_endpoint_service(
            service=service, service_type="Interface", opts=pulumi.InvokeOptions(parent=near.parent)
        ),
    )
    return pulumi.Output.from_input(found.service_name)
