import asyncio

import pulumi
import pytest

from components import PromotedImage, PromotedImageArgs, image_copy
from components.image_uri import FixedImage, fixed_image

DIGEST = "sha256:" + "7" * 64
SOURCE = f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/team/app@{DIGEST}"
TOKEN = "aws:ecr/getAuthorizationToken:getAuthorizationToken"


@pytest.fixture
def copies(monkeypatch):
    """What would be copied: addresses, digest and tag."""
    copies = []

    def copy(source, target, digest, tag):
        copies.append((f"{source.host}/{source.name}", f"{target.host}/{target.name}", digest, tag))

    monkeypatch.setattr(image_copy, "copy_image", copy)
    return copies


def promoted(**arguments):
    return lambda: PromotedImage("web", PromotedImageArgs(**{"source": SOURCE, **arguments}))


def test_an_image_is_copied_into_a_repository_of_its_own(deploy, cloud, copies):
    made = deploy(promoted(tags={"team": "a"}, keep_images=5, kms_key_arn="arn:key"))
    assert deploy.known(made.uri) == f"registry.example/web@{DIGEST}"
    assert copies == [
        (
            "222222222222.dkr.ecr.eu-west-1.amazonaws.com/team/app",
            "registry.example/web",
            DIGEST,
            "promoted-777777777777777777777777",
        )
    ]
    repository = cloud.one("aws:ecr/repository:Repository")
    assert repository.inputs == {
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": "arn:key"}],
        "forceDelete": False,
        "tags": {"Name": "web", "team": "a"},
    }
    assert repository.retain
    assert '"countNumber": 5' in cloud.one("aws:ecr/lifecyclePolicy:LifecyclePolicy").inputs["policy"]
    assert not cloud.all("aws:ecr/repositoryPolicy:RepositoryPolicy")
    assert not cloud.all("docker:index/image:Image")


def test_each_registry_is_asked_by_a_token_of_its_own(deploy, cloud, copies):
    deploy(promoted())
    asked = [arguments for token, arguments in cloud.calls if token == TOKEN]
    assert {"registryId": "222222222222", "region": "eu-west-1"} in asked
    assert {"registryId": "123456789012"} in asked


def test_other_accounts_may_pull_the_copy(deploy, cloud, copies):
    deploy(promoted(pull_accounts=("111111111111",), force_delete=True))
    assert cloud.one("aws:ecr/repositoryPolicy:RepositoryPolicy").inputs["repository"] == "web-1234567"
    assert cloud.one("aws:ecr/repository:Repository").inputs["forceDelete"] is True


def test_a_preview_copies_nothing(deploy, cloud, copies):
    deploy(promoted(), preview=True)
    assert copies == []


def test_a_preview_of_what_is_there_copies_nothing_and_changes_nothing(deploy, cloud, copies, monkeypatch):
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    made = deploy(promoted())
    assert deploy.known(made.uri) == f"registry.example/web@{DIGEST}"
    assert copies == []


def test_the_copy_s_address_is_no_secret(deploy, cloud, copies):
    made = deploy(promoted())
    assert asyncio.get_event_loop().run_until_complete(made.uri.is_secret()) is False


@pytest.mark.parametrize(
    "source",
    [
        "222222222222.dkr.ecr.eu-west-1.amazonaws.com/app:v1",
        "222222222222.dkr.ecr.eu-west-1.amazonaws.com/app",
        f"public.ecr.aws/nginx/nginx@{DIGEST}",
        f"example.com/app@{DIGEST}",
        f"localhost/app@{DIGEST}",
        "222222222222.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:1",
    ],
)
def test_what_cannot_be_promoted(source):
    with pytest.raises(
        ValueError, match="promote must name an image of an ECR repository by its digest, such as .*got "
    ):
        PromotedImageArgs(source=source)


def test_every_problem_is_told_at_once():
    with pytest.raises(ValueError, match="promote must .*; keep_images must be .*; pull_accounts must be"):
        PromotedImageArgs(source="app", keep_images=0, pull_accounts=("1",))


def test_where_an_image_is():
    assert fixed_image(f"222222222222.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:v1@{DIGEST}") == FixedImage(
        repository="222222222222.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b",
        digest=DIGEST,
        registry_id="222222222222",
        region="cn-north-1",
    )
    assert fixed_image(f"localhost:4566/web-1@{DIGEST}") == FixedImage(
        repository="localhost:4566/web-1", digest=DIGEST, registry_id=None, region=None
    )
