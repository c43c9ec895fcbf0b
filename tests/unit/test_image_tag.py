import asyncio
from types import SimpleNamespace
from typing import Any

import boto3
import pulumi
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from components import ContainerImage, ContainerImageArgs, image_tag

ECR_SAYS = (
    "tag invalid: The image tag 'abc' already exists in the 'web' repository and cannot be overwritten because the "
    "repository is immutable."
)
DIGEST = "sha256:" + "7" * 64
WANTED = {"repositoryName": "web", "imageIds": [{"imageTag": "abc"}]}
FOUND = {
    "images": [
        {
            "imageId": {"imageDigest": DIGEST, "imageTag": "abc"},
            "imageManifest": "{}",
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        }
    ]
}
KEEPING = {
    "repositoryName": "web",
    "imageManifest": "{}",
    "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
    "imageTag": "kept-777777777777",
    "imageDigest": DIGEST,
}


@pytest.fixture
def ecr():
    client: Any = boto3.client("ecr", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stubber:
        stubber.add_response("batch_get_image", FOUND, {**WANTED, "acceptedMediaTypes": image_tag._MANIFESTS})
        yield SimpleNamespace(client=client, stubber=stubber)
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("problem", "taken"),
    [
        (ECR_SAYS, True),
        (ECR_SAYS.replace("the repository is", "the tag is"), True),
        ("docker push localhost:4566/web:abc failed: tag invalid: tag 'abc' is immutable", True),
        ("error pushing image:\n" + ECR_SAYS.upper(), True),
        ("denied: User is not authorized to perform: ecr:PutImage", False),
        ("no basic auth credentials", False),
        ("immutable", False),
    ],
)
def test_a_registry_s_refusal_is_told_from_others(problem, taken):
    assert image_tag.taken(problem) is taken


def test_the_image_gets_another_tag_before_it_loses_this_one(ecr):
    ecr.stubber.add_response("put_image", {}, KEEPING)
    ecr.stubber.add_response("batch_delete_image", {}, WANTED)
    assert image_tag.keep_elsewhere(ecr.client, "web", "abc") == "kept-777777777777"


@pytest.mark.parametrize("code", ["ImageAlreadyExistsException", "ImageTagAlreadyExistsException"])
def test_one_that_was_kept_before_loses_its_tag_all_the_same(ecr, code):
    ecr.stubber.add_client_error("put_image", code)
    ecr.stubber.add_response("batch_delete_image", {}, WANTED)
    assert image_tag.keep_elsewhere(ecr.client, "web", "abc") == "kept-777777777777"


def test_one_that_cannot_be_kept_keeps_its_tag(ecr):
    ecr.stubber.add_client_error("put_image", "AccessDeniedException")
    with pytest.raises(ecr.client.exceptions.ClientError, match="AccessDenied"):
        image_tag.keep_elsewhere(ecr.client, "web", "abc")


def test_a_tag_that_ecr_leaves_where_it_is(ecr):
    ecr.stubber.add_response("put_image", {}, KEEPING)
    failures = {"failures": [{"failureCode": "ImageNotFound", "failureReason": "it is in use"}]}
    ecr.stubber.add_response("batch_delete_image", failures, WANTED)
    with pytest.raises(LookupError, match="could not be taken from its image: it is in use"):
        image_tag.keep_elsewhere(ecr.client, "web", "abc")


def test_a_tag_that_no_image_has():
    client = SimpleNamespace(batch_get_image=lambda **_: {"images": []})
    with pytest.raises(LookupError, match="no image has it"):
        image_tag.keep_elsewhere(client, "web", "abc")


@pytest.fixture
def hook(deploy, cloud, app, monkeypatch):
    """The hook of an image of a program, with what it says; the regions that ECR was asked in, and for what."""
    said: list[tuple[str, str, Any]] = []
    for word in ("info", "error"):
        monkeypatch.setattr(pulumi.log, word, lambda text, at, word=word: said.append((word, text, at)))
    hooks: list[pulumi.ErrorHook] = []
    make = image_tag.freeing

    def freeing(*arguments):
        hooks.append(make(*arguments))
        return hooks[-1]

    monkeypatch.setattr("components.container_image.freeing", freeing)
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(image_tag, "client", lambda service, region: (service, region))

    def keep(client, repository, tag):
        asked.append((*client, repository, tag))
        return "kept-777777777777"

    monkeypatch.setattr(image_tag, "keep_elsewhere", keep)

    def run(*errors: str, **arguments: Any) -> bool:
        component = deploy(lambda: ContainerImage("web", ContainerImageArgs(context="app", **arguments)))
        inputs = {"imageName": "registry.example:4566/web:abc"}
        args = pulumi.ErrorHookArgs("urn", "", "web", "docker:index/image:Image", inputs, errors=list(errors))
        answer = hooks[-1](args)
        assert all(at is component for *_, at in said)
        return asyncio.get_event_loop().run_until_complete(answer)  # type: ignore[arg-type] - it is a coroutine

    return SimpleNamespace(run=run, said=said, asked=asked)


def test_a_taken_tag_is_freed_and_the_push_repeated(hook):
    assert hook.run(ECR_SAYS) is True
    assert hook.asked == [("ecr", "ap-northeast-1", "web-1234567", "abc")]
    ((word, text, _),) = hook.said
    assert word == "info"
    assert text.startswith(
        "the tag abc of the ECR repository web-1234567 is taken by another build of the same content"
    )
    assert "that one is kept-777777777777 now, and the push repeated" in text


def test_in_a_repository_of_others_too(hook):
    assert hook.run(ECR_SAYS, repository="team/app") is True
    assert hook.asked == [("ecr", "ap-northeast-1", "team/app", "abc")]


def test_another_error_is_not_repeated(hook):
    assert hook.run("denied") is False
    assert hook.asked == hook.said == []


def test_it_is_repeated_once(hook):
    assert hook.run(ECR_SAYS, ECR_SAYS) is False
    assert hook.asked == []
    ((word, text, _),) = hook.said
    assert word == "error"
    assert "could not be freed: it was freed, and taken again meanwhile. Free it by hand" in text


def test_what_aws_refuses_is_told_with_the_way_out(hook, monkeypatch):
    def refuse(*_):
        raise NoCredentialsError

    monkeypatch.setattr(image_tag, "keep_elsewhere", refuse)
    assert hook.run(ECR_SAYS) is False
    ((_, text, _),) = hook.said
    assert "could not be freed: Unable to locate credentials" in text
    where = "--region ap-northeast-1 --repository-name web-1234567"
    first, second = text.splitlines()[1:]
    assert first.startswith(f"  aws ecr put-image {where} --image-tag kept-abc --image-manifest"), "or ECR deletes it"
    assert second == f"  aws ecr batch-delete-image {where} --image-ids imageTag=abc"
