"""Who may take a role, by tables: what a token says, judged as IAM judges a trust policy."""

import fnmatch
import re

import pytest

from bootstrap.names import Names
from bootstrap.settings import Circleci, Github
from bootstrap.trust import Use, trust, uses

NAMES = Names(project="fargate", account="123456789012", region="ap-northeast-1")
OLD = Github(repository="example/shop")
NEW = Github(repository="example/shop", organization_id=1234567, repository_id=7654321)
ORG, PROJECT, USER = (f"{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}" for digit in "abc")
CIRCLECI = Circleci(organization_id=ORG, project_id=PROJECT, repository="example/shop")
HOST, CIRCLE = "token.actions.githubusercontent.com", f"oidc.circleci.com/org/{ORG}"
BUILD = Use(kind="build")
PREVIEW, DEPLOY = Use(kind="preview", environment="dev", pull_requests=True), Use(kind="deploy", environment="dev")
LAST = Use(kind="preview", environment="prod")
MAIN, OTHER = "refs/heads/main", "refs/heads/feature"
BY_NAME, IMMUTABLE = "repo:example/shop", "repo:example@1234567/shop@7654321"


def statement(use, github=None, circleci=None):
    (found,) = trust(NAMES, use, github, circleci)["Statement"]
    return found


def lets(condition, host, claims):
    """Whether IAM would: every key of every operator, one of its values; a claim that is not there matches none."""
    operators = {"StringEquals": lambda value, pattern: value == pattern, "StringLike": _like}
    assert set(condition) <= set(operators), "no operator that is true of a claim that is absent"
    return all(
        any(
            operators[operator](claims.get(key.removeprefix(f"{host}:"), ""), pattern)
            for pattern in ([wanted] if isinstance(wanted, str) else wanted)
        )
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _like(value, pattern):
    """`*` and `?` as IAM has them; nothing else is special."""
    assert not set(pattern) & set("[]")
    return re.fullmatch(fnmatch.translate(pattern), value) is not None


def github_token(sub, ref=MAIN, aud="sts.amazonaws.com"):
    return {"sub": sub, "aud": aud, "ref": ref}


def circle_token(ref=MAIN, origin="github.com/example/shop", project=PROJECT, org=ORG, aud=ORG, user=USER):
    sub = f"org/{org}/project/{project}/user/{user}/vcs-origin/{origin}/vcs-ref/{ref}"
    return {"sub": sub, "aud": aud, "oidc.circleci.com/project-id": project}


def test_the_roles():
    assert [one.name for one in uses(("dev", "prod"))] == [
        "build",
        "preview-dev",
        "deploy-dev",
        "preview-prod",
        "deploy-prod",
    ]


@pytest.mark.parametrize(
    ("environments", "unattended"),
    [(["dev", "prod"], ["dev"]), (["dev", "test", "prod"], ["dev", "test"]), (["prod"], []), (["dev"], ["dev"])],
)
def test_a_pull_request_looks_at_what_nobody_approves(environments, unattended):
    """Its code reads the state of what it looks at, before anybody has read it."""
    found = [one.name for one in uses(environments, unattended) if one.pull_requests]
    assert found == [f"preview-{one}" for one in unattended]


@pytest.mark.parametrize(("github", "start"), [(OLD, BY_NAME), (NEW, IMMUTABLE)])
def test_the_statements_of_github(github, start):
    subjects = {
        BUILD: f"{start}:ref:refs/heads/main",
        PREVIEW: [f"{start}:pull_request", f"{start}:ref:refs/heads/main"],
        LAST: f"{start}:ref:refs/heads/main",
        DEPLOY: f"{start}:environment:dev",
    }
    for use, subject in subjects.items():
        ref = {f"{HOST}:ref": MAIN} if use is DEPLOY else {}
        assert statement(use, github) == {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{HOST}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": subject, **ref}},
        }


TOKENS = {
    "main": ((BUILD, PREVIEW, LAST), ":ref:refs/heads/main", MAIN),
    "pull request": ((PREVIEW,), ":pull_request", "refs/pull/7/merge"),
    "environment dev": ((DEPLOY,), ":environment:dev", MAIN),
    "environment dev, another branch": ((), ":environment:dev", OTHER),
    "environment dev, a pull request": ((), ":environment:dev", "refs/pull/7/merge"),
    "environment dev, a tag main": ((), ":environment:dev", "refs/tags/main"),
    "environment prod": ((), ":environment:prod", MAIN),
    "environment development": ((), ":environment:development", MAIN),
    "environment that contains dev": ((), ":environment:x%3Aenvironment%3Adev", MAIN),
    "another branch": ((), ":ref:refs/heads/feature", OTHER),
    "a branch that begins as main": ((), ":ref:refs/heads/main2", "refs/heads/main2"),
    "a tag": ((), ":ref:refs/tags/main", "refs/tags/main"),
}


@pytest.mark.parametrize("case", TOKENS)
@pytest.mark.parametrize(("github", "start"), [(OLD, BY_NAME), (NEW, IMMUTABLE)])
def test_tokens_of_the_repository(github, start, case):
    taken, rest, ref = TOKENS[case]
    for use in (BUILD, PREVIEW, LAST, DEPLOY):
        condition = statement(use, github)["Condition"]
        assert lets(condition, HOST, github_token(start + rest, ref)) == (use in taken), use.name


@pytest.mark.parametrize(
    ("github", "start"),
    [
        (OLD, "repo:other/shop"),
        (OLD, "repo:example/shop2"),
        (OLD, "repo:example/Shop"),
        (OLD, IMMUTABLE),
        (NEW, BY_NAME),
        (NEW, "repo:example@1234567/shop@7654322"),
        (NEW, "repo:example@7654321/shop@1234567"),
        (NEW, "repo:other@1234568/shop@7654321"),
    ],
)
def test_tokens_of_other_repositories_and_of_the_other_form(github, start):
    """A repository that was renamed to ours, or a fork, has other numbers; each form is for its own kind alone."""
    for use, rest in ((BUILD, ":ref:refs/heads/main"), (PREVIEW, ":pull_request"), (DEPLOY, ":environment:dev")):
        condition = statement(use, github)["Condition"]
        own = BY_NAME if github is OLD else IMMUTABLE
        assert lets(condition, HOST, github_token(own + rest))
        assert not lets(condition, HOST, github_token(start + rest))


@pytest.mark.parametrize("missing", ["aud", "sub", "ref"])
def test_a_claim_that_is_absent_or_wrong_lets_nobody_in(missing):
    condition = statement(DEPLOY, NEW)["Condition"]
    token = github_token(f"{IMMUTABLE}:environment:dev")
    assert not lets(condition, HOST, {key: value for key, value in token.items() if key != missing})
    assert not lets(condition, HOST, token | {missing: "https://github.com/example"})


def test_the_statement_of_circleci():
    assert statement(DEPLOY, circleci=CIRCLECI) == {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/{ORG}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{CIRCLE}:aud": ORG, f"{CIRCLE}:oidc.circleci.com/project-id": PROJECT},
            "StringLike": {
                f"{CIRCLE}:sub": f"org/{ORG}/project/{PROJECT}/user/????????-????-????-????-????????????"
                "/vcs-origin/github.com/example/shop/vcs-ref/refs/heads/main"
            },
        },
    }


LIKE_MAIN = "refs/heads/x/vcs-origin/github.com/example/shop/vcs-ref/refs/heads/main"


@pytest.mark.parametrize(
    ("taken", "token"),
    [
        ((BUILD, PREVIEW, LAST, DEPLOY), {}),
        ((BUILD, PREVIEW, LAST, DEPLOY), {"user": f"{'d' * 8}-{'e' * 4}-{'f' * 4}-{'0' * 4}-{'1' * 12}"}),
        ((PREVIEW,), {"ref": OTHER}),
        ((PREVIEW,), {"ref": "refs/heads/main2"}),
        ((PREVIEW,), {"ref": LIKE_MAIN}),
        ((), {"ref": "refs/tags/main"}),
        ((), {"ref": "refs/pull/7/head"}),
        ((), {"origin": "github.com/fork/shop"}),
        ((), {"origin": "bitbucket.org/example/shop"}),
        ((), {"project": USER}),
        ((), {"org": USER}),
        ((), {"aud": "sts.amazonaws.com"}),
    ],
)
def test_tokens_of_circleci(taken, token):
    for use in (BUILD, PREVIEW, LAST, DEPLOY):
        condition = statement(use, circleci=CIRCLECI)["Condition"]
        assert lets(condition, CIRCLE, circle_token(**token)) == (use in taken), use.name


def test_the_first_form_of_circleci_s_subject_names_no_branch_and_gets_nothing():
    token = circle_token() | {"sub": f"org/{ORG}/project/{PROJECT}/user/{USER}"}
    for use in (BUILD, PREVIEW, DEPLOY):
        assert not lets(statement(use, circleci=CIRCLECI)["Condition"], CIRCLE, token)


def test_each_ci_has_a_statement_of_its_own_with_its_own_issuer():
    first, second = trust(NAMES, DEPLOY, NEW, CIRCLECI)["Statement"]
    assert first == statement(DEPLOY, NEW)
    assert second == statement(DEPLOY, circleci=CIRCLECI)
    assert not lets(second["Condition"], CIRCLE, github_token(f"{IMMUTABLE}:environment:dev"))


@pytest.mark.parametrize("use", [BUILD, PREVIEW, LAST, DEPLOY], ids=lambda use: use.name)
def test_no_condition_holds_for_anything(use):
    """`StringEquals` alone for GitHub; for CircleCI a user's UUID, and on a preview the branch."""
    assert set(statement(use, NEW)["Condition"]) == {"StringEquals"}
    pattern = statement(use, circleci=CIRCLECI)["Condition"]["StringLike"][f"{CIRCLE}:sub"]
    assert pattern.count("*") == (1 if use is PREVIEW else 0)
    assert pattern.endswith("/vcs-ref/refs/heads/*" if use is PREVIEW else "/vcs-ref/refs/heads/main")
