import json

import pytest

from components import Architecture, ContainerImage, ContainerImageArgs
from components.content_tag import content_tag

IMAGE = "docker:index/image:Image"
REPOSITORY = "aws:ecr/repository:Repository"


def image(**arguments):
    return lambda: ContainerImage("web", ContainerImageArgs(**{"context": "app", **arguments}))


def test_the_repository_is_scanned_and_its_tags_are_immutable(deploy, cloud, app):
    made = deploy(image(tags={"team": "a"}))
    assert cloud.one(REPOSITORY).inputs == {
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "forceDelete": False,
        "tags": {"Name": "web", "team": "a"},
    }
    assert deploy.known(made.repository_arn) == "arn:ecr:web"
    assert deploy.known(made.repository_url) == "registry.example/web"
    assert deploy.known(made.repository_name) == "web-1234567"


def test_a_repository_goes_with_its_images_when_asked_to(deploy, cloud, app):
    deploy(image(force_delete=True))
    assert cloud.one(REPOSITORY).inputs["forceDelete"] is True


def test_old_images_are_removed(deploy, cloud, app):
    deploy(image(keep_images=5))
    policy = cloud.one("aws:ecr/lifecyclePolicy:LifecyclePolicy").inputs
    assert policy["repository"] == "web-1234567"
    untagged, many = json.loads(policy["policy"])["rules"]
    assert untagged["selection"] == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 7,
    }
    assert many["selection"] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}
    assert {untagged["action"]["type"], many["action"]["type"]} == {"expire"}


def test_the_image_is_built_under_a_tag_made_of_its_content(deploy, cloud, app):
    made = deploy(image(architecture=Architecture.ARM64, target="final", build_args={"A": "1"}))
    tag = content_tag(app / "app", app / "app" / "Dockerfile", platform="linux/arm64", target="final", args={"A": "1"})
    built = cloud.one(IMAGE)
    assert built.inputs == {
        "imageName": f"registry.example/web:{tag}",
        "build": {
            "context": "app",
            "dockerfile": "app/Dockerfile",
            "platform": "linux/arm64",
            "target": "final",
            "args": {"A": "1"},
            "builderVersion": "BuilderBuildKit",
        },
        "registry": {"server": "registry.example/web", "username": "AWS", "password": "not-for-eyes"},
        "buildOnPreview": False,
        "skipPush": False,
    }
    assert deploy.known(made.uri) == cloud.uri("web")


def test_the_registry_s_password_is_a_secret(deploy, cloud, app):
    deploy(image())
    assert [name for name, path in cloud.secrets if path.startswith("registry")] == ["web"]


def test_an_image_waits_for_the_lifecycle_policy(deploy, cloud, app):
    deploy(image())
    assert cloud.one("aws:ecr/lifecyclePolicy:LifecyclePolicy").urn in cloud.one(IMAGE).dependencies


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"context": "nowhere"}, "context must be a folder, got 'nowhere'"),
        ({"dockerfile": "Containerfile"}, "dockerfile 'Containerfile' is not in app"),
        ({"keep_images": 0}, "keep_images must be 1 or more, got 0"),
    ],
)
def test_what_cannot_be_built(app, arguments, message):
    with pytest.raises(ValueError, match=message):
        ContainerImageArgs(**{"context": "app", **arguments})
