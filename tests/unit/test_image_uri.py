import pytest

from components.image_uri import image_problem, repository_arn

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "uri",
    [
        "nginx",
        "nginx:1.29",
        "public.ecr.aws/nginx/nginx:1.29",
        f"ghcr.io/team/app@{DIGEST}",
        f"localhost:4566/app:1@{DIGEST}",
        "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/team/app:v1",
    ],
)
def test_addresses(uri):
    assert image_problem(uri) is None


@pytest.mark.parametrize("uri", ["", "My App", "nginx:", "nginx@sha256:1", "https://example.com/app:1", "-a"])
def test_what_is_no_address(uri):
    assert f"got {uri!r}" in (image_problem(uri) or "")


@pytest.mark.parametrize(("uri", "fixed"), [("nginx", False), ("nginx:latest", False), ("nginx:1", True)])
def test_what_says_which_version_is_meant(uri, fixed):
    assert (image_problem(uri, fixed=True) is None) is fixed
    assert image_problem(f"{uri}@{DIGEST}", fixed=True) is None


@pytest.mark.parametrize(
    ("uri", "arn"),
    [
        (
            "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/team/app:v1",
            "arn:aws:ecr:ap-northeast-1:123456789012:repository/team/app",
        ),
        (
            f"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app@{DIGEST}",
            "arn:aws-cn:ecr:cn-north-1:123456789012:repository/app",
        ),
        (
            "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/app",
            "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/app",
        ),
        ("public.ecr.aws/nginx/nginx:1.29", None),
    ],
)
def test_the_repository_that_may_be_pulled_from(uri, arn):
    assert repository_arn(uri) == arn
