import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.names import MAX_LENGTH, check_name, role_path_problem, with_name

AWS_LOAD_BALANCER = re.compile(r"(?!internal-)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?")
ECR_REPOSITORY = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


@given(st.text("abcxyz019-", min_size=1, max_size=30))
def test_a_name_that_is_taken_makes_names_that_aws_takes(name):
    try:
        check_name(name)
    except ValueError:
        return
    physical = f"{name}-0123abc"
    assert AWS_LOAD_BALANCER.fullmatch(physical)
    assert len(physical) <= 32
    assert ECR_REPOSITORY.fullmatch(physical)


@pytest.mark.parametrize("name", ["a", "web", "api-2", "x" * MAX_LENGTH, "internal"])
def test_good_names(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x" * 25, "has 25 characters, at most 24 are allowed"),
        ("", "must start with a letter"),
        ("Web", "lower-case letters and digits only"),
        ("web_1", "lower-case letters and digits only"),
        ("web.api", "lower-case letters and digits only"),
        ("1web", "must start with a letter"),
        ("web-", "end with a letter or digit"),
        ("we--b", "single hyphens"),
        ("wéb", "lower-case letters and digits only"),
        ("web\n", "lower-case letters and digits only"),
        ("internal-web", "must not start with internal-, which AWS keeps"),
    ],
)
def test_bad_names(name, message):
    with pytest.raises(ValueError, match=message):
        check_name(name)


@pytest.mark.parametrize("path", [None, "/dev/", "/shop/dev/", "/a+=,.@_-/", f"/{'a' * 510}/"])
def test_paths_of_roles(path):
    assert role_path_problem(path) is None


@pytest.mark.parametrize("path", ["", "/", "dev", "/dev", "dev/", "//", "/a b/", "/a/\n", f"/{'a' * 511}/"])
def test_what_is_no_path_of_a_role(path):
    told = "role_path must be a path such as /fargate/dev/, of 512 characters at most, got "
    assert role_path_problem(path) == f"{told}{path!r}"


def test_own_tags_win_over_the_name():
    assert with_name("web", {"team": "a"}) == {"Name": "web", "team": "a"}
    assert with_name("web", {"Name": "mine"}) == {"Name": "mine"}
