"""The file systems of a task: what its definition says of them, what its role may do there, and the way to them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws

from . import iam
from .efs_volume import EfsVolume
from .fargate_task_args import FargateTaskArgs
from .way import End, make_way

_NFS = 2049


def task_volumes(args: FargateTaskArgs) -> list[EfsVolume]:
    """Each file system that a container of a task mounts, once; read-only when no container writes to it."""
    found: dict[str, EfsVolume] = {}
    for container in (args.container, *args.sidecars.values()):
        for volume in container.volumes.values():
            known = found.get(volume.name, volume)
            found[volume.name] = replace(volume, read_only=volume.read_only and known.read_only)
    return [found[name] for name in sorted(found)]


def definition_volumes(volumes: Sequence[EfsVolume]) -> "list[aws.ecs.TaskDefinitionVolumeArgsDict]":
    """The volumes as a task definition has them: encrypted on the way, mounted as the task role.

    Source: Amazon ECS Developer Guide, "Use Amazon EFS volumes with Amazon ECS".
    """
    return [
        {
            "name": volume.volume_name,
            "efs_volume_configuration": {
                "file_system_id": volume.file_system_id,
                "transit_encryption": "ENABLED",
                "authorization_config": {"access_point_id": volume.access_point_id, "iam": "ENABLED"},
            },
        }
        for volume in volumes
    ]


def mount_policy(volumes: Sequence[EfsVolume]) -> pulumi.Output[str]:
    """What the task role may do: mount each through its access point alone, and write where a container writes."""
    arns = [(volume.file_system_arn, volume.access_point_arn) for volume in volumes]

    def written(known: list[Any]) -> str:
        return iam.document(
            [
                iam.mount(file_system_arn=system, access_point_arn=point, read_only=volume.read_only)
                for volume, (system, point) in zip(volumes, known, strict=True)
            ]
        )

    return pulumi.Output.all(*arns).apply(written)


def ways_to_files(
    name: str, args: FargateTaskArgs, group: aws.ec2.SecurityGroup, parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """Make the rules by which the task reaches the mount targets, seen from both groups; one pair a group of theirs.

    Args:
        name: of the component that the task belongs to.
        args: the task's.
        group: the task's.
        parent: of every rule.
    """
    targets = {_key(volume): volume.security_group_id for volume in task_volumes(args)}
    ways: list[pulumi.Resource] = []
    for key, mount_targets in targets.items():
        rule = f"{name}-files-{key}"
        tasks = End(group_id=group.id, rule=rule, description=f"NFS to {key}")
        files = End(group_id=mount_targets, rule=rule, description=f"NFS from {name}")
        ways += make_way(tasks, files, port=_NFS, tags=args.tags, parent=parent)
    return ways


def _key(volume: EfsVolume) -> str:
    """What tells the rules apart: two file systems that exist may have one group, of which AWS takes a rule once."""
    group = volume.security_group_id
    return group if isinstance(group, str) else volume.name
