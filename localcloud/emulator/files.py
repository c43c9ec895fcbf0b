"""EFS file systems as folders of this machine: ministack knows the file systems, and has no files."""

import os
import shutil
from pathlib import Path
from typing import Any

from localcloud.emulator import roles

CLIENT_MOUNT, CLIENT_WRITE = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"


class CannotMount(Exception):
    """A volume that a task would not get; ministack makes it the reason why the task stopped."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"failed to invoke EFS utils commands to set up EFS volumes: {reason}")


class Files:
    """One folder a file system: what tasks write there outlives them, and goes with the file system."""

    def __init__(self, efs: Any, root: Path) -> None:
        self._efs = efs
        self._root = root

    def mount(self, volume: dict[str, Any], role: str) -> tuple[Path, bool]:
        """The folder that a volume is, and whether a task may write to it.

        Args:
            volume: `efsVolumeConfiguration` of a task definition.
            role: the task's.

        Raises:
            CannotMount: there is no such file system, nothing to mount it through, or the role may not.
        """
        id, access = volume["fileSystemId"], volume.get("authorizationConfig") or {}
        system, point = self._efs._file_systems.get(id), self._point(id, access.get("accessPointId"))
        if not system or not system["NumberOfMountTargets"]:
            raise CannotMount(f"Failed to resolve {id}: there is no such file system, or it has no mount target")
        folder = self._folder(id, point, volume.get("rootDirectory") or "/")
        if access.get("iam") != "ENABLED":
            return folder, True
        through = {"elasticfilesystem:accesspointarn": point["AccessPointArn"]} if point else {}
        if not roles.allows(role, CLIENT_MOUNT, system["FileSystemArn"], through):
            raise CannotMount(f"access denied by server: {role or 'no task role'} may not {CLIENT_MOUNT} on {id}")
        return folder, roles.allows(role, CLIENT_WRITE, system["FileSystemArn"], through)

    def _point(self, file_system: str, id: str | None) -> dict[str, Any]:
        """An access point; empty when none is wanted."""
        point = self._efs._access_points.get(id) if id else {}
        if id and (not point or point["FileSystemId"] != file_system):
            raise CannotMount(f"access point {id} does not exist in file system {file_system}")
        return point or {}

    def _folder(self, id: str, point: dict[str, Any], root: str) -> Path:
        """A file system's folder, or the one that an access point makes the root, with its owner."""
        directory = point.get("RootDirectory") or {}
        folder = self._root / id / (directory.get("Path") or root).strip("/")
        if not folder.exists():
            folder.mkdir(parents=True)
            if info := directory.get("CreationInfo"):
                _give(folder, info, to_all=bool(point.get("PosixUser")))
        return folder

    def delete(self, original: Any) -> Any:
        """A file system's folder goes with it, but for what another user wrote where this one is not root."""

        def delete_file_system(fs_id: str) -> Any:
            answer = original(fs_id)
            if answer[0] == 204:
                shutil.rmtree(self._root / fs_id, ignore_errors=True)
            return answer

        return delete_file_system


def _give(folder: Path, info: dict[str, Any], *, to_all: bool) -> None:
    """Make an owner's folder. Whoever comes through an access point with a user is that user, on AWS: here all may."""
    if os.geteuid() == 0:
        os.chown(folder, int(info["OwnerUid"]), int(info["OwnerGid"]))
    permissions = int(info["Permissions"], 8)
    folder.chmod((permissions >> 6 & 0o7) * 0o111 if to_all else permissions)
