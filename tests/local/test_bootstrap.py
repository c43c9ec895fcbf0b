"""An account made ready for delivery, where IAM is enforced: who may take its roles, what stays, where its state is."""

import base64
import contextlib
import json
import os

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from bootstrap.names import Names
from ops.aim import Aim
from ops.bootstrap_state import State
from ops.stack_file import NO_ACCOUNT
from ops.where import names_of, settings_of
from tests.local.harness import REGION, Cloud, Project, cloud_with_iam, copy_of_program

pytestmark = pytest.mark.local

BUCKET = f"fargate-state-{NO_ACCOUNT}-{REGION}"
ORG, PROJECT = "01234567-89ab-cdef-0123-456789abcdef", "89abcdef-0123-4567-89ab-cdef01234567"  # of the file as it comes
USER, OTHER = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "ffffffff-0000-1111-2222-333333333333"
MAIN, BRANCH = "refs/heads/main", "refs/heads/feature"
ROLES = ("build", "preview-dev", "deploy-dev", "preview-prod", "deploy-prod")
PREVIEWS, OF_PULL_REQUESTS, DEV = {"preview-dev", "preview-prod"}, {"preview-dev"}, {"deploy-dev"}
NEW, OLD = "repo:example@1234567/shop@7654321", "repo:example/shop"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, cloud):  # the other keeps Docker up, which this one does without
    with cloud_with_iam(tmp_path_factory.mktemp("bootstrap"), "--without-docker") as own:
        yield own


@pytest.fixture(scope="module")
def program(cloud, tmp_path_factory) -> Project:
    """The program, its account made ready."""
    made = copy_of_program(cloud, tmp_path_factory.mktemp("program") / "fargate")
    file = made.folder / "bootstrap" / "Pulumi.account.yaml"
    before = file.read_text()
    ran = made.ops("bootstrap")
    assert ran.code == 0, ran.out
    assert file.read_text() == before, "the engine writes its salt into a copy"
    assert "Made the account's role for ECS" in ran.out
    assert "This was a rehearsal" in ran.out
    return made


@pytest.fixture(scope="module")
def account(program) -> Project:
    """Its bootstrap, for the engine's own commands."""
    return Project(program.cloud, program.folder / "bootstrap")


def github(sub: str, ref: str = MAIN, aud: str = "sts.amazonaws.com", **more: str) -> dict[str, str]:
    return {"iss": "https://token.actions.githubusercontent.com", "sub": sub, "ref": ref, "aud": aud, **more}


def circleci(ref: str = MAIN, origin: str = "github.com/example/shop", project: str = PROJECT, aud: str = ORG):
    sub = f"org/{ORG}/project/{project}/user/{USER}/vcs-origin/{origin}/vcs-ref/{ref}"
    issuer = f"https://oidc.circleci.com/org/{ORG}"
    return {"iss": issuer, "sub": sub, "aud": aud, "oidc.circleci.com/project-id": project}


def takes(cloud: Cloud, claims: dict[str, str]) -> set[str]:
    """The roles that a job with a token of these claims can take."""
    # The emulator looks at no signature, as it has no issuer's keys.
    parts = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({"alg": "none"}, claims)
    )
    token = ".".join((*parts, "signature"))
    sts = boto3.client("sts", REGION, endpoint_url=cloud.endpoint, config=Config(signature_version=UNSIGNED))
    taken: set[str] = set()
    for role in ROLES:
        arn = f"arn:aws:iam::{NO_ACCOUNT}:role/fargate-delivery/fargate-{role}"
        try:
            sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ci", WebIdentityToken=token)
        except ClientError as error:
            if "(AccessDenied)" not in str(error) and "(InvalidIdentityToken)" not in str(error):
                raise
        else:
            taken.add(role)
    return taken


JOBS = {
    "a pull request": (OF_PULL_REQUESTS, ":pull_request", "refs/pull/7/merge"),
    "main": ({"build", *PREVIEWS}, f":ref:{MAIN}", MAIN),
    "environment dev": (DEV, ":environment:dev", MAIN),
    "environment prod": ({"deploy-prod"}, ":environment:prod", MAIN),
    "environment dev on another branch": (set(), ":environment:dev", BRANCH),
    "environment test": (set(), ":environment:test", MAIN),
    "another branch": (set(), f":ref:{BRANCH}", BRANCH),
    "a tag named main": (set(), ":ref:refs/tags/main", "refs/tags/main"),
}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_of_github_takes_its_own_roles_and_no_other(cloud, program, job):
    wanted, rest, ref = JOBS[job]
    assert takes(cloud, github(NEW + rest, ref)) == wanted


@pytest.mark.parametrize(
    "token",
    [
        github(f"{OLD}:environment:dev"),  # the other form
        github("repo:fork@1234568/shop@7654322:environment:dev"),
        github("repo:example@1234567/other@7654322:environment:dev"),
        github("repo:example@7654321/shop@1234567:environment:dev"),
        github(f"{NEW}:environment:dev", aud="https://github.com/example"),
        github(f"{NEW}:environment:dev", iss="https://token.actions.example.com"),
        {},
    ],
    ids=["other form", "fork", "other repository", "numbers swapped", "audience", "issuer", "nothing"],
)
def test_anybody_else_takes_none(cloud, program, token):
    assert takes(cloud, token) == set()


@pytest.mark.parametrize(
    ("wanted", "token"),
    [
        ({"build", *PREVIEWS, "deploy-dev", "deploy-prod"}, circleci()),
        (OF_PULL_REQUESTS, circleci(ref=BRANCH)),
        (OF_PULL_REQUESTS, circleci(ref=f"refs/heads/x/vcs-origin/github.com/example/shop/vcs-ref/{MAIN}")),
        (set(), circleci(ref="refs/pull/7/head")),
        (set(), circleci(origin="github.com/fork/shop")),
        (set(), circleci(project=OTHER)),
        (set(), circleci(aud="sts.amazonaws.com")),
    ],
    ids=["main", "branch", "branch like main", "pull request", "fork", "other project", "audience"],
)
def test_a_job_of_circleci(cloud, program, wanted, token):
    assert takes(cloud, token) == wanted


def test_again_nothing_changes_and_a_repository_with_the_old_form_changes_its_trust_alone(cloud, program, account):
    assert set(account.up("account").changes) == {"same"}
    file = program.folder / "bootstrap/Pulumi.account.yaml"
    lines = [
        one
        for one in file.read_text().splitlines()
        if not one.strip().startswith(("organization_id: 1", "repository_id"))
    ]
    file.write_text("\n".join([*lines, ""]))
    assert {kind: count for kind, count in account.up("account").changes.items() if kind != "same"} == {"~": len(ROLES)}
    for wanted, rest, ref in JOBS.values():
        assert takes(cloud, github(OLD + rest, ref)) == wanted
        assert takes(cloud, github(NEW + rest, ref)) == set()


OFF = "  # bootstrap:codepipeline:\n  #   repository: example/shop\n"
ON = "  bootstrap:codepipeline:\n    repository: example/shop\n"


def test_a_pipeline_of_aws_s_comes_and_stays_as_it_is(cloud, program, account):
    account.edit("Pulumi.account.yaml", OFF, ON)
    try:
        ran = account.up("account")
        assert set(ran.changes) == {"+", "same"}
        assert "connection fargate-delivery waits to be confirmed" in ran.out
        assert "nothing runs" in ran.out, "the local cloud says what it leaves out"
        projects = cloud.client("codebuild").batch_get_projects(
            names=["fargate-delivery-build", "fargate-delivery-check"]
        )
        assert {one["name"]: one["environment"]["privilegedMode"] for one in projects["projects"]} == {
            "fargate-delivery-build": True,
            "fargate-delivery-check": False,
        }
        iam = cloud.client("iam")
        made = {one["RoleName"].rpartition("-")[0]: one["RoleName"] for one in iam.list_roles()["Roles"]}
        attached = iam.list_attached_role_policies(RoleName=made["fargate-delivery-deploy-prod"])["AttachedPolicies"]
        ours = iam.list_attached_role_policies(RoleName="fargate-deploy-prod")["AttachedPolicies"]
        assert {one["PolicyArn"] for one in attached} == {one["PolicyArn"] for one in ours} != set()
        assert iam.list_attached_role_policies(RoleName=made["fargate-delivery-check"])["AttachedPolicies"] == []
        assert set(account.up("account").changes) == {"same"}
    finally:
        account.edit("Pulumi.account.yaml", ON, OFF)  # the next test destroys it


def test_what_somebody_changed_by_hand_is_put_right(cloud, account):
    iam = cloud.client("iam")
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    iam.update_assume_role_policy(RoleName="fargate-deploy-prod", PolicyDocument=document)
    assert account.up("account").changes["~"] == 1
    trust = iam.get_role(RoleName="fargate-deploy-prod")["Role"]["AssumeRolePolicyDocument"]
    assert [one["Action"] for one in trust["Statement"]] == ["sts:AssumeRoleWithWebIdentity"] * 2


def test_the_boundary_of_an_environment_stays_while_its_stack_runs(program, cloud, account):
    """CI can no more deliver to it, and its roles stay bounded; named again, everything is back."""
    role = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    cloud.client("iam").create_role(
        RoleName="bounded",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [role]}),
        PermissionsBoundary=f"arn:aws:iam::{NO_ACCOUNT}:policy/fargate-delivery/fargate-boundary-prod",
    )
    account.edit("Pulumi.account.yaml", "bootstrap:environments: [dev, prod]", "bootstrap:environments: [dev]")
    ran = program.ops("bootstrap")
    assert ran.code == 1
    assert "what next: an environment that bootstrap/Pulumi.account.yaml names no more has a boundary" in ran.out
    names = [one["RoleName"] for one in cloud.client("iam").list_roles(PathPrefix="/fargate-delivery/")["Roles"]]
    assert {"fargate-build", "fargate-preview-dev", "fargate-deploy-dev"} <= set(names)
    bounded = cloud.client("iam").get_role(RoleName="bounded")["Role"]["PermissionsBoundary"]
    assert cloud.client("iam").get_policy(PolicyArn=bounded["PermissionsBoundaryArn"])
    account.edit("Pulumi.account.yaml", "bootstrap:environments: [dev]", "bootstrap:environments: [dev, prod]")
    account.up("account")
    roles = cloud.client("iam").list_roles(PathPrefix="/fargate-delivery/")["Roles"]
    assert sorted(one["RoleName"] for one in roles) == sorted(f"fargate-{role}" for role in ROLES)


def test_a_destroy_keeps_what_every_stack_depends_on_and_says_so(cloud, account):
    ran = account.pulumi("destroy", "--yes", "--skip-preview", "--stack", "account", ok=False)
    assert ran.code
    assert "cannot be deleted" in ran.out
    assert "because it is protected" in ran.out
    ran = account.pulumi("destroy", "--yes", "--skip-preview", "--exclude-protected", "--stack", "account")
    assert "There are still 22 protected resources associated with this stack" in ran.out
    assert BUCKET in [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]]
    assert cloud.client("ecr").describe_repositories(repositoryNames=["fargate-builds"])["repositories"]
    iam = cloud.client("iam")
    assert iam.list_roles(PathPrefix="/fargate-delivery/")["Roles"] == []
    kept = [one["PolicyName"] for one in iam.list_policies(Scope="Local", PathPrefix="/fargate-delivery/")["Policies"]]
    assert sorted(kept) == ["fargate-boundary-dev", "fargate-boundary-prod"]
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):  # of the test before
        iam.delete_role(RoleName="bounded")
    assert cloud.client("codebuild").list_projects()["projects"] == []
    assert "-" not in account.up("account").changes


class OnAws(Aim):
    """A shell that means AWS, as far as the state is concerned."""

    @property
    def is_local(self) -> bool:
        return False


def test_the_state_goes_from_a_folder_into_the_bucket_with_the_engine_itself(
    cloud, program, account, monkeypatch, tmp_path
):
    export = tmp_path / "state.json"
    account.pulumi("stack", "export", "--file", str(export), "--stack", "account")
    wanted = {one["urn"] for one in json.loads(export.read_text())["deployment"]["resources"]}
    monkeypatch.setenv("PATH", f"{cloud.home / 'engine'}{os.pathsep}{os.environ['PATH']}")
    for name, value in {
        "PULUMI_HOME": str(tmp_path / "pulumi"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    aimed = OnAws(account.folder, "account")
    names = names_of(program.folder, settings_of(program.folder, "account")[1], NO_ACCOUNT)
    bucket = f"s3://{BUCKET}?region={REGION}&endpoint={cloud.endpoint}&use_path_style=true&disable_https=true"
    monkeypatch.setattr(Names, "backend_url", bucket)  # the engine finds it at the emulator
    lines: list[str] = []
    first = State(aimed, names)
    assert not first.is_moved
    first.ensure_stack()
    first._ask(["stack", "import", "--file", str(export)], str(first.url))
    assert (account.folder / ".state" / BUCKET).is_dir()
    first.move(lines.append)
    assert lines == [f"Moving this stack's own state into {bucket}"]
    assert not (account.folder / ".state" / BUCKET).exists()
    again = State(aimed, names)
    assert again.is_moved
    assert again._resources(bucket) == wanted
    again.move(lines.append)
    assert len(lines) == 1
