import pulumi
import pulumi_aws as aws
import pytest

from components.existing_image import image_at, tagged_image

DIGEST = "sha256:" + "0" * 64


def test_an_image_by_its_address_is_taken_as_it_is():
    uri = f"123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/team/app@{DIGEST}"
    image = image_at(uri)
    assert image.uri == uri
    assert image.repository_arn == "arn:aws:ecr:ap-northeast-1:123456789012:repository/team/app"
    assert image.repository_url == "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/team/app"
    assert image_at("public.ecr.aws/nginx/nginx:1.29").repository_arn is None


def test_a_tag_is_resolved_to_its_digest(deploy, cloud):
    image = deploy(lambda: tagged_image("team/app", "v3"))
    assert deploy.known(image.uri) == f"registry.example/team/app@{DIGEST}"
    assert deploy.known(image.repository_arn) == "arn:aws:ecr:ap-northeast-1:123456789012:repository/team/app"
    assert deploy.known(image.repository_url) == "registry.example/team/app"
    assert ("aws:ecr/getImage:getImage", {"repositoryName": "team/app", "imageTag": "v3"}) in cloud.calls
    assert not cloud.resources


def test_a_tag_of_another_account_is_asked_for_there(deploy, cloud):
    image = deploy(lambda: tagged_image("team/app", "v3", "222222222222"))
    assert {asked.get("registryId") for _, asked in cloud.calls} == {"222222222222"}
    assert deploy.known(image.repository_arn) == "arn:aws:ecr:ap-northeast-1:222222222222:repository/team/app"


def test_a_tag_that_is_not_there_is_told(deploy, monkeypatch):
    def unknown(**_):
        raise Exception("invoke of aws:ecr/getImage:getImage failed: ImageNotFoundException: no such tag")

    monkeypatch.setattr(aws.ecr, "get_image", unknown)
    with pytest.raises(
        pulumi.RunError, match="the tag v3 of the ECR repository team/app could not be looked up: ImageNotFoundExc"
    ):
        deploy(lambda: tagged_image("team/app", "v3"))
