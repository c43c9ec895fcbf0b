"""The same resources written by hand, with pulumi_aws and pulumi_docker alone."""

import json
import os

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

REGION = "ap-northeast-1"
TAG = "0" * 24


def trust(cluster: str) -> str:
    """Who may take a task's role: ECS, for tasks of the cluster's account."""
    region, account = cluster.split(":")[3:5]
    only = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{region}:{account}:*"},
    }
    tasks = {"Service": "ecs-tasks.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": tasks, "Action": "sts:AssumeRole", "Condition": only}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tags(name: str, **more: str) -> dict[str, str]:
    """A resource's tags."""
    return {"Name": name, **more}


def network() -> tuple[aws.ec2.Vpc, list[aws.ec2.Subnet], list[aws.ec2.Subnet]]:
    """A VPC with two zones, and one NAT gateway."""
    zones = aws.get_availability_zones_output(state="available").names
    vpc = aws.ec2.Vpc(
        "network",
        cidr_block="10.0.0.0/16",
        enable_dns_support=True,
        enable_dns_hostnames=True,
        tags=tags("network"),
    )
    aws.ec2.DefaultSecurityGroup("network-default", vpc_id=vpc.id, tags=tags("network-default"))
    gateway = aws.ec2.InternetGateway("network-igw", vpc_id=vpc.id, tags=tags("network-igw"))
    subnets: dict[str, list[aws.ec2.Subnet]] = {"public": [], "private": []}
    for tier, first in (("public", 128), ("private", 0)):
        for index in range(2):
            name = f"network-{tier}-{index + 1}"
            subnet = aws.ec2.Subnet(
                name,
                vpc_id=vpc.id,
                cidr_block=f"10.0.{first + 32 * index}.0/19",
                availability_zone=zones[index],
                map_public_ip_on_launch=False,
                tags=tags(name, tier=tier),
            )
            subnets[tier].append(subnet)
    public = aws.ec2.RouteTable("network-public", vpc_id=vpc.id, tags=tags("network-public"))
    aws.ec2.Route("network-public", route_table_id=public.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id)
    for index, subnet in enumerate(subnets["public"], 1):
        aws.ec2.RouteTableAssociation(f"network-public-{index}", subnet_id=subnet.id, route_table_id=public.id)
    address = aws.ec2.Eip("network-nat-1", domain="vpc", tags=tags("network-nat-1"))
    nat = aws.ec2.NatGateway(
        "network-nat-1", allocation_id=address.id, subnet_id=subnets["public"][0].id, tags=tags("network-nat-1")
    )
    tables: list[aws.ec2.RouteTable] = []
    for index, subnet in enumerate(subnets["private"], 1):
        name = f"network-private-{index}"
        table = aws.ec2.RouteTable(name, vpc_id=vpc.id, tags=tags(name))
        aws.ec2.RouteTableAssociation(name, subnet_id=subnet.id, route_table_id=table.id)
        aws.ec2.Route(name, route_table_id=table.id, destination_cidr_block="0.0.0.0/0", nat_gateway_id=nat.id)
        tables.append(table)
    aws.ec2.VpcEndpoint(
        "network-s3",
        vpc_id=vpc.id,
        service_name=pulumi.Output.concat("com.amazonaws.", aws.get_region_output().region, ".s3"),
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id for table in tables],
        tags=tags("network-s3"),
    )
    return vpc, subnets["public"], subnets["private"]


def load_balancer(vpc: aws.ec2.Vpc, subnets: list[aws.ec2.Subnet]) -> tuple[aws.ec2.SecurityGroup, aws.lb.Listener]:
    """A public load balancer with an HTTP listener."""
    group = aws.ec2.SecurityGroup(
        "balancer",
        description="Load balancer: in from the internet, out to tasks",
        vpc_id=vpc.id,
        tags=tags("balancer"),
    )
    aws.vpc.SecurityGroupIngressRule(
        "balancer-http",
        security_group_id=group.id,
        description="HTTP from the internet",
        ip_protocol="tcp",
        from_port=80,
        to_port=80,
        cidr_ipv4="0.0.0.0/0",
        tags=tags("balancer-http"),
    )
    balancer = aws.lb.LoadBalancer(
        "balancer",
        load_balancer_type="application",
        internal=False,
        subnets=[subnet.id for subnet in subnets],
        security_groups=[group.id],
        drop_invalid_header_fields=True,
        tags=tags("balancer"),
    )
    answer: aws.lb.ListenerDefaultActionFixedResponseArgsDict = {
        "content_type": "text/plain",
        "message_body": "No service answers here.",
        "status_code": "404",
    }
    listener = aws.lb.Listener(
        "balancer-http",
        load_balancer_arn=balancer.arn,
        port=80,
        protocol="HTTP",
        default_actions=[{"type": "fixed-response", "fixed_response": answer}],
        tags=tags("balancer-http"),
    )
    return group, listener


def image(name: str) -> tuple[aws.ecr.Repository, docker.Image]:
    """A repository and the image that is built into it."""
    repository = aws.ecr.Repository(
        name,
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True},
        force_delete=True,
        tags=tags(name),
    )
    rules = [
        {"rulePriority": 1, "selection": {"tagStatus": "untagged"}, "action": {"type": "expire"}},
        {"rulePriority": 2, "selection": {"tagStatus": "any"}, "action": {"type": "expire"}},
    ]
    aws.ecr.LifecyclePolicy(name, repository=repository.name, policy=json.dumps({"rules": rules}))
    token = aws.ecr.get_authorization_token_output(registry_id=repository.registry_id)
    built = docker.Image(
        name,
        image_name=pulumi.Output.concat(repository.repository_url, ":", TAG),
        build=docker.DockerBuildArgs(context="./app", dockerfile="app/Dockerfile", platform="linux/amd64"),
        registry=docker.RegistryArgs(
            server=repository.repository_url, username=token.user_name, password=pulumi.Output.secret(token.password)
        ),
    )
    return repository, built


def task_definition(
    name: str, cluster: aws.ecs.Cluster, repository: aws.ecr.Repository, built: docker.Image
) -> aws.ecs.TaskDefinition:
    """Logs, roles, and the task definition that uses them."""
    logs = aws.cloudwatch.LogGroup(name, retention_in_days=30, tags=tags(name))
    trusted = cluster.arn.apply(trust)
    execution = aws.iam.Role(f"{name}-execution", assume_role_policy=trusted, tags=tags(f"{name}-execution"))

    def policy(arns: list[str]) -> str:
        pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        statements = [
            {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{arns[0]}:*"},
            {"Effect": "Allow", "Action": pull, "Resource": arns[1]},
            {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"},
        ]
        return json.dumps({"Version": "2012-10-17", "Statement": statements})

    aws.iam.RolePolicy(
        f"{name}-execution", role=execution.name, policy=pulumi.Output.all(logs.arn, repository.arn).apply(policy)
    )

    def containers(known: list[str]) -> str:
        options = {"awslogs-group": known[1], "awslogs-region": REGION, "awslogs-stream-prefix": name}
        container = {
            "name": name,
            "image": known[0],
            "essential": True,
            "readonlyRootFilesystem": True,
            "portMappings": [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        return json.dumps([container])

    return aws.ecs.TaskDefinition(
        name,
        family=f"fargate-dev-{name}",
        container_definitions=pulumi.Output.all(built.repo_digest, logs.name).apply(containers),
        cpu="256",
        memory="512",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform={"operating_system_family": "LINUX", "cpu_architecture": "X86_64"},
        execution_role_arn=execution.arn,
        tags=tags(name),
    )


def rules(name: str, vpc: aws.ec2.Vpc, balancer: aws.ec2.SecurityGroup) -> aws.ec2.SecurityGroup:
    """The tasks' security group with its three rules."""
    group = aws.ec2.SecurityGroup(
        name, description="Tasks: in from the load balancer, out by HTTPS", vpc_id=vpc.id, tags=tags(name)
    )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-in",
        security_group_id=group.id,
        referenced_security_group_id=balancer.id,
        description="Requests from the load balancer",
        ip_protocol="tcp",
        from_port=8080,
        to_port=8080,
        tags=tags(f"{name}-in"),
    )
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-balancer",
        security_group_id=balancer.id,
        referenced_security_group_id=group.id,
        description=f"Requests to {name}",
        ip_protocol="tcp",
        from_port=8080,
        to_port=8080,
        tags=tags(f"{name}-balancer"),
    )
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-out",
        security_group_id=group.id,
        description="HTTPS: image registry, logs, other AWS APIs",
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        cidr_ipv4="0.0.0.0/0",
        tags=tags(f"{name}-out"),
    )
    return group


def main(count: int) -> None:
    """Make a network, a load balancer, a cluster and so many services."""
    vpc, public, private = network()
    balancer, listener = load_balancer(vpc, public)
    cluster = aws.ecs.Cluster(
        "cluster", settings=[{"name": "containerInsights", "value": "disabled"}], tags=tags("cluster")
    )
    aws.ecs.ClusterCapacityProviders(
        "cluster", cluster_name=cluster.name, capacity_providers=["FARGATE", "FARGATE_SPOT"]
    )
    outputs: dict[str, pulumi.Output[dict[str, str]]] = {}
    for number in range(count):
        name = f"service-{number}"
        repository, built = image(name)
        definition = task_definition(name, cluster, repository, built)
        group = rules(name, vpc, balancer)
        targets = aws.lb.TargetGroup(
            name,
            vpc_id=vpc.id,
            target_type="ip",
            protocol="HTTP",
            port=8080,
            deregistration_delay=30,
            health_check={"path": "/", "matcher": "200", "interval": 10, "timeout": 5},
            tags=tags(name),
        )
        rule = aws.lb.ListenerRule(
            name,
            listener_arn=listener.arn,
            priority=number + 1,
            conditions=[{"path_pattern": {"values": [f"/{name}"]}}],
            actions=[{"type": "forward", "target_group_arn": targets.arn}],
            tags=tags(name),
        )
        service = aws.ecs.Service(
            name,
            cluster=cluster.arn,
            task_definition=definition.arn,
            desired_count=1,
            capacity_provider_strategies=[{"capacity_provider": "FARGATE", "weight": 1}],
            force_new_deployment=True,
            network_configuration={
                "subnets": [subnet.id for subnet in private],
                "security_groups": [group.id],
                "assign_public_ip": False,
            },
            load_balancers=[{"target_group_arn": targets.arn, "container_name": name, "container_port": 8080}],
            health_check_grace_period_seconds=60,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            tags=tags(name),
            opts=pulumi.ResourceOptions(depends_on=[rule]),
        )
        outputs[name] = pulumi.Output.all(image=built.repo_digest, service=service.name, definition=definition.arn)
    pulumi.export("services", outputs)


main(int(os.environ["SERVICES"]))
