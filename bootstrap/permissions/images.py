"""Images: a stack's repositories, what the account's registry does by itself, and the repository of builds.

Names of files are those of terraform-provider-aws, internal/service/ecr, which Pulumi's provider is made of.
"""

from .grant import RUN, Grant, Where, because
from .never import PULL

_PUSH = ("CompleteLayerUpload", "InitiateLayerUpload", "PutImage", "UploadLayerPart")
_IN_GUIDE = "Amazon ECR User Guide, IAM permissions for pushing an image; the local registry asks nobody"
_HOOK = "components/image_tag.py: a tag that another build has taken"
_UPDATE = "a change that the runs do not make: "
_REGISTRY = "pull_through_cache_rule.go, replication_configuration.go; the local cloud records them only"
_IMPORT = "Amazon ECR User Guide, IAM permissions required to sync an upstream registry"

GRANTS = (
    Grant(
        name="LookAtImages",
        service="ecr",
        actions=because(
            RUN,
            *("DescribeRepositories", "GetAuthorizationToken", "GetLifecyclePolicy", "GetRepositoryPolicy"),
            "ListTagsForResource",
        )
        | because("image_data_source.go, dataSourceImageRead", "DescribeImages")
        | because(_REGISTRY, "DescribePullThroughCacheRules", "DescribeRegistry"),
        where=Where.HERE,
        previews=True,
    ),
    Grant(
        name="PullBuilds",
        service="ecr",
        actions=because(_IN_GUIDE, *PULL),
        where=Where.HERE,
        on=("{builds}",),
    ),
    Grant(
        name="MakeRepositories",
        service="ecr",
        actions=because(RUN, "CreateRepository", "TagResource"),
        where=Where.NEW,
    ),
    Grant(
        name="ChangeRepositories",
        service="ecr",
        actions=because(
            RUN,
            *("DeleteLifecyclePolicy", "DeleteRepository", "DeleteRepositoryPolicy", "PutLifecyclePolicy"),
            "SetRepositoryPolicy",
        )
        | because(_IN_GUIDE, *PULL, *_PUSH)
        | because(_HOOK, "BatchDeleteImage")
        | because(
            _UPDATE + "repository.go, resourceRepositoryUpdate",
            *("PutImageScanningConfiguration", "PutImageTagMutability", "UntagResource"),
        ),
        where=Where.OWN,
    ),
)

REGISTRY = (
    Grant(
        name="SetUpRegistry",
        service="ecr",
        actions=because(
            _REGISTRY,
            *("CreatePullThroughCacheRule", "DeletePullThroughCacheRule", "PutReplicationConfiguration"),
            "UpdatePullThroughCacheRule",
        )
        | because(_IMPORT, "BatchImportUpstreamImage"),
        where=Where.NEW,
    ),
)
"""What the rules of the account's registry take, of which it has one set: those of one environment's stack."""

PUSH_BUILDS = (
    Grant(
        name="SignIn",
        service="ecr",
        actions=because("ops/build.py: signing in to the registry", "GetAuthorizationToken"),
        where=Where.HERE,
    ),
    Grant(
        name="PushBuilds",
        service="ecr",
        actions=because(_IN_GUIDE, *PULL, *_PUSH)
        | because("ops/build.py: whether an image is there already", "DescribeImages", "DescribeRepositories"),
        where=Where.HERE,
        on=("{builds}",),
    ),
)
"""What building takes: the repository of builds."""
