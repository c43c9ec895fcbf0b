import json

import pulumi
import pulumi_aws as aws
import pytest

from components import Architecture, ContainerImage, ContainerImageArgs
from components.content_tag import content_tag

IMAGE = "docker:index/image:Image"
REPOSITORY = "aws:ecr/repository:Repository"
POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"
OTHER = "222222222222"


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
    assert deploy.known(made.repository_arn) == "arn:aws:ecr:ap-northeast-1:123456789012:repository/web"
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
        ({"keep_images": 0}, "keep_images must be at least 1, got 0"),
        ({"cache_from": ("My App",)}, "cache_from must be an address such as .*, got 'My App'"),
        ({"pull_accounts": ("1234",)}, "pull_accounts must be an account's id, 12 digits in quotes, got '1234'"),
        ({"pull_accounts": (OTHER, OTHER)}, f"pull_accounts must name each account once, got {OTHER}, {OTHER}"),
        ({"repository": "Team"}, "repository must have 2 to 256 lower-case letters .*, got 'Team'"),
        ({"repository": "a"}, "repository must have 2 to 256 lower-case letters .*, got 'a'"),
        (
            {
                "repository": "app",
                "keep_images": 5,
                "force_delete": True,
                "pull_accounts": (OTHER,),
                "kms_key_arn": "k",
            },
            "repository app is there, and its owner's: leave out keep_images, force_delete, pull_accounts, kms_key_arn",
        ),
    ],
)
def test_what_cannot_be_built(app, arguments, message):
    with pytest.raises(ValueError, match=message):
        ContainerImageArgs(**{"context": "app", **arguments})


def test_every_problem_is_told_at_once(app):
    with pytest.raises(ValueError, match="dockerfile 'x' is not in app; keep_images must be at least 1, got 0"):
        ContainerImageArgs(context="app", dockerfile="x", keep_images=0)


def test_layers_are_taken_from_a_cache_and_the_image_is_one_itself(deploy, cloud, app):
    deploy(image(cache_from=("example.com/app:main", "example.com/app:v1"), build_args={"A": "1"}))
    build = cloud.one(IMAGE).inputs["build"]
    assert build["cacheFrom"] == {"images": ["example.com/app:main", "example.com/app:v1"]}
    assert build["args"] == {"A": "1", "BUILDKIT_INLINE_CACHE": "1"}


def test_another_cache_is_pushed_under_another_tag(deploy, cloud, app):
    for cache in ((), ("app:main",), ("app:v1",)):
        deploy(image(cache_from=cache))
    assert len({one.inputs["imageName"] for one in cloud.all(IMAGE)}) == 3


def test_other_accounts_may_pull_and_do_nothing_else(deploy, cloud, app):
    deploy(image(pull_accounts=("222222222222", "111111111111")))
    policy = cloud.one(POLICY)
    assert policy.inputs["repository"] == "web-1234567"
    assert json.loads(policy.inputs["policy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]},
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ]
    assert policy.urn in cloud.one(IMAGE).dependencies


def test_without_accounts_there_is_no_policy(deploy, cloud, app):
    deploy(image())
    assert not cloud.all(POLICY)


def test_a_repository_that_is_there_is_pushed_to_and_left_as_it_is(deploy, cloud, app):
    made = deploy(image(repository="team/app"))
    assert not cloud.all(REPOSITORY)
    assert not cloud.all("aws:ecr/lifecyclePolicy:LifecyclePolicy")
    content = content_tag(app / "app", app / "app" / "Dockerfile", platform="linux/amd64")
    pushed = cloud.one(IMAGE).inputs
    assert pushed["imageName"] == f"registry.example/team/app:dev-web-{content}"
    assert pushed["registry"]["server"] == "registry.example/team/app"
    assert deploy.known(made.repository_name) == "team/app"
    assert deploy.known(made.repository_arn) == "arn:aws:ecr:ap-northeast-1:123456789012:repository/team/app"


def test_a_repository_that_is_not_there_is_told_before_anything_is_built(deploy, cloud, app, monkeypatch):
    def unknown(**_):
        raise Exception("invoke of aws:ecr/getRepository:getRepository failed: RepositoryNotFoundException")

    monkeypatch.setattr(aws.ecr, "get_repository", unknown)
    with pytest.raises(pulumi.RunError, match="the ECR repository team/app could not be looked up: RepositoryNotFound"):
        deploy(image(repository="team/app"))
    assert not cloud.children()
