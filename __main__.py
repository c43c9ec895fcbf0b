"""The program: a stack's settings in, components joined, outputs out."""

import gc

gc.disable()  # a program lives for seconds, and its imports alone make a million objects to search

from typing import Any

import pulumi

import settings
from components import (
    Callee,
    Cluster,
    ClusterArgs,
    ContainerImage,
    ContainerInsights,
    CustomerKey,
    CustomerKeyArgs,
    DeletionProtection,
    DeletionProtectionArgs,
    FargateService,
    FargateServiceArgs,
    FargateTask,
    FargateTaskArgs,
    FileSystem,
    LoadBalancer,
    Membership,
    Network,
    Observability,
    PromotedImage,
    Registry,
    ScheduledTask,
    ScheduledTaskArgs,
    ServiceConnect,
    ServiceConnectArgs,
    WatchedJob,
)
from components.existing_image import ExistingImage
from components.registry import is_pulled_through
from configuration.service import ServiceSettings
from configuration.stack import BEFORE_DESTROY
from configuration.task import TaskSettings

stack = settings.load()
keeps = not stack.deletes_contents
key = (
    CustomerKey("key", CustomerKeyArgs(retain=keeps, budgets=stack.has_budget_of_its_topic))
    if stack.customer_key
    else None
)
key_arn = key.arn if key else None
registry = stack.registry.args
settled = Registry("registry", registry) if stack.registry.is_set else None
network = Network(
    "network",
    stack.network.args(
        flow_log_retention_days=stack.flow_log_retention_days,
        retain_logs=keeps,
        kms_key_arn=key_arn,
        permissions_boundary_arn=stack.permissions_boundary_arn,
        role_path=stack.role_path,
    ),
)
balancer = None
if stack.has_web:
    edge = stack.load_balancer.args(
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids if stack.load_balancer.is_internal else network.public_subnet_ids,
        log_retention_days=stack.log_retention_days,
        force_destroy=not keeps,
        retain_logs=keeps,
        ipv6=stack.network.ipv6,
        authenticates=any(service.authentication for service in stack.services.values()),
        deletion_protection=stack.deletion_protection,
        kms_key_arn=key_arn,
    )
    balancer = LoadBalancer("balancer", edge)
cluster = Cluster(
    "cluster",
    ClusterArgs(
        container_insights=stack.container_insights,
        session_log_retention_days=stack.session_log_retention_days,
        retain_logs=keeps,
        kms_key_arn=key_arn,
    ),
)
file_systems = {
    name: FileSystem(
        name,
        system.args(
            vpc_id=network.vpc_id,
            subnet_ids=network.zonal_subnet_ids,
            kms_key_arn=key_arn,
            deletion_protection=stack.deletion_protection,
            retain=keeps,
        ),
    )
    for name, system in stack.file_systems.items()
}
called = stack.called
connect = ServiceConnect("connect", ServiceConnectArgs()) if called else None
priorities = stack.priorities
running: dict[str, FargateService] = {}
made: list[pulumi.Resource | None] = [key, settled, network, balancer, cluster, *file_systems.values(), connect]
callees: dict[str, Callee] = {}


def image_of(name: str, task: TaskSettings) -> ContainerImage | PromotedImage | ExistingImage:
    """The image that is built for a task, the one that is taken over, or the one that is there."""
    if task.build:
        built = task.build.image(architecture=stack.architecture, force_delete=not keeps, kms_key_arn=key_arn)
        image = ContainerImage(name, built)
    elif task.image and task.image.promote:
        taken_over = task.image.promoted(force_delete=not keeps, kms_key_arn=key_arn)
        image = PromotedImage(name, taken_over)
    else:
        assert task.image  # noqa: S101 - the settings see to it
        return task.image.existing
    made.append(image)
    return image


def membership_of(name: str, service: ServiceSettings) -> Membership | None:
    """Whom of the stack's services a service calls, and whether they call it, if either."""
    is_called = name in called
    if not connect or not (is_called or service.calls):
        return None
    calls = {callee: callees[callee] for callee in service.calls}
    return Membership(namespace_arn=connect.namespace_arn, is_called=is_called, calls=calls)


def task_inputs(task: TaskSettings, image: ContainerImage | PromotedImage | ExistingImage) -> dict[str, Any]:
    """The inputs that a service's task and a job's have in common."""
    return task.inputs(file_systems) | {
        "cluster_arn": cluster.arn,
        "vpc_id": network.vpc_id,
        "image": image.uri,
        "repository_arn": image.repository_arn,
        "pull_through": any(is_pulled_through(uri, registry) for uri in task.addresses),
        "architecture": stack.architecture,
        "log_retention_days": stack.log_retention_days,
        "retain_logs": keeps,
        "kms_key_arn": key_arn,
        "permissions_boundary_arn": stack.permissions_boundary_arn,
        "role_path": stack.role_path,
        "ipv6": stack.network.ipv6,
    }


services: dict[str, pulumi.Output[dict[str, str | None]]] = {}
for name in stack.callees_first:
    service = stack.services[name]
    image = image_of(name, service)
    running[name] = FargateService(
        name,
        FargateServiceArgs(
            **task_inputs(service, image),
            subnet_ids=network.private_subnet_ids,
            target=service.target(balancer.listener, priorities[name]) if balancer and name in priorities else None,
            service_connect=membership_of(name, service),
            capacity=service.capacity,
            desired_count=service.desired_count,
            scaling=service.scaling,
            zone_rebalancing=service.zone_rebalancing,
            execute_command=cluster.execute_command if service.execute_command else None,
            pre_deploy=service.pre_deploy,
            deployment=service.deployment,
            timeout_minutes=service.timeout_minutes,
        ),
    )
    made.append(running[name])
    if service.listens:
        callees[name] = Callee(
            service_name=running[name].service_name,
            security_group_id=running[name].security_group_id,
            port=service.listens,
        )
    services[name] = pulumi.Output.all(
        url=service.route.url(balancer.url) if balancer and name in priorities else None,
        image=image.uri,
        repository=image.repository_url,
        service=running[name].service_name,
        task_definition=running[name].task_definition_arn,
        log_group=running[name].log_group_name,
    )


jobs: dict[str, pulumi.Output[dict[str, str | None]]] = {}
watched_jobs: dict[str, WatchedJob] = {}
for name, job in stack.jobs.items():
    own = None if job.service else image_of(name, job)
    task = FargateTask(name, FargateTaskArgs(**task_inputs(job, own))) if own else running[str(job.service)]
    made.append(task)
    scheduled = ScheduledTask(
        name,
        ScheduledTaskArgs(
            cluster_arn=cluster.arn,
            task_definition_arn=task.task_definition_arn,
            task_role_arns=[*task.role_arns],
            subnet_ids=network.private_subnet_ids,
            security_group_ids=[task.security_group_id],
            schedule=job.schedule,
            container_name=job.service if job.command else None,
            command=job.command if job.service else (),
            capacity=job.capacity,
            enabled=job.enabled,
            kms_key_arn=key_arn,
            permissions_boundary_arn=stack.permissions_boundary_arn,
            role_path=stack.role_path,
        ),
    )
    made.append(scheduled)
    watched_jobs[name] = WatchedJob(dead_letters_name=scheduled.dead_letters_name, container_name=job.service or name)
    jobs[name] = pulumi.Output.all(
        schedule=scheduled.arn,
        image=own.uri if own else None,
        task_definition=task.task_definition_arn,
        log_group=task.log_group_name,
        dead_letters=scheduled.dead_letters_name,
    )

if stack.observability:
    told = stack.observability.args(
        cluster_arn=cluster.arn,
        services={name: running[name].watched for name in stack.services},
        jobs=watched_jobs,
        load_balancer_arn=balancer.arn if balancer else None,
        container_insights=stack.container_insights is not ContainerInsights.DISABLED,
        look=f"python -m ops {{command}} -s {pulumi.get_stack()}",
        kms_key_arn=key_arn,
    )
    made.append(Observability("observability", told))

if stack.has_guard:
    guard = DeletionProtectionArgs(
        of=[one for one in made if one], enabled=stack.deletion_protection, formerly=BEFORE_DESTROY
    )
    DeletionProtection(stack.before_destroy, guard)

pulumi.export("url", balancer.url if balancer else None)
pulumi.export("cluster", cluster.name)
pulumi.export("services", services)
pulumi.export("jobs", jobs)
if images := settings.delivered_images():
    pulumi.export("images", images)
