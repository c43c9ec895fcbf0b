"""A tag of the content's that is taken already, by another build of the same content."""

import asyncio
import re
from typing import Any

import pulumi

from .aws_client import client, region_of
from .failed_deployment import one_line
from .hook_name import hook_name
from .repository import Repository

_TAKEN = re.compile(r"\btag\b.*\bimmutable\b", re.IGNORECASE | re.DOTALL)
_MANIFESTS = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]
_KEPT_ALREADY = {"ImageAlreadyExistsException", "ImageTagAlreadyExistsException"}


def freeing(name: str, repository: Repository, component: pulumi.Resource) -> pulumi.ErrorHook:
    """A hook of a `docker.Image` that frees its tag when an `up` that was killed had pushed there, and pushes again.

    Killed after its push and before it was written down, an `up` leaves an image under the tag of the content. The next
    one builds anew, without the cache often another image of the same content, and ECR lets nobody move an immutable
    tag. So the image there gets another tag, `kept-` and the begin of its digest, with which the lifecycle policy and
    whoever runs it by digest find it as before, and loses this one. The push is repeated once.

    Needs `ecr:BatchGetImage`, `ecr:PutImage` and `ecr:BatchDeleteImage`, and only then.

    Args:
        name: of the image; the hook's is made of it.
        repository: where the image is pushed to.
        component: whose messages they are.

    Source: Amazon ECR User Guide, "Preventing image tags from being overwritten", "Retagging an image", "Deleting an
    image"; Pulumi docs, "Resource hooks".
    """

    async def free(args: pulumi.ErrorHookArgs) -> bool:
        if not taken(args.errors[0]):
            return False
        repository_name, arn = str(await repository.name.future()), str(await repository.arn.future())
        tag = str((args.new_inputs or {})["imageName"]).rpartition(":")[2]
        told = f"the tag {tag} of the ECR repository {repository_name} is taken by another build of the same content"
        try:
            if len(args.errors) > 1:
                raise RuntimeError("it was freed, and taken again meanwhile")
            kept = await asyncio.to_thread(keep_elsewhere, client("ecr", region_of(arn)), repository_name, tag)
        except Exception as error:  # noqa: BLE001 - whatever it is, the push's own error is shown as well
            by_hand = _by_hand(region_of(arn), repository_name, tag)
            pulumi.log.error(f"{told}, and could not be freed: {one_line(error)}. {by_hand}", component)
            return False
        pulumi.log.info(
            f"{told}, from an `up` that was killed: that one is {kept} now, and the push repeated", component
        )
        return True

    return pulumi.ErrorHook(hook_name(f"{name}-image-tag"), free)


def taken(problem: str) -> bool:
    """Whether a registry refused a push since the tag is immutable and there.

    ECR's words: "tag invalid: The image tag 'v1' already exists in the 'app' repository and cannot be overwritten
    because the repository is immutable."
    """
    return bool(_TAKEN.search(problem))


def keep_elsewhere(ecr: Any, repository: str, tag: str) -> str:  # noqa: ANN401 - boto3 makes its clients at run time
    """Take a tag from its image, which gets another one first; that is returned.

    Raises:
        LookupError: no image has the tag, or ECR leaves it there.
        botocore.exceptions.ClientError: AWS refuses it.
    """
    ids = [{"imageTag": tag}]
    found = ecr.batch_get_image(repositoryName=repository, imageIds=ids, acceptedMediaTypes=_MANIFESTS)["images"]
    if not found:
        raise LookupError("no image has it")
    image, digest = found[0], str(found[0]["imageId"]["imageDigest"])
    kept = f"kept-{digest.removeprefix('sha256:')[:12]}"
    try:
        ecr.put_image(
            repositoryName=repository,
            imageManifest=image["imageManifest"],
            imageManifestMediaType=image["imageManifestMediaType"],
            imageTag=kept,
            imageDigest=digest,
        )
    except ecr.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _KEPT_ALREADY:
            raise
    if failures := ecr.batch_delete_image(repositoryName=repository, imageIds=ids).get("failures"):
        raise LookupError(f"it could not be taken from its image: {failures[0].get('failureReason')}")
    return kept


def _by_hand(region: str, repository: str, tag: str) -> str:
    """The same for a person: another tag first, as ECR deletes an image with its last one."""
    where = f"--region {region} --repository-name {repository}"
    manifest = (
        f"aws ecr batch-get-image {where} --image-ids imageTag={tag} --query images[0].imageManifest --output text"
    )
    return (
        "Free it by hand, then `up` again: the image there gets another tag first, since tasks may run it by digest\n"
        f'  aws ecr put-image {where} --image-tag kept-{tag} --image-manifest "$({manifest})"\n'
        f"  aws ecr batch-delete-image {where} --image-ids imageTag={tag}"
    )
