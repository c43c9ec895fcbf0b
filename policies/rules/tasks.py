"""Clusters, services, and the containers of their tasks."""

from collections.abc import Iterator

from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource, Value, as_list, at, has_unknown
from policies.rule import Fault, Severity, expect, of_graph, of_resource, shown
from policies.secret_names import is_secret
from policies.task_documents import named


@of_resource(
    t.CLUSTER,
    controls=("ECS.12", "CKV_AWS_65"),
    severity=Severity.MEDIUM,
    fix="`container_insights: enabled` or `enhanced` in the stack file; elsewhere aws.ecs.Cluster(settings=[...])",
)
def cluster_container_insights(cluster: Resource) -> Iterator[Fault]:
    """A cluster has Container Insights."""
    settings = {at(one, "name"): at(one, "value") for one in as_list(cluster.get("settings"))}
    value = settings.get("containerInsights")
    if value not in ("enabled", "enhanced") and not has_unknown(cluster.get("settings")):
        yield Fault(shown("containerInsights", value), "containerInsights: enabled or enhanced")


@of_graph(
    t.CLUSTER,
    controls=("CKV_AWS_223", "CKV_AWS_224"),
    severity=Severity.MEDIUM,
    fix='aws.ecs.Cluster(configuration={execute_command_configuration: {kms_key_id, logging: "OVERRIDE", ...}})',
)
def cluster_logs_commands(cluster: Resource, graph: Graph) -> Iterator[Fault]:
    """Where commands may be run in tasks, the session is logged, and log and session are encrypted."""
    services = graph.referrers(cluster, "cluster", t.SERVICE)
    if not any(service.get("enableExecuteCommand") is True for service in services):
        return
    path = "configuration.executeCommandConfiguration"
    yield from expect(cluster, f"{path}.logging", "OVERRIDE")
    if cluster.get(f"{path}.kmsKeyId") in (None, ""):
        yield Fault(shown(f"{path}.kmsKeyId", None), "a KMS key")
    log = cluster.get(f"{path}.logConfiguration")
    encrypted = [at(log, name) for name in ("cloudWatchEncryptionEnabled", "s3BucketEncryptionEnabled")]
    if log is not UNKNOWN and not any(one in (True, UNKNOWN) for one in encrypted):
        yield Fault("a log that is not encrypted", "cloudWatchEncryptionEnabled: true")


@of_resource(
    t.SERVICE,
    t.TASK_SET,
    controls=("ECS.2", "ECS.16", "CKV_AWS_333"),
    severity=Severity.HIGH,
    fix='aws.ecs.Service(network_configuration={"assign_public_ip": False, ...})',
)
def service_without_public_address(service: Resource) -> Iterator[Fault]:
    """Tasks have no public address."""
    yield from expect(service, "networkConfiguration.assignPublicIp", False, None)


@of_resource(
    t.SERVICE,
    controls=("ECS.10", "CKV_AWS_332"),
    severity=Severity.MEDIUM,
    fix="leave platform_version out of aws.ecs.Service",
)
def service_on_latest_platform(service: Resource) -> Iterator[Fault]:
    """Tasks run on Fargate's newest platform version."""
    yield from expect(service, "platformVersion", "LATEST", None)


@of_resource(
    t.TASK_DEFINITION,
    controls=("ECS.1", "ECS.17", "CT.ECS.PR.4"),
    severity=Severity.HIGH,
    fix='aws.ecs.TaskDefinition(network_mode="awsvpc")',
)
def task_network_of_its_own(definition: Resource) -> Iterator[Fault]:
    """A task has a network interface of its own."""
    yield from expect(definition, "networkMode", "awsvpc")


@of_resource(
    t.TASK_DEFINITION,
    controls=("ECS.3", "CKV_AWS_335"),
    severity=Severity.HIGH,
    fix="leave pid_mode and ipc_mode out of aws.ecs.TaskDefinition",
)
def task_processes_of_its_own(definition: Resource) -> Iterator[Fault]:
    """A task sees no processes and no shared memory but its own."""
    yield from expect(definition, "pidMode", None, "", "task")
    yield from expect(definition, "ipcMode", None, "", "task", "none")


@of_resource(
    t.TASK_DEFINITION,
    controls=("CT.ECS.PR.7",),
    severity=Severity.MEDIUM,
    fix="`memory` in the stack file; elsewhere aws.ecs.TaskDefinition(memory=...)",
)
def task_memory_limited(definition: Resource) -> Iterator[Fault]:
    """A task has a memory limit."""
    for name, container in named(definition):
        if definition.get("memory") is None and at(container, "memory") is None:
            yield Fault(f"{name} without a memory limit", "memory of the task or the container")


@of_resource(
    t.TASK_DEFINITION,
    controls=("ECS.4", "CKV_AWS_334"),
    severity=Severity.CRITICAL,
    fix="leave privileged, and linuxParameters.capabilities.add, out of the container definition",
)
def container_unprivileged(definition: Resource) -> Iterator[Fault]:
    """No container has root's rights over its host, or more of them than containers have by themselves."""
    for name, container in named(definition):
        if at(container, "privileged") is True:
            yield Fault(f"{name} with privileged: true", "privileged: false")
        if added := as_list(at(container, "linuxParameters.capabilities.add")):
            yield Fault(f"{name} with {', '.join(map(str, added))} added", "no capability added")


@of_resource(
    t.TASK_DEFINITION,
    controls=("ECS.5", "CKV_AWS_336"),
    severity=Severity.HIGH,
    fix="readonlyRootFilesystem: true, and a volume for what is written (`writable_paths` in the stack file)",
)
def container_read_only(definition: Resource) -> Iterator[Fault]:
    """A container cannot change its own root file system, FireLens's apart, which makes a socket there."""
    for name, container in _but_log_routers(definition):
        if at(container, "readonlyRootFilesystem") not in (True, UNKNOWN):
            yield Fault(f"{name} that may write to its root file system", "readonlyRootFilesystem: true")


@of_resource(
    t.TASK_DEFINITION,
    controls=("ECS.8", "CT.ECS.PR.12"),
    severity=Severity.HIGH,
    fix="`secrets: {NAME: {secret: NAME_IN_SECRETS_MANAGER}}` in the stack file; elsewhere secrets of the container",
)
def container_environment_without_secrets(definition: Resource) -> Iterator[Fault]:
    """No secret is a plain environment variable."""
    for name, container in named(definition):
        for variable in as_list(at(container, "environment")):
            if is_secret(str(at(variable, "name")), str(at(variable, "value"))):
                yield Fault(f"{name} with {at(variable, 'name')} in its environment", "valueFrom, among its secrets")


@of_resource(
    t.TASK_DEFINITION,
    controls=("ECS.9",),
    severity=Severity.HIGH,
    fix="logConfiguration with logDriver awslogs in the container definition",
)
def container_logs(definition: Resource) -> Iterator[Fault]:
    """What a container says is kept."""
    for name, container in named(definition):
        driver = at(container, "logConfiguration.logDriver")
        if driver in (None, "", "none"):
            yield Fault(f"{name} with {shown('logDriver', driver)}", "a logDriver such as awslogs")


@of_resource(
    t.TASK_DEFINITION,
    controls=("ECS.20",),
    severity=Severity.MEDIUM,
    fix="`user: 10001:10001` of the service in the stack file; elsewhere user in the container definition",
    source='AWS Config Developer Guide, "ecs-task-definition-linux-user-non-root"',
)
def container_not_root(definition: Resource) -> Iterator[Fault]:
    """A container says which user it runs as, and it is not root, FireLens's apart, which AWS wants to be root."""
    for name, container in _but_log_routers(definition):
        user = at(container, "user")
        if user is not UNKNOWN and _is_root(user):
            yield Fault(f"{name} with {shown('user', user)}", "a user other than root")


@of_resource(
    t.TASK_DEFINITION,
    controls=("ECS.18", "CKV_AWS_97"),
    severity=Severity.HIGH,
    fix='volumes=[{efs_volume_configuration: {transit_encryption: "ENABLED", ...}}]',
)
def task_volume_encrypted_on_the_way(definition: Resource) -> Iterator[Fault]:
    """What a task reads and writes on EFS is encrypted on its way."""
    for index, volume in enumerate(as_list(definition.get("volumes"))):
        if at(volume, "efsVolumeConfiguration"):
            yield from expect(definition, f"volumes.{index}.efsVolumeConfiguration.transitEncryption", "ENABLED")


@of_resource(
    t.TASK_DEFINITION,
    controls=(),
    severity=Severity.MEDIUM,
    fix='volumes=[{efs_volume_configuration: {authorization_config: {iam: "ENABLED"}, ...}}]',
    source='Amazon ECS Developer Guide, "Use Amazon EFS volumes with Amazon ECS"',
)
def task_volume_by_iam(definition: Resource) -> Iterator[Fault]:
    """A task mounts EFS as its own role, and not as anybody."""
    for index, volume in enumerate(as_list(definition.get("volumes"))):
        if at(volume, "efsVolumeConfiguration"):
            yield from expect(definition, f"volumes.{index}.efsVolumeConfiguration.authorizationConfig.iam", "ENABLED")


@of_graph(
    t.TASK_DEFINITION,
    controls=("CKV_AWS_249",),
    severity=Severity.MEDIUM,
    fix="a role of its own for task_role_arn, beside execution_role_arn",
)
def task_roles_apart(definition: Resource, graph: Graph) -> Iterator[Fault]:
    """What starts a task and what runs in it have different roles."""
    started, runs = definition.get("executionRoleArn"), definition.get("taskRoleArn")
    same = isinstance(started, str) and started == runs
    roles = [set(graph.targets(definition, path, t.ROLE)) for path in ("executionRoleArn", "taskRoleArn")]
    if same or not roles[0].isdisjoint(roles[1]):
        yield Fault("executionRoleArn and taskRoleArn are one role", "two roles")


def _but_log_routers(definition: Resource) -> Iterator[tuple[str, Value]]:
    """The containers, without a router of logs: it runs as user 0, and makes the socket that logs come by.

    Source: Amazon ECS Developer Guide, "Example Amazon ECS task definition: Route logs to FireLens".
    """
    return ((name, container) for name, container in named(definition) if not at(container, "firelensConfiguration"))


def _is_root(user: Value) -> bool:
    """Whether a user, which may have a group behind it, is root: by name, by number, or as nobody said another."""
    name = str(user or "").partition(":")[0]
    return name == "root" or not name.strip("0")
