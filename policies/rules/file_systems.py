"""EFS file systems."""

from collections.abc import Iterator

from policies import tokens as t
from policies import topology
from policies.documents import is_known, open_to_all, refuses_plain, statements
from policies.graph import UNKNOWN, Graph, Resource
from policies.rule import Fault, Severity, expect, expect_set, of_graph, of_resource, shown


@of_resource(
    t.FILE_SYSTEM,
    controls=("EFS.1", "EFS.8", "CKV_AWS_42", "CKV_AWS_184"),
    severity=Severity.MEDIUM,
    fix="aws.efs.FileSystem(encrypted=True, kms_key_id=...)",
)
def file_system_encrypted(system: Resource) -> Iterator[Fault]:
    """A file system is encrypted with a key of the account's own."""
    yield from expect(system, "encrypted", True)
    yield from expect_set(system, "kmsKeyId", "kmsKeyId of a KMS key")


@of_graph(
    t.FILE_SYSTEM,
    controls=("EFS.2", "EFS.7"),
    severity=Severity.MEDIUM,
    fix='aws.efs.BackupPolicy(backup_policy={"status": "ENABLED"})',
)
def file_system_backed_up(system: Resource, graph: Graph) -> Iterator[Fault]:
    """A file system is backed up each day."""
    policies = graph.referrers(system, "fileSystemId", t.FILE_SYSTEM_BACKUP)
    if not policies:
        yield Fault("no backup", "a BackupPolicy with status ENABLED")
    for policy in policies:
        yield from expect(policy, "backupPolicy.status", "ENABLED")


@of_graph(
    t.FILE_SYSTEM,
    severity=Severity.HIGH,
    fix="aws.efs.FileSystemPolicy: Deny * for * when aws:SecureTransport is false, and no Allow for *",
    source='Amazon EFS User Guide, "Using IAM to control access to file systems": the default policy',
)
def file_system_policy_closed(system: Resource, graph: Graph) -> Iterator[Fault]:
    """A file system's own policy lets in nobody without TLS, and nobody without a name."""
    found = [one.get("policy") for one in graph.referrers(system, "fileSystemId", t.FILE_SYSTEM_POLICY)]
    refusing = [one for policy in found for one in statements(policy) if refuses_plain(one, "elasticfilesystem")]
    if not found:
        yield Fault("no policy", "a FileSystemPolicy")
    elif all(map(is_known, found)) and not refusing:
        yield Fault("no statement that denies plain connections", "a Deny for aws:SecureTransport = false")
    if any(map(open_to_all, found)):
        yield Fault("Allow for Principal *", "principals by name, or no Allow: IAM decides then")


@of_resource(
    t.ACCESS_POINT,
    controls=("EFS.3", "CKV_AWS_329"),
    severity=Severity.MEDIUM,
    fix="aws.efs.AccessPoint(root_directory={path: /data})",
)
def access_point_has_root(point: Resource) -> Iterator[Fault]:
    """An access point shows a folder of the file system, not all of it."""
    path = point.get("rootDirectory.path")
    if path is not UNKNOWN and path in (None, "", "/"):
        yield Fault(shown("rootDirectory.path", path), "a folder below /")


@of_resource(
    t.ACCESS_POINT,
    controls=("EFS.4", "CKV_AWS_330"),
    severity=Severity.MEDIUM,
    fix="aws.efs.AccessPoint(posix_user={uid, gid})",
)
def access_point_has_user(point: Resource) -> Iterator[Fault]:
    """An access point writes as one user, whoever the task runs as."""
    yield from expect_set(point, "posixUser", "posixUser with uid and gid")


@of_graph(
    t.MOUNT_TARGET,
    controls=("EFS.6",),
    severity=Severity.MEDIUM,
    fix="aws.efs.MountTarget(subnet_id=...) of a private subnet",
)
def mount_target_private(target: Resource, graph: Graph) -> Iterator[Fault]:
    """A file system is mounted from private subnets alone."""
    for subnet in topology.subnets_of(graph, target, "subnetId"):
        if topology.is_public(graph, subnet):
            yield Fault(f"subnet {subnet.name}, which has a route to the internet gateway", "a private subnet")
