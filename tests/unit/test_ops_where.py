"""What a job of CI is told of its account, by the file in bootstrap/ and by whose job it is."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from ops import cli
from ops.error import OpsError
from ops.where import where, written

ROOT = Path(__file__).parents[2]
UUID = "aaaaaaaa-89ab-cdef-0123-456789abcdef"
ACCOUNT = "111111111111"
FILE = """\
config:
  aws:region: eu-west-1
  aws:allowedAccountIds: ["{account}"]
  bootstrap:environments: [{environments}]
  {ci}
"""
GITHUB = "bootstrap:github: {repository: Ann/Shop}"
CIRCLECI = f"bootstrap:circleci: {{organization_id: {UUID}, project_id: {UUID}, repository: ann/shop}}"
CODEPIPELINE = "bootstrap:codepipeline: {repository: ann/shop}"
STACK = f"""\
config:
  aws:allowedAccountIds: ["{ACCOUNT}"]
  fargate:role_path: /shop/dev/
  fargate:permissions_boundary_arn: arn:aws:iam::{ACCOUNT}:policy/shop-delivery/shop-boundary-dev
  aws:defaultTags: {{tags: {{project: shop, environment: dev, owner: ann}}}}
"""
READY = {
    "configured": "true",
    "role_arn": f"arn:aws:iam::{ACCOUNT}:role/shop-delivery/shop-deploy-dev",
    "account": ACCOUNT,
    "region": "eu-west-1",
    "PULUMI_BACKEND_URL": f"s3://shop-state-{ACCOUNT}-eu-west-1?region=eu-west-1",
    "PULUMI_SECRETS_PROVIDER": "awskms://alias/shop-state?region=eu-west-1",
    "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    "BUILDS_REPOSITORY": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop-builds",
    "approval": "required",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A program that is delivered; no CI runs the test."""
    (tmp_path / "bootstrap").mkdir()
    (tmp_path / "bootstrap/Pulumi.yaml").write_text("name: shop-bootstrap\nruntime: python\n")
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    account_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_REPOSITORY", "CIRCLE_PROJECT_ID", "CODEBUILD_BUILD_ID", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def account_file(folder, name="account", environments="dev, prod", ci=GITHUB, account=ACCOUNT):
    text = FILE.format(account=account, environments=environments, ci=ci)
    (folder / f"bootstrap/Pulumi.{name}.yaml").write_text(text)


@pytest.mark.parametrize(
    ("use", "role"), [("deploy", "shop-deploy-dev"), ("preview", "shop-preview-dev"), ("build", "shop-build")]
)
def test_a_job_at_home_is_told_everything(folder, use, role):
    assert where(folder, "dev", use, {}) == READY | {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/shop-delivery/{role}"}


def test_a_job_is_told_whether_somebody_must_approve(folder):
    account_file(folder, ci=f"{GITHUB}\n  bootstrap:unattended: [dev]")
    assert where(folder, "dev", "deploy", {}) == READY | {"approval": "none"}


@pytest.mark.parametrize(
    ("ci", "environment", "reason"),
    [
        (GITHUB, {"GITHUB_REPOSITORY": "Ann/Shop"}, ""),
        (GITHUB, {"GITHUB_REPOSITORY": "ben/shop"}, "names Ann/Shop, and this is ben/shop"),
        (CIRCLECI, {"GITHUB_REPOSITORY": "ann/shop"}, "does not say bootstrap:github"),
        (CIRCLECI, {"CIRCLE_PROJECT_ID": UUID}, ""),
        (CIRCLECI, {"CIRCLE_PROJECT_ID": "another"}, f"names {UUID}, and this is another"),
        (GITHUB, {"CIRCLE_PROJECT_ID": UUID}, "does not say bootstrap:circleci"),
        (CODEPIPELINE, {"CODEBUILD_BUILD_ID": "a:b"}, ""),
        (GITHUB, {"CODEBUILD_BUILD_ID": "a:b"}, "does not say bootstrap:codepipeline"),
    ],
)
def test_a_job_of_another_repository_is_told_why_it_is_not_to_act(folder, ci, environment, reason):
    account_file(folder, ci=ci)
    refused = {"configured": "false", "reason": f"bootstrap/Pulumi.account.yaml {reason}"}
    assert where(folder, "dev", "deploy", environment) == (refused if reason else READY)


def test_capitals_are_as_ci_writes_them_since_aws_compares_letter_by_letter(folder):
    with pytest.raises(OpsError, match="Pulumi.account.yaml names Ann/Shop, and CI writes ann/Shop: put that there"):
        where(folder, "dev", "deploy", {"GITHUB_REPOSITORY": "ann/Shop"})


def test_the_example_values_are_nobody_s(folder):
    account_file(folder, account="123456789012", ci="bootstrap:github: {repository: example/shop}")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    assert where(folder, "dev", "deploy", {"GITHUB_REPOSITORY": "example/shop"}) == {
        "configured": "false",
        "reason": "bootstrap/Pulumi.account.yaml has the example values 123456789012 and example/shop: put your own "
        "there, and make bootstrap",
    }


def test_on_the_local_cloud_everything_is_there_by_its_account(folder):
    account_file(folder, account="123456789012", ci="bootstrap:github: {repository: example/shop}")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    found = where(folder, "dev", "deploy", {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "GITHUB_REPOSITORY": "x/y"})
    assert found["configured"] == "true"
    assert found["role_arn"] == "arn:aws:iam::000000000000:role/shop-delivery/shop-deploy-dev"
    assert found["BUILDS_REPOSITORY"] == "localhost:4566/shop-builds"


def test_an_endpoint_that_is_not_this_machine_s_is_aws(folder):
    assert where(folder, "dev", "deploy", {"AWS_ENDPOINT_URL": "https://vpce.example.com"}) == READY


def test_a_stack_file_that_is_not_ready_is_told_its_lines(folder):
    (folder / "Pulumi.dev.yaml").write_text("config:\n  fargate:role_path: /shop/dev/\n")
    with pytest.raises(OpsError) as error:
        where(folder, "dev", "deploy", {})
    assert str(error.value).splitlines() == [
        f"Pulumi.dev.yaml is not ready for delivery to account {ACCOUNT}. Put under its config:",
        f'  aws:allowedAccountIds: ["{ACCOUNT}"]',
        '  aws:defaultTags: {"tags": {"project": "shop", "environment": "dev"}}',
        f"  fargate:permissions_boundary_arn: arn:aws:iam::{ACCOUNT}:policy/shop-delivery/shop-boundary-dev",
    ]


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ("{owner: ann, project: shop, environment: dev}", None),
        ("{owner: ann, project: shop}", '{"tags": {"owner": "ann", "project": "shop", "environment": "dev"}}'),
        ("{project: fargate, environment: dev}", '{"tags": {"project": "shop", "environment": "dev"}}'),
        ("{project: shop, environment: prod}", '{"tags": {"project": "shop", "environment": "dev"}}'),
        ("[project]", '{"tags": {"project": "shop", "environment": "dev"}}'),
    ],
)
def test_the_tags_that_roles_go_by_are_asked_for_and_others_kept(folder, tags, line):
    file = folder / "Pulumi.dev.yaml"
    file.write_text(re.sub(r"tags: \{project.*?\}", f"tags: {tags}", STACK))
    if line is None:
        assert where(folder, "dev", "deploy", {}) == READY
        return
    with pytest.raises(OpsError) as error:
        where(folder, "dev", "deploy", {})
    assert str(error.value).splitlines()[1:] == [f"  aws:defaultTags: {line}"]
    kept = file.read_text().partition("  aws:defaultTags")[0]
    file.write_text(f"{kept}  aws:defaultTags: {line}\n")
    assert where(folder, "dev", "deploy", {}) == READY, "the line that was told is one"


def test_accounts_have_a_file_each(folder):
    account_file(folder, environments="dev")
    account_file(folder, name="prod-account", environments="prod", account="222222222222")
    (folder / "Pulumi.prod.yaml").write_text(STACK.replace(ACCOUNT, "222222222222").replace("dev", "prod"))
    assert where(folder, "dev", "build", {})["account"] == ACCOUNT
    assert where(folder, "prod", "build", {})["account"] == "222222222222"
    with pytest.raises(
        OpsError, match="no account is said for stack test: name it under bootstrap:environments, where"
    ):
        where(folder, "test", "build", {})
    account_file(folder, name="prod-account", environments="dev")
    with pytest.raises(
        OpsError, match="stack dev is delivered by bootstrap/Pulumi.account.yaml and bootstrap/Pulumi.prod"
    ):
        where(folder, "dev", "build", {})


def test_what_is_not_there_or_wrong(folder):
    (folder / "Pulumi.yaml").write_text("name: Shop\n")
    with pytest.raises(OpsError, match="name in Pulumi.yaml must have at most"):
        where(folder, "dev", "build", {})
    account_file(folder, ci="")
    with pytest.raises(OpsError, match="bootstrap/Pulumi.account.yaml has 1 problem:\n  bootstrap: nobody delivers"):
        where(folder, "dev", "build", {})
    (folder / "bootstrap/Pulumi.account.yaml").unlink()
    with pytest.raises(OpsError, match=r"no bootstrap/Pulumi.account.yaml in .*: it says who delivers what"):
        where(folder, "dev", "build", {})


@pytest.mark.parametrize("form", ["lines", "github"])
def test_lines(form):
    assert written({"a": "b c", "D": "e"}, form) == "a=b c\nD=e\n"


def test_a_shell_takes_it_as_it_is():
    text = written({"a": "it's $HOME", "B": "s3://x?y=z&v"}, "shell")
    ran = subprocess.run(["sh", "-c", f'{text}printf \'%s|%s\' "$a" "$B"'], capture_output=True, text=True, check=True)
    assert ran.stdout == "it's $HOME|s3://x?y=z&v"


def test_the_command(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ops", "where", "--as", "preview", "--format", "json"])
    assert cli.main() == 0
    assert json.loads(capsys.readouterr().out)["role_arn"].endswith("/shop-preview-dev")
    monkeypatch.setattr("sys.argv", ["ops", "where", "--as", "destroy"])
    assert cli.main() == 2
    monkeypatch.setattr("sys.argv", ["ops", "where", "--stack", "test"])
    assert cli.main() == 2
    assert "no account is said for stack test" in capsys.readouterr().err


def test_it_knows_without_loading_what_makes_resources():
    code = "import sys, ops.where; sys.exit(any(name in sys.modules for name in ('pulumi_aws', 'boto3', 'pulumi')))"
    assert subprocess.run([ROOT / ".venv/bin/python", "-c", code], cwd=ROOT, check=False).returncode == 0
