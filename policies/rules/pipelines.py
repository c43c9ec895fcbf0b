"""CodeBuild projects and CodePipeline pipelines."""

from collections.abc import Iterator

from policies import tokens as t
from policies.graph import UNKNOWN, Graph, Resource, as_list, at
from policies.rule import Fault, Severity, expect, expect_set, of_graph, of_resource, shown

_CLEAR_TEXT = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@of_resource(
    t.BUILD_PROJECT,
    controls=("CodeBuild.2",),
    severity=Severity.CRITICAL,
    fix="type SECRETS_MANAGER for the variable, or the project's role in its place",
)
def build_without_clear_text_keys(project: Resource) -> Iterator[Fault]:
    """A build has no access key in its environment."""
    for variable in as_list(project.get("environment.environmentVariables")):
        if at(variable, "name") in _CLEAR_TEXT and at(variable, "type") in (None, "PLAINTEXT"):
            yield Fault(f"{at(variable, 'name')} in clear text", "none, or from Secrets Manager")


@of_resource(
    t.BUILD_PROJECT,
    controls=("CodeBuild.3", "CodeBuild.4", "CKV_AWS_311", "CKV_AWS_314"),
    severity=Severity.MEDIUM,
    fix="aws.codebuild.Project(logs_config={cloudwatch_logs: {...}})",
)
def build_logs(project: Resource) -> Iterator[Fault]:
    """What a build says is kept, and encrypted where it is kept in S3."""
    logs = project.get("logsConfig")
    if logs is UNKNOWN:
        return
    off = [at(logs, f"{kind}.status") == "DISABLED" or not at(logs, kind) for kind in ("cloudwatchLogs", "s3Logs")]
    if all(off):
        yield Fault("no log", "logsConfig with cloudwatchLogs or s3Logs")
    yield from expect(project, "logsConfig.s3Logs.encryptionDisabled", False, None)


@of_resource(
    t.BUILD_PROJECT,
    controls=("CodeBuild.5", "CKV_AWS_316"),
    severity=Severity.HIGH,
    fix="leave privileged_mode out; an exception for the one project that builds images",
)
def build_unprivileged(project: Resource) -> Iterator[Fault]:
    """A build has no root's rights over its host."""
    yield from expect(project, "environment.privilegedMode", False, None)


@of_graph(
    t.BUILD_PROJECT,
    severity=Severity.HIGH,
    fix="an aws.iam.Role for the project with privileged_mode, which no other project has as service_role",
    source='AWS CodeBuild User Guide, "Allow CodeBuild to interact with other AWS services": least privilege',
)
def privileged_build_apart(project: Resource, graph: Graph) -> Iterator[Fault]:
    """A build with root's rights over its host acts as a role that no other build has."""
    if project.get("environment.privilegedMode") is not True:
        return
    for other in graph.of(t.BUILD_PROJECT):
        if other is not project and _roles(other, graph) & _roles(project, graph):
            yield Fault(f"serviceRole is that of {other.name} too", "a role of its own")


@of_resource(
    t.BUILD_PROJECT,
    controls=("CKV_AWS_78", "CKV_AWS_147"),
    severity=Severity.MEDIUM,
    fix="aws.codebuild.Project(encryption_key=...)",
)
def build_encrypted(project: Resource) -> Iterator[Fault]:
    """What a build makes is encrypted with a key of the account's own."""
    yield from expect_set(project, "encryptionKey", "encryptionKey of a KMS key")
    yield from expect(project, "artifacts.encryptionDisabled", False, None)


@of_resource(
    t.PIPELINE,
    controls=("CKV_AWS_219",),
    severity=Severity.MEDIUM,
    fix='aws.codepipeline.Pipeline(artifact_stores=[{encryption_key: {id, type: "KMS"}, ...}])',
)
def pipeline_encrypted(pipeline: Resource) -> Iterator[Fault]:
    """What a pipeline hands on is encrypted with a key of the account's own."""
    for store in as_list(pipeline.get("artifactStores")):
        kind = at(store, "encryptionKey.type")
        if kind is not UNKNOWN and kind != "KMS":
            yield Fault(shown("encryptionKey.type", kind), "encryptionKey.type: KMS")


def _roles(project: Resource, graph: Graph) -> set[str]:
    """The names of the role that a build acts as: as it is written, and as the stack makes it."""
    written = project.get("serviceRole")
    made = {role.urn for role in graph.targets(project, "serviceRole", t.ROLE)}
    return made | ({written} if isinstance(written, str) else set())
