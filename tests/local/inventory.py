"""What the emulator has, asked through AWS's own APIs, against what a stack's state says of it."""

import json
from collections.abc import Iterator
from typing import Any

from tests.local.harness import Project

Found = set[tuple[str, str]]
"""Type, as `aws:ec2/vpc:Vpc`, and id of each resource."""

KINDS = frozenset(
    {
        *("aws:ec2/vpc:Vpc", "aws:ec2/internetGateway:InternetGateway", "aws:ec2/subnet:Subnet"),
        *("aws:ec2/routeTable:RouteTable", "aws:ec2/routeTableAssociation:RouteTableAssociation"),
        *("aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip", "aws:ec2/vpcEndpoint:VpcEndpoint"),
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        *("aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"),
        *("aws:lb/targetGroup:TargetGroup", "aws:ecs/cluster:Cluster", "aws:ecs/service:Service"),
        *("aws:ecs/taskDefinition:TaskDefinition", "aws:ecr/repository:Repository"),
        *("aws:cloudwatch/logGroup:LogGroup", "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"),
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    }
)
"""The types that are asked for, whether or not one of them is there."""


def orphans(project: Project, before: Found, stack: str = "dev") -> Found:
    """What is there since `before` and in no state."""
    return there(project) - before - in_state(project, stack)


def missing(project: Project, stack: str = "dev") -> Found:
    """What the state names and the emulator has not, of the types that are asked for."""
    return {one for one in in_state(project, stack) if one[0] in KINDS} - there(project)


def in_state(project: Project, stack: str = "dev") -> Found:
    """Every resource of the state by type and id; of a task definition by its revision."""
    out = project.pulumi("stack", "export", "--stack", stack).out
    resources = json.loads(out[out.index("{") :])["deployment"].get("resources", ())
    return {
        (one["type"], one["outputs"].get("arn", one["id"]) if "taskDef" in one["type"] else one["id"])
        for one in resources
        if one.get("id")
    }


def there(project: Project) -> Found:
    """Every resource of the types that are asked for."""
    found = {*_network(project), *_balancers(project), *_containers(project), *_roles(project)}
    assert {kind for kind, _ in found} <= KINDS
    return found


def revisions(project: Project) -> Found:
    """The task definitions that are there: older ones stay, to go back to."""
    return {one for one in there(project) if one[0] == "aws:ecs/taskDefinition:TaskDefinition"}


def _network(project: Project) -> Iterator[tuple[str, str]]:
    ec2: Any = project.cloud.client("ec2")
    for kind, ids in {
        "vpc:Vpc": [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]],
        "internetGateway:InternetGateway": [
            one["InternetGatewayId"] for one in ec2.describe_internet_gateways()["InternetGateways"]
        ],
        "subnet:Subnet": [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]],
        "routeTable:RouteTable": [
            one["RouteTableId"]
            for one in ec2.describe_route_tables()["RouteTables"]
            if not any(association.get("Main") for association in one["Associations"])
        ],
        "routeTableAssociation:RouteTableAssociation": [
            association["RouteTableAssociationId"]
            for one in ec2.describe_route_tables()["RouteTables"]
            for association in one["Associations"]
            if not association.get("Main")
        ],
        "natGateway:NatGateway": [
            one["NatGatewayId"] for one in ec2.describe_nat_gateways()["NatGateways"] if one["State"] != "deleted"
        ],
        "eip:Eip": [one["AllocationId"] for one in ec2.describe_addresses()["Addresses"]],
        "vpcEndpoint:VpcEndpoint": [one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]],
        "securityGroup:SecurityGroup": [
            one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"] != "default"
        ],
    }.items():
        yield from ((f"aws:ec2/{kind}", id) for id in ids)
    for one in ec2.describe_security_group_rules()["SecurityGroupRules"]:
        direction = "Egress" if one["IsEgress"] else "Ingress"
        yield f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule", one["SecurityGroupRuleId"]


def _balancers(project: Project) -> Iterator[tuple[str, str]]:
    elb: Any = project.cloud.client("elbv2")
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        yield "aws:lb/loadBalancer:LoadBalancer", balancer["LoadBalancerArn"]
        for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            yield "aws:lb/listener:Listener", listener["ListenerArn"]
            for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                if rule["Priority"] != "default":
                    yield "aws:lb/listenerRule:ListenerRule", rule["RuleArn"]
    for group in elb.describe_target_groups()["TargetGroups"]:
        yield "aws:lb/targetGroup:TargetGroup", group["TargetGroupArn"]


def _containers(project: Project) -> Iterator[tuple[str, str]]:
    client: Any = project.cloud.client
    ecs: Any = client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        yield "aws:ecs/cluster:Cluster", cluster
        for service in ecs.list_services(cluster=cluster)["serviceArns"]:
            yield "aws:ecs/service:Service", service
    for definition in ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]:
        yield "aws:ecs/taskDefinition:TaskDefinition", definition
    for repository in client("ecr").describe_repositories()["repositories"]:
        yield "aws:ecr/repository:Repository", repository["repositoryName"]
    for group in client("logs").describe_log_groups()["logGroups"]:
        yield "aws:cloudwatch/logGroup:LogGroup", group["logGroupName"]


def _roles(project: Project) -> Iterator[tuple[str, str]]:
    iam: Any = project.cloud.client("iam")
    for role in (one["RoleName"] for one in iam.list_roles()["Roles"]):
        yield "aws:iam/role:Role", role
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            yield "aws:iam/rolePolicy:RolePolicy", f"{role}:{policy}"
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            yield "aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"{role}/{policy['PolicyArn']}"
