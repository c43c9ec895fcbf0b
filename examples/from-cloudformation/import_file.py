"""Write the file by which `pulumi import` takes the network of AWS's sample over from CloudFormation.

    python import_file.py stack.json addresses.json > import.json

`stack.json` is what `aws cloudformation describe-stack-resources` says of the sample's cluster stack, and
`addresses.json` what `aws ec2 describe-addresses` says. The ids have the form that each type's "Import" section in the
Pulumi Registry wants.
A stack that is not quite the sample's: change `IMPORTS`, or begin with `pulumi preview --import-file`.
"""

import json
import sys
from pathlib import Path

IMPORTS = {
    "VPC": ("ec2/vpc:Vpc", "network", "{VPC}"),
    "InternetGateway": ("ec2/internetGateway:InternetGateway", "network-igw", "{InternetGateway}"),
    "PublicRouteTable": ("ec2/routeTable:RouteTable", "network-public", "{PublicRouteTable}"),
    "PublicRoute": ("ec2/route:Route", "network-public", "{PublicRouteTable}_0.0.0.0/0"),
    "DynamoDBEndpoint": ("ec2/vpcEndpoint:VpcEndpoint", "network-dynamodb", "{DynamoDBEndpoint}"),
}
"""Type, name in this program, and id, by the sample's logical id; what it has twice follows."""
ASSOCIATION = "ec2/routeTableAssociation:RouteTableAssociation"
for place, nth in enumerate(("One", "Two"), 1):
    public, private, table = f"PublicSubnet{nth}", f"PrivateSubnet{nth}", f"PrivateRouteTable{nth}"
    address, gateway = f"NatGateway{nth}Attachment", f"NatGateway{nth}"
    IMPORTS |= {
        public: ("ec2/subnet:Subnet", f"network-public-{place}", f"{{{public}}}"),
        private: ("ec2/subnet:Subnet", f"network-private-{place}", f"{{{private}}}"),
        f"{public}RouteTableAssociation": (
            ASSOCIATION,
            f"network-public-{place}",
            f"{{{public}}}/{{PublicRouteTable}}",
        ),
        address: ("ec2/eip:Eip", f"network-nat-{place}", f"{{{address}}}"),
        gateway: ("ec2/natGateway:NatGateway", f"network-nat-{place}", f"{{{gateway}}}"),
        table: ("ec2/routeTable:RouteTable", f"network-private-{place}", f"{{{table}}}"),
        f"PrivateRoute{nth}": ("ec2/route:Route", f"network-private-{place}", f"{{{table}}}_0.0.0.0/0"),
        f"{table}Association": (ASSOCIATION, f"network-private-{place}", f"{{{private}}}/{{{table}}}"),
    }
NETWORK = {"type": "fargate:index:Network", "name": "network", "component": True}
"""The component that they are all children of."""


def import_file(stack: dict[str, list[dict[str, str]]], addresses: dict[str, list[dict[str, str]]]) -> str:
    """What `pulumi import --file` reads.

    Args:
        stack: CloudFormation's resources, under `StackResources`.
        addresses: EC2's, under `Addresses`; CloudFormation knows an address by itself, an import by its allocation.

    Raises:
        SystemExit: the stack lacks resources of the sample; all of them are named.
    """
    allocations = {one["PublicIp"]: one["AllocationId"] for one in addresses["Addresses"]}
    found = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in stack["StackResources"]}
    if missing := sorted(set(IMPORTS) - set(found)):
        raise SystemExit(
            f"the stack lacks {', '.join(missing)}: it is not the sample's, so change IMPORTS in {__file__}"
        )
    ids = {name: allocations.get(physical, physical) for name, physical in found.items()}
    children = [
        {"type": f"aws:{kind}", "name": logical_id, "logicalName": name, "parent": "network", "id": form.format(**ids)}
        for logical_id, (kind, name, form) in IMPORTS.items()
    ]
    return json.dumps({"resources": [NETWORK, *children]}, indent=2)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: import_file.py STACK.json ADDRESSES.json > IMPORT.json")
    print(import_file(*(json.loads(Path(file).read_text(encoding="utf-8")) for file in sys.argv[1:])))
