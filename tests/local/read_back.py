"""What stands for each resource of AWS's sample templates in one stack, read back by AWS's own APIs."""

import json
from collections.abc import Callable
from typing import Any

import yaml

from tests.local.harness import Project


def state(project: Project, stack: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Resources by type, such as `ec2/vpc`, and name."""
    out = project.pulumi("stack", "export", "--stack", stack).out
    resources = json.loads(out[out.index("{") :])["deployment"]["resources"]
    return {(one["type"].split(":")[1], one["urn"].rpartition("::")[2]): one for one in resources}


class Found:
    """What one stack has, by AWS's own APIs."""

    def __init__(self, project: Project, stack: str) -> None:
        self.client: Callable[[str], Any] = project.cloud.client
        self.resources = state(project, stack)
        said = yaml.safe_load((project.folder / f"Pulumi.{stack}.yaml").read_text())["config"]
        network, self.web = said.get("fargate:network", {}), said["fargate:services"]["web"]
        self.nats = 2 if network.get("nat") == "per_az" else 1
        self.cidrs = {
            "public": network.get("public_cidrs", ["10.0.128.0/19", "10.0.160.0/19"]),
            "private": network.get("private_cidrs", ["10.0.0.0/19", "10.0.32.0/19"]),
        }
        self.idle = str(said.get("fargate:load_balancer", {}).get("idle_timeout", 60))
        self.endpoints = {"s3", *network.get("endpoints", ())}
        self.cluster = self.id("ecs/cluster", "cluster")

    def id(self, kind: str, name: str) -> str:
        return self.resources[kind, name]["id"]

    def has(self, kind: str) -> set[str]:
        return {name for of, name in self.resources if of == kind}

    def vpc(self) -> None:
        (vpc,) = self.client("ec2").describe_vpcs(VpcIds=[self.id("ec2/vpc", "network")])["Vpcs"]
        named = self.client("ec2").describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
        assert vpc["CidrBlock"] == "10.0.0.0/16"
        assert named["EnableDnsHostnames"]["Value"]

    def subnet(self, tier: str, place: int) -> None:
        name = f"network-{tier}-{place}"
        (subnet,) = self.client("ec2").describe_subnets(SubnetIds=[self.id("ec2/subnet", name)])["Subnets"]
        assert subnet["CidrBlock"] == self.cidrs[tier][place - 1]
        assert subnet["AvailabilityZone"] == f"ap-northeast-1{'ab'[place - 1]}"
        assert not subnet["MapPublicIpOnLaunch"], "not as in the sample"

    def gateway(self) -> None:
        gateways = self.client("ec2").describe_internet_gateways(
            InternetGatewayIds=[self.id("ec2/internetGateway", "network-igw")]
        )
        (attached,) = gateways["InternetGateways"][0]["Attachments"]
        assert attached["VpcId"] == self.id("ec2/vpc", "network")

    def table(self, name: str) -> dict[str, Any]:
        id = self.id("ec2/routeTable", f"network-{name}")
        return self.client("ec2").describe_route_tables(RouteTableIds=[id])["RouteTables"][0]

    def route(self, name: str) -> dict[str, Any]:
        routes = self.table(name)["Routes"]
        return next(one for one in routes if one.get("DestinationCidrBlock") == "0.0.0.0/0")

    def public_route(self) -> None:
        assert self.route("public")["GatewayId"] == self.id("ec2/internetGateway", "network-igw")

    def private_route(self, place: int) -> None:
        used = self.id("ec2/natGateway", f"network-nat-{min(place, self.nats)}")
        assert self.route(f"private-{place}")["NatGatewayId"] == used

    def association(self, table: str, subnet: str) -> None:
        of = {one.get("SubnetId") for one in self.table(table)["Associations"]}
        assert self.id("ec2/subnet", f"network-{subnet}") in of

    def nat_gateway(self, place: int) -> dict[str, Any]:
        name = f"network-nat-{place}"
        if place > self.nats:
            assert name not in {*self.has("ec2/natGateway"), *self.has("ec2/eip")}
            return {}
        id = self.id("ec2/natGateway", name)
        return self.client("ec2").describe_nat_gateways(NatGatewayIds=[id])["NatGateways"][0]

    def nat(self, place: int) -> None:
        if gateway := self.nat_gateway(place):
            assert gateway["SubnetId"] == self.id("ec2/subnet", f"network-public-{place}")
            assert gateway["State"] == "available"

    def address(self, place: int) -> None:
        if gateway := self.nat_gateway(place):
            (used,) = gateway["NatGatewayAddresses"]
            assert used["AllocationId"] == self.id("ec2/eip", f"network-nat-{place}")

    def endpoint(self) -> None:
        endpoints = self.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
        own = [one for one in endpoints if one["VpcId"] == self.id("ec2/vpc", "network")]
        assert {one["ServiceName"].rpartition(".")[2] for one in own} == self.endpoints
        private = {self.table(f"private-{place}")["RouteTableId"] for place in (1, 2)}
        assert all(set(one["RouteTableIds"]) == private for one in own)

    def the_cluster(self) -> None:
        (cluster,) = self.client("ecs").describe_clusters(clusters=[self.cluster])["clusters"]
        assert set(cluster["capacityProviders"]) == {"FARGATE", "FARGATE_SPOT"}

    def rules_of(self, name: str) -> list[dict[str, Any]]:
        group = [{"Name": "group-id", "Values": [self.id("ec2/securityGroup", name)]}]
        rules = self.client("ec2").describe_security_group_rules(Filters=group)["SecurityGroupRules"]
        return [one for one in rules if not one["IsEgress"]]

    def tasks_group(self) -> None:
        assert self.has("ec2/securityGroup") == {"web", "balancer"}, "one for each service, one for the load balancer"

    def way_to_tasks(self) -> None:
        (rule,) = self.rules_of("web")
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 8080, 8080)
        assert rule["ReferencedGroupInfo"]["GroupId"] == self.id("ec2/securityGroup", "balancer")

    def way_to_balancer(self) -> None:
        (rule,) = self.rules_of("balancer")
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 80, 80)
        assert rule["CidrIpv4"] == "0.0.0.0/0"

    def balancers(self) -> list[dict[str, Any]]:
        found = self.client("elbv2").describe_load_balancers()["LoadBalancers"]
        return [one for one in found if one["VpcId"] == self.id("ec2/vpc", "network")]

    def balancer(self) -> None:
        (balancer,) = self.balancers()
        told = self.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
        attributes = {one["Key"]: one["Value"] for one in told["Attributes"]}
        assert balancer["Scheme"] == "internet-facing"
        assert attributes["idle_timeout.timeout_seconds"] == self.idle
        assert {one["SubnetId"] for one in balancer["AvailabilityZones"]} == {
            self.id("ec2/subnet", f"network-public-{place}") for place in (1, 2)
        }

    def no_internal_balancer(self) -> None:
        assert [one["Scheme"] for one in self.balancers()] == ["internet-facing"]
        assert not any(one["IpProtocol"] == "-1" for name in ("web", "balancer") for one in self.rules_of(name))

    def no_dummy_group(self) -> None:
        groups = self.client("elbv2").describe_target_groups()["TargetGroups"]
        own = [one for one in groups if one["VpcId"] == self.id("ec2/vpc", "network")]
        assert [one["TargetGroupArn"] for one in own] == [self.id("lb/targetGroup", "web")]

    def listeners(self) -> list[dict[str, Any]]:
        arn = self.id("lb/loadBalancer", "balancer")
        return self.client("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]

    def listener(self) -> None:
        (listener,) = self.listeners()
        assert (listener["Protocol"], listener["Port"]) == ("HTTP", 80)
        (action,) = listener["DefaultActions"]
        assert (action["Type"], action["FixedResponseConfig"]["StatusCode"]) == ("fixed-response", "404")

    def no_role_of_ecs(self) -> None:
        trusts = [
            json.dumps(one["outputs"]["assumeRolePolicy"])
            for (of, _), one in self.resources.items()
            if of == "iam/role"
        ]
        assert trusts
        assert not any("ecs.amazonaws.com" in one for one in trusts)

    def execution_role(self) -> None:
        role = self.id("iam/role", "web-execution")
        iam = self.client("iam")
        trust = json.dumps(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
        assert "ecs-tasks.amazonaws.com" in trust
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        statements = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
        anywhere = [one["Action"] for one in statements if one["Resource"] in ("*", ["*"])]
        assert json.dumps(anywhere).count(":") == 1, "only GetAuthorizationToken, which AWS lets nobody scope"

    def definition(self) -> None:
        arn = self.service()["taskDefinition"]
        told = self.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
        assert (told["cpu"], told["memory"], told["networkMode"]) == ("256", "512", "awsvpc")
        (container,) = told["containerDefinitions"]
        assert container["logConfiguration"]["logDriver"] == "awslogs"
        assert container["readonlyRootFilesystem"]
        assert "@sha256:" in container["image"]

    def service(self) -> dict[str, Any]:
        arn = self.id("ecs/service", "web")
        return self.client("ecs").describe_services(cluster=self.cluster, services=[arn])["services"][0]

    def the_service(self) -> None:
        service = self.service()
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        deployment = service["deploymentConfiguration"]
        assert service["desiredCount"] == service["runningCount"] == self.web.get("desired_count", 1)
        assert [one["capacityProvider"] for one in service["capacityProviderStrategy"]] == [
            self.web.get("capacity", "FARGATE")
        ]
        assert network["assignPublicIp"] == "DISABLED", "not as in the sample"
        assert set(network["subnets"]) == {self.id("ec2/subnet", f"network-private-{place}") for place in (1, 2)}
        assert (deployment["minimumHealthyPercent"], deployment["maximumPercent"]) == (100, 200)
        assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}

    def targets(self) -> None:
        arn = self.id("lb/targetGroup", "web")
        (group,) = self.client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        check = self.web["health_check"]
        assert (group["TargetType"], group["Protocol"]) == ("ip", "HTTP")
        assert group["HealthCheckPath"] == check["path"]
        assert group["HealthCheckIntervalSeconds"] == check.get("interval", 5)
        assert group["TargetGroupName"] != "web"

    def rule(self) -> None:
        (listener,) = self.listeners()
        rules = self.client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        (own,) = [one for one in rules if one["Priority"] != "default"]
        assert own["Conditions"][0]["PathPatternConfig"]["Values"] == ["/*"]
        assert own["Actions"][0]["TargetGroupArn"] == self.id("lb/targetGroup", "web")


CHECKS: dict[str, Callable[[Found], object]] = {
    "VPC": Found.vpc,
    "PublicSubnetOne": lambda it: it.subnet("public", 1),
    "PublicSubnetTwo": lambda it: it.subnet("public", 2),
    "PrivateSubnetOne": lambda it: it.subnet("private", 1),
    "PrivateSubnetTwo": lambda it: it.subnet("private", 2),
    **dict.fromkeys(("InternetGateway", "GatewayAttachement"), Found.gateway),
    "PublicRouteTable": lambda it: it.table("public"),
    "PublicRoute": Found.public_route,
    "PublicSubnetOneRouteTableAssociation": lambda it: it.association("public", "public-1"),
    "PublicSubnetTwoRouteTableAssociation": lambda it: it.association("public", "public-2"),
    "NatGatewayOneAttachment": lambda it: it.address(1),
    "NatGatewayTwoAttachment": lambda it: it.address(2),
    "NatGatewayOne": lambda it: it.nat(1),
    "NatGatewayTwo": lambda it: it.nat(2),
    "PrivateRouteTableOne": lambda it: it.table("private-1"),
    "PrivateRouteOne": lambda it: it.private_route(1),
    "PrivateRouteTableOneAssociation": lambda it: it.association("private-1", "private-1"),
    "PrivateRouteTableTwo": lambda it: it.table("private-2"),
    "PrivateRouteTwo": lambda it: it.private_route(2),
    "PrivateRouteTableTwoAssociation": lambda it: it.association("private-2", "private-2"),
    "DynamoDBEndpoint": Found.endpoint,
    "ECSCluster": Found.the_cluster,
    "FargateContainerSecurityGroup": Found.tasks_group,
    "EcsSecurityGroupIngressFromPublicALB": Found.way_to_tasks,
    **dict.fromkeys(("EcsSecurityGroupIngressFromPrivateALB", "EcsSecurityGroupIngressFromSelf"), Found.way_to_tasks),
    "PublicLoadBalancerSG": Found.way_to_balancer,
    "PublicLoadBalancer": Found.balancer,
    **dict.fromkeys(("DummyTargetGroupPublic", "DummyTargetGroupPrivate"), Found.no_dummy_group),
    "PublicLoadBalancerListener": Found.listener,
    **dict.fromkeys(("PrivateLoadBalancerSG", "PrivateLoadBalancerIngressFromECS"), Found.tasks_group),
    **dict.fromkeys(("PrivateLoadBalancer", "PrivateLoadBalancerListener"), Found.no_internal_balancer),
    "ECSRole": Found.no_role_of_ecs,
    "ECSTaskExecutionRole": Found.execution_role,
    "TaskDefinition": Found.definition,
    "Service": Found.the_service,
    "TargetGroup": Found.targets,
    "LoadBalancerRule": Found.rule,
}
"""How each resource of the samples, or what stands for it, is read back."""
