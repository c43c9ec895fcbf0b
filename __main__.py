"""The program: a stack's settings in, components joined, outputs out."""

import gc

gc.disable()  # a program lives for seconds, and its imports alone make a million objects to search

from dataclasses import dataclass

import pulumi

import settings
from components import (
    Cluster,
    ClusterArgs,
    ContainerImage,
    ContainerImageArgs,
    CustomerKey,
    CustomerKeyArgs,
    FargateService,
    FargateServiceArgs,
    LoadBalancer,
    LoadBalancerArgs,
    Network,
    Scheme,
)
from components.image_uri import repository_arn

stack = settings.load()
edge = stack.load_balancer
key_arn = CustomerKey("key", CustomerKeyArgs()).arn if stack.customer_key else None
network = Network(
    "network",
    stack.network.args(
        flow_log_retention_days=stack.flow_log_retention_days,
        kms_key_arn=key_arn,
        permissions_boundary_arn=stack.permissions_boundary_arn,
    ),
)
balancer = LoadBalancer(
    "balancer",
    LoadBalancerArgs(
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids if edge.scheme is Scheme.INTERNAL else network.public_subnet_ids,
        scheme=edge.scheme,
        domain=edge.domain,
        certificate_arn=edge.certificate_arn,
        allowed_cidrs=edge.allowed_cidrs,
        allowed_prefix_lists=edge.allowed_prefix_lists,
        access_logs=edge.access_logs,
        firewall=edge.firewall,
        log_retention_days=stack.log_retention_days,
        force_destroy=stack.deletes_contents,
        desync_mitigation=edge.desync_mitigation,
        idle_timeout=edge.idle_timeout,
        http2=edge.http2,
        ipv6=stack.network.ipv6,
        zonal_shift=edge.zonal_shift,
        deletion_protection=stack.deletion_protection,
        kms_key_arn=key_arn,
    ),
)
cluster = Cluster("cluster", ClusterArgs(container_insights=stack.container_insights))


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """What a service runs, and where it comes from."""

    uri: pulumi.Input[str]
    repository_arn: pulumi.Input[str] | None
    repository: pulumi.Input[str]


def image_of(name: str, service: settings.ServiceSettings) -> Image:
    """The image that is built for a service, or the one that is there."""
    if service.image:
        repository = service.image.partition("@")[0]
        return Image(uri=service.image, repository_arn=repository_arn(service.image), repository=repository)
    assert service.build  # noqa: S101 - the settings see to it
    built = ContainerImage(
        name,
        ContainerImageArgs(
            context=service.build.context,
            dockerfile=service.build.dockerfile,
            target=service.build.target,
            build_args=service.build.args,
            architecture=stack.architecture,
            force_delete=stack.deletes_contents,
            kms_key_arn=key_arn,
        ),
    )
    return Image(uri=built.uri, repository_arn=built.repository_arn, repository=built.repository_url)


priorities = stack.priorities
services: dict[str, pulumi.Output[dict[str, str]]] = {}
for name, service in stack.services.items():
    image = image_of(name, service)
    running = FargateService(
        name,
        FargateServiceArgs(
            cluster_arn=cluster.arn,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            listener_arn=balancer.listener_arn,
            load_balancer_arn=balancer.arn,
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
            scaling=service.scaling,
            environment=dict(service.environment),
            secrets=service.sources,
            command=service.command,
            entry_point=service.entry_point,
            user=service.user,
            writable_paths=service.writable_paths,
            open_files=service.open_files,
            init_process=service.init_process,
            container_health_check=service.container_health_check,
            depends_on=service.depends_on,
            sidecars={one: sidecar.container for one, sidecar in service.sidecars.items()},
            ephemeral_storage=service.ephemeral_storage,
            zone_rebalancing=service.zone_rebalancing,
            health_check=service.health_check,
            deregistration_delay=service.deregistration_delay,
            stop_timeout=service.stop_timeout,
            start_period=service.start_period,
            timeout_minutes=service.timeout_minutes,
            log_retention_days=stack.log_retention_days,
            kms_key_arn=key_arn,
            permissions_boundary_arn=stack.permissions_boundary_arn,
            ipv6=stack.network.ipv6,
        ),
    )
    services[name] = pulumi.Output.all(
        url=service.route.url(balancer.url),
        image=image.uri,
        repository=image.repository,
        service=running.service_name,
        task_definition=running.task_definition_arn,
        log_group=running.log_group_name,
    )

pulumi.export("url", balancer.url)
pulumi.export("cluster", cluster.name)
pulumi.export("services", services)
