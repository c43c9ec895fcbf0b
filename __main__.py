"""The program: a stack's settings in, components joined, outputs out."""

import gc

gc.disable()  # a program lives for seconds, and its imports alone make a million objects to search

import pulumi

import settings
from components import (
    Cluster,
    ClusterArgs,
    ContainerImage,
    ContainerImageArgs,
    FargateService,
    FargateServiceArgs,
    LoadBalancer,
    LoadBalancerArgs,
    Network,
)

stack = settings.load()
network = Network("network", stack.network.args)
balancer = LoadBalancer("balancer", LoadBalancerArgs(vpc_id=network.vpc_id, subnet_ids=network.public_subnet_ids))
cluster = Cluster("cluster", ClusterArgs(container_insights=stack.container_insights))

priorities = stack.priorities
services: dict[str, pulumi.Output[dict[str, str]]] = {}
for name, service in stack.services.items():
    image = ContainerImage(
        name,
        ContainerImageArgs(
            context=service.build.context,
            dockerfile=service.build.dockerfile,
            target=service.build.target,
            build_args=service.build.args,
            architecture=stack.architecture,
            force_delete=stack.deletes_images,
        ),
    )
    running = FargateService(
        name,
        FargateServiceArgs(
            cluster_arn=cluster.arn,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            listener_arn=balancer.listener_arn,
            load_balancer_security_group_id=balancer.security_group_id,
            image=image.uri,
            repository_arn=image.repository_arn,
            route=service.route,
            priority=priorities[name],
            port=service.port,
            cpu=service.cpu,
            memory=service.memory,
            architecture=stack.architecture,
            capacity=service.capacity,
            desired_count=service.desired_count,
            environment=dict(service.environment),
            writable_paths=service.writable_paths,
            health_check=service.health_check,
            deregistration_delay=service.deregistration_delay,
            stop_timeout=service.stop_timeout,
            start_period=service.start_period,
            timeout_minutes=service.timeout_minutes,
            log_retention_days=stack.log_retention_days,
        ),
    )
    services[name] = pulumi.Output.all(
        url=service.route.url(balancer.url),
        image=image.uri,
        repository=image.repository_url,
        service=running.service_name,
        task_definition=running.task_definition_arn,
        log_group=running.log_group_name,
    )

pulumi.export("url", balancer.url)
pulumi.export("cluster", cluster.name)
pulumi.export("services", services)
