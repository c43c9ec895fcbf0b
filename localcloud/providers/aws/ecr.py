"""Image repositories. The emulator's registry is its own port, so that is where a repository's address points."""

from typing import Any
from urllib.parse import urlsplit

from localcloud.providers.aws import refusals, refusals_edge
from localcloud.providers.declare import Describe, Function, Operations, Prop, Resource, Tagging, Values, call, tag_list

REGISTRY_ID = "registryId"


def _address(operation: Operations, description: dict[str, Any]) -> dict[str, Any]:
    port = urlsplit(operation.client().meta.endpoint_url).port
    return {"repositoryUrl": f"localhost:{port}/{description['repositoryName']}"}


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
    delete=call("delete_repository", repositoryName="id", force="forceDelete"),
    outputs={"arn": "repositoryArn", "registryId": REGISTRY_ID},
    computed=_address,
    tags=Tagging(
        add=call("tag_resource", resourceArn="arn", tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", resourceArn="arn", tagKeys="keys"),
        at="tags",
    ),
    autoname="name",
    only_engine=frozenset({"forceDelete"}),
)

LIFECYCLE_POLICY = Resource(
    token="aws:ecr/lifecyclePolicy:LifecyclePolicy",
    refuse_write=(refusals.no_policy("policy", "InvalidParameterException", "rules"),),
    service="ecr",
    create=call("put_lifecycle_policy", repositoryName="repository", lifecyclePolicyText="policy"),
    id="repositoryName",
    read=Describe(call("get_lifecycle_policy", repositoryName="id"), "@"),
    updates=(call("put_lifecycle_policy", repositoryName="repository", lifecyclePolicyText="policy"),),
    replace_on=frozenset({"repository"}),
    delete=call("delete_lifecycle_policy", repositoryName="id"),
    outputs={"registryId": REGISTRY_ID},
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

RESOURCES = (REPOSITORY, LIFECYCLE_POLICY)
FUNCTIONS = (AUTHORIZATION_TOKEN,)
