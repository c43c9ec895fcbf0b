"""What a pipeline and its jobs may do, and for whom AWS lets them."""

from collections.abc import Sequence
from typing import Any

from . import iam
from .iam import Place, allow

_USE = ("codeconnections:UseConnection", "codestar-connections:UseConnection")
"""By its name of today, and that which older connections and pages have."""
_READ = ("s3:GetObject", "s3:GetObjectVersion")
_LOOK_AT_BUCKET = ("s3:GetBucketAcl", "s3:GetBucketLocation")
_DECRYPT = ("kms:Decrypt", "kms:DescribeKey")
_ENCRYPT = ("kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
_FOLDER = 10
"""Characters of an artifact's name that its folder in the bucket has."""


def jobs_trust(place: Place, projects: Sequence[str]) -> str:
    """Who may take the role of jobs: CodeBuild, for these projects of this account.

    Source: AWS CodeBuild User Guide, "Cross-service confused deputy prevention".
    """
    return _trust("codebuild", place, [place.arn("codebuild", f"project/{name}") for name in projects])


def pipelines_trust(place: Place, pipelines: Sequence[str]) -> str:
    """Who may take the role of pipelines: CodePipeline, for these of this account.

    Source: AWS CodePipeline User Guide, "Cross-service confused deputy prevention".
    """
    return _trust("codepipeline", place, [place.arn("codepipeline", name) for name in pipelines])


def clock_trust(place: Place, rule_arn: str) -> str:
    """Who may take the role that starts a pipeline by the clock: EventBridge, for one rule."""
    return _trust("events", place, [rule_arn])


def run_jobs(
    *,
    log_group_arn: str,
    bucket_arn: str,
    key_arn: str,
    connection_arn: str,
    repository: str,
    reads: Sequence[str],
    writes: Sequence[str],
) -> str:
    """What each job needs of AWS before its own work: its log, its artifacts, and a clone of the repository.

    An artifact is in a folder of its own, so that a job writes no other's: `PIPELINE/ARTIFACT/KEY`, each of the first
    two cut short, by the paths that AWS's pages show; the paths themselves are described nowhere.
    Source: AWS CodeBuild User Guide, "Allow CodeBuild to interact with other AWS services"; AWS CodePipeline User
    Guide, "Add CodeBuild GitClone permissions for connections to Bitbucket, GitHub, ...".

    Args:
        log_group_arn: where it writes what it says.
        bucket_arn: where artifacts are.
        key_arn: what they are encrypted with.
        connection_arn: by which it clones.
        repository: the one that it clones, where AWS names the one asked for.
        reads: artifacts that it is given.
        writes: artifacts that it makes.
    """
    statements = [
        allow(iam.WRITE_LOGS, f"{log_group_arn}:*"),
        allow(_READ, *[_folder(bucket_arn, name) for name in reads]),
        allow(_LOOK_AT_BUCKET, bucket_arn),
        allow((*_DECRYPT, *_ENCRYPT) if writes else _DECRYPT, key_arn),
        _clone(connection_arn, repository),
    ]
    if writes:
        statements.append(allow(["s3:PutObject"], *[_folder(bucket_arn, name) for name in writes]))
    return iam.document(statements)


def run_pipelines(
    *,
    bucket_arn: str,
    key_arn: str,
    connection_arn: str,
    repository: str,
    project_arns: Sequence[str],
    topic_arn: str,
) -> str:
    """What a pipeline needs: its source, its artifacts, to start its jobs, and to ask for an approval.

    Source: AWS CodePipeline User Guide, "Manage the CodePipeline service role"; Amazon SNS Developer Guide, "Managing
    Amazon SNS encryption keys and costs".
    """
    return iam.document(
        [
            allow([*_READ, "s3:PutObject"], f"{bucket_arn}/*"),
            allow([*_LOOK_AT_BUCKET, "s3:GetBucketVersioning"], bucket_arn),
            allow([*_DECRYPT, *_ENCRYPT], key_arn),
            _clone(connection_arn, repository),
            allow(["codebuild:BatchGetBuilds", "codebuild:StartBuild"], *project_arns),
            allow(["sns:Publish"], topic_arn),
        ]
    )


def artifacts_policy(bucket_arn: str, role_arns: Sequence[str]) -> str:
    """The policy of the bucket of artifacts: nobody but these roles writes it, whatever else the account allows.

    What is deployed is read from it, after an approval too. Others may read it, as who approves reads a review, and
    delete it, as whoever removes the pipeline must.
    Source: IAM User Guide, "AWS global condition context keys", "aws:PrincipalArn"; Amazon S3 User Guide, "Using
    server-side encryption with AWS KMS keys".

    Args:
        bucket_arn: the bucket.
        role_arns: of the pipelines and of their jobs, each as often as you like.
    """
    objects, encryption = f"{bucket_arn}/*", "s3:x-amz-server-side-encryption"
    write = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": objects}
    others = {"ArnNotEquals": {"aws:PrincipalArn": sorted(set(role_arns))}}
    otherwise = {"Null": {encryption: "false"}, "StringNotEquals": {encryption: "aws:kms"}}
    return iam.document(
        [
            iam.without_tls("s3:*", [bucket_arn, objects]),
            write | {"Condition": others},
            write | {"Condition": otherwise},
        ]
    )


def start_pipeline(pipeline_arn: str) -> str:
    """What the clock needs: to start one pipeline."""
    return iam.document([allow(["codepipeline:StartPipelineExecution"], pipeline_arn)])


def _folder(bucket_arn: str, artifact: str) -> str:
    return f"{bucket_arn}/*/{artifact[:_FOLDER]}/*"


def _clone(connection_arn: str, repository: str) -> dict[str, Any]:
    """A connection reaches every repository that it was installed for: this one alone, where AWS tells which.

    Source: Service Authorization Reference, "Condition keys for AWS CodeConnections".
    """
    keys = {f"{action.partition(':')[0]}:FullRepositoryId": repository for action in _USE}
    return allow(_USE, connection_arn) | {"Condition": {"StringEqualsIfExists": keys}}


def _trust(service: str, place: Place, arns: Sequence[str]) -> str:
    condition = {"StringEquals": {"aws:SourceAccount": place.account}, "ArnEquals": {"aws:SourceArn": list(arns)}}
    return iam.trust(f"{service}.amazonaws.com", condition)
