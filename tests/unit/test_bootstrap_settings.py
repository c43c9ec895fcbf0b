"""What bootstrap/Pulumi.account.yaml may say, and what its resources are called."""

import json
from pathlib import Path

import pytest

from bootstrap.names import LONGEST_ENVIRONMENT, LONGEST_PIPELINE, Names, environment_problem, project_of
from bootstrap.settings import AccountFileError, Github, parse
from components import DeliveryEnvironment, DeliveryPipelineArgs
from components.delivery_pipeline import LONGEST_NAME
from components.delivery_pipeline_args import LONGEST_STACK
from ops.stack_file import read

ROOT = Path(__file__).parents[2]
UUID = "aaaaaaaa-2222-3333-4444-555555555555"
GITHUB = {"repository": "example/shop"}
CIRCLECI = {"organization_id": UUID, "project_id": UUID, "repository": "example/shop"}
EXAMPLE_CONNECTION = (
    "arn:aws:codeconnections:ap-northeast-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef"
)
CONNECTION = f"arn:aws:codeconnections:eu-west-1:123456789012:connection/{UUID}"


def config(**changes):
    """A file's configuration as a program gets it; None takes a key away."""
    values = {
        "aws:region": "eu-west-1",
        "aws:allowedAccountIds": ["123456789012"],
        "bootstrap:environments": ["dev", "prod"],
        "bootstrap:github": GITHUB,
        **{name.replace("__", ":"): value for name, value in changes.items()},
    }
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
        if value is not None
    }


def problems(**changes):
    with pytest.raises(AccountFileError) as error:
        parse(config(**changes), "Pulumi.account.yaml")
    first, *lines = str(error.value).splitlines()
    assert first == f"Pulumi.account.yaml has {len(lines)} problem{'s' * (len(lines) > 1)}:"
    return [line.strip() for line in lines]


FILE = parse(read(ROOT / "bootstrap", "account").config, "it")
"""What the file of this checkout says; a file that is wrong fails here."""


@pytest.mark.skipif(FILE.id != "123456789012", reason="the file says what its account is delivered by")
def test_of_the_file_as_it_comes_every_value_is_known_to_be_nobody_s():
    assert FILE.examples == [
        *("123456789012", "example/shop", "1234567", "7654321"),
        *("01234567-89ab-cdef-0123-456789abcdef", "89abcdef-0123-4567-89ab-cdef01234567"),
    ]
    assert FILE.settings.environments == ("dev", "prod")
    assert FILE.settings.unattended == ("dev",)


def test_each_ci_is_optional_but_somebody_must_deliver():
    assert parse(config(bootstrap__github=None, bootstrap__circleci=CIRCLECI), "it").settings.github is None
    pipeline = {"repository": "example/shop", "connection_arn": CONNECTION, "emails": ["a@example.com"]}
    assert parse(config(bootstrap__github=None, bootstrap__codepipeline=pipeline), "it").settings.codepipeline
    assert problems(bootstrap__github=None) == ["bootstrap: nobody delivers: say github, circleci or codepipeline"]


def test_values_of_one_s_own_are_no_examples():
    own = config(aws__allowedAccountIds=["111111111111"], bootstrap__github={"repository": "Ann/Shop.web"})
    assert parse(own, "it").examples == []


EXAMPLE_UUIDS = {
    "organization_id": "01234567-89ab-cdef-0123-456789abcdef",
    "project_id": "89abcdef-0123-4567-89ab-cdef01234567",
}


@pytest.mark.parametrize(
    ("ci", "key", "left", "told"),
    [
        ("github", "repository", "example/shop", "example/shop"),
        ("github", "organization_id", 1234567, "1234567"),
        ("github", "repository_id", 7654321, "7654321"),
        *(("circleci", key, value, value) for key, value in EXAMPLE_UUIDS.items()),
        ("circleci", "repository", "example/shop", "example/shop"),
        ("codepipeline", "emails", ["ann@example.com", "team@example.com"], "team@example.com"),
        ("codepipeline", "connection_arn", EXAMPLE_CONNECTION, EXAMPLE_CONNECTION),
    ],
)
def test_an_example_that_is_left_in_beside_one_s_own_is_seen(ci, key, left, told):
    own = {
        "github": {"repository": "ann/shop", "organization_id": 1, "repository_id": 2},
        "circleci": CIRCLECI | {"repository": "ann/shop"},
        "codepipeline": {"repository": "ann/shop", "emails": ["ann@example.com"]},
    }
    said = {"bootstrap__github": None, f"bootstrap__{ci}": own[ci] | {key: left}}
    assert parse(config(aws__allowedAccountIds=["111111111111"], **said), "it").examples == [told]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"aws__region": None}, "aws:region: is required, such as ap-northeast-1"),
        *(
            (
                {"aws__region": region},
                "aws:region: must be one region's name, such as ap-northeast-1, got "
                f"{region if isinstance(region, str) else json.dumps(region)!r}",
            )
            for region in ("Tokyo", "eu-west", "eu-west-1a", ["a"])
        ),
        (
            {"aws__allowedAccountIds": ["123456789012", 5]},
            'aws:allowedAccountIds: must name one account in quotes, such as ["123456789012"], got ["123456789012", 5]',
        ),
        (
            {"aws__allowedAccountIds": None},
            'aws:allowedAccountIds: must name one account in quotes, such as ["123456789012"], got nothing',
        ),
        (
            {"aws__allowedAccountIds": ["123456789012", "111111111111"]},
            'aws:allowedAccountIds: must name one account in quotes, such as ["123456789012"], got '
            '["123456789012", "111111111111"]',
        ),
        (
            {"aws__allowedAccountIds": ["12345"]},
            'aws:allowedAccountIds: must name one account in quotes, such as ["123456789012"], got ["12345"]',
        ),
        ({"bootstrap__environments": None}, "bootstrap:environments: is required"),
        ({"bootstrap__environments": []}, "bootstrap:environments: must name one stack at least, such as [dev, prod]"),
        (
            {"bootstrap__environments": ["dev", "dev"]},
            "bootstrap:environments: must name each stack once, got dev, dev",
        ),
        (
            {"bootstrap__environments": ["dev-2", "dev"]},
            "bootstrap:environments: dev-2 begins as dev does: what has no tags is known by how its name begins, so "
            "rename one of them",
        ),
        (
            {"bootstrap__environments": ["delivery"]},
            "bootstrap:environments: 'delivery' is what delivery's own resources are tagged with: give the stack "
            "another name",
        ),
        (
            {"bootstrap__environments": ["dev-1", "dev1"], "bootstrap__codepipeline": GITHUB},
            "bootstrap:environments: 2 of them have stages of the same name, Dev1",
        ),
        (
            {"bootstrap__environments": [f"a{one}" for one in range(11)], "bootstrap__codepipeline": GITHUB},
            "bootstrap:environments must be from 1 to 10, got 11",
        ),
        (
            {"bootstrap__codepipeline": {**GITHUB, "emails": ["a@example.com", "a@example.com"]}},
            "bootstrap:codepipeline.emails: 'a@example.com' is there 2 times",
        ),
        (
            {"bootstrap__codepipeline": {**GITHUB, "architecture": "arm"}},
            "bootstrap:codepipeline.architecture: must be one of 'X86_64' or 'ARM64', got 'arm'",
        ),
        (
            {"bootstrap__environments": ["prod:eu"]},
            "bootstrap:environments: an environment is a stack's name of at most 20 lower-case letters, digits and "
            "single hyphens, got 'prod:eu'",
        ),
        (
            {"bootstrap__unattended": ["dev", "test"]},
            "bootstrap:unattended: must be of environments, dev, prod, got test",
        ),
        (
            {"bootstrap__registry": "test"},
            "bootstrap:registry: must be one of environments, dev, prod, got test",
        ),
        ({"bootstrap__github": "example/shop"}, "bootstrap:github: must be a mapping, got 'example/shop'"),
        (
            {"bootstrap__github": {"repository": "https://github.com/example/shop"}},
            "bootstrap:github.repository: must be OWNER/NAME, such as example/shop, got "
            "'https://github.com/example/shop'",
        ),
        (
            {"bootstrap__github": {"repository": "example/*"}},
            "bootstrap:github.repository: must be OWNER/NAME, such as example/shop, got 'example/*'",
        ),
        (
            {"bootstrap__github": {**GITHUB, "repository_id": 7}},
            "bootstrap:github: organization_id and repository_id go together: a subject has both or neither",
        ),
        (
            {"bootstrap__github": {**GITHUB, "organization_id": "1", "repository_id": 7}},
            "bootstrap:github.organization_id: must be a whole number without quotes, got '1'",
        ),
        (
            {"bootstrap__github": {**GITHUB, "organization_id": 0, "repository_id": 7}},
            "bootstrap:github.organization_id: must be 1 or more, got 0",
        ),
        (
            {"bootstrap__github": {**GITHUB, "repositry_id": 7}},
            "bootstrap:github.repositry_id: unknown key: did you mean 'repository_id'?",
        ),
        (
            {"bootstrap__circleci": {**CIRCLECI, "project_id": UUID.upper()}},
            "bootstrap:circleci.project_id: must be a UUID in small letters, such as "
            f"01234567-89ab-cdef-0123-456789abcdef, got '{UUID.upper()}'",
        ),
        (
            {"bootstrap__codepipeline": {**GITHUB, "connection_arn": "github"}},
            "bootstrap:codepipeline.connection_arn: must be a connection's, such as "
            "arn:aws:codeconnections:REGION:ACCOUNT:connection/UUID, got 'github'",
        ),
        (
            {"bootstrap__codepipeline": {**GITHUB, "emails": ["team"]}},
            "bootstrap:codepipeline.emails: 'team' is no address such as team@example.com",
        ),
        (
            {"bootstrap__jenkins": {}},
            "bootstrap:jenkins: unknown key; known are environments, unattended, registry, github, circleci, "
            "codepipeline",
        ),
        ({"boot__github": GITHUB}, "boot:github: unknown namespace 'boot': did you mean 'bootstrap'?"),
        (
            {"fargate__environment": "dev"},
            "fargate:environment: unknown namespace 'fargate'; known are bootstrap, aws, pulumi",
        ),
    ],
)
def test_what_is_refused(changes, problem):
    assert problems(**changes) == [problem]


def test_every_problem_is_told_at_once_and_exceptions_are_the_policies_to_read():
    found = problems(aws__region=None, bootstrap__environments=["Dev"], bootstrap__github={}, fargate__exceptions=[])
    assert [one.split(": ")[0] for one in found] == [
        "aws:region",
        "bootstrap:environments",
        "bootstrap:github.repository",
    ]


def test_somebody_approves_each_stack_that_is_not_said_to_be_unattended():
    assert parse(config(bootstrap__environments=["prod"]), "it").settings.needs_approval("prod")
    settings = parse(config(bootstrap__unattended=["dev"]), "it").settings
    assert [settings.needs_approval(stack) for stack in settings.environments] == [False, True]


def test_one_stack_may_set_up_the_registry_if_any():
    assert parse(config(), "it").settings.registry is None
    assert parse(config(bootstrap__registry="prod"), "it").settings.registry == "prod"


def test_names_are_made_of_project_account_and_region():
    names = Names(project="fargate", account="123456789012", region="ap-northeast-1")
    assert names.state_bucket == "fargate-state-123456789012-ap-northeast-1"
    assert names.state_bucket_arn == "arn:aws:s3:::fargate-state-123456789012-ap-northeast-1"
    assert names.backend_url == "s3://fargate-state-123456789012-ap-northeast-1?region=ap-northeast-1"
    assert names.secrets_provider == "awskms://alias/fargate-state?region=ap-northeast-1"
    assert names.builds_address == "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/fargate-builds"
    assert names.builds_repository_arn == "arn:aws:ecr:ap-northeast-1:123456789012:repository/fargate-builds"
    assert names.role_arn("deploy-dev") == "arn:aws:iam::123456789012:role/fargate-delivery/fargate-deploy-dev"
    assert names.boundary_arn("dev") == "arn:aws:iam::123456789012:policy/fargate-delivery/fargate-boundary-dev"
    assert names.stack_role_path("dev") == "/fargate/dev/"
    assert names.stack_tags("dev") == {"project": "fargate", "environment": "dev"}
    assert names.tags == {"project": "fargate", "environment": "delivery"}
    assert Names(project="shop", account="1", region="r").delivery_path == "/shop-delivery/"
    assert names.state_key("dev") == ".pulumi/stacks/fargate/dev"


@pytest.mark.parametrize(
    ("region", "partition", "domain"),
    [("cn-north-1", "aws-cn", "amazonaws.com.cn"), ("us-gov-west-1", "aws-us-gov", "amazonaws.com")],
)
def test_names_of_other_partitions(region, partition, domain):
    names = Names(project="fargate", account="123456789012", region=region)
    assert names.state_bucket_arn.startswith(f"arn:{partition}:s3:::")
    assert names.builds_address == f"123456789012.dkr.ecr.{region}.{domain}/fargate-builds"


@pytest.mark.parametrize("project", ["Fargate", "far_gate", "far--gate", "a" * 30, "9lives", ""])
def test_a_project_that_no_bucket_can_be_named_by_is_refused(project):
    with pytest.raises(ValueError, match="name in Pulumi.yaml must have at most 29 lower-case letters"):
        Names(project=project, account="123456789012", region="ap-northeast-1")


@pytest.mark.parametrize(("project", "fits"), [("my-company-webshop", True), ("my-company-webshops", False)])
def test_a_pipeline_s_roles_are_named_by_the_project_too(project, fits):
    account = parse(config(bootstrap__codepipeline=GITHUB), "it")
    if fits:
        assert account.names(project).pipeline == f"{project}-delivery"
    else:
        with pytest.raises(ValueError, match="must have at most 18 characters with bootstrap:codepipeline.*webshops'"):
            account.names(project)
    assert parse(config(), "it").names(project, "111111111111").account == "111111111111"


def test_what_is_written_twice_is_the_same():
    """The settings load nothing that makes resources, so that they do not take it from the components."""
    assert LONGEST_PIPELINE == LONGEST_NAME
    assert LONGEST_ENVIRONMENT == LONGEST_STACK
    for name in ("", "dev", "d-1", "1d", "d-", "d--1", "D", "a" * 20, "a" * 21):
        stack = DeliveryEnvironment(stack=name, preview_policy_arns=[], deploy_policy_arns=[])
        assert bool(environment_problem(name)) == bool(list(stack.problems())), name
    for repository in ("a/b", "a-b/c.d_e", "a/b/c", "a", "-a/b", "a-/b", "a--b/c", "a/", "a/b c", "ä/b", "a/ä"):
        taken = [
            not _raises(lambda one=repository: Github(repository=one)),
            not _raises(
                lambda one=repository: DeliveryPipelineArgs(
                    repository=one,
                    environments=[DeliveryEnvironment(stack="dev", preview_policy_arns=[], deploy_policy_arns=[])],
                    build_policy_arns=[],
                )
            ),
        ]
        assert taken[0] == taken[1], repository


def _raises(make):
    try:
        make()
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("name", ["dev", "prod-eu", "a1"])
def test_environments_that_do(name):
    assert environment_problem(name) is None


@pytest.mark.parametrize("name", ["", "Dev", "prod eu", "prod/eu", "prod:eu", "a-", "a--b", "x" * 21, "*"])
def test_environments_that_do_not(name):
    assert repr(name) in (environment_problem(name) or "")


def test_the_project_is_the_program_s(tmp_path):
    assert project_of(ROOT) == "fargate"
    with pytest.raises(ValueError, match="no Pulumi.yaml with a name in"):
        project_of(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("runtime: python\n")
    with pytest.raises(ValueError, match="run this in the folder of the program"):
        project_of(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("runtime: python\nname: 'shop' # ours\n")
    assert project_of(tmp_path) == "shop"
