"""ECR repositories."""

from collections.abc import Iterator

from policies import tokens as t
from policies.documents import open_to_all
from policies.graph import UNKNOWN, Graph, Resource
from policies.rule import Fault, Severity, expect, of_graph, of_resource, shown


@of_resource(
    t.REPOSITORY,
    controls=("ECR.1", "CKV_AWS_163"),
    severity=Severity.HIGH,
    fix='aws.ecr.Repository(image_scanning_configuration={"scan_on_push": True})',
)
def repository_scans(repository: Resource) -> Iterator[Fault]:
    """Images are scanned when they are pushed."""
    yield from expect(repository, "imageScanningConfiguration.scanOnPush", True)


@of_resource(
    t.REPOSITORY,
    controls=("ECR.2", "CKV_AWS_51"),
    severity=Severity.MEDIUM,
    fix='aws.ecr.Repository(image_tag_mutability="IMMUTABLE")',
)
def repository_immutable(repository: Resource) -> Iterator[Fault]:
    """A tag means the same image for ever."""
    yield from expect(repository, "imageTagMutability", "IMMUTABLE")


@of_graph(
    t.REPOSITORY,
    controls=("ECR.3",),
    severity=Severity.MEDIUM,
    fix="aws.ecr.LifecyclePolicy(repository=...)",
)
def repository_lifecycle(repository: Resource, graph: Graph) -> Iterator[Fault]:
    """Old images go."""
    if not graph.referrers(repository, "repository", t.REPOSITORY_LIFECYCLE):
        yield Fault("no lifecycle policy", "a LifecyclePolicy")


@of_resource(
    t.REPOSITORY,
    controls=("ECR.5", "CKV_AWS_136"),
    severity=Severity.MEDIUM,
    fix="`customer_key: true` in the stack file; elsewhere encryption_configurations=[{...}]; it is replaced",
)
def repository_encrypted(repository: Resource) -> Iterator[Fault]:
    """Images are encrypted with a key of the account's own."""
    key = repository.get("encryptionConfigurations.0.kmsKey")
    if key is not UNKNOWN and not key:
        yield Fault(shown("encryptionConfigurations.0.kmsKey", key), "encryption type KMS with a kmsKey")


@of_resource(
    t.REPOSITORY_POLICY,
    controls=("CKV_AWS_32",),
    severity=Severity.HIGH,
    fix="name the principals in aws.ecr.RepositoryPolicy, or add a condition",
)
def repository_not_public(policy: Resource) -> Iterator[Fault]:
    """A repository's policy does not let everybody in."""
    if open_to_all(policy.get("policy")):
        yield Fault("Allow for Principal *", "principals by name, or a condition")
