"""A task: its logs, its roles, and the definition of its containers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from . import iam
from .container import Container, volume_name
from .fargate_task_args import FargateTaskArgs
from .image_uri import repository_arn
from .names import child_of, with_name
from .secret import Source, source_of
from .task_definition import Definition, Logging, container_definitions
from .task_files import definition_volumes, mount_policy, task_volumes
from .telemetry import COLLECTOR, CONFIG, exporting, to_aws


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What a task is made of."""

    definition: aws.ecs.TaskDefinition
    """The revision that is run."""
    logs: aws.cloudwatch.LogGroup
    """Where its containers' output goes."""
    roles: list[aws.iam.Role]
    """The execution role, and the task role where the app may do something."""
    policies: list[pulumi.Resource]
    """What its roles may do: it starts after these."""


def check_own_name(name: str, args: FargateTaskArgs) -> None:
    """Accept a component's name that none of the other containers has.

    Raises:
        ValueError: the component's own container would have the name of another.
    """
    if name in args.beside:
        what = "sidecar" if name in args.sidecars else "container of telemetry or log_router"
        raise ValueError(f"the {what} {name!r} and the task's own container have one name: give one another")


def make_task(name: str, args: FargateTaskArgs, parent: pulumi.Resource) -> Task:
    """Make a task.

    Args:
        name: of the component that it belongs to, and of its own container.
        args: the task's.
        parent: of every resource.
    """
    logs = aws.cloudwatch.LogGroup(
        name,
        retention_in_days=args.log_retention_days,
        kms_key_id=args.kms_key_arn,
        tags=with_name(name, args.tags),
        opts=child_of(parent, retain=args.retain_logs),
    )
    containers = _containers(name, args, logs)
    sources = {
        one: {variable: source_of(secret, parent) for variable, secret in container.secrets.items()}
        for one, container in containers.items()
    }
    options = _options(args, parent)
    execution = _role(f"{name}-execution", args, parent)
    start = pulumi.Output.all(logs.arn, args.repository_arn, [one.image for one in args.beside.values()]).apply(
        lambda known: iam.start_task(
            log_group_arn=known[0], repository_arns=_repositories(known[1], known[2]), pull_through=args.pull_through
        )
    )
    policies: list[pulumi.Resource] = [_policy(f"{name}-execution", execution, start, parent)]
    if every := [source for of_one in (*sources.values(), options) for source in of_one.values()]:
        read = pulumi.Output.all(*every).apply(iam.read_secrets)
        policies.append(_policy(f"{name}-secrets", execution, read, parent))
    task = None
    if grants := _grants(args, logs):
        task = _role(f"{name}-task", args, parent)
        policies += [_policy(f"{name}-{suffix}", task, policy, parent) for suffix, policy in grants.items()]
    return Task(
        definition=_definition(
            name, args, containers, _document(name, args, containers, sources, options, logs), execution, task, parent
        ),
        logs=logs,
        roles=[execution, task] if task else [execution],
        policies=policies,
    )


def _containers(name: str, args: FargateTaskArgs, logs: aws.cloudwatch.LogGroup) -> dict[str, Container]:
    """Each container by its name, with what it must know of the others."""
    containers = {name: args.container, **args.beside}
    if args.telemetry:
        own = containers[name]
        told = {variable: value for variable, value in exporting(name).items() if variable not in own.secrets}
        containers[name] = replace(own, environment={**told, **own.environment})
    if args.telemetry and args.telemetry.config is None:
        known = pulumi.Output.all(logs.name, logs.arn)
        config = known.apply(lambda log: to_aws(log[0], iam.Place.of(log[1]).region))
        containers[COLLECTOR] = replace(containers[COLLECTOR], environment={CONFIG: config})
    return containers


def _repositories(own: str | None, images: Sequence[str]) -> list[str]:
    """The repositories of ECR that a task's images are in: its own, and those of its sidecars."""
    return sorted({arn for arn in (own, *map(repository_arn, images)) if arn})


def _options(args: FargateTaskArgs, parent: pulumi.Resource) -> dict[str, pulumi.Output[Source]]:
    """The options of the log router that are secrets."""
    if not args.log_router:
        return {}
    return {option: source_of(secret, parent) for option, secret in args.log_router.secrets.items()}


def _grants(args: FargateTaskArgs, logs: aws.cloudwatch.LogGroup) -> dict[str, pulumi.Input[str]]:
    """What the containers themselves may do in AWS, by the suffix of each policy's name; without any, no role."""
    found: dict[str, pulumi.Input[str]] = {}
    if args.telemetry and args.telemetry.config is None:
        found["telemetry"] = logs.arn.apply(iam.send_telemetry)
    if session := args.execute_command:
        found["exec"] = pulumi.Output.all(session.log_group_arn, session.kms_key_arn).apply(
            lambda arns: iam.hold_sessions(log_group_arn=arns[0], kms_key_arn=arns[1])
        )
    if args.task_policy is not None:
        found["task"] = args.task_policy
    if volumes := task_volumes(args):
        found["files"] = mount_policy(volumes)
    return found


def _role(name: str, args: FargateTaskArgs, parent: pulumi.Resource) -> aws.iam.Role:
    return aws.iam.Role(
        name,
        assume_role_policy=pulumi.Output.from_input(args.cluster_arn).apply(iam.tasks_trust),
        path=args.role_path,
        permissions_boundary=args.permissions_boundary_arn,
        tags=with_name(name, args.tags),
        opts=child_of(parent),
    )


def _policy(name: str, role: aws.iam.Role, policy: pulumi.Input[str], parent: pulumi.Resource) -> aws.iam.RolePolicy:
    return aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=child_of(parent))


def _document(
    name: str,
    args: FargateTaskArgs,
    containers: Mapping[str, Container],
    sources: Mapping[str, Mapping[str, pulumi.Output[Source]]],
    options: Mapping[str, pulumi.Output[Source]],
    logs: aws.cloudwatch.LogGroup,
) -> pulumi.Output[str]:
    """The definitions of the containers, once everything in them is known."""
    images = [one.image for one in containers.values()]
    environments = [dict(one.environment) for one in containers.values()]
    secrets = [dict(sources[one]) for one in containers]

    def written(known: list[Any]) -> str:
        log_group, log_group_arn, images, environments, secrets, options = known
        definitions = {
            one: Definition(
                container=container,
                image=image,
                environment=environment,
                secrets=_values_from(of_container),
                volume_prefix=_volume_prefix(one, name),
            )
            for (one, container), image, environment, of_container in zip(
                containers.items(), images, environments, secrets, strict=True
            )
        }
        logging = Logging(
            log_group=log_group,
            region=iam.Place.of(log_group_arn).region,
            router=args.log_router,
            router_secrets=_values_from(options),
        )
        return container_definitions(definitions, logging)

    return pulumi.Output.all(logs.name, logs.arn, images, environments, secrets, dict(options)).apply(written)


def _values_from(sources: Mapping[str, Source]) -> dict[str, str]:
    return {name: source.value_from for name, source in sources.items()}


def _definition(
    name: str,
    args: FargateTaskArgs,
    containers: Mapping[str, Container],
    document: pulumi.Output[str],
    execution: aws.iam.Role,
    task: aws.iam.Role | None,
    parent: pulumi.Resource,
) -> aws.ecs.TaskDefinition:
    volumes: list[aws.ecs.TaskDefinitionVolumeArgsDict] = [
        {"name": volume_name(path, _volume_prefix(one, name))}
        for one, container in containers.items()
        for path in sorted(container.writable_paths)
    ]
    volumes += definition_volumes(task_volumes(args))
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
        task_role_arn=task.arn if task else None,
        volumes=volumes or None,
        skip_destroy=True,  # so that one can go back to it: an old revision stays, and costs nothing
        tags=with_name(name, args.tags),
        opts=child_of(parent),
    )


def _volume_prefix(container: str, service: str) -> str:
    """The service's own container's volumes have none: they were there before sidecars were."""
    return "" if container == service else f"{container}-"
