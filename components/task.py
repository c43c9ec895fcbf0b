"""The task of a service: its logs, its two roles, and the definition of its containers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from . import iam
from .container import Container, volume_name
from .fargate_service_args import FargateServiceArgs
from .names import child_of, with_name
from .secret import Source, source_of
from .task_definition import Definition, container_definitions


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What a task is made of."""

    definition: aws.ecs.TaskDefinition
    """The revision that is run."""
    logs: aws.cloudwatch.LogGroup
    """Where its containers' output goes."""
    policies: list[pulumi.Resource]
    """What its roles may do: it starts after these."""


def make_task(name: str, args: FargateServiceArgs, parent: pulumi.Resource) -> Task:
    """Make a service's task.

    Args:
        name: of the service, and of the container that gets the requests.
        args: the service's.
        parent: the service.
    """
    containers = {name: args.container, **args.sidecars}
    sources = {
        one: {variable: source_of(secret, parent) for variable, secret in container.secrets.items()}
        for one, container in containers.items()
    }
    logs = aws.cloudwatch.LogGroup(
        name,
        retention_in_days=args.log_retention_days,
        kms_key_id=args.kms_key_arn,
        tags=with_name(name, args.tags),
        opts=child_of(parent),
    )
    execution, task = (_role(f"{name}-{purpose}", args, parent) for purpose in ("execution", "task"))
    start = pulumi.Output.all(logs.arn, args.repository_arn).apply(
        lambda arns: iam.start_task(log_group_arn=arns[0], repository_arn=arns[1])
    )
    policies: list[pulumi.Resource] = [_policy(f"{name}-execution", execution, start, parent)]
    if every := [source for of_container in sources.values() for source in of_container.values()]:
        read = pulumi.Output.all(*every).apply(iam.read_secrets)
        policies.append(_policy(f"{name}-secrets", execution, read, parent))
    if args.task_policy is not None:
        policies.append(_policy(f"{name}-task", task, args.task_policy, parent))
    return Task(
        definition=_definition(
            name, args, containers, _document(name, containers, sources, logs), execution, task, parent
        ),
        logs=logs,
        policies=policies,
    )


def _role(name: str, args: FargateServiceArgs, parent: pulumi.Resource) -> aws.iam.Role:
    return aws.iam.Role(
        name,
        assume_role_policy=pulumi.Output.from_input(args.cluster_arn).apply(iam.tasks_trust),
        permissions_boundary=args.permissions_boundary_arn,
        tags=with_name(name, args.tags),
        opts=child_of(parent),
    )


def _policy(name: str, role: aws.iam.Role, policy: pulumi.Input[str], parent: pulumi.Resource) -> aws.iam.RolePolicy:
    return aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=child_of(parent))


def _document(
    name: str,
    containers: Mapping[str, Container],
    sources: Mapping[str, Mapping[str, pulumi.Output[Source]]],
    logs: aws.cloudwatch.LogGroup,
) -> pulumi.Output[str]:
    images = [one.image for one in containers.values()]
    environments = [dict(one.environment) for one in containers.values()]
    secrets = [dict(sources[one]) for one in containers]
    known = pulumi.Output.all(logs.name, logs.arn, images, environments, secrets)
    return known.apply(lambda values: _written(name, containers, *values))


def _written(
    name: str,
    containers: Mapping[str, Container],
    log_group: str,
    log_group_arn: str,
    images: list[str],
    environments: list[dict[str, str]],
    secrets: list[dict[str, Any]],
) -> str:
    definitions = {
        one: Definition(
            container=container,
            image=image,
            environment=environment,
            secrets={variable: source.value_from for variable, source in of_container.items()},
            volume_prefix=_volume_prefix(one, name),
        )
        for (one, container), image, environment, of_container in zip(
            containers.items(), images, environments, secrets, strict=True
        )
    }
    region = iam.Place.of(log_group_arn).region
    return container_definitions(definitions, log_group=log_group, region=region)


def _definition(
    name: str,
    args: FargateServiceArgs,
    containers: Mapping[str, Container],
    document: pulumi.Output[str],
    execution: aws.iam.Role,
    task: aws.iam.Role,
    parent: pulumi.Resource,
) -> aws.ecs.TaskDefinition:
    volumes: list[aws.ecs.TaskDefinitionVolumeArgsDict] = [
        {"name": volume_name(path, _volume_prefix(one, name))}
        for one, container in containers.items()
        for path in sorted(container.writable_paths)
    ]
    return aws.ecs.TaskDefinition(
        name,
        family=f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
        container_definitions=document,
        cpu=str(args.cpu),
        memory=str(args.memory),
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform={"operating_system_family": "LINUX", "cpu_architecture": args.architecture.value},
        ephemeral_storage={"size_in_gib": args.ephemeral_storage} if args.ephemeral_storage else None,
        execution_role_arn=execution.arn,
        task_role_arn=task.arn,
        volumes=volumes or None,
        tags=with_name(name, args.tags),
        opts=child_of(parent),
    )


def _volume_prefix(container: str, service: str) -> str:
    """The service's own container's volumes have none: they were there before sidecars were."""
    return "" if container == service else f"{container}-"
