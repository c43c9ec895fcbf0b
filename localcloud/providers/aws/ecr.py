"""Image repositories. The emulator's registry is its own port, so that is where a repository's address points."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from localcloud.providers.aws import refusals, refusals_edge
from localcloud.providers.declare import (
    Const,
    Describe,
    Function,
    Operations,
    Prop,
    Resource,
    Tagging,
    Values,
    call,
    tag_list,
)

REGISTRY_ID = "registryId"
ACCOUNT = "000000000000"
UPSTREAM = re.compile(
    r"public\.ecr\.aws|quay\.io|registry\.k8s\.io|registry-1\.docker\.io|ghcr\.io|registry\.gitlab\.com|cgr\.dev|"
    r"[a-z0-9]+\.azurecr\.io|\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com"
)
"""What ECR takes images from (ECR API Reference, "CreatePullThroughCacheRule")."""


def _url(client: Any, name: str) -> str:
    return f"localhost:{urlsplit(client.meta.endpoint_url).port}/{name}"


def _address(operation: Operations, description: dict[str, Any]) -> dict[str, Any]:
    return {"repositoryUrl": _url(operation.client(), description["repositoryName"])}


def _unknown_upstream(operation: Operations) -> str | None:
    """A registry that ECR takes nothing from."""
    url = operation.values["upstreamRegistryUrl"]
    known = UPSTREAM.fullmatch(url)
    return None if known else f"UnsupportedUpstreamRegistryException: The upstream registry {url!r} is not supported"


REPOSITORY = Resource(
    token="aws:ecr/repository:Repository",
    refuse_write=(refusals.repository_name, refusals_edge.repository_key),
    service="ecr",
    create=call(
        "create_repository",
        repositoryName="name",
        imageTagMutability=Prop("imageTagMutability", default="MUTABLE"),
        imageScanningConfiguration="imageScanningConfiguration",
        encryptionConfiguration=Prop(
            "encryptionConfigurations", write=lambda value: value[0], read=lambda value: [value]
        ),
    ),
    id=lambda values, _: values["name"],
    read=Describe(call("describe_repositories", {"repositoryNames[]": "id"}), "repositories[0]"),
    more=(
        Describe(
            call("list_tags_for_resource", resourceArn=Prop("arn")),
            "{tags: tags}",
        ),
    ),
    updates=(
        call(
            "put_image_tag_mutability",
            repositoryName="id",
            imageTagMutability=Prop("imageTagMutability", default="MUTABLE"),
        ),
        call(
            "put_image_scanning_configuration",
            repositoryName="id",
            imageScanningConfiguration=Prop("imageScanningConfiguration", default={"scanOnPush": False}),
        ),
    ),
    implicit={
        "encryptionConfigurations": {"encryptionType": "AES256"},
        "imageScanningConfiguration": {"scanOnPush": False},
    },
    delete=call("delete_repository", repositoryName="id", force="forceDelete"),
    outputs={"arn": "repositoryArn", "registryId": REGISTRY_ID},
    computed=_address,
    tags=Tagging(
        add=call("tag_resource", resourceArn="arn", tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", resourceArn="arn", tagKeys="keys"),
        at="tags",
    ),
    autoname="name",
    unobeyed={"imageScanningConfiguration": "no image is scanned"},
    only_engine=frozenset({"forceDelete"}),
)

LIFECYCLE_POLICY = Resource(
    token="aws:ecr/lifecyclePolicy:LifecyclePolicy",
    idle="no image expires",
    refuse_write=(refusals.no_policy("policy", "InvalidParameterException", "rules"),),
    service="ecr",
    create=call("put_lifecycle_policy", repositoryName="repository", lifecyclePolicyText="policy"),
    id="repositoryName",
    read=Describe(call("get_lifecycle_policy", repositoryName="id"), "@"),
    delete_first=True,
    replace_on=frozenset({"repository"}),
    delete=call("delete_lifecycle_policy", repositoryName="id"),
    outputs={"registryId": REGISTRY_ID},
)


REPOSITORY_POLICY = Resource(
    token="aws:ecr/repositoryPolicy:RepositoryPolicy",
    idle="nobody is asked for it",
    refuse_write=(refusals.no_policy("policy", "InvalidParameterException"),),
    service="ecr",
    create=call("set_repository_policy", repositoryName="repository", policyText="policy"),
    id="repositoryName",
    read=Describe(call("get_repository_policy", repositoryName="id"), "@"),
    updates=(call("set_repository_policy", repositoryName="repository", policyText="policy"),),
    replace_on=frozenset({"repository"}),
    delete=call("delete_repository_policy", repositoryName="id"),
    outputs={"registryId": REGISTRY_ID},
)

PULL_THROUGH_CACHE_RULE = Resource(
    token="aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
    recorded="no image is taken from another registry",
    refuse_write=(_unknown_upstream,),
    service="ecr",
    create=call(
        "create_pull_through_cache_rule",
        ecrRepositoryPrefix="ecrRepositoryPrefix",
        upstreamRegistryUrl="upstreamRegistryUrl",
        credentialArn="credentialArn",
    ),
    id=lambda values, _: values["ecrRepositoryPrefix"],
    read=Describe(call("describe_pull_through_cache_rules", {"ecrRepositoryPrefixes[]": "id"}), "@"),
    updates=(
        call(
            "update_pull_through_cache_rule", ecrRepositoryPrefix="ecrRepositoryPrefix", credentialArn="credentialArn"
        ),
    ),
    replace_on=frozenset({"ecrRepositoryPrefix", "upstreamRegistryUrl"}),
    delete=call("delete_pull_through_cache_rule", ecrRepositoryPrefix="id"),
    computed=lambda _, __: {REGISTRY_ID: ACCOUNT},
)

REPLICATE = call("put_replication_configuration", replicationConfiguration="replicationConfiguration")
REPLICATION_CONFIGURATION = Resource(
    token="aws:ecr/replicationConfiguration:ReplicationConfiguration",
    recorded="no image is copied to another region or account",
    service="ecr",
    create=REPLICATE,
    id=lambda _, __: ACCOUNT,
    read=Describe(call("describe_registry"), "@"),
    updates=(REPLICATE,),
    delete=call("put_replication_configuration", replicationConfiguration=Const({"rules": []})),
    computed=lambda _, __: {REGISTRY_ID: ACCOUNT},
)


def _user_and_password(result: dict[str, Any], values: Values) -> dict[str, Any]:
    return {**result, "userName": "AWS", "password": "local"}


AUTHORIZATION_TOKEN = Function(
    token="aws:ecr/getAuthorizationToken:getAuthorizationToken",
    service="ecr",
    call=call("get_authorization_token", {"registryIds[]": "registryId"}),
    returns={
        "authorizationToken": "authorizationData[0].authorizationToken",
        "proxyEndpoint": "authorizationData[0].proxyEndpoint",
        "expiresAt": "to_string(authorizationData[0].expiresAt)",
    },
    finish=_user_and_password,
)


def _repository(client: Any, values: Values, log: Callable[[str], None]) -> dict[str, Any]:
    """One that is not there is made for the rehearsal, once."""
    name = values["name"]
    try:
        client.describe_repositories(repositoryNames=[name])
    except client.exceptions.RepositoryNotFoundException:
        client.create_repository(repositoryName=name)
        log(f"repository {name} made for the rehearsal: on AWS it must be there")
    return {"repositoryUrl": _url(client, name)}


def _with_address(result: dict[str, Any], values: Values) -> dict[str, Any]:
    return {**result, "repositoryUrl": values["repositoryUrl"]}


GET_REPOSITORY = Function(
    token="aws:ecr/getRepository:getRepository",
    service="ecr",
    before=_repository,
    call=call("describe_repositories", {"repositoryNames[]": "name"}, registryId=REGISTRY_ID),
    returns={
        "arn": "repositories[0].repositoryArn",
        "registryId": "repositories[0].registryId",
        "imageTagMutability": "repositories[0].imageTagMutability",
    },
    finish=_with_address,
)

GET_IMAGE = Function(
    token="aws:ecr/getImage:getImage",
    service="ecr",
    call=call(
        "describe_images",
        {"imageIds[].imageTag": "imageTag", "imageIds[].imageDigest": "imageDigest"},
        repositoryName="repositoryName",
        registryId=REGISTRY_ID,
    ),
    returns={
        "imageDigest": "imageDetails[0].imageDigest",
        "imageTags": "imageDetails[0].imageTags",
        "imageSizeInBytes": "imageDetails[0].imageSizeInBytes",
    },
    missing="ImageNotFoundException: the repository has no image of this tag or digest",
)

RESOURCES = (
    REPOSITORY,
    LIFECYCLE_POLICY,
    REPOSITORY_POLICY,
    PULL_THROUGH_CACHE_RULE,
    REPLICATION_CONFIGURATION,
)
FUNCTIONS = (AUTHORIZATION_TOKEN, GET_REPOSITORY, GET_IMAGE)
